/* 2-D convolution, real numbers: any geometry, dilation and grouping.
 *
 * x     [batches][in_h][in_w][in_c]
 * w     [out_c][kernel_h][kernel_w][kernel_c]
 * bias  [out_c] or NULL
 * y     [batches][out_h][out_w][out_c] */
#include "dot.h"
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "window.h"

REDSC_KERNEL void redsc_conv2d_f32(const float *x, const float *w, const float *bias, float *y, void *scratch,
                                   const redsc_conv2d_f32_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t filters_per_group = g->out_c / (g->in_c / p->kernel_c);
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const float *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        const float *taps = w;
        for (int32_t oc = 0; oc < g->out_c; oc++) {
            const int32_t first_c = oc / filters_per_group * p->kernel_c;
            float acc = bias != NULL ? bias[oc] : 0.0f;
            for (int32_t ky = 0; ky < g->kernel_h; ky++) {
                const int32_t iy = redsc_input_y(g, oy, ky);
                for (int32_t kx = 0; kx < g->kernel_w; kx++, taps += p->kernel_c) {
                    const int32_t ix = redsc_input_x(g, ox, kx);
                    if (redsc_inside(g, iy, ix)) {
                        const float *cell = image + (iy * g->in_w + ix) * g->in_c + first_c;
                        acc = redsc_dot_f32(acc, cell, taps, p->kernel_c);
                    }
                }
            }
            acc = acc < p->act_min ? p->act_min : acc;
            *y++ = acc > p->act_max ? p->act_max : acc;
        }
    }
}
