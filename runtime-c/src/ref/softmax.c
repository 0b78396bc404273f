/* Softmax of rows of bytes, to codes of 8 or 16 bits.
 *
 * x            [rows][depth]
 * exponential  [entries] e to minus differences of codes in Q0, the largest first; what follows counts as 0
 * y            [rows][depth] */
#include "codes.h"
#include "exponentials.h"
#include "redsc_kernel.h"
#include "redsc_normalize.h"
#include "requant.h"

/* The exponential of the code at `i` of a row with the largest code `max`. */
REDSC_INLINE int32_t redsc_softmax_term(const void *x, const int32_t *exponential, int32_t i, int32_t max,
                                        const redsc_softmax_t *p)
{
    const int32_t difference = max - redsc_get(x, i, p->x_type);
    return difference < p->entries ? exponential[difference] : 0;
}

REDSC_KERNEL void redsc_softmax(const void *x, const int32_t *exponential, void *y, void *scratch,
                                const redsc_softmax_t *p)
{
    const int32_t fraction_bits = p->y_type == REDSC_S16 ? 16 : 8;
    const int32_t low = p->y_type == REDSC_U8 ? 0 : p->y_type == REDSC_S8 ? INT8_MIN : INT16_MIN;
    const int32_t high = low + (1 << fraction_bits) - 1;
    (void)scratch;
    for (int32_t first = 0; first < p->rows * p->depth; first += p->depth) {
        const int32_t max = redsc_row_max(x, p->x_type, first, p->depth);
        int32_t sum = 0; /* 12 integer bits */
        for (int32_t i = first; i < first + p->depth; i++) {
            sum = redsc_add_wrap(sum, redsc_rounding_divide_by_pot(redsc_softmax_term(x, exponential, i, max, p), 12));
        }
        int32_t exponent;
        const int32_t scale = redsc_reciprocal(sum, 12, &exponent);
        const int32_t right_shift = redsc_clamp(exponent + 31 - fraction_bits, 0, 31);
        for (int32_t i = first; i < first + p->depth; i++) {
            const int32_t term = redsc_softmax_term(x, exponential, i, max, p);
            const int32_t share = redsc_rounding_divide_by_pot(redsc_doubling_high_mul(scale, term), right_shift);
            redsc_put(y, i, p->y_type, redsc_clamp(redsc_add_sat(share, low), low, high));
        }
    }
}
