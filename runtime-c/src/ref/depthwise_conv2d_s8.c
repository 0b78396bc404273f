/* Depthwise 2-D convolution, 8 bit: any geometry, dilation and depth multiplier.
 *
 * x     [batches][in_h][in_w][in_c]
 * w     [kernel_h][kernel_w][out_c], no zero point
 * bias  [out_c] or NULL
 * multiplier, shift  one for each output channel, or one for all (requant_step)
 * y     [batches][out_h][out_w][out_c] */
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "requant.h"

REDSC_KERNEL void redsc_depthwise_conv2d_s8(const int8_t *x, const int8_t *w, const int32_t *bias,
                                            const int32_t *multiplier, const int8_t *shift, int8_t *y,
                                            void *scratch, const redsc_depthwise_t *p)
{
    const redsc_window_t *g = &p->window;
    (void)scratch;
    for (int32_t b = 0; b < g->batches; b++, x += g->in_h * g->in_w * g->in_c) {
        for (int32_t oy = 0; oy < g->out_h; oy++) {
            for (int32_t ox = 0; ox < g->out_w; ox++) {
                for (int32_t oc = 0; oc < g->out_c; oc++) {
                    const int32_t ic = oc / p->depth_multiplier;
                    int32_t acc = bias != NULL ? bias[oc] : 0;
                    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
                        const int32_t iy = oy * g->stride_h - g->pad_top + ky * g->dilation_h;
                        for (int32_t kx = 0; kx < g->kernel_w; kx++) {
                            const int32_t ix = ox * g->stride_w - g->pad_left + kx * g->dilation_w;
                            const int inside = iy >= 0 && iy < g->in_h && ix >= 0 && ix < g->in_w;
                            const int32_t cell = inside ? x[(iy * g->in_w + ix) * g->in_c + ic] : p->pad_value;
                            const int32_t tap = w[(ky * g->kernel_w + kx) * g->out_c + oc];
                            acc = redsc_add_wrap(acc, (cell + p->input_offset) * tap);
                        }
                    }
                    const int32_t r = oc * p->requant_step;
                    acc = redsc_requantize(acc, multiplier[r], shift[r]);
                    acc = redsc_add_wrap(acc, p->output_offset);
                    *y++ = (int8_t)redsc_clamp(acc, p->act_min, p->act_max);
                }
            }
        }
    }
}
