/* Logistic and hyperbolic tangent of 16-bit numbers as sigmoid16.h, on cores with the DSP extension. */
#pragma once

#include "dsp/dsp.h"
#include "sigmoid16.h"

/* The function at `argument`, between samples 2^bits steps apart, with 16 + bits fractional bits. Both neighbours are
 * loaded as one word and weighted in one step. */
REDSC_INLINE int32_t redsc_dsp_sigmoid_interpolate(const int16_t *table, int32_t argument, int32_t bits)
{
    const uint32_t sign = argument < 0 ? ~0u : 0u;
    const uint32_t end = (255u << bits) - 1u;
    uint32_t magnitude = ((uint32_t)argument ^ sign) - sign;
    magnitude = magnitude < end ? magnitude : end;
    const int32_t fraction = (int32_t)(magnitude & ((1u << bits) - 1u));
    const uint32_t weights = redsc_dsp_pair((1 << bits) - fraction, fraction);
    int32_t value;
    __asm__("smuad %0, %1, %2" : "=r"(value) : "r"(redsc_dsp_load4(table + (magnitude >> bits))), "r"(weights));
    return (int32_t)((uint32_t)value ^ sign);
}

/* 1 / (1 + e^-x) with 15 fractional bits. */
REDSC_INLINE int32_t redsc_dsp_logistic16(const int16_t *table, int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t argument = redsc_sigmoid_argument(x, multiplier, shift);
    return (redsc_dsp_sigmoid_interpolate(table, argument, 9) + (1 << 24) + (1 << 9)) >> 10;
}

/* tanh(x) with 15 fractional bits. */
REDSC_INLINE int32_t redsc_dsp_tanh16(const int16_t *table, int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t argument = redsc_sigmoid_argument(x, multiplier, shift);
    return (redsc_dsp_sigmoid_interpolate(table, argument, 8) + (1 << 7)) >> 8;
}
