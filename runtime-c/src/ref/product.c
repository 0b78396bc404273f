/* Quantized product, any element type.
 *
 * a, b  operands that broadcast to the result
 * y     the result, dense */
#include "codes.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"
#include "requant.h"

REDSC_KERNEL void redsc_product(const void *a, const void *b, void *y, void *scratch, const redsc_product_t *p)
{
    int32_t k = 0;
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        const int32_t left = redsc_get(a, i, p->type) + p->a_offset;
        const int32_t right = redsc_get(b, j, p->type) + p->b_offset;
        const int32_t product = redsc_requantize(redsc_mul_wrap(left, right), p->multiplier, p->shift);
        redsc_put(y, k++, p->type, redsc_clamp(redsc_add_sat(product, p->output_offset), p->act_min, p->act_max));
    }
}
