/* 2-D convolution of large windows, 8 bit, for cores with the DSP extension: one kernel row at a time.
 *
 * x        [batches][in_h][in_w][in_c]
 * w        in 32-bit words: the biases of all filters, filled up to pairs; for each kernel row and pair of filters the
 *          quads of weights as in dsp/gemm_s8.h, kernel_w * in_c inputs filled up with zeros; the constants to finish
 *          each filter
 * y        [batches][out_h][out_w][out_c]
 * scratch  24 bytes for each pair of filters, 24 bytes for each quad of a kernel row, then three kernel rows unless
 *          all windows
 *          lie inside of the image
 *
 * Three pixels at a time, as in dsp/conv2d_s8_dsp.c, but sums stay in memory from one kernel row to the next: that
 * takes less scratch memory, and sums of either filter of a pair may grow up to 2^30. A kernel row must keep within
 * 2^23.
 *
 * Measured on Cortex-M4: 10x4 windows of 64 channels, 48 filters take 0.79 instructions for a multiply-accumulate
 * in all. */
#include "dsp/gemm_s8.h"

/* Sums of a pair of filters at three pixels. */
typedef struct redsc_dsp_sums {
    int32_t a0, a1, a2, b0, b1, b2;
} redsc_dsp_sums_t;

/* Adds the dot products of `quads` quads with all pairs of filters to their sums; the weights that follow. */
REDSC_DSP_SHARED const uint32_t *redsc_dsp_add_dots3_s8(redsc_dsp_sums_t *sums, const uint32_t *w, const uint32_t *x,
                                                        int32_t quads, int32_t pairs)
{
    const uint32_t *const end = x + 6 * quads;
    const int32_t skip = REDSC_DSP_SKIP(quads, 68);
    for (; pairs > 0; pairs--, sums++) {
        int32_t a0 = 0, a1 = 0, a2 = 0, b0 = 0, b1 = 0, b2 = 0;
        const uint32_t *position = x;
        __asm__ volatile(REDSC_DSP_ENTER
                         "1:\n\t" REDSC_DSP_UNROLLED(REDSC_DSP_DOT_QUAD_3)
                         "ldr r4, %[end]\n\t"
                         "cmp %[x], r4\n\t"
                         "bne 1b"
                         : [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2), [b0] "+r"(b0), [b1] "+r"(b1), [b2] "+r"(b2),
                           [w] "+r"(w), [x] "+r"(position)
                         : [skip] "m"(skip), [end] "m"(end)
                         : "r4", "r5", "r6", "r8", "r9", "cc", "memory");
        sums->a0 += a0;
        sums->a1 += a1;
        sums->a2 += a2;
        sums->b0 += (b0 - a0) >> 8;
        sums->b1 += (b1 - a1) >> 8;
        sums->b2 += (b2 - a2) >> 8;
    }
    return w;
}

/* Finishes three sums of one filter. */
#define REDSC_DSP_FINISH_SUMS(LOAD, FINISH, x0, x1, x2)                                \
    __asm__(LOAD FINISH("%[y0]") FINISH("%[y1]") FINISH("%[y2]")                       \
            : [y0] "+r"(x0), [y1] "+r"(x1), [y2] "+r"(x2), [w] "+r"(w)                 \
            :                                                                          \
            : "r4", "r5", "r6", "r8", "r9", "memory")

/* Results of all filters at three pixels; arguments as those of redsc_dsp_gemm3_s8. */
REDSC_DSP_SHARED void redsc_dsp_finish_sums_s8(const redsc_dsp_sums_t *sums, const uint32_t *w, int8_t *y, int32_t y1,
                                               int32_t y2, const redsc_packed_conv2d_t *p)
{
    const redsc_dsp_limits_t limits = {p->zero, p->low, p->high};
    for (int32_t filter = 0; filter < p->window.out_c; filter++, y++) {
        const redsc_dsp_sums_t *pair = sums + filter / 2;
        int32_t x0 = filter % 2 == 0 ? pair->a0 : pair->b0;
        int32_t x1 = filter % 2 == 0 ? pair->a1 : pair->b1;
        int32_t x2 = filter % 2 == 0 ? pair->a2 : pair->b2;
        if (p->finish == REDSC_FINISH_RELU) {
            REDSC_DSP_FINISH_SUMS(REDSC_DSP_LOAD_3, REDSC_DSP_RELU, x0, x1, x2);
        } else if (p->finish == REDSC_FINISH_LINEAR) {
            REDSC_DSP_FINISH_SUMS(REDSC_DSP_LOAD_3, REDSC_DSP_LINEAR, x0, x1, x2);
        } else {
            REDSC_DSP_FINISH_SUMS(REDSC_DSP_LOAD_5, REDSC_DSP_GENERAL, x0, x1, x2);
        }
        y[y2] = redsc_dsp_limit(x2, p->finish, limits);
        y[y1] = redsc_dsp_limit(x1, p->finish, limits);
        y[0] = redsc_dsp_limit(x0, p->finish, limits);
    }
}

/* Kernel row `ky` of the window of output pixel `index`: in the image if it lies inside, else copied to `patch`. */
REDSC_DSP_SHARED const int8_t *redsc_dsp_kernel_row(const int8_t *x, int32_t index, int32_t ky, int8_t *patch,
                                                    const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t row = index / g->out_w;
    const int32_t iy = row % g->out_h * g->stride_h - g->pad_top + ky * g->dilation_h;
    const int32_t ix = index % g->out_w * g->stride_w - g->pad_left;
    const int8_t *line = x + (row / g->out_h * g->in_h + iy) * g->in_w * g->in_c;
    const int32_t in_line = iy >= 0 && iy < g->in_h;
    if (in_line && ix >= 0 && ix + g->kernel_w <= g->in_w && g->dilation_w == 1) {
        return line + ix * g->in_c;
    }
    for (int32_t kx = 0; kx < g->kernel_w; kx++) {
        const int32_t column = ix + kx * g->dilation_w;
        if (in_line && column >= 0 && column < g->in_w) {
            redsc_dsp_copy_bytes(patch + kx * g->in_c, line + column * g->in_c, g->in_c);
        } else {
            redsc_dsp_fill_bytes(patch + kx * g->in_c, p->pad_value, g->in_c);
        }
    }
    return patch;
}

REDSC_KERNEL void redsc_conv2d_rows_s8_dsp(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                           const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t inputs = g->kernel_w * g->in_c; /* of a kernel row */
    const int32_t quads = (inputs + 3) / 4;
    const int32_t pairs = (g->out_c + 1) / 2;
    redsc_dsp_sums_t *const sums = scratch;
    uint32_t *const wide = (uint32_t *)(sums + pairs);
    int8_t *const patch = (int8_t *)(wide + 6 * quads);
    for (int32_t i = 0; i < pixels; i += 3, y += 3 * g->out_c) {
        const int32_t step1 = i + 1 < pixels ? 1 : 0; /* missing pixels of the last tile repeat the first one */
        const int32_t step2 = i + 2 < pixels ? 2 : 0;
        const uint32_t *weights = w + 2 * pairs;
        for (int32_t pair = 0; pair < pairs; pair++) {
            const int32_t a = (int32_t)w[2 * pair], b = (int32_t)w[2 * pair + 1];
            const redsc_dsp_sums_t biases = {a, a, a, b, b, b};
            sums[pair] = biases;
        }
        for (int32_t ky = 0; ky < g->kernel_h; ky++) {
            const int8_t *x0 = redsc_dsp_kernel_row(x, i, ky, patch, p);
            const int8_t *x1 = redsc_dsp_kernel_row(x, i + step1, ky, patch + inputs, p);
            const int8_t *x2 = redsc_dsp_kernel_row(x, i + step2, ky, patch + 2 * inputs, p);
            redsc_dsp_widen3(wide, x0, x1, x2, inputs);
            weights = redsc_dsp_add_dots3_s8(sums, weights, wide, quads, pairs);
        }
        redsc_dsp_finish_sums_s8(sums, weights, y, step1 * g->out_c, step2 * g->out_c, p);
    }
}
