/* Comparison of codes of different scales.
 *
 * a, b  operands that broadcast to the result
 * y     0 or 1, dense */
#include "codes.h"
#include "common_scale.h"
#include "order.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_compare_codes(const void *a, const void *b, uint8_t *y, void *scratch,
                                      const redsc_compare_codes_t *p)
{
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        const int32_t left = redsc_common_a(redsc_get(a, i, p->type), &p->common);
        const int32_t right = redsc_common_b(redsc_get(b, j, p->type), &p->common);
        *y++ = redsc_holds(p->kind, left < right, left == right, left > right);
    }
}
