/* Comparison of real numbers.
 *
 * a, b  operands that broadcast to the result
 * y     0 or 1, dense */
#include "order.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_compare_f32(const float *a, const float *b, uint8_t *y, void *scratch,
                                    const redsc_compare_t *p)
{
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        *y++ = redsc_holds(p->kind, a[i] < b[j], a[i] == b[j], a[i] > b[j]);
    }
}
