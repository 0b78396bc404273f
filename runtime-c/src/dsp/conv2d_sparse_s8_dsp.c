/* 2-D convolution with sparse weights, 8 bit, for cores with the DSP extension: any geometry, one group.
 *
 * x        [batches][in_h][in_w][in_c]
 * s        rows of pairs as common/sparse.h defines them
 * w        for each filter its bias and the constants to finish it as in dsp/gemm_s8.h
 * y        [batches][out_h][out_w][out_c]
 * scratch  16 bytes for each input of a window, then two windows, unless windows are single pixels of the image
 *
 * Eight pixels at a time. A word holds one input of two of them, x0 + 2^23 * x1, so that one SMLAL adds up the products
 * of a weight with both: the sums are the low 23 bits and what is above, exactly, while the sum of pixel 0 stays below
 * 2^22 without its bias. An input of eight pixels is four words in a row.
 *
 * Ranges as in dsp/gemm_s8.h, and sums without biases below 2^22 in magnitude. */
#include "dsp/gemm_s8.h"
#include "sparse.h"

/* Distance, weight, and four times two products: 36 bytes of code. */
#define REDSC_DSP_PAIR_8                            \
    "ldrb r4, [%[s]], #1\n\t"                       \
    "ldrsb r6, [%[s]], #1\n\t"                      \
    "add.w %[x], %[x], r4, lsl #4\n\t"              \
    "ldrd r4, r5, [%[x]]\n\t"                       \
    "smlal %[l0], %[h0], r6, r4\n\t"                \
    "smlal %[l1], %[h1], r6, r5\n\t"                \
    "ldrd r4, r5, [%[x], #8]\n\t"                   \
    "smlal %[l2], %[h2], r6, r4\n\t"                \
    "smlal %[l3], %[h3], r6, r5\n\t"

/* The words x0 + 2^23 * x1 of `inputs` inputs, every fourth word. */
REDSC_DSP_SHARED void redsc_dsp_pack_pixels(uint32_t *to, const int8_t *x0, const int8_t *x1, int32_t inputs)
{
    const int8_t *const end = x0 + inputs;
    for (; end - x0 >= 4; x0 += 4, x1 += 4, to += 16) {
        to[0] = (uint32_t)x0[0] + ((uint32_t)x1[0] << 23);
        to[4] = (uint32_t)x0[1] + ((uint32_t)x1[1] << 23);
        to[8] = (uint32_t)x0[2] + ((uint32_t)x1[2] << 23);
        to[12] = (uint32_t)x0[3] + ((uint32_t)x1[3] << 23);
    }
    for (; x0 != end; x0++, x1++, to += 4) {
        *to = (uint32_t)*x0 + ((uint32_t)*x1 << 23);
    }
}

/* Finishes four sums; %[w] is left where the constants end. */
#define REDSC_DSP_FINISH_4(LOAD, FINISH, x0, x1, x2, x3)                                        \
    __asm__(LOAD FINISH("%[y0]") FINISH("%[y1]") FINISH("%[y2]") FINISH("%[y3]")                \
            : [y0] "+r"(x0), [y1] "+r"(x1), [y2] "+r"(x2), [y3] "+r"(x3), [w] "+r"(constants)   \
            :                                                                                   \
            : "r4", "r5", "r6", "r8", "r9", "memory")

#define REDSC_DSP_FINISH_8(LOAD, FINISH)                    \
    do {                                                    \
        const uint32_t *constants = w + 1;                  \
        REDSC_DSP_FINISH_4(LOAD, FINISH, a0, a1, a2, a3);   \
        constants = w + 1;                                  \
        REDSC_DSP_FINISH_4(LOAD, FINISH, a4, a5, a6, a7);   \
        w = constants;                                      \
    } while (0)

/* Both sums in the 64 bits of `high` and `low`, which began with 2^22. */
#define REDSC_DSP_SUM_EVEN(low, bias) ((int32_t)((low) & 0x7FFFFF) + (bias) - (1 << 22))
#define REDSC_DSP_SUM_ODD(low, high, bias) ((int32_t)((low) >> 23 | (high) << 9) + (bias))

/* Rows of `pairs` times eight pixels; the first `count` of them are stored, `pitch` bytes from one to the next. */
REDSC_INLINE void redsc_dsp_sparse_rows8(const uint8_t *pairs, const uint32_t *w, const uint32_t *x, int8_t *y,
                                         int32_t pitch, int32_t count, int32_t rows, int32_t finish,
                                         redsc_dsp_limits_t limits)
{
    for (; rows > 0; rows--, y++) {
        const int32_t elements = *(const uint16_t *)(const void *)pairs;
        const int32_t skip = (-elements & 3) * 36;
        const uint8_t *const end = pairs + 2 + 2 * elements;
        const uint32_t *position = x;
        uint32_t l0 = 1 << 22, l1 = 1 << 22, l2 = 1 << 22, l3 = 1 << 22;
        uint32_t h0 = 0, h1 = 0, h2 = 0, h3 = 0;
        pairs += 2;
        __asm__ volatile("ldr r4, %[skip]\n\t"
                         "add pc, r4\n\t"
                         "nop\n"
                         "1:\n\t" REDSC_DSP_PAIR_8 REDSC_DSP_PAIR_8 REDSC_DSP_PAIR_8 REDSC_DSP_PAIR_8
                         "ldr r4, %[end]\n\t"
                         "cmp %[s], r4\n\t"
                         "bne 1b"
                         : [l0] "+r"(l0), [h0] "+r"(h0), [l1] "+r"(l1), [h1] "+r"(h1), [l2] "+r"(l2), [h2] "+r"(h2),
                           [l3] "+r"(l3), [h3] "+r"(h3), [s] "+r"(pairs), [x] "+r"(position)
                         : [skip] "m"(skip), [end] "m"(end)
                         : "r4", "r5", "r6", "cc", "memory");
        const int32_t bias = (int32_t)w[0];
        int32_t a0 = REDSC_DSP_SUM_EVEN(l0, bias), a1 = REDSC_DSP_SUM_ODD(l0, h0, bias);
        int32_t a2 = REDSC_DSP_SUM_EVEN(l1, bias), a3 = REDSC_DSP_SUM_ODD(l1, h1, bias);
        int32_t a4 = REDSC_DSP_SUM_EVEN(l2, bias), a5 = REDSC_DSP_SUM_ODD(l2, h2, bias);
        int32_t a6 = REDSC_DSP_SUM_EVEN(l3, bias), a7 = REDSC_DSP_SUM_ODD(l3, h3, bias);
        if (finish == REDSC_FINISH_RELU) {
            REDSC_DSP_FINISH_8(REDSC_DSP_LOAD_3, REDSC_DSP_RELU);
        } else if (finish == REDSC_FINISH_LINEAR) {
            REDSC_DSP_FINISH_8(REDSC_DSP_LOAD_3, REDSC_DSP_LINEAR);
        } else {
            REDSC_DSP_FINISH_8(REDSC_DSP_LOAD_5, REDSC_DSP_GENERAL);
        }
        const int8_t results[8] = {redsc_dsp_limit(a0, finish, limits), redsc_dsp_limit(a1, finish, limits),
                                   redsc_dsp_limit(a2, finish, limits), redsc_dsp_limit(a3, finish, limits),
                                   redsc_dsp_limit(a4, finish, limits), redsc_dsp_limit(a5, finish, limits),
                                   redsc_dsp_limit(a6, finish, limits), redsc_dsp_limit(a7, finish, limits)};
        if (count == 8) {
            int8_t *to = y;
            for (int32_t i = 0; i < 8; i++, to += pitch) {
                *to = results[i];
            }
        } else {
            for (int32_t i = 0; i < count; i++) {
                y[i * pitch] = results[i];
            }
        }
    }
}

/* Which finish a layer needs; the functions are shared by all layers. */
REDSC_DSP_SHARED void redsc_dsp_sparse_rows8_relu(const uint8_t *pairs, const uint32_t *w, const uint32_t *x, int8_t *y,
                                                  int32_t pitch, int32_t count, int32_t rows)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_sparse_rows8(pairs, w, x, y, pitch, count, rows, REDSC_FINISH_RELU, full);
}

REDSC_DSP_SHARED void redsc_dsp_sparse_rows8_linear(const uint8_t *pairs, const uint32_t *w, const uint32_t *x,
                                                    int8_t *y, int32_t pitch, int32_t count, int32_t rows)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_sparse_rows8(pairs, w, x, y, pitch, count, rows, REDSC_FINISH_LINEAR, full);
}

REDSC_DSP_SHARED void redsc_dsp_sparse_rows8_general(const uint8_t *pairs, const uint32_t *w, const uint32_t *x,
                                                     int8_t *y, int32_t pitch, int32_t count, int32_t rows,
                                                     redsc_dsp_limits_t limits)
{
    redsc_dsp_sparse_rows8(pairs, w, x, y, pitch, count, rows, REDSC_FINISH_GENERAL, limits);
}

REDSC_KERNEL void redsc_conv2d_sparse_s8_dsp(const int8_t *x, const uint8_t *s, const uint32_t *w, int8_t *y,
                                             void *scratch, const redsc_sparse_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t inputs = redsc_window_inputs(g);
    const redsc_dsp_limits_t limits = {p->zero, p->low, p->high};
    uint32_t *const packed = scratch;
    int8_t *const copy = (int8_t *)(packed + 4 * inputs);
    for (int32_t i = 0; i < pixels; i += 8, y += 8 * g->out_c) {
        const int32_t count = pixels - i < 8 ? pixels - i : 8;
        for (int32_t pair = 0; pair < 4; pair++) {
            const int32_t first = 2 * pair < count ? i + 2 * pair : i; /* missing pixels repeat others */
            const int32_t second = 2 * pair + 1 < count ? first + 1 : first;
            const int8_t *const x0 = redsc_window_inputs_at(x, first, copy, g, p->pad_value);
            const int8_t *const x1 = redsc_window_inputs_at(x, second, copy + inputs, g, p->pad_value);
            redsc_dsp_pack_pixels(packed + pair, x0, x1, inputs);
        }
        if (p->finish == REDSC_FINISH_RELU) {
            redsc_dsp_sparse_rows8_relu(s, w, packed, y, g->out_c, count, g->out_c);
        } else if (p->finish == REDSC_FINISH_LINEAR) {
            redsc_dsp_sparse_rows8_linear(s, w, packed, y, g->out_c, count, g->out_c);
        } else {
            redsc_dsp_sparse_rows8_general(s, w, packed, y, g->out_c, count, g->out_c, limits);
        }
    }
}
