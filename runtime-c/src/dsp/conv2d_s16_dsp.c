/* 2-D convolution in one group or fully connected layer, 16-bit activations, 8-bit weights, for cores with the DSP
 * extension: four filters at a time.
 *
 * x        [batches][in_h][in_w][in_c], aligned to 4 bytes
 * w        groups of four filters, in 32-bit words: the biases; for each quad of weights a word of each filter with its
 *          bytes in the order 0, 2, 1, 3; for each filter mantissa, rounding and shift
 * y        [batches][out_h][out_w][out_c]
 * scratch  a window filled up to quads, 2 bytes for each input, unless p->window has one tap, no padding and quads of
 *          channels
 *
 * A result is ((sum * mantissa >> 16) + rounding) >> shift, which is a single rounding. Ranges: sums of 31 bits,
 * mantissas of 15, shifts in [1, 30]. Measured on Cortex-M4: 125 pixels of 64 inputs times 64 filters take 1.39
 * instructions for a multiply-accumulate in all. */
#include "dsp/sums_s8.h"
#include "dsp/wide.h"
#include "window.h"

/* A window of `quads` quads times all filters. */
REDSC_DSP_SHARED void redsc_dsp_filters_s16(const uint32_t *w, const int16_t *x, int16_t *y, int32_t quads,
                                            int32_t filters, int32_t low, int32_t high)
{
    const int16_t *const end = x + 4 * quads;
    const int32_t skip = redsc_dsp_skip_apart(quads);
    const uint32_t *const factors = w;
    for (; filters > 0; filters -= 4, y += 4, w += 12) {
        int32_t a0, a1, b0, b1;
        uint32_t t;
        const int16_t *position = x;
        REDSC_DSP_APART_1X4("");
        y[0] = redsc_dsp_finish_s16(a0, w, low, high);
        if (filters > 1) {
            y[1] = redsc_dsp_finish_s16(b0, w + 3, low, high);
        }
        if (filters > 2) {
            y[2] = redsc_dsp_finish_s16(a1, w + 6, low, high);
        }
        if (filters > 3) {
            y[3] = redsc_dsp_finish_s16(b1, w + 9, low, high);
        }
    }
}

/* Copies the window of an output pixel. */
REDSC_INLINE void redsc_dsp_copy_window_s16(int16_t *to, const int16_t *image, int32_t oy, int32_t ox,
                                            const redsc_window_t *g)
{
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        const int32_t iy = redsc_input_y(g, oy, ky);
        for (int32_t kx = 0; kx < g->kernel_w; kx++, to += g->in_c) {
            const int32_t ix = redsc_input_x(g, ox, kx);
            if (redsc_inside(g, iy, ix)) {
                redsc_dsp_copy_bytes((int8_t *)to, (const int8_t *)(image + (iy * g->in_w + ix) * g->in_c),
                                     2 * g->in_c);
            } else {
                redsc_dsp_fill_bytes((int8_t *)to, 0, 2 * g->in_c);
            }
        }
    }
}

REDSC_KERNEL void redsc_conv2d_s16_dsp(const int16_t *x, const uint32_t *w, int16_t *y, void *scratch,
                                       const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t inputs = g->kernel_h * g->kernel_w * g->in_c;
    const int32_t quads = (inputs + 3) / 4;
    int16_t *const window = (int16_t *)scratch;
    if (scratch != NULL) {
        redsc_dsp_fill_bytes((int8_t *)(window + inputs), 0, 2 * (4 * quads - inputs));
    }
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++, y += g->out_c) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const int16_t *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        const int16_t *in = window;
        if (scratch != NULL) {
            redsc_dsp_copy_window_s16(window, image, oy, ox, g);
        } else {
            in = image + (redsc_input_y(g, oy, 0) * g->in_w + redsc_input_x(g, ox, 0)) * g->in_c;
        }
        redsc_dsp_filters_s16(w, in, y, quads, g->out_c, p->low, p->high);
    }
}
