/* Exponentials of rows of bytes, relative to the largest element. `first` is the position of the row. */
#pragma once

#include "codes.h"
#include "fixed.h"

/* The largest element of a row. */
REDSC_INLINE int32_t redsc_row_max(const void *x, int32_t type, int32_t first, int32_t depth)
{
    int32_t max = redsc_get(x, first, type);
    for (int32_t i = 1; i < depth; i++) {
        const int32_t code = redsc_get(x, first + i, type);
        max = code > max ? code : max;
    }
    return max;
}

/* e to a difference of codes, in Q0. */
REDSC_INLINE int32_t redsc_exponential(int32_t difference, int32_t multiplier, int32_t shift)
{
    return redsc_exp_on_negative_values(redsc_requantize(difference, multiplier, shift), 5);
}

/* The sum of the exponentials of a row, 12 integer bits; differences below diff_min do not count. */
REDSC_INLINE int32_t redsc_sum_of_exponentials(const void *x, int32_t type, int32_t first, int32_t depth, int32_t max,
                                               int32_t multiplier, int32_t shift, int32_t diff_min)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < depth; i++) {
        const int32_t difference = redsc_get(x, first + i, type) - max;
        if (difference >= diff_min) {
            const int32_t term = redsc_exponential(difference, multiplier, shift);
            sum = redsc_add_wrap(sum, redsc_rounding_divide_by_pot(term, 12));
        }
    }
    return sum;
}
