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
