/* 2-D convolution in one group or fully connected layer, 16-bit activations, 8-bit weights, for cores with the vector
 * extension: four filters at a time.
 *
 * x        [batches][in_h][in_w][in_c], readable up to 16 bytes behind its end
 * w        groups of four filters, in 32-bit words: the biases, the mantissas << 16, the negated shifts; for each eight
 *          inputs eight weights of each filter
 * y        [batches][out_h][out_w][out_c]
 * scratch  a window, 2 bytes for each input, and 32 bytes, unless p->window has one tap and no padding
 *
 * A result is (sum * mantissa >> 16) >> shift, rounded in the second shift, which is a single rounding. Ranges as in
 * dsp/conv2d_s16_dsp.c. Measured on Cortex-M55: 125 pixels of 64 inputs times 64 filters take 0.50 instructions for a
 * multiply-accumulate in all. */
#include "mve/copy.h"
#include "mve/vectors.h"
#include "packed.h"
#include "window.h"

/* A window of `chunks` chunks of eight inputs times all filters. */
static __attribute__((noinline, unused)) void redsc_mve_filters_s16(const int32_t *w, const int16_t *x, int16_t *y,
                                                                    int32_t chunks, int32_t filters, int32_t low,
                                                                    int32_t high)
{
    for (; filters > 0; filters -= 4, y += 4) {
        const int8_t *weights = (const int8_t *)(w + 12);
        const int16_t *in = x;
        int32_t a = 0, b = 0, c = 0, d = 0;
        for (int32_t chunk = chunks; chunk > 0; chunk--, in += 8, weights += 32) {
            const int16x8_t inputs = vldrhq_s16(in);
            a = vmladavaq_s16(a, inputs, vldrbq_s16(weights));
            b = vmladavaq_s16(b, inputs, vldrbq_s16(weights + 8));
            c = vmladavaq_s16(c, inputs, vldrbq_s16(weights + 16));
            d = vmladavaq_s16(d, inputs, vldrbq_s16(weights + 24));
        }
        int32x4_t sums = vldrwq_s32(w);
        sums = vaddq_s32(sums, vsetq_lane_s32(d, vsetq_lane_s32(c, vsetq_lane_s32(b, vdupq_n_s32(a), 1), 2), 3));
        sums = vrshlq_s32(vmulhq_s32(sums, vldrwq_s32(w + 4)), vldrwq_s32(w + 8));
        sums = redsc_mve_clamp(sums, low, high);
        if (filters >= 4) {
            vstrhq_s32(y, sums);
        } else {
            vstrhq_p_s32(y, sums, vctp32q((uint32_t)filters));
        }
        w = (const int32_t *)(const void *)weights;
    }
}

/* Copies the window of an output pixel. */
REDSC_INLINE void redsc_mve_copy_window_s16(int16_t *to, const int16_t *image, int32_t oy, int32_t ox,
                                            const redsc_window_t *g)
{
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        const int32_t iy = redsc_input_y(g, oy, ky);
        for (int32_t kx = 0; kx < g->kernel_w; kx++, to += g->in_c) {
            const int32_t ix = redsc_input_x(g, ox, kx);
            if (redsc_inside(g, iy, ix)) {
                redsc_mve_copy_vectors((int8_t *)to, (const int8_t *)(image + (iy * g->in_w + ix) * g->in_c),
                                       2 * g->in_c);
            } else {
                redsc_mve_fill_vectors((int8_t *)to, vdupq_n_s8(0), 2 * g->in_c);
            }
        }
    }
}

REDSC_KERNEL void redsc_conv2d_s16_mve(const int16_t *x, const uint32_t *w, int16_t *y, void *scratch,
                                       const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t inputs = g->kernel_h * g->kernel_w * g->in_c;
    int16_t *const window = (int16_t *)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++, y += g->out_c) {
        const int32_t oy = pixel / g->out_w % g->out_h;
        const int32_t ox = pixel % g->out_w;
        const int16_t *image = x + pixel / (g->out_h * g->out_w) * (g->in_h * g->in_w * g->in_c);
        const int16_t *in = window;
        if (scratch != NULL) {
            redsc_mve_copy_window_s16(window, image, oy, ox, g);
        } else {
            in = image + (redsc_input_y(g, oy, 0) * g->in_w + redsc_input_x(g, ox, 0)) * g->in_c;
        }
        redsc_mve_filters_s16((const int32_t *)w, in, y, (inputs + 7) / 8, g->out_c, p->low, p->high);
    }
}
