/* Sum or mean of codes over any dimensions.
 *
 * x  the operand
 * y  the result, dense */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_reduce.h"
#include "requant.h"

REDSC_KERNEL void redsc_reduce_sum(const void *x, void *y, void *scratch, const redsc_reduce_sum_t *p)
{
    int32_t k = 0;
    (void)scratch;
    REDSC_FOR_EACH_KEPT(&p->folds, first)
    {
        int32_t sum = p->sum_offset;
        REDSC_FOR_EACH_FOLDED(&p->folds, first, i)
        {
            sum = redsc_add_wrap(sum, redsc_get(x, i, p->x_type));
        }
        const int32_t code = redsc_output(sum, p->multiplier, p->shift, p->output_offset, p->act_min, p->act_max);
        redsc_put(y, k++, p->y_type, code);
    }
}
