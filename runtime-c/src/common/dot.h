/* Dot products of n elements: acc + sum of (x[i] + x_offset) * (w[i] + w_offset); and sums of weights alone, for cells
 * of padding, which all hold the same. 32-bit accumulators wrap. */
#pragma once

#include "requant.h"

REDSC_INLINE int32_t redsc_dot_s8(int32_t acc, const int8_t *x, int32_t x_offset, const int8_t *w, int32_t w_offset,
                                  int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        acc = redsc_add_wrap(acc, (x[i] + x_offset) * (w[i] + w_offset));
    }
    return acc;
}

REDSC_INLINE int32_t redsc_dot_u8(int32_t acc, const uint8_t *x, int32_t x_offset, const uint8_t *w,
                                  int32_t w_offset, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        acc = redsc_add_wrap(acc, (x[i] + x_offset) * (w[i] + w_offset));
    }
    return acc;
}

REDSC_INLINE int64_t redsc_dot_s16(int64_t acc, const int16_t *x, int32_t x_offset, const int8_t *w,
                                   int32_t w_offset, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        acc += (x[i] + x_offset) * (w[i] + w_offset);
    }
    return acc;
}

REDSC_INLINE float redsc_dot_f32(float acc, const float *x, const float *w, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        acc += x[i] * w[i];
    }
    return acc;
}

/* Sum of n weights, each plus w_offset. */
REDSC_INLINE int32_t redsc_sum_s8(const int8_t *w, int32_t w_offset, int32_t n)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        sum += w[i] + w_offset;
    }
    return sum;
}

REDSC_INLINE int32_t redsc_sum_u8(const uint8_t *w, int32_t w_offset, int32_t n)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        sum += w[i] + w_offset;
    }
    return sum;
}
