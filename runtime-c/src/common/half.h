/* Half-precision numbers, given as their bits. */
#pragma once

#include "redsc_kernel.h"

REDSC_INLINE float redsc_half_to_float(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 0x1Fu;
    uint32_t mantissa = half & 0x3FFu;
    uint32_t bits;
    float real;
    if (exponent == 0x1Fu) {
        bits = sign | 0x7F800000u | (mantissa << 13);
    } else if (exponent == 0 && mantissa == 0) {
        bits = sign;
    } else {
        /* Denormal numbers are normal ones in single precision. */
        if (exponent == 0) {
            for (exponent = 1; (mantissa & 0x400u) == 0; exponent--) {
                mantissa <<= 1;
            }
            mantissa &= 0x3FFu;
        }
        bits = sign | ((exponent + 112u) << 23) | (mantissa << 13);
    }
    memcpy(&real, &bits, sizeof real);
    return real;
}

/* The nearest half-precision number, halves to the even one; too large ones are infinite. */
REDSC_INLINE uint16_t redsc_float_to_half(float real)
{
    uint32_t bits, sign, magnitude, shift, rest, half;
    memcpy(&bits, &real, sizeof bits);
    sign = (bits >> 16) & 0x8000u;
    magnitude = bits & 0x7FFFFFFFu;
    if (magnitude >= 0x47800000u) {
        /* 65536 and more, or not a number. */
        return (uint16_t)(sign | (magnitude > 0x7F800000u ? 0x7E00u : 0x7C00u));
    }
    if (magnitude >= 0x38800000u) {
        magnitude -= 112u << 23;
        shift = 13;
    } else if (magnitude < 0x33000000u) {
        return (uint16_t)sign;
    } else {
        /* Denormal: the implicit bit becomes an ordinary one. */
        shift = 126u - (magnitude >> 23);
        magnitude = (magnitude & 0x7FFFFFu) | 0x800000u;
    }
    half = magnitude >> shift;
    rest = magnitude & ((1u << shift) - 1u);
    half += rest > (1u << (shift - 1u)) || (rest == (1u << (shift - 1u)) && (half & 1u) != 0) ? 1u : 0u;
    return (uint16_t)(sign | half);
}
