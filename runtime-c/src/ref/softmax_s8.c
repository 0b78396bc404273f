/* Softmax of rows of bytes, to 8- or 16-bit codes.
 *
 * x  [rows][depth]
 * y  [rows][depth] */
#include "codes.h"
#include "exponentials.h"
#include "redsc_kernel.h"
#include "redsc_normalize.h"
#include "requant.h"

REDSC_KERNEL void redsc_softmax_s8(const int8_t *x, void *y, void *scratch, const redsc_softmax_t *p)
{
    const int32_t fraction_bits = p->y_type == REDSC_S8 ? 8 : 16;
    const int32_t low = p->y_type == REDSC_S8 ? INT8_MIN : INT16_MIN;
    const int32_t high = p->y_type == REDSC_S8 ? INT8_MAX : INT16_MAX;
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++) {
        const int8_t *in = x + row * p->depth;
        const int32_t max = redsc_row_max(in, p->depth);
        const int32_t sum =
            redsc_sum_of_exponentials(in, p->depth, max, p->multiplier, p->shift, p->diff_min);
        int32_t exponent;
        const int32_t scale = redsc_reciprocal(sum, 12, &exponent);
        const int32_t right_shift = redsc_clamp(exponent + 31 - fraction_bits, 0, 31);
        for (int32_t i = 0; i < p->depth; i++) {
            int32_t share = 0;
            if (in[i] - max >= p->diff_min) {
                const int32_t term = redsc_exponential(in[i] - max, p->multiplier, p->shift);
                share = redsc_rounding_divide_by_pot(redsc_doubling_high_mul(scale, term), right_shift);
            }
            redsc_put(y, row * p->depth + i, p->y_type, redsc_clamp(redsc_add_sat(share, low), low, high));
        }
    }
}
