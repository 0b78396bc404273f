/* Softmax of rows of 16-bit codes; results have 15 fractional bits.
 *
 * x            [rows][depth]
 * exponential  [513] e^x with 15 fractional bits for x from -10 to 0
 * reciprocal   [513] 1 / (1 + x) with 15 fractional bits for x from 0 to 1
 * y            [rows][depth] */
#include "fixed.h"
#include "redsc_kernel.h"
#include "redsc_normalize.h"
#include "requant.h"

/* The table at a 16-bit code, interpolated between its 512 intervals. */
REDSC_INLINE int32_t redsc_table_at(const int16_t *table, int32_t code)
{
    const int32_t clamped = redsc_clamp(code, INT16_MIN, INT16_MAX);
    const int32_t index = (clamped >> 7) + 256;
    const int32_t slope = table[index + 1] - table[index];
    return table[index] + ((slope * (clamped & 0x7F) + 64) >> 7);
}

/* e to a difference of codes to the largest one. */
REDSC_INLINE int32_t redsc_softmax_s16_exp(int32_t difference, const int16_t *table, const redsc_softmax_s16_t *p)
{
    const int32_t steps = redsc_requantize(difference, p->multiplier, p->shift);
    return redsc_table_at(table, redsc_add_sat(steps, INT16_MAX));
}

REDSC_KERNEL void redsc_softmax_s16(const int16_t *x, const int16_t *exponential, const int16_t *reciprocal,
                                    int16_t *y, void *scratch, const redsc_softmax_s16_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->depth, y += p->depth) {
        int32_t max = x[0];
        int64_t wide_sum = 0;
        for (int32_t i = 1; i < p->depth; i++) {
            max = x[i] > max ? x[i] : max;
        }
        for (int32_t i = 0; i < p->depth; i++) {
            wide_sum += redsc_softmax_s16_exp(x[i] - max, exponential, p);
        }
        const int32_t sum = wide_sum > INT32_MAX ? INT32_MAX : (int32_t)wide_sum;
        /* Normalised to [1, 2) with 16 fractional bits, of which the table takes what exceeds 1. */
        const int32_t headroom = redsc_leading_zeros((uint32_t)sum);
        const int32_t normalised = (int32_t)((((int64_t)sum << (headroom - 1)) + (1 << 13)) >> 14);
        const int32_t scale = redsc_table_at(reciprocal, normalised - (1 << 16) - (1 << 15));
        const int32_t right_shift = 31 - headroom;
        for (int32_t i = 0; i < p->depth; i++) {
            const int64_t product = (int64_t)redsc_softmax_s16_exp(x[i] - max, exponential, p) * scale;
            const int64_t share = (product + ((int64_t)1 << (right_shift - 1))) >> right_shift;
            y[i] = (int16_t)(share < 0 ? 0 : share > INT16_MAX ? INT16_MAX : share);
        }
    }
}
