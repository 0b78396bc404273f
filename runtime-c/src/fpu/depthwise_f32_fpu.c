/* Depthwise 2-D convolution with depth multiplier 1, real numbers, for cores with an FPU: eight channels at a time.
 *
 * x     [batches][in_h][in_w][in_c]
 * w     [kernel_h][kernel_w][in_c]
 * bias  [in_c] or NULL
 * y     [batches][out_h][out_w][in_c]
 *
 * Measured with 64 channels and windows of 3x3 taps: 3.8 instructions for a multiply-accumulate in all on
 * Cortex-M4, 3.2 on M55. */
#include "fpu/taps_f32.h"
#include "window.h"

/* Adds the products of a window to the sums of `channels` channels (8 or 1) side by side. */
REDSC_INLINE void redsc_fpu_depthwise_window(float *sums, const float *image, const float *w, int32_t oy, int32_t ox,
                                             int32_t channels, const redsc_window_t *g)
{
    int32_t first = 0;
    int32_t end = g->kernel_w;
    while (first < end && redsc_input_x(g, ox, first) < 0) {
        first++;
    }
    while (end > first && redsc_input_x(g, ox, end - 1) >= g->in_w) {
        end--;
    }
    for (int32_t ky = 0; ky < g->kernel_h && first < end; ky++) {
        const int32_t iy = redsc_input_y(g, oy, ky);
        if (iy < 0 || iy >= g->in_h) {
            continue;
        }
        const float *cell = image + (iy * g->in_w + redsc_input_x(g, ox, first)) * g->in_c;
        const float *tap = w + (ky * g->kernel_w + first) * g->in_c;
        if (channels == 8) {
            redsc_fpu_taps8(sums, cell, tap, end - first, g->dilation_w * g->in_c, g->in_c);
        } else {
            for (int32_t kx = first; kx < end; kx++, cell += g->dilation_w * g->in_c, tap += g->in_c) {
                sums[0] += cell[0] * tap[0];
            }
        }
    }
}

REDSC_KERNEL void redsc_depthwise_f32_fpu(const float *x, const float *w, const float *bias, float *y, void *scratch,
                                          const redsc_depthwise_f32_t *p)
{
    const redsc_window_t *g = &p->window;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const float *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        int32_t c = 0;
        for (; c + 8 <= g->in_c; c += 8) {
            float sums[8];
            for (int32_t k = 0; k < 8; k++) {
                sums[k] = bias != NULL ? bias[c + k] : 0.0f;
            }
            redsc_fpu_depthwise_window(sums, image + c, w + c, oy, ox, 8, g);
            for (int32_t k = 0; k < 8; k++) {
                *y++ = redsc_fpu_limit(sums[k], p->act_min, p->act_max);
            }
        }
        for (; c < g->in_c; c++) {
            float sum = bias != NULL ? bias[c] : 0.0f;
            redsc_fpu_depthwise_window(&sum, image + c, w + c, oy, ox, 1, g);
            *y++ = redsc_fpu_limit(sum, p->act_min, p->act_max);
        }
    }
}
