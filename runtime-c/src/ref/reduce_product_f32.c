/* Product of real numbers over any dimensions.
 *
 * x  the operand
 * y  the result, dense */
#include "redsc_kernel.h"
#include "redsc_reduce.h"

REDSC_KERNEL void redsc_reduce_product_f32(const float *x, float *y, void *scratch,
                                           const redsc_reduce_product_f32_t *p)
{
    (void)scratch;
    REDSC_FOR_EACH_KEPT(&p->folds, first)
    {
        float product = 1.0f;
        REDSC_FOR_EACH_FOLDED(&p->folds, first, i)
        {
            product *= x[i];
        }
        *y++ = product;
    }
}
