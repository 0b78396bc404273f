/* Exponentials of rows of bytes, relative to the largest element. */
#pragma once

#include "fixed.h"

/* The largest element of a row. */
REDSC_INLINE int32_t redsc_row_max(const int8_t *x, int32_t depth)
{
    int32_t max = x[0];
    for (int32_t i = 1; i < depth; i++) {
        max = x[i] > max ? x[i] : max;
    }
    return max;
}

/* e to a difference of codes, in Q0. */
REDSC_INLINE int32_t redsc_exponential(int32_t difference, int32_t multiplier, int32_t shift)
{
    return redsc_exp_on_negative_values(redsc_requantize(difference, multiplier, shift), 5);
}

/* The sum of the exponentials of a row, 12 integer bits; differences below diff_min do not count. */
REDSC_INLINE int32_t redsc_sum_of_exponentials(const int8_t *x, int32_t depth, int32_t max, int32_t multiplier,
                                               int32_t shift, int32_t diff_min)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < depth; i++) {
        if (x[i] - max >= diff_min) {
            const int32_t term = redsc_exponential(x[i] - max, multiplier, shift);
            sum = redsc_add_wrap(sum, redsc_rounding_divide_by_pot(term, 12));
        }
    }
    return sum;
}
