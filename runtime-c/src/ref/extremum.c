/* The larger or smaller of two codes of one scale, any element type.
 *
 * a, b  operands that broadcast to the result
 * y     the result, dense */
#include "codes.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_extremum(const void *a, const void *b, void *y, void *scratch, const redsc_extremum_t *p)
{
    int32_t k = 0;
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        const int32_t left = redsc_get(a, i, p->type);
        const int32_t right = redsc_get(b, j, p->type);
        const int take_left = p->kind == REDSC_MAXIMUM ? left > right : left < right;
        redsc_put(y, k++, p->type, take_left ? left : right);
    }
}
