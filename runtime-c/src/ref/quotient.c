/* Quantized quotient, any element type.
 *
 * a, b  operands that broadcast to the result
 * y     the result, dense */
#include "codes.h"
#include "fixed.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"
#include "requant.h"

/* a / b times a factor: the mantissa of a times the reciprocal of b, then the powers of two. What is divided by zero
 * saturates to its side; 0 / 0 is 0. */
REDSC_INLINE int32_t redsc_quotient_scaled(int32_t a, int32_t b, int32_t multiplier, int32_t shift)
{
    if (b == 0) {
        return a > 0 ? INT32_MAX : a < 0 ? -INT32_MAX : 0;
    }
    int32_t bits;
    const int32_t reciprocal = redsc_reciprocal(b < 0 ? -b : b, 31, &bits);
    const int32_t dividend = b < 0 ? -a : a;
    const int32_t headroom = redsc_sign_bits(dividend);
    const int32_t mantissa = redsc_doubling_high_mul(redsc_shift_left_wrap(dividend, headroom), reciprocal);
    const int32_t total = shift - bits - headroom;
    return total < -31 ? 0 : redsc_requantize(mantissa, multiplier, total);
}

REDSC_KERNEL void redsc_quotient(const void *a, const void *b, void *y, void *scratch, const redsc_product_t *p)
{
    int32_t k = 0;
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        const int32_t left = redsc_get(a, i, p->type) + p->a_offset;
        const int32_t right = redsc_get(b, j, p->type) + p->b_offset;
        const int32_t quotient = redsc_quotient_scaled(left, right, p->multiplier, p->shift);
        redsc_put(y, k++, p->type, redsc_clamp(redsc_add_sat(quotient, p->output_offset), p->act_min, p->act_max));
    }
}
