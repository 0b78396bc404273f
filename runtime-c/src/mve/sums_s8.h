/* Dot products that become 16-bit numbers, on cores with the vector extension: what the gates of an LSTM and the newest
 * cells of an SVDF layer are made of.
 *
 * In 32-bit numbers the factor of all filters as multiplier, left shift and negated right shift; then groups of four
 * filters as in mve/gemv_s8.h. */
#pragma once

#include "mve/gemv_s8.h"

/* Words of constants before the first group. */
#define REDSC_MVE_SUMS_FACTORS 3

/* Adds the four results to the 16-bit numbers at r7, saturated twice. q6: multipliers, q7: left shifts, r12: negated
 * right shift. */
#define REDSC_MVE_ADD_SUMS               \
    REDSC_MVE_BIAS_1                        \
    "vshl.s32 q0, q0, q7\n\t"               \
    "vqrdmulh.s32 q0, q0, q6\n\t"           \
    "vdup.32 q2, r12\n\t"                   \
    "vand q1, q0, q2\n\t"                   \
    "vshr.s32 q1, q1, #31\n\t"              \
    "vadd.i32 q0, q0, q1\n\t"               \
    "vrshl.s32 q0, q0, q2\n\t"              \
    "vqmovnb.s32 q0, q0\n\t"                \
    "vldrh.s32 q1, [r7]\n\t"                \
    "vmovlb.s16 q0, q0\n\t"                 \
    "vadd.i32 q0, q0, q1\n\t"               \
    "vqmovnb.s32 q0, q0\n\t"                \
    "vstrh.32 q0, [r7], #8\n\t"

/* All groups of a context; its results are 16-bit numbers, to which sums are added. */
REDSC_MVE_ASSEMBLY void redsc_mve_sums_context_s8(const redsc_mve_gemv_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMV(REDSC_MVE_ADD_SUMS));
}

/* Adds the sums of `layers` layers of `groups` groups each, one after another, to the numbers at `y`. `x` holds
 * `chunks` chunks. */
REDSC_INLINE void redsc_mve_sums_s8(const int8_t *x, const uint32_t *w, int16_t *y, int32_t chunks, int32_t groups,
                                    int32_t layers)
{
    redsc_mve_gemv_t context = redsc_mve_gemv_context(w, REDSC_MVE_SUMS_FACTORS, chunks, groups);
    const int32_t layer_bytes = 4 * REDSC_MVE_SUMS_FACTORS + groups * (64 * chunks + 16);
    context.x = x;
    context.x_end = (uintptr_t)x + (uintptr_t)(16 * chunks);
    context.y = (int8_t *)y;
    for (; layers > 0; layers--) {
        redsc_mve_sums_context_s8(&context);
        context.factors = (const uint32_t *)context.w_end;
        context.w += layer_bytes;
        context.w_end += layer_bytes;
        context.y += 8 * groups;
    }
}
