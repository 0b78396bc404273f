/* Fixed-point arithmetic of vectors of 32-bit numbers on cores with the vector extension. */
#pragma once

#include <arm_mve.h>

#include "redsc_kernel.h"

/* round(x / 2^exponent), halves away from zero. */
REDSC_INLINE int32x4_t redsc_mve_divide_by_pot(int32x4_t x, int32_t exponent)
{
    const int32x4_t shift = vdupq_n_s32(-exponent);
    return vrshlq_s32(vaddq_s32(x, vshrq_n_s32(vandq_s32(x, shift), 31)), shift);
}

/* Numbers times one factor, rounded twice, as redsc_requantize. */
REDSC_INLINE int32x4_t redsc_mve_requantize(int32x4_t x, int32_t multiplier, int32_t shift)
{
    const int32x4_t shifted = shift > 0 ? vshlq_r_s32(x, shift) : x;
    const int32x4_t high = vqrdmulhq_n_s32(shifted, multiplier);
    /* Halves away from zero: those below zero go down. */
    return shift < 0 ? vrshlq_n_s32(vaddq_s32(high, vshrq_n_s32(high, 31)), shift) : high;
}

/* x limited to [low, high]. */
REDSC_INLINE int32x4_t redsc_mve_clamp(int32x4_t x, int32_t low, int32_t high)
{
    return vminq_s32(vmaxq_s32(x, vdupq_n_s32(low)), vdupq_n_s32(high));
}
