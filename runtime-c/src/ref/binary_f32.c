/* Arithmetic of real numbers, then clamped.
 *
 * a, b  operands that broadcast to the result
 * y     the result, dense */
#include <math.h>

#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_INLINE float redsc_binary_f32_combine(int32_t kind, float a, float b)
{
    switch (kind) {
    case REDSC_ADD: return a + b;
    case REDSC_SUB: return a - b;
    case REDSC_MUL: return a * b;
    case REDSC_DIV: return a / b;
    case REDSC_MAXIMUM: return a > b ? a : b;
    case REDSC_MINIMUM: return a < b ? a : b;
    case REDSC_POWER: return powf(a, b);
    case REDSC_REMAINDER: return fmodf(a, b);
    default: return (a - b) * (a - b);
    }
}

REDSC_KERNEL void redsc_binary_f32(const float *a, const float *b, float *y, void *scratch,
                                   const redsc_binary_f32_t *p)
{
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        float result = redsc_binary_f32_combine(p->kind, a[i], b[j]);
        result = result < p->act_min ? p->act_min : result;
        *y++ = result > p->act_max ? p->act_max : result;
    }
}
