/* Sum or product of plain integers over any dimensions, wrapping.
 *
 * x  the operand
 * y  the result, dense */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_reduce.h"

REDSC_KERNEL void redsc_reduce_int(const void *x, void *y, void *scratch, const redsc_reduce_int_t *p)
{
    int32_t k = 0;
    (void)scratch;
    REDSC_FOR_EACH_KEPT(&p->folds, first)
    {
        uint64_t so_far = p->product ? 1 : 0;
        REDSC_FOR_EACH_FOLDED(&p->folds, first, i)
        {
            const uint64_t element = (uint64_t)redsc_get64(x, i, p->type);
            so_far = p->product ? so_far * element : so_far + element;
        }
        redsc_put64(y, k++, p->type, (int64_t)so_far);
    }
}
