/* Leaky clamp of real numbers.
 *
 * x  [count]
 * y  [count] */
#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_leaky_relu_f32(const float *x, float *y, void *scratch, const redsc_leaky_relu_f32_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = x[i] > 0.0f ? x[i] : x[i] * p->alpha;
    }
}
