/* Positions of windows that slide over an image. */
#pragma once

#include "redsc_params.h"

/* The input row that tap `ky` of output row `oy` reads; may lie outside of the image. */
REDSC_INLINE int32_t redsc_input_y(const redsc_window_t *g, int32_t oy, int32_t ky)
{
    return oy * g->stride_h - g->pad_top + ky * g->dilation_h;
}

/* The input column that tap `kx` of output column `ox` reads; may lie outside of the image. */
REDSC_INLINE int32_t redsc_input_x(const redsc_window_t *g, int32_t ox, int32_t kx)
{
    return ox * g->stride_w - g->pad_left + kx * g->dilation_w;
}

/* Whether a cell lies inside of the image. */
REDSC_INLINE int redsc_inside(const redsc_window_t *g, int32_t iy, int32_t ix)
{
    return iy >= 0 && iy < g->in_h && ix >= 0 && ix < g->in_w;
}
