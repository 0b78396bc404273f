/* Logistic and hyperbolic tangent of four 16-bit numbers at a time, as sigmoid16.h. */
#pragma once

#include "mve/vectors.h"

/* The argument of sigmoid16.h. */
REDSC_INLINE int32x4_t redsc_mve_sigmoid_argument(int32x4_t x, int32_t multiplier, int32_t shift)
{
    const int32x4_t product = vmulq_n_s32(x, multiplier);
    return shift > 0 ? vrshlq_n_s32(product, -shift) : product;
}

/* The function at `argument`, between samples 2^bits steps apart, with 16 + bits fractional bits. */
REDSC_INLINE int32x4_t redsc_mve_sigmoid_interpolate(const int16_t *table, int32x4_t argument, int32_t bits)
{
    const int32x4_t sign = vshrq_n_s32(argument, 31);
    const uint32x4_t any = vreinterpretq_u32_s32(vabsq_s32(argument));
    const uint32x4_t magnitude = vminq_u32(any, vdupq_n_u32((255u << bits) - 1u));
    const uint32x4_t index = vshlq_r_u32(magnitude, -bits);
    const int32x4_t fraction =
        vreinterpretq_s32_u32(vandq_u32(magnitude, vdupq_n_u32((1u << bits) - 1u)));
    const int32x4_t low = vldrhq_gather_shifted_offset_s32(table, index);
    const int32x4_t high = vldrhq_gather_shifted_offset_s32(table + 1, index);
    const int32x4_t above = vmulq_s32(vsubq_s32(high, low), fraction);
    return veorq_s32(vaddq_s32(vshlq_r_s32(low, bits), above), sign);
}

/* 1 / (1 + e^-x) with 15 fractional bits. */
REDSC_INLINE int32x4_t redsc_mve_logistic16(const int16_t *table, int32x4_t x, int32_t multiplier, int32_t shift)
{
    const int32x4_t argument = redsc_mve_sigmoid_argument(x, multiplier, shift);
    return vrshrq_n_s32(vaddq_n_s32(redsc_mve_sigmoid_interpolate(table, argument, 9), 1 << 24), 10);
}

/* tanh(x) with 15 fractional bits. */
REDSC_INLINE int32x4_t redsc_mve_tanh16(const int16_t *table, int32x4_t x, int32_t multiplier, int32_t shift)
{
    const int32x4_t argument = redsc_mve_sigmoid_argument(x, multiplier, shift);
    return vrshrq_n_s32(redsc_mve_sigmoid_interpolate(table, argument, 8), 8);
}
