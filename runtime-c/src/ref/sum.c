/* Quantized sum, difference or squared difference, any element type.
 *
 * a, b  operands that broadcast to the result
 * y     the result, dense */
#include "codes.h"
#include "common_scale.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"
#include "requant.h"

REDSC_INLINE int32_t redsc_sum_combine(int32_t kind, int32_t a, int32_t b)
{
    if (kind == REDSC_ADD) {
        return redsc_add_wrap(a, b);
    }
    const int32_t difference = redsc_sub_wrap(a, b);
    return kind == REDSC_SUB ? difference : redsc_mul_wrap(difference, difference);
}

REDSC_KERNEL void redsc_sum(const void *a, const void *b, void *y, void *scratch, const redsc_sum_t *p)
{
    int32_t k = 0;
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        const int32_t left = redsc_common_a(redsc_get(a, i, p->type), &p->common);
        const int32_t right = redsc_common_b(redsc_get(b, j, p->type), &p->common);
        const int32_t sum = redsc_sum_combine(p->kind, left, right);
        const int32_t code =
            redsc_output(sum, p->multiplier, p->shift, p->output_offset, p->act_min, p->act_max);
        redsc_put(y, k++, p->type, code);
    }
}
