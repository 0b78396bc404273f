/* Functions of one plain integer, wrapping.
 *
 * x  [count]
 * y  [count] */
#include "redsc_elementwise.h"
#include "redsc_kernel.h"
#include "requant.h"

REDSC_INLINE int32_t redsc_unary_s32_apply(int32_t kind, int32_t x)
{
    switch (kind) {
    case REDSC_ABS: return x < 0 ? redsc_mul_wrap(x, -1) : x;
    case REDSC_NEG: return redsc_mul_wrap(x, -1);
    case REDSC_RELU: return x < 0 ? 0 : x;
    case REDSC_RELU6: return redsc_clamp(x, 0, 6);
    case REDSC_RELU_N1_TO_1: return redsc_clamp(x, -1, 1);
    default: return redsc_mul_wrap(x, x); /* REDSC_SQUARE */
    }
}

REDSC_KERNEL void redsc_unary_s32(const int32_t *x, int32_t *y, void *scratch, const redsc_unary_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = redsc_unary_s32_apply(p->kind, x[i]);
    }
}
