/* Largest or smallest integer over any dimensions.
 *
 * x  the operand
 * y  the result, dense */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_reduce.h"

REDSC_KERNEL void redsc_reduce_extremum(const void *x, void *y, void *scratch, const redsc_reduce_extremum_t *p)
{
    int32_t k = 0;
    (void)scratch;
    REDSC_FOR_EACH_KEPT(&p->folds, first)
    {
        int64_t best = redsc_get64(x, first, p->type);
        REDSC_FOR_EACH_FOLDED(&p->folds, first, i)
        {
            const int64_t element = redsc_get64(x, i, p->type);
            best = (p->smallest ? element < best : element > best) ? element : best;
        }
        redsc_put64(y, k++, p->type, best);
    }
}
