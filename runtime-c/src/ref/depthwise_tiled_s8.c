/* Depthwise 2-D convolution, 8 bit, depth multiplier 1, no dilation, for cores without vectors: two neighbouring pixels
 * at a time.
 *
 * x        [batches][in_h][in_w][in_c], its zero point folded into the bias
 * w        [kernel_h][kernel_w][in_c], no zero point
 * bias     [in_c] or NULL
 * multiplier, shift  one for each channel, or one for all (requant_step); shifts in [-22, -1]
 * y        [batches][out_h][out_w][in_c]
 * scratch  kernel_h * (kernel_w + stride_w) * in_c bytes
 *
 * Windows that reach beyond the image are copied. Sums keep below 2^30. */
#include "gather.h"
#include "scale_down.h"

/* The sums of a channel at both pixels. */
typedef struct redsc_two_sums {
    int32_t a, b;
} redsc_two_sums_t;

/* Adds a row of taps: cells lie `channels` bytes apart, windows `next` bytes. */
REDSC_INLINE redsc_two_sums_t redsc_tiled_row(redsc_two_sums_t sums, const int8_t *x, const int8_t *w, int32_t taps,
                                              int32_t channels, int32_t next)
{
    if (taps == 3 && next == channels) { /* the windows share two cells */
        const int32_t x1 = x[channels], x2 = x[2 * channels];
        sums.a += x[0] * w[0] + x1 * w[channels] + x2 * w[2 * channels];
        sums.b += x1 * w[0] + x2 * w[channels] + x[3 * channels] * w[2 * channels];
        return sums;
    }
    for (int32_t k = 0; k < taps; k++, x += channels, w += channels) {
        sums.a += x[0] * w[0];
        sums.b += x[next] * w[0];
    }
    return sums;
}

/* All channels of two pixels, whose first window begins at `x`, rows `pitch` bytes apart. */
REDSC_INLINE void redsc_tiled_channels(const int8_t *x, int32_t pitch, int32_t next, const int8_t *w,
                                       const int32_t *bias, const int32_t *multiplier, const int8_t *shift, int8_t *y0,
                                       int8_t *y1, const redsc_depthwise_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t row = g->kernel_w * g->in_c; /* of weights */
    for (int32_t c = 0; c < g->in_c; c++, x++, w++) {
        const int32_t r = c * p->requant_step;
        const int32_t right = -shift[r], start = bias != NULL ? bias[c] : 0;
        const int32_t offset = redsc_scale_offset(p->output_offset, right);
        redsc_two_sums_t sums = {start, start};
        if (g->kernel_h == 3) {
            sums = redsc_tiled_row(sums, x, w, g->kernel_w, g->in_c, next);
            sums = redsc_tiled_row(sums, x + pitch, w + row, g->kernel_w, g->in_c, next);
            sums = redsc_tiled_row(sums, x + 2 * pitch, w + 2 * row, g->kernel_w, g->in_c, next);
        } else {
            for (int32_t ky = 0; ky < g->kernel_h; ky++) {
                sums = redsc_tiled_row(sums, x + ky * pitch, w + ky * row, g->kernel_w, g->in_c, next);
            }
        }
        y0[c] = redsc_scale_down(sums.a, multiplier[r], right, offset, p->act_min, p->act_max);
        if (y1 != NULL) {
            y1[c] = redsc_scale_down(sums.b, multiplier[r], right, offset, p->act_min, p->act_max);
        }
    }
}

REDSC_KERNEL void redsc_depthwise_tiled_s8(const int8_t *x, const int8_t *w, const int32_t *bias,
                                           const int32_t *multiplier, const int8_t *shift, int8_t *y, void *scratch,
                                           const redsc_depthwise_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t columns = g->kernel_w + g->stride_w; /* of both windows */
    for (int32_t row = 0; row < g->batches * g->out_h; row++) {
        const int8_t *image = x + row / g->out_h * (g->in_h * g->in_w * g->in_c);
        const int32_t iy = row % g->out_h * g->stride_h - g->pad_top;
        for (int32_t ox = 0; ox < g->out_w; ox += 2, y += 2 * g->in_c) {
            const int32_t ix = ox * g->stride_w - g->pad_left;
            const int32_t both = ox + 1 < g->out_w;
            const int8_t *first = image + (iy * g->in_w + ix) * g->in_c;
            int32_t pitch = g->in_w * g->in_c;
            if (iy < 0 || iy + g->kernel_h > g->in_h || ix < 0 || ix + columns > g->in_w) {
                redsc_gather_window(scratch, image, iy, ix, g->kernel_h, columns, p->pad_value, g);
                first = scratch;
                pitch = columns * g->in_c;
            }
            redsc_tiled_channels(first, pitch, g->stride_w * g->in_c, w, bias, multiplier, shift, y,
                                 both ? y + g->in_c : NULL, p);
        }
        y -= g->out_w % 2 != 0 ? g->in_c : 0;
    }
}
