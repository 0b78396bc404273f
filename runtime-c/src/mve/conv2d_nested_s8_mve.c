/* 2-D convolution of a nested network, 8 bit, for cores with the M-profile vector extension: any geometry, one group.
 *
 * x        [batches][in_h][in_w][in_c], readable up to 16 bytes behind its end
 * w        groups of filters of the full network: as mve/gemm_s8.h defines them, without their biases; blocks of
 *          channels, except the last one, fill chunks
 * biases   [out_c] of this level, filled up to groups of four
 * y        [batches][out_h][out_w][out_c]
 * scratch  none if windows are read in place (see redsc_mve_nested_in_place), else two windows, each filled up to
 *          chunks of 16 bytes and 16 bytes more
 *
 * Two pixels at a time are multiplied with all filters of the level. */
#include "mve/gemm_nested_s8.h"
#include "mve/windows.h"

/* Copies the window of output pixel `index` to `window`, ordered by block, tap and channel. */
REDSC_MVE_SHARED void redsc_mve_copy_blocks(int8_t *window, const int8_t *x, int32_t index,
                                            const redsc_nested_conv2d_t *p)
{
    const redsc_window_t *g = &p->layer.window;
    const int8x16_t padding = vdupq_n_s8((int8_t)p->layer.pad_value);
    const int32_t row = index / g->out_w;
    const int32_t ix = index % g->out_w * g->stride_w - g->pad_left;
    const int32_t iy = row % g->out_h * g->stride_h - g->pad_top;
    const int8_t *image = x + row / g->out_h * g->in_h * g->in_w * g->in_c;
    int32_t begin = 0;
    for (int32_t block = 0; block < p->blocks; block++) {
        const int32_t channels = p->ends[block] - begin;
        for (int32_t ky = 0; ky < g->kernel_h; ky++) {
            const int32_t y = iy + ky * g->dilation_h;
            for (int32_t kx = 0; kx < g->kernel_w; kx++, window += channels) {
                const int32_t column = ix + kx * g->dilation_w;
                if (y < 0 || y >= g->in_h || column < 0 || column >= g->in_w) {
                    redsc_mve_fill_vectors(window, padding, channels);
                } else {
                    redsc_mve_copy_vectors(window, image + (y * g->in_w + column) * g->in_c + begin, channels);
                }
            }
        }
        begin = p->ends[block];
    }
}

/* The inputs of output pixel `index`: in the image if they can be read in place, else copied to `window`. */
REDSC_INLINE const int8_t *redsc_mve_nested_window(int8_t *window, const int8_t *x, int32_t index,
                                                   const redsc_nested_conv2d_t *p)
{
    const redsc_window_t *g = &p->layer.window;
    if (redsc_mve_nested_in_place(&p->layer)) {
        const int32_t row = index / g->out_w;
        const int32_t line = row / g->out_h * g->in_h + row % g->out_h * g->stride_h;
        return x + (line * g->in_w + index % g->out_w * g->stride_w) * g->in_c;
    }
    if (p->blocks > 1 && g->kernel_h * g->kernel_w > 1) {
        redsc_mve_copy_blocks(window, x, index, p);
    } else {
        redsc_mve_nested_copy_window(window, x, index, &p->layer);
    }
    return window;
}

REDSC_KERNEL void redsc_conv2d_nested_s8_mve(const int8_t *x, const uint32_t *w, const int32_t *biases, int8_t *y,
                                             void *scratch, const redsc_nested_conv2d_t *p)
{
    const redsc_window_t *g = &p->layer.window;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t inputs = g->kernel_h * g->kernel_w * g->in_c;
    const int32_t chunks = (inputs + 15) / 16;
    const int32_t left = g->out_c % 4; /* filters of an incomplete last group */
    const int32_t dense = g->stride_h == 1 && g->stride_w == 1 && redsc_mve_nested_in_place(&p->layer) &&
                          g->out_h == g->in_h && g->out_w == g->in_w;
    int8_t *const window = scratch;
    redsc_mve_nested_gemm2_t context = redsc_mve_nested_gemm2_context(
        (const int8_t *)w, chunks, p->gap, g->out_c, p->layer.finish, p->layer.zero, p->layer.low, p->layer.high);
    redsc_mve_nested_gemm2_t last = redsc_mve_nested_gemm2_context(
        context.gemm.w_end, chunks, p->gap, 4, p->layer.finish, p->layer.zero, p->layer.low, p->layer.high);
    int8_t last_y[8];
    last.gemm.y = last_y;
    last.gemm.y1 = 4;
    for (int32_t i = 0; i < pixels; i += 2, y += 2 * g->out_c) {
        const int32_t step = i + 1 < pixels ? 1 : 0; /* a missing pixel repeats the other one */
        if (dense) {
            context.gemm.x0 = x + i * inputs;
            context.gemm.x1 = context.gemm.x0 + step * inputs;
        } else {
            context.gemm.x0 = redsc_mve_nested_window(window, x, i, p);
            context.gemm.x1 = redsc_mve_nested_window(window + 16 * chunks + 16, x, i + step, p);
        }
        context.gemm.x0_end = (uintptr_t)context.gemm.x0 + (uintptr_t)(16 * chunks);
        context.gemm.y = y;
        context.gemm.y1 = step * g->out_c;
        if (g->out_c >= 4) {
            redsc_mve_nested_gemm2_s8(&context, biases, p->layer.finish);
        }
        if (left != 0) {
            last.gemm.x0 = context.gemm.x0;
            last.gemm.x1 = context.gemm.x1;
            last.gemm.x0_end = context.gemm.x0_end;
            redsc_mve_nested_gemm2_s8(&last, biases + g->out_c - left, p->layer.finish);
            for (int32_t oc = 0; oc < left; oc++) {
                y[step * g->out_c + g->out_c - left + oc] = last_y[4 + oc];
                y[g->out_c - left + oc] = last_y[oc];
            }
        }
    }
}
