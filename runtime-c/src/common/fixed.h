/* Functions of fixed-point numbers.
 *
 * Qm is a 32-bit integer with m integer bits, a sign and 31 - m fractional bits; the product of a Qa and a Qb is a
 * Q(a + b). Approximations and roundings are those of the gemmlowp library and of TensorFlow Lite's own additions. */
#pragma once

#include "requant.h"

/* The nearest number to 1 in Q0, and 1 in Q2. */
#define REDSC_ONE_Q0 INT32_MAX
#define REDSC_ONE_Q2 ((int32_t)1 << 29)

/* Zeros above the highest one; 32 for 0. */
REDSC_INLINE int32_t redsc_leading_zeros(uint32_t x)
{
    return x == 0 ? 32 : (int32_t)__builtin_clz(x);
}

/* How far x can be shifted left before its sign changes. */
REDSC_INLINE int32_t redsc_sign_bits(int32_t x)
{
    return redsc_leading_zeros((uint32_t)(x < 0 ? ~x : x)) - 1;
}

/* x * 2^exponent: saturates to the left, rounds to the right. */
REDSC_INLINE int32_t redsc_multiply_by_pot(int32_t x, int32_t exponent)
{
    if (exponent <= 0) {
        return redsc_rounding_divide_by_pot(x, -exponent);
    }
    const int64_t wide = (int64_t)((uint64_t)(int64_t)x << (exponent < 32 ? exponent : 32));
    return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

/* (a + b) / 2, halves away from zero. */
REDSC_INLINE int32_t redsc_rounding_half_sum(int32_t a, int32_t b)
{
    const int64_t sum = (int64_t)a + b;
    return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/* e^a in Q0 for a in [-1/4, 0) in Q0: four terms of the Taylor series around -1/8. */
REDSC_INLINE int32_t redsc_exp_near_zero(int32_t a)
{
    const int32_t exp_of_minus_eighth = 1895147668;
    const int32_t third = 715827883;
    const int32_t x = a + (1 << 28);
    const int32_t x2 = redsc_doubling_high_mul(x, x);
    const int32_t x3 = redsc_doubling_high_mul(x2, x);
    const int32_t x4 = redsc_doubling_high_mul(x2, x2);
    const int32_t cubic = redsc_doubling_high_mul(redsc_rounding_divide_by_pot(x4, 2) + x3, third);
    const int32_t higher = redsc_rounding_divide_by_pot(cubic + x2, 1);
    return exp_of_minus_eighth + redsc_doubling_high_mul(exp_of_minus_eighth, x + higher);
}

/* `product` times the Q0 number `factor` if the bit 2^exponent of `rest` is set. */
REDSC_INLINE int32_t redsc_exp_step(int32_t product, int32_t rest, int32_t integer_bits, int32_t exponent,
                                    int32_t factor)
{
    if (integer_bits > exponent && (rest & (1 << (31 - integer_bits + exponent))) != 0) {
        return redsc_doubling_high_mul(product, factor);
    }
    return product;
}

/* e^a in Q0 for a <= 0 with integer_bits (0 to 5) integer bits. */
REDSC_INLINE int32_t redsc_exp_on_negative_values(int32_t a, int32_t integer_bits)
{
    if (a == 0) {
        return REDSC_ONE_Q0;
    }
    /* Split a into a part in [-1/4, 0) and minus a sum of powers of two. */
    const int32_t quarter = 1 << (29 - integer_bits);
    const int32_t small = (a & (quarter - 1)) - quarter;
    const int32_t rest = redsc_sub_wrap(small, a);
    int32_t product = redsc_exp_near_zero(redsc_multiply_by_pot(small, integer_bits));
    product = redsc_exp_step(product, rest, integer_bits, -2, 1672461947);
    product = redsc_exp_step(product, rest, integer_bits, -1, 1302514674);
    product = redsc_exp_step(product, rest, integer_bits, 0, 790015084);
    product = redsc_exp_step(product, rest, integer_bits, 1, 290630308);
    product = redsc_exp_step(product, rest, integer_bits, 2, 39332535);
    product = redsc_exp_step(product, rest, integer_bits, 3, 720401);
    return redsc_exp_step(product, rest, integer_bits, 4, 242);
}

/* 1 / (1 + a) in Q0 for a in [0, 1) in Q0: three steps of Newton's method. */
REDSC_INLINE int32_t redsc_one_over_one_plus(int32_t a)
{
    const int32_t half_denominator = redsc_rounding_half_sum(a, REDSC_ONE_Q0);
    /* 48/17 and -32/17 in Q2. */
    int32_t x = redsc_add_wrap(1515870810, redsc_doubling_high_mul(half_denominator, -1010580540));
    for (int step = 0; step < 3; step++) {
        const int32_t error = redsc_sub_wrap(REDSC_ONE_Q2, redsc_doubling_high_mul(half_denominator, x));
        x = redsc_add_wrap(x, redsc_multiply_by_pot(redsc_doubling_high_mul(x, error), 2));
    }
    /* Half of a Q2 is the same integer read as Q1. */
    return redsc_multiply_by_pot(x, 1);
}

/* The reciprocal of a positive x with integer_bits integer bits: a mantissa in Q0, and the power of two `bits` that x
 * exceeds 1 by. */
REDSC_INLINE int32_t redsc_reciprocal(int32_t x, int32_t integer_bits, int32_t *bits)
{
    const int32_t headroom = redsc_leading_zeros((uint32_t)x);
    const uint32_t fraction = ((uint32_t)x << headroom) - ((uint32_t)1 << 31);
    *bits = integer_bits - headroom;
    return redsc_one_over_one_plus((int32_t)fraction);
}

/* 1 / sqrt(x) of an integer x > 0 as a mantissa in Q0 and a power of two that shifts left: five steps of Newton's
 * method. */
REDSC_INLINE int32_t redsc_inverse_sqrt(int32_t x, int32_t *shift)
{
    int32_t right = 11;
    int32_t root = 1 << 28;
    if (x <= 1) {
        *shift = 0;
        return INT32_MAX;
    }
    for (; x >= 1 << 29; x /= 4) {
        right++;
    }
    const int32_t pairs = (redsc_leading_zeros((uint32_t)x) - 1) / 2 - 1;
    right -= pairs;
    x <<= 2 * pairs;
    const int32_t half = redsc_rounding_divide_by_pot(x >> 1, 1);
    for (int step = 0; step < 5; step++) {
        const int32_t square = redsc_doubling_high_mul(root, root);
        const int32_t cube = redsc_multiply_by_pot(redsc_doubling_high_mul(square, root), 6);
        const int32_t next =
            redsc_sub_wrap(redsc_doubling_high_mul((1 << 28) + (1 << 27), root), redsc_doubling_high_mul(half, cube));
        root = redsc_multiply_by_pot(next, 3);
    }
    root = redsc_doubling_high_mul(root, 1518500250); /* sqrt(1/2) in Q0 */
    *shift = right < 0 ? 0 : -right;
    return right < 0 ? redsc_shift_left_wrap(root, -right) : root;
}
