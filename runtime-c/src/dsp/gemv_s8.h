/* Dot products of 8-bit layers on cores with the DSP extension: one row of inputs times two pairs of filters.
 *
 * Lanes and constants as in dsp/gemm_s8.h. A group of two pairs (A0, B0), (A1, B1), in 32-bit words: the two biases of
 * pair 0, those of pair 1; for each quad of weights even and odd lanes of pair 0, even and odd lanes of pair 1. */
#pragma once

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

/* A group. FINISH makes results of the sums a0, b0, a1, b1; it may use r4 to r10. The loop over quads is unrolled four
 * times and entered in its middle. */
#define REDSC_DSP_PAIRS_1X4(FINISH)                                                                         \
    __asm__ volatile("ldrd %[a0], %[b0], [%[w]], #8\n\t"                                                    \
                     "ldrd %[a1], %[b1], [%[w]], #8\n\t"                                                    \
                     REDSC_DSP_ENTER                                                                        \
                     "1:\n\t" REDSC_DSP_UNROLLED(REDSC_DSP_DOT_QUAD_1X4)                                    \
                     "cmp %[x], %[end]\n\t"                                                                 \
                     "bne 1b\n\t"                                                                           \
                     REDSC_DSP_SPLIT("%[b0]", "%[a0]") REDSC_DSP_SPLIT("%[b1]", "%[a1]")                    \
                     FINISH                                                                                 \
                     : [a0] "=&r"(a0), [a1] "=&r"(a1), [b0] "=&r"(b0), [b1] "=&r"(b1), [w] "+r"(w),         \
                       [x] "+r"(position)                                                                   \
                     : [skip] "m"(skip), [end] "r"(end), [factors] "m"(factors)                             \
                     : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory")

/* Each sum finished alike, with factors that are loaded once. */
#define REDSC_DSP_EACH_1X4(LOAD, FINISH)    \
    LOAD FINISH("%[a0]") FINISH("%[b0]") FINISH("%[a1]") FINISH("%[b1]")

/* Bytes of code to skip at first in the loop over quads. */
REDSC_INLINE int32_t redsc_dsp_skip_1x4(int32_t quads)
{
    return REDSC_DSP_SKIP(quads, 56);
}
