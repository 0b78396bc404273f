/* 2-D convolution in one group, real numbers, for cores with an FPU: four filters at a time.
 *
 * x  [batches][in_h][in_w][in_c]
 * w  groups of four filters: the four biases, then weights [kernel_h][kernel_w][in_c] as in fpu/dot4_f32.h; then filters of
 *    an incomplete group, each with its bias before its weights
 * y  [batches][out_h][out_w][out_c]
 *
 * Measured with 64 inputs and 64 filters of one tap: 1.5 instructions for a multiply-accumulate in all on
 * Cortex-M4, 0.75 on M55. */
#include "dot.h"
#include "fpu/dot4_f32.h"
#include "window.h"

/* Adds the products of a window to the sums of `filters` filters (4 or 1) side by side. Taps that are neighbours in the
 * image are one run. */
REDSC_INLINE void redsc_fpu_window(float *sums, const float *image, const float *w, int32_t oy, int32_t ox,
                                   int32_t filters, const redsc_window_t *g)
{
    const int32_t tap = filters * g->in_c;
    const int32_t first = redsc_input_x(g, ox, 0);
    const int32_t before = first < 0 ? -first : 0;
    const int32_t beyond = first + g->kernel_w - g->in_w;
    const int32_t taps = g->kernel_w - before - (beyond > 0 ? beyond : 0);
    for (int32_t ky = 0; ky < g->kernel_h; ky++, w += g->kernel_w * tap) {
        const int32_t iy = redsc_input_y(g, oy, ky);
        const int32_t runs = g->dilation_w == 1 ? 1 : g->kernel_w;
        for (int32_t run = 0; run < runs; run++) {
            const int32_t kx = g->dilation_w == 1 ? before : run;
            const int32_t inputs = (g->dilation_w == 1 ? taps : 1) * g->in_c;
            const int32_t ix = redsc_input_x(g, ox, kx);
            if (inputs <= 0 || !redsc_inside(g, iy, ix)) {
                continue;
            }
            const float *cell = image + (iy * g->in_w + ix) * g->in_c;
            if (filters == 4) {
                redsc_fpu_dot4(sums, cell, w + kx * tap, inputs);
            } else {
                sums[0] = redsc_dot_f32(sums[0], cell, w + kx * tap, inputs);
            }
        }
    }
}

REDSC_KERNEL void redsc_conv2d_f32_fpu(const float *x, const float *w, float *y, void *scratch,
                                       const redsc_conv2d_f32_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t taps = g->kernel_h * g->kernel_w * g->in_c;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const float *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        const float *filter = w;
        int32_t left = g->out_c;
        for (; left >= 4; left -= 4, filter += 4 * (taps + 1)) {
            float sums[4] = {filter[0], filter[1], filter[2], filter[3]};
            redsc_fpu_window(sums, image, filter + 4, oy, ox, 4, g);
            for (int32_t k = 0; k < 4; k++) {
                *y++ = redsc_fpu_limit(sums[k], p->act_min, p->act_max);
            }
        }
        for (; left > 0; left--, filter += taps + 1) {
            float sum = filter[0];
            redsc_fpu_window(&sum, image, filter + 1, oy, ox, 1, g);
            *y++ = redsc_fpu_limit(sum, p->act_min, p->act_max);
        }
    }
}
