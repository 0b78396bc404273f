/* Fully connected layer, 8 bit, for cores with the DSP extension: four filters at a time.
 *
 * x        [rows][in_c]
 * w        in 32-bit words: the constants to finish any filter, then groups of two pairs of filters (A0, B0), (A1, B1),
 *          lanes and constants as in dsp/gemm_s8.h. A group: the two biases of pair 0, those of pair 1; for each quad
 *          of weights even and odd lanes of pair 0, even and odd lanes of pair 1.
 * y        [rows][out_c]
 * scratch  8 bytes for each quad of inputs
 *
 * Ranges as in dsp/gemm_s8.h. Measured on Cortex-M4: 640 inputs and 128 filters take 0.93 instructions for a
 * multiply-accumulate in all. */
#include "dsp/gemm_s8.h"

/* One quad times two pairs of filters: 56 bytes of code. */
#define REDSC_DSP_DOT_QUAD_1X4                  \
    "ldmia.w %[w]!, {r4, r5, r6, r8}\n\t"   \
    "ldrd r9, r10, [%[x]], #8\n\t"          \
    "smlad %[b0], r4, r9, %[b0]\n\t"        \
    "smlad %[b1], r6, r9, %[b1]\n\t"        \
    "smlad %[b0], r5, r10, %[b0]\n\t"       \
    "smlad %[b1], r8, r10, %[b1]\n\t"       \
    "sxtb16 r4, r4\n\t"                     \
    "sxtb16 r5, r5\n\t"                     \
    "sxtb16 r6, r6\n\t"                     \
    "sxtb16 r8, r8\n\t"                     \
    "smlad %[a0], r4, r9, %[a0]\n\t"        \
    "smlad %[a1], r6, r9, %[a1]\n\t"        \
    "smlad %[a0], r5, r10, %[a0]\n\t"       \
    "smlad %[a1], r8, r10, %[a1]\n\t"

/* What a group loads to finish: from `factors`, the same for all filters. */
#define REDSC_DSP_FACTORS_3 "ldr r4, %[factors]\n\tldmia r4, {r4, r5, r6}\n\t"
#define REDSC_DSP_FACTORS_5 "ldr r4, %[factors]\n\tldmia r4, {r4, r5, r6, r8, r9}\n\t"

#define REDSC_DSP_PAIRS_1X4(LOAD, FINISH)                                                                   \
    __asm__ volatile("ldrd %[a0], %[b0], [%[w]], #8\n\t"                                                    \
                     "ldrd %[a1], %[b1], [%[w]], #8\n\t"                                                    \
                     "ldr r4, %[skip]\n\t"                                                                  \
                     "add pc, r4\n\t"                                                                       \
                     "nop\n"                                                                                \
                     "1:\n\t" REDSC_DSP_DOT_QUAD_1X4 REDSC_DSP_DOT_QUAD_1X4 REDSC_DSP_DOT_QUAD_1X4          \
                     REDSC_DSP_DOT_QUAD_1X4                                                                 \
                     "cmp %[x], %[end]\n\t"                                                                 \
                     "bne 1b\n\t"                                                                           \
                     REDSC_DSP_SPLIT("%[b0]", "%[a0]") REDSC_DSP_SPLIT("%[b1]", "%[a1]")                    \
                     LOAD FINISH("%[a0]") FINISH("%[b0]") FINISH("%[a1]") FINISH("%[b1]")                   \
                     : [a0] "=&r"(a0), [a1] "=&r"(a1), [b0] "=&r"(b0), [b1] "=&r"(b1), [w] "+r"(w),         \
                       [x] "+r"(position)                                                                   \
                     : [skip] "m"(skip), [end] "r"(end), [factors] "m"(factors)                             \
                     : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory")

/* One row of inputs, widened at `x`, times all filters. */
REDSC_INLINE void redsc_dsp_gemv_s8(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t quads, int32_t filters,
                                    int32_t finish, redsc_dsp_limits_t limits)
{
    const uint32_t *const end = x + 2 * quads;
    const int32_t skip = (-quads & 3) * 56;
    const uint32_t *const factors = w;
    w += finish == REDSC_FINISH_GENERAL ? 5 : 3;
    for (; filters > 0; filters -= 4, y += 4) {
        int32_t a0, a1, b0, b1;
        const uint32_t *position = x;
        if (finish == REDSC_FINISH_RELU) {
            REDSC_DSP_PAIRS_1X4(REDSC_DSP_FACTORS_3, REDSC_DSP_RELU);
        } else if (finish == REDSC_FINISH_LINEAR) {
            REDSC_DSP_PAIRS_1X4(REDSC_DSP_FACTORS_3, REDSC_DSP_LINEAR);
        } else {
            REDSC_DSP_PAIRS_1X4(REDSC_DSP_FACTORS_5, REDSC_DSP_GENERAL);
        }
        y[0] = redsc_dsp_limit(a0, finish, limits);
        if (filters > 1) {
            y[1] = redsc_dsp_limit(b0, finish, limits);
        }
        if (filters > 2) {
            y[2] = redsc_dsp_limit(a1, finish, limits);
        }
        if (filters > 3) {
            y[3] = redsc_dsp_limit(b1, finish, limits);
        }
    }
}

REDSC_DSP_SHARED void redsc_dsp_gemv_s8_relu(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t quads,
                                             int32_t filters)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_gemv_s8(w, x, y, quads, filters, REDSC_FINISH_RELU, full);
}

REDSC_DSP_SHARED void redsc_dsp_gemv_s8_linear(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t quads,
                                       int32_t filters)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_gemv_s8(w, x, y, quads, filters, REDSC_FINISH_LINEAR, full);
}

REDSC_DSP_SHARED void redsc_dsp_gemv_s8_general(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t quads,
                                              int32_t filters,
                                      redsc_dsp_limits_t limits)
{
    redsc_dsp_gemv_s8(w, x, y, quads, filters, REDSC_FINISH_GENERAL, limits);
}

REDSC_KERNEL void redsc_fully_connected_s8_dsp(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                               const redsc_packed_fully_connected_t *p)
{
    const int32_t quads = (p->in_c + 3) / 4;
    const redsc_dsp_limits_t limits = {p->zero, p->low, p->high};
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c, y += p->out_c) {
        redsc_dsp_widen1(scratch, x, p->in_c);
        if (p->finish == REDSC_FINISH_RELU) {
            redsc_dsp_gemv_s8_relu(w, scratch, y, quads, p->out_c);
        } else if (p->finish == REDSC_FINISH_LINEAR) {
            redsc_dsp_gemv_s8_linear(w, scratch, y, quads, p->out_c);
        } else {
            redsc_dsp_gemv_s8_general(w, scratch, y, quads, p->out_c, limits);
        }
    }
}
