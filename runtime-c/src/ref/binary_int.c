/* Arithmetic of plain integers, wrapping, then clamped; division by zero gives 0.
 *
 * a, b  operands that broadcast to the result
 * y     the result, dense */
#include "codes.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_INLINE int64_t redsc_sub_wrap64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

REDSC_INLINE int64_t redsc_mul_wrap64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

/* With the sign of the divisor. */
REDSC_INLINE int64_t redsc_modulo64(int64_t a, int64_t b)
{
    const int64_t rest = b == 0 || b == -1 ? 0 : a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

REDSC_INLINE int64_t redsc_binary_int_combine(int32_t kind, int64_t a, int64_t b)
{
    switch (kind) {
    case REDSC_ADD: return (int64_t)((uint64_t)a + (uint64_t)b);
    case REDSC_SUB: return redsc_sub_wrap64(a, b);
    case REDSC_MUL: return redsc_mul_wrap64(a, b);
    case REDSC_DIV: return b == 0 ? 0 : b == -1 ? redsc_sub_wrap64(0, a) : a / b;
    case REDSC_MAXIMUM: return a > b ? a : b;
    case REDSC_MINIMUM: return a < b ? a : b;
    case REDSC_MODULO: return redsc_modulo64(a, b);
    case REDSC_REMAINDER: return b == 0 || b == -1 ? 0 : a % b;
    case REDSC_BIT_AND: return a & b;
    case REDSC_BIT_OR: return a | b;
    case REDSC_BIT_XOR: return a ^ b;
    case REDSC_SHIFT_LEFT: return b < 0 || b > 63 ? 0 : (int64_t)((uint64_t)a << b);
    case REDSC_SHIFT_RIGHT: return a >> (b < 0 || b > 63 ? 63 : b);
    default: return redsc_mul_wrap64(redsc_sub_wrap64(a, b), redsc_sub_wrap64(a, b));
    }
}

REDSC_KERNEL void redsc_binary_int(const void *a, const void *b, void *y, void *scratch,
                                   const redsc_binary_int_t *p)
{
    int32_t k = 0;
    (void)scratch;
    REDSC_FOR_EACH_PAIR(&p->pairs, i, j)
    {
        int64_t result = redsc_binary_int_combine(p->kind, redsc_get64(a, i, p->type), redsc_get64(b, j, p->type));
        if (p->type == REDSC_S32) {
            result = (int32_t)(uint32_t)(uint64_t)result;
        }
        result = result < p->act_min ? p->act_min : result;
        redsc_put64(y, k++, p->type, result > p->act_max ? p->act_max : result);
    }
}
