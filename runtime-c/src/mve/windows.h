/* The windows of convolutions of nested networks on cores with the vector extension: where they lie in the image, or a
 * copy of them. */
#pragma once

#include "mve/copy.h"
#include "mve/gemm_s8.h"

/* Copies the window of output pixel `index` to `window`, cells outside of the image as `pad_value`. */
REDSC_MVE_SHARED void redsc_mve_nested_copy_window(int8_t *window, const int8_t *x, int32_t index,
                                            const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int8x16_t padding = vdupq_n_s8((int8_t)p->pad_value);
    const int32_t row = index / g->out_w;
    const int32_t ix = index % g->out_w * g->stride_w - g->pad_left;
    int32_t iy = row % g->out_h * g->stride_h - g->pad_top;
    const int32_t inside = g->dilation_w == 1 && ix >= 0 && ix + g->kernel_w <= g->in_w;
    x += (row / g->out_h * g->in_h + iy) * g->in_w * g->in_c + ix * g->in_c;
    for (int32_t ky = 0; ky < g->kernel_h; ky++, iy += g->dilation_h, x += g->dilation_h * g->in_w * g->in_c) {
        if (iy < 0 || iy >= g->in_h) {
            redsc_mve_fill_vectors(window, padding, g->kernel_w * g->in_c);
            window += g->kernel_w * g->in_c;
        } else if (inside) {
            redsc_mve_copy_vectors(window, x, g->kernel_w * g->in_c);
            window += g->kernel_w * g->in_c;
        } else {
            int32_t offset = 0;
            for (int32_t kx = 0; kx < g->kernel_w; kx++, offset += g->dilation_w, window += g->in_c) {
                if (ix + offset < 0 || ix + offset >= g->in_w) {
                    redsc_mve_fill_vectors(window, padding, g->in_c);
                } else {
                    redsc_mve_copy_vectors(window, x + offset * g->in_c, g->in_c);
                }
            }
        }
    }
}

/* Whether windows are contiguous and aligned in the image. */
REDSC_INLINE int32_t redsc_mve_nested_in_place(const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    return g->kernel_h == 1 && g->kernel_w == 1 && g->pad_top == 0 && g->pad_left == 0 && g->in_c % 4 == 0 &&
           (g->out_h - 1) * g->stride_h < g->in_h && (g->out_w - 1) * g->stride_w < g->in_w;
}
