/* Logarithm of the softmax of rows of bytes; results have 4 fractional bits, from the largest code down.
 *
 * x  [rows][depth]
 * y  [rows][depth] */
#include "codes.h"
#include "exponentials.h"
#include "fixed_log.h"
#include "redsc_kernel.h"
#include "redsc_normalize.h"
#include "requant.h"

REDSC_KERNEL void redsc_log_softmax_s8(const int8_t *x, int8_t *y, void *scratch, const redsc_log_softmax_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->depth, y += p->depth) {
        const int32_t max = redsc_row_max(x, REDSC_S8, 0, p->depth);
        const int32_t sum = redsc_sum_of_exponentials(x, REDSC_S8, 0, p->depth, max, p->multiplier, p->shift,
                                                      p->diff_min);
        const int32_t log_sum = redsc_log_of_one_or_more(sum, 12, 5);
        /* Below this difference the argument minus the logarithm would overflow. */
        const int32_t reach =
            redsc_requantize(redsc_add_wrap(log_sum, INT32_MIN), p->reverse_multiplier, p->reverse_shift);
        const int32_t limit = reach > p->diff_min - 1 ? reach : p->diff_min - 1;
        for (int32_t i = 0; i < p->depth; i++) {
            int32_t code = INT8_MIN;
            if (x[i] - max > limit) {
                const int32_t argument = redsc_requantize(x[i] - max, p->multiplier, p->shift);
                code = redsc_rounding_divide_by_pot(redsc_sub_wrap(argument, log_sum), 31 - 5 - 4) + INT8_MAX;
            }
            y[i] = (int8_t)redsc_clamp(code, INT8_MIN, INT8_MAX);
        }
    }
}
