/* Transposed 2-D convolution, real numbers: each result cell gathers the inputs whose window covers it.
 *
 * The window slides over the result, so g->in_* are the extents of the result and g->out_* those of the input.
 *
 * x     [batches][g->out_h][g->out_w][g->out_c]
 * w     [g->in_c][kernel_h][kernel_w][g->out_c]
 * bias  [g->in_c] or NULL
 * y     [batches][g->in_h][g->in_w][g->in_c] */
#include "dot.h"
#include "redsc_kernel.h"
#include "redsc_params.h"

REDSC_KERNEL void redsc_transpose_conv2d_f32(const float *x, const float *w, const float *bias, float *y,
                                             void *scratch, const redsc_transpose_conv2d_f32_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t filter = g->kernel_h * g->kernel_w * g->out_c;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->in_h * g->in_w; pixel++) {
        const int32_t top = pixel / g->in_w % g->in_h + g->pad_top;
        const int32_t left = pixel % g->in_w + g->pad_left;
        const float *image = x + pixel / (g->in_h * g->in_w) * (g->out_h * g->out_w * g->out_c);
        for (int32_t c = 0; c < g->in_c; c++) {
            float acc = bias != NULL ? bias[c] : 0.0f;
            for (int32_t ky = top % g->stride_h; ky < g->kernel_h && ky <= top; ky += g->stride_h) {
                const int32_t iy = (top - ky) / g->stride_h;
                for (int32_t kx = left % g->stride_w; kx < g->kernel_w && kx <= left; kx += g->stride_w) {
                    const int32_t ix = (left - kx) / g->stride_w;
                    if (iy < g->out_h && ix < g->out_w) {
                        const float *cell = image + (iy * g->out_w + ix) * g->out_c;
                        const float *taps = w + c * filter + (ky * g->kernel_w + kx) * g->out_c;
                        acc = redsc_dot_f32(acc, cell, taps, g->out_c);
                    }
                }
            }
            acc = acc < p->act_min ? p->act_min : acc;
            *y++ = acc > p->act_max ? p->act_max : acc;
        }
    }
}
