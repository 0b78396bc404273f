/* Logarithm of the softmax of rows of real numbers.
 *
 * x  [rows][depth]
 * y  [rows][depth] */
#include <math.h>

#include "redsc_kernel.h"
#include "redsc_normalize.h"

REDSC_KERNEL void redsc_log_softmax_f32(const float *x, float *y, void *scratch, const redsc_log_softmax_f32_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->depth, y += p->depth) {
        float max = x[0];
        float sum = 0.0f;
        for (int32_t i = 1; i < p->depth; i++) {
            max = x[i] > max ? x[i] : max;
        }
        for (int32_t i = 0; i < p->depth; i++) {
            sum += expf(x[i] - max);
        }
        const float log_sum = logf(sum);
        for (int32_t i = 0; i < p->depth; i++) {
            y[i] = x[i] - max - log_sum;
        }
    }
}
