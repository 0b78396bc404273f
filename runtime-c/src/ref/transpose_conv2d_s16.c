/* Transposed 2-D convolution, 16-bit activations, 8-bit weights, 64-bit sums: each result cell gathers the inputs whose window covers it.
 *
 * The window slides over the result, so g->in_* are the extents of the result and g->out_* those of the input.
 *
 * x     [batches][g->out_h][g->out_w][g->out_c]
 * w     [g->in_c][kernel_h][kernel_w][g->out_c], no zero point
 * bias  [g->in_c] or NULL
 * multiplier, shift  one for each output channel, or one for all (requant_step)
 * y     [batches][g->in_h][g->in_w][g->in_c] */
#include "dot.h"
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "requant.h"

REDSC_KERNEL void redsc_transpose_conv2d_s16(const int16_t *x, const int8_t *w, const int64_t *bias,
                                             const int32_t *multiplier, const int8_t *shift, int16_t *y,
                                             void *scratch, const redsc_transpose_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t filter = g->kernel_h * g->kernel_w * g->out_c;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->in_h * g->in_w; pixel++) {
        const int32_t top = pixel / g->in_w % g->in_h + g->pad_top;
        const int32_t left = pixel % g->in_w + g->pad_left;
        const int16_t *image = x + pixel / (g->in_h * g->in_w) * (g->out_h * g->out_w * g->out_c);
        for (int32_t c = 0; c < g->in_c; c++) {
            int64_t acc = bias != NULL ? bias[c] : 0;
            for (int32_t ky = top % g->stride_h; ky < g->kernel_h && ky <= top; ky += g->stride_h) {
                const int32_t iy = (top - ky) / g->stride_h;
                for (int32_t kx = left % g->stride_w; kx < g->kernel_w && kx <= left; kx += g->stride_w) {
                    const int32_t ix = (left - kx) / g->stride_w;
                    if (iy < g->out_h && ix < g->out_w) {
                        const int16_t *cell = image + (iy * g->out_w + ix) * g->out_c;
                        const int8_t *taps = w + c * filter + (ky * g->kernel_w + kx) * g->out_c;
                        acc = redsc_dot_s16(acc, cell, p->input_offset, taps, 0, g->out_c);
                    }
                }
            }
            const int32_t r = c * p->requant_step;
            *y++ = (int16_t)redsc_output64(acc, multiplier[r], shift[r], p->output_offset, p->act_min,
                                        p->act_max);
        }
    }
}
