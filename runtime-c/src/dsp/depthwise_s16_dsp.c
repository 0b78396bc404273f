/* Depthwise 2-D convolution with depth multiplier 1, 16-bit activations, 8-bit weights, for cores with the DSP extension:
 * two channels at a time.
 *
 * x  [batches][in_h][in_w][in_c], readable up to 2 bytes behind its end
 * w  pairs of channels, in 32-bit words: the two biases; for each tap both weights in 16-bit lanes; for each channel
 *    mantissa, rounding and shift as in dsp/conv2d_s16_dsp.c
 * y  [batches][out_h][out_w][in_c]
 *
 * Ranges as in dsp/conv2d_s16_dsp.c. Measured on Cortex-M4: 125 pixels of 64 channels and windows of 3x3 taps take 7.5
 * instructions for a multiply-accumulate in all. */
#include "dsp/wide.h"
#include "packed.h"
#include "window.h"

/* A run of taps of a pair of channels; both sums change. `x_step` is the distance of taps in elements. */
REDSC_INLINE void redsc_dsp_taps_s16(int32_t *a, int32_t *b, const int16_t *x, const uint32_t *w, int32_t taps,
                                     int32_t x_step)
{
    for (; taps > 0; taps--, x += x_step) {
        const uint32_t pair = redsc_dsp_load4(x);
        const uint32_t weights = *w++;
        __asm__("smlabb %0, %1, %2, %0" : "+r"(*a) : "r"(pair), "r"(weights));
        __asm__("smlatt %0, %1, %2, %0" : "+r"(*b) : "r"(pair), "r"(weights));
    }
}

/* All pairs of channels of a pixel. `first` is the position of the cell under the first tap of the window. */
REDSC_DSP_SHARED void redsc_dsp_depthwise_pixel_s16(const int16_t *image, int32_t first, const uint32_t *w, int16_t *y,
                                                    redsc_cells_t taps, const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t row_step = g->dilation_h * g->in_w * g->in_c;
    const int32_t step = g->dilation_w * g->in_c;
    for (int32_t left = g->in_c; left > 0; left -= 2, first += 2) {
        int32_t a = (int32_t)w[0];
        int32_t b = (int32_t)w[1];
        for (int32_t ky = taps.top; ky < taps.bottom; ky++) {
            redsc_dsp_taps_s16(&a, &b, image + (first + ky * row_step + taps.left * step),
                               w + 2 + ky * g->kernel_w + taps.left,
                               taps.right - taps.left, step);
        }
        w += 2 + g->kernel_h * g->kernel_w;
        *y++ = redsc_dsp_finish_s16(a, w, p->low, p->high);
        if (left > 1) {
            *y++ = redsc_dsp_finish_s16(b, w + 3, p->low, p->high);
        }
        w += 6;
    }
}

REDSC_KERNEL void redsc_depthwise_s16_dsp(const int16_t *x, const uint32_t *w, int16_t *y, void *scratch,
                                          const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++, y += g->in_c) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const int16_t *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        const int32_t first = (redsc_input_y(g, oy, 0) * g->in_w + redsc_input_x(g, ox, 0)) * g->in_c;
        redsc_dsp_depthwise_pixel_s16(image, first, w, y, redsc_taps_inside(g, oy, ox), p);
    }
}
