/* 2-D convolution, 16-bit activations, 8-bit weights, 64-bit sums: any geometry, dilation and grouping.
 *
 * x     [batches][in_h][in_w][in_c]
 * w     [out_c][kernel_h][kernel_w][kernel_c], no zero point
 * bias  [out_c] or NULL
 * multiplier, shift  one for each output channel, or one for all (requant_step)
 * y     [batches][out_h][out_w][out_c] */
#include "dot.h"
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "requant.h"
#include "window.h"

REDSC_KERNEL void redsc_conv2d_s16(const int16_t *x, const int8_t *w, const int64_t *bias,
                                   const int32_t *multiplier, const int8_t *shift, int16_t *y, void *scratch,
                                   const redsc_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t filters_per_group = g->out_c / (g->in_c / p->kernel_c);
    const int32_t padding = p->pad_value + p->input_offset;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const int16_t *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        const int8_t *taps = w;
        for (int32_t oc = 0; oc < g->out_c; oc++) {
            const int32_t first_c = oc / filters_per_group * p->kernel_c;
            int64_t acc = bias != NULL ? bias[oc] : 0;
            for (int32_t ky = 0; ky < g->kernel_h; ky++) {
                const int32_t iy = redsc_input_y(g, oy, ky);
                for (int32_t kx = 0; kx < g->kernel_w; kx++, taps += p->kernel_c) {
                    const int32_t ix = redsc_input_x(g, ox, kx);
                    if (redsc_inside(g, iy, ix)) {
                        const int16_t *cell = image + (iy * g->in_w + ix) * g->in_c + first_c;
                        acc = redsc_dot_s16(acc, cell, p->input_offset, taps, 0, p->kernel_c);
                    } else if (padding != 0) {
                        const int32_t sum = redsc_sum_s8(taps, 0, p->kernel_c);
                        acc += (int64_t)padding * sum;
                    }
                }
            }
            const int32_t r = oc * p->requant_step;
            *y++ = (int16_t)redsc_output64(acc, multiplier[r], shift[r], p->output_offset, p->act_min,
                                        p->act_max);
        }
    }
}
