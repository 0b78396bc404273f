/* Results of layers with 16-bit activations on cores with the DSP extension. */
#pragma once

#include "dsp/dsp.h"

/* The result of a sum: ((sum * mantissa >> 16) + rounding) >> shift, limited. */
REDSC_INLINE int16_t redsc_dsp_finish_s16(int32_t sum, const uint32_t *factor, int32_t low, int32_t high)
{
    int32_t x;
    __asm__("smulwb %0, %1, %2" : "=r"(x) : "r"(sum), "r"(factor[0]));
    x = (x + (int32_t)factor[1]) >> factor[2];
    x = x < low ? low : x;
    return (int16_t)(x > high ? high : x);
}
