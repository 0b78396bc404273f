/* 2-D convolution, 8 bit, one group, for cores without vectors: two pixels times four filters at a time.
 *
 * x        [batches][in_h][in_w][in_c], its zero point folded into the bias
 * w        [out_c][kernel_h][kernel_w][in_c], no zero point
 * bias     [out_c] or NULL
 * multiplier, shift  one for each output channel, or one for all (requant_step); shifts in [-22, -1]
 * y        [batches][out_h][out_w][out_c]
 * scratch  two windows unless there is one tap inside of the image
 *
 * Sums keep below 2^30. */
#include "gather.h"
#include "scale_down.h"

/* The window of output pixel `index`: in the image if it is a pixel, else copied to `copy`. */
REDSC_PART const int8_t *redsc_tiled_window(const int8_t *x, int32_t index, int8_t *copy, const redsc_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t row = index / g->out_w;
    const int32_t iy = row % g->out_h * g->stride_h - g->pad_top;
    const int32_t ix = index % g->out_w * g->stride_w - g->pad_left;
    const int8_t *image = x + row / g->out_h * (g->in_h * g->in_w * g->in_c);
    if (copy == NULL) {
        return image + (iy * g->in_w + ix) * g->in_c;
    }
    redsc_gather_window(copy, image, iy, ix, g->kernel_h, g->kernel_w, p->pad_value, g);
    return copy;
}

/* All filters of two windows of `inputs` bytes. */
REDSC_INLINE void redsc_tiled_filters(const int8_t *x0, const int8_t *x1, const int8_t *w, const int32_t *bias,
                                      const int32_t *multiplier, const int8_t *shift, int8_t *y0, int8_t *y1,
                                      int32_t inputs, int32_t filters, const redsc_conv2d_t *p)
{
    int32_t oc = 0;
    for (; oc < filters; oc += 4) {
        const int32_t count = filters - oc < 4 ? filters - oc : 4;
        /* An incomplete group repeats its first filter. */
        const int32_t second = count > 1 ? inputs : 0, third = count > 2 ? 2 * inputs : 0;
        const int32_t fourth = count > 3 ? 3 * inputs : 0;
        int32_t sums[8] = {0};
        int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
        if (count == 4) {
            REDSC_UNROLL_4
            for (int32_t k = 0; k < inputs; k++, w++) {
                const int32_t a = x0[k], b = x1[k];
                int32_t weight = w[0];
                a0 += a * weight;
                b0 += b * weight;
                weight = w[inputs];
                a1 += a * weight;
                b1 += b * weight;
                weight = w[2 * inputs];
                a2 += a * weight;
                b2 += b * weight;
                weight = w[3 * inputs];
                a3 += a * weight;
                b3 += b * weight;
            }
            w += 3 * inputs;
        } else {
            for (int32_t k = 0; k < inputs; k++, w++) {
                const int32_t a = x0[k], b = x1[k];
                a0 += a * w[0];
                b0 += b * w[0];
                a1 += a * w[second];
                b1 += b * w[second];
                a2 += a * w[third];
                b2 += b * w[third];
                a3 += a * w[fourth];
                b3 += b * w[fourth];
            }
        }
        sums[0] = a0;
        sums[1] = a1;
        sums[2] = a2;
        sums[3] = a3;
        sums[4] = b0;
        sums[5] = b1;
        sums[6] = b2;
        sums[7] = b3;
        for (int32_t i = 0; i < count; i++) {
            const int32_t r = (oc + i) * p->requant_step;
            const int32_t right = -shift[r], start = bias != NULL ? bias[oc + i] : 0;
            const int32_t offset = redsc_scale_offset(p->output_offset, right);
            *y0++ = redsc_scale_down(sums[i] + start, multiplier[r], right, offset, p->act_min, p->act_max);
            if (y1 != NULL) {
                *y1++ = redsc_scale_down(sums[4 + i] + start, multiplier[r], right, offset, p->act_min, p->act_max);
            }
        }
    }
}

REDSC_KERNEL void redsc_conv2d_tiled_s8(const int8_t *x, const int8_t *w, const int32_t *bias,
                                        const int32_t *multiplier, const int8_t *shift, int8_t *y, void *scratch,
                                        const redsc_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t inputs = g->kernel_h * g->kernel_w * g->in_c;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    int8_t *const copy = scratch;
    for (int32_t i = 0; i < pixels; i += 2, y += 2 * g->out_c) {
        const int8_t *x0 = redsc_tiled_window(x, i, copy, p);
        const int8_t *x1 = x0;
        if (i + 1 < pixels) {
            x1 = redsc_tiled_window(x, i + 1, copy != NULL ? copy + inputs : NULL, p);
        }
        redsc_tiled_filters(x0, x1, w, bias, multiplier, shift, y, i + 1 < pixels ? y + g->out_c : NULL, inputs,
                            g->out_c, p);
    }
}
