/* Logistic and hyperbolic tangent of 16-bit numbers, interpolated in a table of 256 samples of the logistic
 * function minus 1/2, 24 to the unit, with 16 fractional bits.
 *
 * Both functions are odd then, so that one half serves the other: ~v is that of -v, less the smallest unit, which rounds
 * halves towards the same side. The last sample before the end of the table and the end itself round to the same
 * result: larger arguments are cut off there. */
#pragma once

#include "redsc_kernel.h"

/* (x * multiplier + round) >> shift: the argument with 3 * 2^12 steps to the unit. */
REDSC_INLINE int32_t redsc_sigmoid_argument(int32_t x, int32_t multiplier, int32_t shift)
{
    const uint32_t round = shift > 0 ? 1u << (shift - 1) : 0u;
    return (int32_t)((uint32_t)x * (uint32_t)multiplier + round) >> shift;
}

/* The function at `argument`, between samples 2^bits steps apart, with 16 + bits fractional bits. */
REDSC_INLINE int32_t redsc_sigmoid_interpolate(const int16_t *table, int32_t argument, uint32_t bits)
{
    const uint32_t sign = argument < 0 ? ~0u : 0u;
    const uint32_t end = (255u << bits) - 1u;
    uint32_t magnitude = ((uint32_t)argument ^ sign) - sign;
    magnitude = magnitude < end ? magnitude : end;
    const int16_t *samples = table + (magnitude >> bits);
    const int32_t fraction = (int32_t)(magnitude & ((1u << bits) - 1u));
    const int32_t value = samples[0] * (1 << bits) + (samples[1] - samples[0]) * fraction;
    return (int32_t)((uint32_t)value ^ sign);
}

/* 1 / (1 + e^-x) with 15 fractional bits. */
REDSC_INLINE int32_t redsc_logistic16(const int16_t *table, int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t argument = redsc_sigmoid_argument(x, multiplier, shift);
    return (redsc_sigmoid_interpolate(table, argument, 9) + (1 << 24) + (1 << 9)) >> 10;
}

/* tanh(x) = 2 * logistic(2x) - 1 with 15 fractional bits. */
REDSC_INLINE int32_t redsc_tanh16(const int16_t *table, int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t argument = redsc_sigmoid_argument(x, multiplier, shift);
    return (redsc_sigmoid_interpolate(table, argument, 8) + (1 << 7)) >> 8;
}
