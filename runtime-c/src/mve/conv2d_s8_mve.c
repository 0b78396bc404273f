/* 2-D convolution, 8 bit, for cores with the M-profile vector extension: any geometry, one group.
 *
 * x        [batches][out_h][out_w][in_c], readable up to 16 bytes behind its end
 * w        groups of filters as mve/gemm_s8.h defines them; inputs in the order [kernel_h][kernel_w][in_c]
 * y        [batches][out_h][out_w][out_c]
 * scratch  none if windows are read in place (see redsc_mve_window_in_place), else two windows, each filled up to
 *          chunks
 *          of 16 bytes and 16 bytes more
 *
 * Two pixels at a time are multiplied with all filters. */
#include "mve/copy.h"
#include "mve/gemm_s8.h"

/* Copies the window of output pixel `index` to `window`, cells outside of the image as `pad_value`. */
REDSC_MVE_SHARED void redsc_mve_copy_window(int8_t *window, const int8_t *x, int32_t index,
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
REDSC_INLINE int32_t redsc_mve_window_in_place(const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    return g->kernel_h == 1 && g->kernel_w == 1 && g->pad_top == 0 && g->pad_left == 0 && g->in_c % 4 == 0 &&
           (g->out_h - 1) * g->stride_h < g->in_h && (g->out_w - 1) * g->stride_w < g->in_w;
}

/* All groups of filters. */
REDSC_INLINE void redsc_mve_gemm2_s8(const redsc_mve_gemm2_t *context, int32_t finish)
{
    if (finish == REDSC_FINISH_RELU) {
        redsc_mve_gemm2_s8_relu(context);
    } else if (finish == REDSC_FINISH_LINEAR) {
        redsc_mve_gemm2_s8_linear(context);
    } else {
        redsc_mve_gemm2_s8_general(context);
    }
}

REDSC_KERNEL void redsc_conv2d_s8_mve(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                      const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t inputs = g->kernel_h * g->kernel_w * g->in_c;
    const int32_t chunks = (inputs + 15) / 16;
    const int32_t left = g->out_c % 4; /* filters of an incomplete last group */
    int8_t *const window = scratch;
    redsc_mve_gemm2_t context = redsc_mve_gemm2_context((const int8_t *)w, chunks, g->out_c, p->finish,
                                                        p->zero, p->low, p->high);
    redsc_mve_gemm2_t last = redsc_mve_gemm2_context(context.w_end, chunks, 4, p->finish, p->zero, p->low, p->high);
    int8_t last_y[8];
    last.y = last_y;
    last.y1 = 4;
    for (int32_t i = 0; i < pixels; i += 2, y += 2 * g->out_c) {
        const int32_t step = i + 1 < pixels ? 1 : 0; /* a missing pixel repeats the other one */
        if (redsc_mve_window_in_place(p) && g->stride_h == 1 && g->stride_w == 1) {
            context.x0 = x + i * inputs;
            context.x1 = context.x0 + step * inputs;
        } else if (redsc_mve_window_in_place(p)) {
            const int32_t row0 = i / g->out_w, row1 = (i + step) / g->out_w;
            const int32_t line0 = row0 / g->out_h * g->in_h + row0 % g->out_h * g->stride_h;
            const int32_t line1 = row1 / g->out_h * g->in_h + row1 % g->out_h * g->stride_h;
            context.x0 = x + (line0 * g->in_w + i % g->out_w * g->stride_w) * g->in_c;
            context.x1 = x + (line1 * g->in_w + (i + step) % g->out_w * g->stride_w) * g->in_c;
        } else {
            context.x0 = window;
            context.x1 = window + 16 * chunks + 16;
            redsc_mve_copy_window(window, x, i, p);
            redsc_mve_copy_window(window + 16 * chunks + 16, x, i + step, p);
        }
        context.x0_end = (uintptr_t)context.x0 + (uintptr_t)(16 * chunks);
        context.y = y;
        context.y1 = step * g->out_c;
        if (g->out_c >= 4) {
            redsc_mve_gemm2_s8(&context, p->finish);
        }
        if (left != 0) {
            last.x0 = context.x0;
            last.x1 = context.x1;
            last.x0_end = context.x0_end;
            redsc_mve_gemm2_s8(&last, p->finish);
            for (int32_t oc = 0; oc < left; oc++) {
                y[step * g->out_c + g->out_c - left + oc] = last_y[4 + oc];
                y[g->out_c - left + oc] = last_y[oc];
            }
        }
    }
}
