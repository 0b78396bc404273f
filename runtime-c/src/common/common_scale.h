/* Quantized operands brought to a common scale. */
#pragma once

#include "redsc_elementwise.h"
#include "requant.h"

REDSC_INLINE int32_t redsc_common_a(int32_t q, const redsc_common_t *p)
{
    const int32_t x = redsc_shift_left_wrap(redsc_add_wrap(q, p->a_offset), p->left_shift);
    return redsc_requantize(x, p->a_multiplier, p->a_shift);
}

REDSC_INLINE int32_t redsc_common_b(int32_t q, const redsc_common_t *p)
{
    const int32_t x = redsc_shift_left_wrap(redsc_add_wrap(q, p->b_offset), p->left_shift);
    return redsc_requantize(x, p->b_multiplier, p->b_shift);
}
