/* Depthwise 2-D convolution with depth multiplier 1, 16-bit activations, 8-bit weights, for cores with the vector
 * extension: eight channels at a time.
 *
 * x  [batches][in_h][in_w][in_c], readable up to 16 bytes behind its end
 * w  groups of eight channels, in 32-bit words: biases, mantissas << 16 and negated shifts of the even channels, the same
 *    of the odd ones; for each tap eight weights
 * y  [batches][out_h][out_w][in_c]
 *
 * Ranges as in dsp/conv2d_s16_dsp.c. Measured on Cortex-M55: 125 pixels of 64 channels and windows of 3x3 taps take
 * 1.7 instructions for a multiply-accumulate in all. */
#include "mve/vectors.h"
#include "packed.h"
#include "window.h"

/* Results of four sums in the even lanes of a vector. */
REDSC_INLINE int32x4_t redsc_mve_finish_s16(int32x4_t sums, const int32_t *w, int32_t low, int32_t high)
{
    return redsc_mve_clamp(vrshlq_s32(vmulhq_s32(sums, vldrwq_s32(w + 4)), vldrwq_s32(w + 8)), low, high);
}

/* All groups of channels of a pixel, as redsc_dsp_depthwise_pixel_s16. */
static __attribute__((noinline, unused)) void redsc_mve_depthwise_pixel_s16(const int16_t *image, int32_t first,
                                                                            const int32_t *w, int16_t *y,
                                                                            redsc_cells_t taps,
                                                                            const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t row_step = g->dilation_h * g->in_w * g->in_c;
    const int32_t step = g->dilation_w * g->in_c;
    for (int32_t left = g->in_c; left > 0; left -= 8, first += 8, y += 8) {
        const int8_t *weights = (const int8_t *)(w + 24);
        int32x4_t even = vldrwq_s32(w);
        int32x4_t odd = vldrwq_s32(w + 12);
        for (int32_t ky = taps.top; ky < taps.bottom; ky++) {
            const int16_t *cells = image + (first + ky * row_step + taps.left * step);
            const int8_t *row = weights + 8 * (ky * g->kernel_w + taps.left);
            for (int32_t kx = taps.left; kx < taps.right; kx++, cells += step, row += 8) {
                const int16x8_t inputs = vldrhq_s16(cells);
                const int16x8_t factors = vldrbq_s16(row);
                even = vaddq_s32(even, vmullbq_int_s16(inputs, factors));
                odd = vaddq_s32(odd, vmulltq_int_s16(inputs, factors));
            }
        }
        const int16x8_t low_half = vmovnbq_s32(vdupq_n_s16(0), redsc_mve_finish_s16(even, w, p->low, p->high));
        const int16x8_t results = vmovntq_s32(low_half, redsc_mve_finish_s16(odd, w + 12, p->low, p->high));
        if (left >= 8) {
            vstrhq_s16(y, results);
        } else {
            vstrhq_p_s16(y, results, vctp16q((uint32_t)left));
        }
        w = (const int32_t *)(const void *)(weights + 8 * g->kernel_h * g->kernel_w);
    }
}

REDSC_KERNEL void redsc_depthwise_s16_mve(const int16_t *x, const uint32_t *w, int16_t *y, void *scratch,
                                          const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++, y += g->in_c) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const int16_t *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        const int32_t first = (redsc_input_y(g, oy, 0) * g->in_w + redsc_input_x(g, ox, 0)) * g->in_c;
        redsc_mve_depthwise_pixel_s16(image, first, (const int32_t *)w, y, redsc_taps_inside(g, oy, ox), p);
    }
}
