/* Comparison of plain integers.
 *
 * a, b  operands that broadcast to the result
 * y     0 or 1, dense */
#include "codes.h"
#include "order.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_compare_int(const void *a, const void *b, uint8_t *y, void *scratch,
                                    const redsc_compare_t *p)
{
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        const int64_t left = redsc_get64(a, i, p->type);
        const int64_t right = redsc_get64(b, j, p->type);
        *y++ = redsc_holds(p->kind, left < right, left == right, left > right);
    }
}
