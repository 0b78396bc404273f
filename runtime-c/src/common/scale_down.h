/* Requantization without special cases, for cores that multiply one pair of numbers at a time: sums below 2^30, factors
 * below 1. */
#pragma once

#include "requant.h"

/* Before an inner loop whose turns are short. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(REDSC_OPTIMIZE_SIZE)
#define REDSC_UNROLL_4 _Pragma("GCC unroll 4")
#else
#define REDSC_UNROLL_4
#endif

/* round(a * b / 2^32), halves up; b is not negative. */
REDSC_INLINE int32_t redsc_high_product(int32_t a, int32_t b)
{
#if defined(__ARM_ARCH_6M__)
    /* No long multiplication: four products of halves. */
    const int32_t a_high = a >> 16, a_low = a & 0xFFFF;
    const int32_t b_high = b >> 16, b_low = b & 0xFFFF;
    const int32_t first = a_high * b_low, second = a_low * b_high;
    const uint32_t low = (uint32_t)a_low * (uint32_t)b_low;
    const uint32_t middle = (low >> 16) + (uint32_t)(first & 0xFFFF) + (uint32_t)(second & 0xFFFF);
    return a_high * b_high + (first >> 16) + (second >> 16) + (int32_t)((middle + 0x8000) >> 16);
#else
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 31)) >> 32);
#endif
}

/* What is added to a sum times its multiplier before the right shift, which is in [1, 22]: the zero point and half a
 * unit. */
REDSC_INLINE int32_t redsc_scale_offset(int32_t zero_point, int32_t right)
{
    return zero_point * ((int32_t)1 << right) + ((int32_t)1 << (right - 1));
}

/* What a layer stores for a sum: redsc_output, the offset made before. */
REDSC_INLINE int8_t redsc_scale_down(int32_t sum, int32_t multiplier, int32_t right, int32_t offset, int32_t low,
                                     int32_t high)
{
    const int32_t x = redsc_high_product(2 * sum, multiplier);
    return (int8_t)redsc_clamp((x + (x >> 31) + offset) >> right, low, high);
}
