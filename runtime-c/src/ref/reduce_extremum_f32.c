/* Largest or smallest real number over any dimensions.
 *
 * x  the operand
 * y  the result, dense */
#include "redsc_kernel.h"
#include "redsc_reduce.h"

REDSC_KERNEL void redsc_reduce_extremum_f32(const float *x, float *y, void *scratch,
                                            const redsc_reduce_extremum_t *p)
{
    (void)scratch;
    REDSC_FOR_EACH_KEPT(&p->folds, first)
    {
        float best = x[first];
        REDSC_FOR_EACH_FOLDED(&p->folds, first, i)
        {
            best = (p->smallest ? x[i] < best : x[i] > best) ? x[i] : best;
        }
        *y++ = best;
    }
}
