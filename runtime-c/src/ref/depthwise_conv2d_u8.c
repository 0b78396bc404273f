/* Depthwise 2-D convolution, unsigned 8 bit: any geometry, dilation and depth multiplier.
 *
 * x     [batches][in_h][in_w][in_c]
 * w     [kernel_h][kernel_w][out_c]
 * bias  [out_c] or NULL
 * multiplier, shift  one for each output channel, or one for all (requant_step)
 * y     [batches][out_h][out_w][out_c] */
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "requant.h"
#include "window.h"

REDSC_KERNEL void redsc_depthwise_conv2d_u8(const uint8_t *x, const uint8_t *w, const int32_t *bias,
                                            const int32_t *multiplier, const int8_t *shift, uint8_t *y,
                                            void *scratch, const redsc_depthwise_t *p)
{
    const redsc_window_t *g = &p->window;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const uint8_t *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        for (int32_t oc = 0; oc < g->out_c; oc++) {
            const int32_t ic = oc / p->depth_multiplier;
            int32_t acc = bias != NULL ? bias[oc] : 0;
            for (int32_t ky = 0; ky < g->kernel_h; ky++) {
                const int32_t iy = redsc_input_y(g, oy, ky);
                for (int32_t kx = 0; kx < g->kernel_w; kx++) {
                    const int32_t ix = redsc_input_x(g, ox, kx);
                    const int32_t cell =
                        redsc_inside(g, iy, ix) ? image[(iy * g->in_w + ix) * g->in_c + ic] : p->pad_value;
                    const int32_t tap = w[(ky * g->kernel_w + kx) * g->out_c + oc] + p->filter_offset;
                    acc = redsc_add_wrap(acc, (cell + p->input_offset) * tap);
                }
            }
            const int32_t r = oc * p->requant_step;
            *y++ = (uint8_t)redsc_output(acc, multiplier[r], shift[r], p->output_offset, p->act_min,
                                        p->act_max);
        }
    }
}
