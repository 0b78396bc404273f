/* Sum or mean of real numbers over any dimensions.
 *
 * x  the operand
 * y  the result, dense */
#include "redsc_kernel.h"
#include "redsc_reduce.h"

REDSC_KERNEL void redsc_reduce_sum_f32(const float *x, float *y, void *scratch, const redsc_reduce_sum_f32_t *p)
{
    (void)scratch;
    REDSC_FOR_EACH_KEPT(&p->folds, first)
    {
        float sum = 0.0f;
        REDSC_FOR_EACH_FOLDED(&p->folds, first, i)
        {
            sum += x[i];
        }
        *y++ = sum / p->divisor;
    }
}
