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

/* A rectangle of input cells: rows and columns, ends excluded. */
typedef struct redsc_cells {
    int32_t top, bottom, left, right;
} redsc_cells_t;

/* The cells of the image under the undilated window of an output pixel. */
REDSC_INLINE redsc_cells_t redsc_cells_inside(const redsc_window_t *g, int32_t oy, int32_t ox)
{
    const int32_t top = redsc_input_y(g, oy, 0);
    const int32_t left = redsc_input_x(g, ox, 0);
    redsc_cells_t cells;
    cells.top = top < 0 ? 0 : top;
    cells.left = left < 0 ? 0 : left;
    cells.bottom = top + g->kernel_h > g->in_h ? g->in_h : top + g->kernel_h;
    cells.right = left + g->kernel_w > g->in_w ? g->in_w : left + g->kernel_w;
    return cells;
}

/* The taps of the window of an output pixel that lie inside of the image, as a rectangle of taps. */
REDSC_INLINE redsc_cells_t redsc_taps_inside(const redsc_window_t *g, int32_t oy, int32_t ox)
{
    redsc_cells_t taps = {0, g->kernel_h, 0, g->kernel_w};
    while (taps.top < taps.bottom && redsc_input_y(g, oy, taps.top) < 0) {
        taps.top++;
    }
    while (taps.bottom > taps.top && redsc_input_y(g, oy, taps.bottom - 1) >= g->in_h) {
        taps.bottom--;
    }
    while (taps.left < taps.right && redsc_input_x(g, ox, taps.left) < 0) {
        taps.left++;
    }
    while (taps.right > taps.left && redsc_input_x(g, ox, taps.right - 1) >= g->in_w) {
        taps.right--;
    }
    return taps;
}
