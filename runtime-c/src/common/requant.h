/* Fixed-point requantization as TensorFlow Lite defines it.
 *
 * A real factor is `multiplier * 2^(shift - 31)` with `multiplier` in [2^30, 2^31) (or 0) and `shift` in [-31, 30].
 * A product is rounded twice: half up at bit 31, then half away from zero at the right shift. */
#pragma once

#include "redsc_kernel.h"

/* a + b modulo 2^32. */
REDSC_INLINE int32_t redsc_add_wrap(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* a - b modulo 2^32. */
REDSC_INLINE int32_t redsc_sub_wrap(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

/* a + b, saturated. */
REDSC_INLINE int32_t redsc_add_sat(int32_t a, int32_t b)
{
    const int64_t sum = (int64_t)a + b;
    return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : (int32_t)sum;
}

/* a * b modulo 2^32. */
REDSC_INLINE int32_t redsc_mul_wrap(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a * (uint32_t)b);
}

/* x * 2^bits modulo 2^32, `bits` in [0, 31]. */
REDSC_INLINE int32_t redsc_shift_left_wrap(int32_t x, int32_t bits)
{
    return (int32_t)((uint32_t)x << bits);
}

/* x limited to [low, high]. */
REDSC_INLINE int32_t redsc_clamp(int32_t x, int32_t low, int32_t high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

/* round(a * b / 2^31), halves up. The one product that does not fit, of two times INT32_MIN, saturates. */
REDSC_INLINE int32_t redsc_doubling_high_mul(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* round(x / 2^exponent), halves away from zero, `exponent` in [0, 31]. */
REDSC_INLINE int32_t redsc_rounding_divide_by_pot(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << exponent) - 1);
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + ((x & mask) > threshold);
}

/* x times a factor, rounded twice. `multiplier` is not negative. */
REDSC_INLINE int32_t redsc_requantize(int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    const int32_t shifted = redsc_shift_left_wrap(x, left);
    const int32_t high = (int32_t)(((int64_t)shifted * multiplier + ((int64_t)1 << 30)) >> 31);
    return redsc_rounding_divide_by_pot(high, right);
}

/* A 64-bit accumulator of a 16-bit layer times a factor: the multiplier is reduced to 16 bits and the product is
 * rounded once, halves up. x in [-2^47, 2^47), shift <= 14. */
REDSC_INLINE int32_t redsc_requantize64(int64_t x, int32_t multiplier, int32_t shift)
{
    const int32_t reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
    const int32_t total_shift = 15 - shift;
    const int64_t rounded = x * reduced + ((int64_t)1 << (total_shift - 1));
    return (int32_t)(rounded >> total_shift);
}

/* What a layer stores for an accumulator: times a factor, plus the output's zero point, clamped. */
REDSC_INLINE int32_t redsc_output(int32_t acc, int32_t multiplier, int32_t shift, int32_t offset, int32_t low,
                                  int32_t high)
{
    return redsc_clamp(redsc_add_wrap(redsc_requantize(acc, multiplier, shift), offset), low, high);
}

/* The same for 64-bit accumulators. */
REDSC_INLINE int32_t redsc_output64(int64_t acc, int32_t multiplier, int32_t shift, int32_t offset, int32_t low,
                                    int32_t high)
{
    return redsc_clamp(redsc_add_wrap(redsc_requantize64(acc, multiplier, shift), offset), low, high);
}
