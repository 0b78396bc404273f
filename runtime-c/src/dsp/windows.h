/* The windows of convolutions on cores with the DSP extension: where they lie in the image, or a copy of them. */
#pragma once

#include "packed.h"
#include "dsp/dsp.h"

/* Copies the window at (iy, ix) of an image to `patch`, cells outside of the image as `pad_value`. */
REDSC_DSP_SHARED void redsc_dsp_copy_window(int8_t *patch, const int8_t *x, int32_t iy, int32_t ix,
                                            const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    for (int32_t ky = 0; ky < g->kernel_h; ky++, iy += g->dilation_h) {
        if (iy < 0 || iy >= g->in_h) {
            redsc_dsp_fill_bytes(patch, p->pad_value, g->kernel_w * g->in_c);
            patch += g->kernel_w * g->in_c;
            continue;
        }
        int32_t column = ix;
        for (int32_t kx = 0; kx < g->kernel_w; kx++, column += g->dilation_w, patch += g->in_c) {
            if (column < 0 || column >= g->in_w) {
                redsc_dsp_fill_bytes(patch, p->pad_value, g->in_c);
            } else {
                redsc_dsp_copy_bytes(patch, x + (iy * g->in_w + column) * g->in_c, g->in_c);
            }
        }
    }
}

/* A pixel's window: its first byte and the distance of kernel rows. */
typedef struct redsc_dsp_window_rows {
    const int8_t *first;
    int32_t pitch;
} redsc_dsp_window_rows_t;

/* The window of output pixel `index`: in the image if it lies inside of it and rows fill quads, else in `patch`. */
REDSC_PART redsc_dsp_window_rows_t redsc_dsp_find_window(const int8_t *x, int32_t index, int8_t *patch,
                                                   const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t row = index / g->out_w;
    const int32_t iy = row % g->out_h * g->stride_h - g->pad_top;
    const int32_t ix = index % g->out_w * g->stride_w - g->pad_left;
    const int8_t *image = x + row / g->out_h * g->in_h * g->in_w * g->in_c;
    const int32_t inside = iy >= 0 && iy + (g->kernel_h - 1) * g->dilation_h < g->in_h && ix >= 0 &&
                           ix + g->kernel_w <= g->in_w && (g->dilation_w == 1 || g->kernel_w == 1);
    if (inside && g->kernel_w * g->in_c % 4 == 0) {
        const redsc_dsp_window_rows_t rows = {image + (iy * g->in_w + ix) * g->in_c, g->dilation_h * g->in_w * g->in_c};
        return rows;
    }
    redsc_dsp_copy_window(patch, image, iy, ix, p);
    const redsc_dsp_window_rows_t rows = {patch, g->kernel_w * g->in_c};
    return rows;
}
