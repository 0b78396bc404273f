/* The exponential function and what is made of it, in single precision, without a library. */
#pragma once

#include "redsc_kernel.h"

/* e^x for x in [-87, 88], and the value at the end of that range beyond it; relative error below 3e-7. x = n log(2) + r,
 * where adding and subtracting 1.5 * 2^23 rounds to the integer n; e^r is a Taylor polynomial, and n goes to the
 * exponent. */
REDSC_INLINE float redsc_fpu_exp(float x)
{
    const float magic = 12582912.0f;
    uint32_t exponent, bits;
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const float shifted = x * 1.44269504f + magic;
    const float n = shifted - magic;
    /* log(2) in two parts, so that the product with n is exact. */
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float y = 1.0f / 720.0f;
    y = y * r + 1.0f / 120.0f;
    y = y * r + 1.0f / 24.0f;
    y = y * r + 1.0f / 6.0f;
    y = y * r + 0.5f;
    y = y * r + 1.0f;
    y = y * r + 1.0f;
    memcpy(&exponent, &shifted, sizeof exponent);
    memcpy(&bits, &y, sizeof bits);
    bits += exponent << 23;
    memcpy(&y, &bits, sizeof y);
    return y;
}

/* 1 / (1 + e^-x). */
REDSC_INLINE float redsc_fpu_logistic(float x)
{
    return 1.0f / (1.0f + redsc_fpu_exp(-x));
}

/* tanh(x); absolute error below 2e-7. */
REDSC_INLINE float redsc_fpu_tanh(float x)
{
    return 1.0f - 2.0f / (1.0f + redsc_fpu_exp(2.0f * x));
}
