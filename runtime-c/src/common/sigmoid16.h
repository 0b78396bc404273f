/* Logistic and hyperbolic tangent of 16-bit numbers, interpolated in a table of 256 samples of the logistic
 * function, 24 to the unit, with 16 fractional bits. */
#pragma once

#include "redsc_kernel.h"

/* (x * multiplier + round) >> shift: the argument with 3 * 2^12 steps to the unit. */
REDSC_INLINE int32_t redsc_sigmoid_argument(int32_t x, int32_t multiplier, int32_t shift)
{
    const uint32_t round = shift > 0 ? 1u << (shift - 1) : 0u;
    return (int32_t)((uint32_t)x * (uint32_t)multiplier + round) >> shift;
}

/* The table at `argument`, between samples 2^bits steps apart, with 16 + bits fractional bits; `end` beyond it. */
REDSC_INLINE int32_t redsc_sigmoid_interpolate(const uint16_t *table, uint32_t argument, uint32_t bits, int32_t end)
{
    const uint32_t index = argument >> bits;
    if (index >= 255u) {
        return end;
    }
    const uint32_t low = table[index];
    const uint32_t fraction = argument & ((1u << bits) - 1u);
    return (int32_t)((low << bits) + fraction * (table[index + 1u] - low));
}

/* |x| for every x. */
REDSC_INLINE uint32_t redsc_sigmoid_magnitude(int32_t x)
{
    return x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
}

/* 1 / (1 + e^-x) with 15 fractional bits. */
REDSC_INLINE int32_t redsc_logistic16(const uint16_t *table, int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t argument = redsc_sigmoid_argument(x, multiplier, shift);
    const int32_t positive = redsc_sigmoid_interpolate(table, redsc_sigmoid_magnitude(argument), 9, 0x7FFF << 10);
    return (argument >= 0 ? positive + (1 << 9) : (1 << 25) - positive + (1 << 9) - 1) >> 10;
}

/* tanh(x) = 2 * logistic(2x) - 1 with 15 fractional bits. */
REDSC_INLINE int32_t redsc_tanh16(const uint16_t *table, int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t argument = redsc_sigmoid_argument(x, multiplier, shift);
    const int32_t positive =
        redsc_sigmoid_interpolate(table, redsc_sigmoid_magnitude(argument), 8, 0xFFFF << 8) - (1 << 23);
    return (argument >= 0 ? positive + (1 << 7) : -positive + (1 << 7) - 1) >> 8;
}
