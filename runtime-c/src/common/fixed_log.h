/* Natural logarithm of fixed-point numbers (fixed.h). */
#pragma once

#include "fixed.h"

/* Logarithm of a Q0 mantissa near the fourth root of 1/2, relative to the latter, with integer_bits integer bits. */
REDSC_INLINE int32_t redsc_log_of_mantissa(int32_t r, int32_t integer_bits)
{
    const int32_t fourth_root_half = 1805811301;
    const int32_t p = redsc_rounding_half_sum(r, fourth_root_half);
    const int32_t q = redsc_mul_wrap(redsc_sub_wrap(r, fourth_root_half), 2);
    const int32_t q2 = redsc_doubling_high_mul(q, q);
    const int32_t cube = redsc_doubling_high_mul(redsc_doubling_high_mul(q, q2), 117049297);
    const int32_t numerator = redsc_add_wrap(redsc_doubling_high_mul(q, r), cube);
    const int32_t factor =
        redsc_add_wrap(redsc_add_wrap(1057819769, q), redsc_doubling_high_mul(127690142, q2));
    const int32_t denominator =
        redsc_add_wrap(redsc_doubling_high_mul(p, factor), redsc_doubling_high_mul(638450708, q));
    return redsc_doubling_high_mul(redsc_multiply_by_pot(numerator, -integer_bits),
                                   redsc_one_over_one_plus(denominator));
}

/* Natural logarithm of x >= 1, from `from` to `to` integer bits: the better of two expansions, around powers of two and
 * around their multiples by the square root of 2. */
REDSC_INLINE int32_t redsc_log_of_one_or_more(int32_t x, int32_t from, int32_t to)
{
    const int32_t sqrt_half = 1518500250;
    /* One more integer bit keeps the sum below from saturating. */
    const int32_t wide = to + 1;
    const int32_t quarter = redsc_multiply_by_pot(1 << 29, -wide);

    const int32_t headroom_a = redsc_leading_zeros((uint32_t)x);
    const int32_t shifted = redsc_multiply_by_pot(x, headroom_a - 1);
    const int32_t mantissa_a = redsc_multiply_by_pot(redsc_doubling_high_mul(shifted, sqrt_half), 1);
    const int32_t exponent_a = redsc_add_sat(redsc_multiply_by_pot(from - headroom_a, 31 - wide), quarter);

    const int32_t headroom_b = redsc_leading_zeros((uint32_t)redsc_doubling_high_mul(x, sqrt_half)) - 1;
    const int32_t mantissa_b = redsc_multiply_by_pot(x, headroom_b);
    const int32_t exponent_b = redsc_add_sat(redsc_multiply_by_pot(from - headroom_b, 31 - wide), -quarter);

    const int32_t fraction = redsc_log_of_mantissa(mantissa_a < mantissa_b ? mantissa_a : mantissa_b, wide);
    const int32_t exponent = exponent_a > exponent_b ? exponent_a : exponent_b;
    const int32_t whole = redsc_doubling_high_mul(exponent, 1488522236); /* log(2) in Q0 */
    return redsc_multiply_by_pot(redsc_add_wrap(whole, fraction), wide - to);
}
