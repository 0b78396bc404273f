/* Depthwise 2-D convolution, real numbers: any geometry, dilation and depth multiplier.
 *
 * x     [batches][in_h][in_w][in_c]
 * w     [kernel_h][kernel_w][out_c]
 * bias  [out_c] or NULL
 * y     [batches][out_h][out_w][out_c] */
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "window.h"

REDSC_KERNEL void redsc_depthwise_conv2d_f32(const float *x, const float *w, const float *bias, float *y,
                                             void *scratch, const redsc_depthwise_f32_t *p)
{
    const redsc_window_t *g = &p->window;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const float *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        for (int32_t oc = 0; oc < g->out_c; oc++) {
            const int32_t ic = oc / p->depth_multiplier;
            float acc = bias != NULL ? bias[oc] : 0.0f;
            for (int32_t ky = 0; ky < g->kernel_h; ky++) {
                const int32_t iy = redsc_input_y(g, oy, ky);
                for (int32_t kx = 0; kx < g->kernel_w; kx++) {
                    const int32_t ix = redsc_input_x(g, ox, kx);
                    if (redsc_inside(g, iy, ix)) {
                        acc += image[(iy * g->in_w + ix) * g->in_c + ic] * w[(ky * g->kernel_w + kx) * g->out_c + oc];
                    }
                }
            }
            acc = acc < p->act_min ? p->act_min : acc;
            *y++ = acc > p->act_max ? p->act_max : acc;
        }
    }
}
