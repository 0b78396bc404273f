/* Dot products that become 16-bit numbers, on cores with the DSP extension: what the gates of an LSTM and the newest
 * cells of an SVDF layer are made of.
 *
 * The constants that finish all filters (dsp/gemm_s8.h; the zero point is 0), then groups as in dsp/gemv_s8.h. Layers
 * with weights that make a lane overflow have their filters apart: four biases, then for each quad of weights a word of
 * each filter. */
#pragma once

#include "dsp/gemv_s8.h"

/* How sums are finished. */
enum {
    REDSC_SUMS_LINEAR,  /* all factors below 1/2 */
    REDSC_SUMS_GENERAL, /* any factors */
    REDSC_SUMS_APART    /* any factors, filters apart */
};

/* One quad times four filters: 72 bytes of code. */
#define REDSC_DSP_DOT_APART(sum, quad)          \
    "sxtb16 %[t], " quad "\n\t"                 \
    "smlad " sum ", %[t], r9, " sum "\n\t"      \
    "sxtb16 %[t], " quad ", ror #8\n\t"         \
    "smlad " sum ", %[t], r10, " sum "\n\t"
#define REDSC_DSP_DOT_QUAD_APART                \
    "ldmia.w %[w]!, {r4, r5, r6, r8}\n\t"       \
    "ldrd r9, r10, [%[x]], #8\n\t"              \
    REDSC_DSP_DOT_APART("%[a0]", "r4")          \
    REDSC_DSP_DOT_APART("%[b0]", "r5")          \
    REDSC_DSP_DOT_APART("%[a1]", "r6")          \
    REDSC_DSP_DOT_APART("%[b1]", "r8")

/* A group of filters apart, as REDSC_DSP_PAIRS_1X4. */
#define REDSC_DSP_APART_1X4(FINISH)                                                                         \
    __asm__ volatile("ldrd %[a0], %[b0], [%[w]], #8\n\t"                                                    \
                     "ldrd %[a1], %[b1], [%[w]], #8\n\t"                                                    \
                     REDSC_DSP_ENTER                                                                        \
                     "1:\n\t" REDSC_DSP_UNROLLED(REDSC_DSP_DOT_QUAD_APART)                                  \
                     "cmp %[x], %[end]\n\t"                                                                 \
                     "bne 1b\n\t"                                                                           \
                     FINISH                                                                                 \
                     : [a0] "=&r"(a0), [a1] "=&r"(a1), [b0] "=&r"(b0), [b1] "=&r"(b1), [w] "+r"(w),         \
                       [x] "+r"(position), [t] "=&r"(t)                                                     \
                     : [skip] "m"(skip), [end] "r"(end), [factors] "m"(factors)                             \
                     : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory")

/* Bytes of code to skip at first in the loop over quads of filters apart. */
REDSC_INLINE int32_t redsc_dsp_skip_apart(int32_t quads)
{
    return REDSC_DSP_SKIP(quads, 72);
}

#define REDSC_DSP_SUM_LINEAR(sum)           \
    "add r8, r5, " sum "\n\t"               \
    "add r8, r8, " sum ", asr #31\n\t"      \
    "smmlar " sum ", " sum ", r4, r8\n\t"   \
    "asr " sum ", r6\n\t"                   \
    "ssat " sum ", #16, " sum "\n\t"
#define REDSC_DSP_SUM_GENERAL(sum)          \
    REDSC_DSP_GENERAL(sum)                  \
    "ssat " sum ", #16, " sum "\n\t"

/* Adds pairs of 16-bit numbers, saturated. */
REDSC_INLINE uint32_t redsc_dsp_add_pairs(uint32_t a, uint32_t b)
{
    uint32_t sum;
    __asm__("qadd16 %0, %1, %2" : "=r"(sum) : "r"(a), "r"(b));
    return sum;
}

/* Adds the sums of `layers` layers of `groups` groups each, one after another, to the numbers at `y`, of which `keep`
 * says whether they count: all bits set or none. `x` is one row of inputs, widened. */
REDSC_INLINE void redsc_dsp_sums(const uint32_t *w, const uint32_t *x, int16_t *y, uint32_t keep, int32_t quads,
                                 int32_t groups, int32_t layers, int32_t finish)
{
    const uint32_t *const end = x + 2 * quads;
    const int32_t skip = finish == REDSC_SUMS_APART ? redsc_dsp_skip_apart(quads) : redsc_dsp_skip_1x4(quads);
    for (; layers > 0; layers--) {
        const uint32_t *const factors = w;
        w += finish == REDSC_SUMS_LINEAR ? 3 : 5;
        for (int32_t group = 0; group < groups; group++, y += 4) {
            int32_t a0, a1, b0, b1;
            const uint32_t *position = x;
            if (finish == REDSC_SUMS_LINEAR) {
                REDSC_DSP_PAIRS_1X4(REDSC_DSP_EACH_1X4(REDSC_DSP_FACTORS_3, REDSC_DSP_SUM_LINEAR));
            } else if (finish == REDSC_SUMS_GENERAL) {
                REDSC_DSP_PAIRS_1X4(REDSC_DSP_EACH_1X4(REDSC_DSP_FACTORS_5, REDSC_DSP_SUM_GENERAL));
            } else {
                uint32_t t;
                REDSC_DSP_APART_1X4(REDSC_DSP_EACH_1X4(REDSC_DSP_FACTORS_5, REDSC_DSP_SUM_GENERAL));
            }
            redsc_dsp_store4(y, redsc_dsp_add_pairs(redsc_dsp_load4(y) & keep, redsc_dsp_pair(a0, b0)));
            redsc_dsp_store4(y + 2, redsc_dsp_add_pairs(redsc_dsp_load4(y + 2) & keep, redsc_dsp_pair(a1, b1)));
        }
    }
}

REDSC_DSP_SHARED void redsc_dsp_sums_linear(const uint32_t *w, const uint32_t *x, int16_t *y, uint32_t keep,
                                            int32_t quads, int32_t groups, int32_t layers)
{
    redsc_dsp_sums(w, x, y, keep, quads, groups, layers, REDSC_SUMS_LINEAR);
}

REDSC_DSP_SHARED void redsc_dsp_sums_general(const uint32_t *w, const uint32_t *x, int16_t *y, uint32_t keep,
                                             int32_t quads, int32_t groups, int32_t layers)
{
    redsc_dsp_sums(w, x, y, keep, quads, groups, layers, REDSC_SUMS_GENERAL);
}

REDSC_DSP_SHARED void redsc_dsp_sums_apart(const uint32_t *w, const uint32_t *x, int16_t *y, uint32_t keep,
                                           int32_t quads, int32_t groups, int32_t layers)
{
    redsc_dsp_sums(w, x, y, keep, quads, groups, layers, REDSC_SUMS_APART);
}

/* The sums of `inputs` inputs, however they are finished. */
REDSC_INLINE void redsc_dsp_sums_s8(const uint32_t *w, const uint32_t *x, int16_t *y, uint32_t keep, int32_t inputs,
                                    int32_t groups, int32_t layers, int32_t finish)
{
    const int32_t quads = (inputs + 3) / 4;
    if (finish == REDSC_SUMS_LINEAR) {
        redsc_dsp_sums_linear(w, x, y, keep, quads, groups, layers);
    } else if (finish == REDSC_SUMS_GENERAL) {
        redsc_dsp_sums_general(w, x, y, keep, quads, groups, layers);
    } else {
        redsc_dsp_sums_apart(w, x, y, keep, quads, groups, layers);
    }
}
