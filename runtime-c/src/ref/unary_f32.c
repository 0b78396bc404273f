/* Functions of one real number.
 *
 * x  [count]
 * y  [count] */
#include <math.h>

#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_INLINE float redsc_unary_f32_apply(int32_t kind, float x)
{
    switch (kind) {
    case REDSC_ABS: return fabsf(x);
    case REDSC_NEG: return -x;
    case REDSC_EXP: return expf(x);
    case REDSC_LOG: return logf(x);
    case REDSC_SQRT: return sqrtf(x);
    case REDSC_RSQRT: return 1.0f / sqrtf(x);
    case REDSC_SQUARE: return x * x;
    case REDSC_RELU: return x < 0.0f ? 0.0f : x;
    case REDSC_RELU6: return x < 0.0f ? 0.0f : x > 6.0f ? 6.0f : x;
    case REDSC_RELU_N1_TO_1: return x < -1.0f ? -1.0f : x > 1.0f ? 1.0f : x;
    case REDSC_TANH: return tanhf(x);
    case REDSC_SIN: return sinf(x);
    case REDSC_COS: return cosf(x);
    case REDSC_TAN: return tanf(x);
    case REDSC_ASIN: return asinf(x);
    case REDSC_ACOS: return acosf(x);
    case REDSC_ATAN: return atanf(x);
    case REDSC_SINH: return sinhf(x);
    case REDSC_COSH: return coshf(x);
    case REDSC_ASINH: return asinhf(x);
    case REDSC_ACOSH: return acoshf(x);
    case REDSC_ATANH: return atanhf(x);
    case REDSC_ERF: return erff(x);
    case REDSC_CEIL: return ceilf(x);
    case REDSC_FLOOR: return floorf(x);
    case REDSC_ROUND: return rintf(x);
    default: return 1.0f / (1.0f + expf(-x));
    }
}

REDSC_KERNEL void redsc_unary_f32(const float *x, float *y, void *scratch, const redsc_unary_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = redsc_unary_f32_apply(p->kind, x[i]);
    }
}
