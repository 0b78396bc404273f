/* Half precision to single precision.
 *
 * x  [count] bits of IEEE half-precision numbers
 * y  [count] */
#include "redsc_kernel.h"
#include "redsc_quantize.h"

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

REDSC_KERNEL void redsc_dequantize_f16(const uint16_t *x, float *y, void *scratch, const redsc_dequantize_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = redsc_half_to_float(x[i]);
    }
}
