/* Softmax of rows of real numbers.
 *
 * x  [rows][depth]
 * y  [rows][depth] */
#include <math.h>

#include "redsc_kernel.h"
#include "redsc_normalize.h"

REDSC_KERNEL void redsc_softmax_f32(const float *x, float *y, void *scratch, const redsc_softmax_f32_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->depth, y += p->depth) {
        float max = x[0];
        float sum = 0.0f;
        for (int32_t i = 1; i < p->depth; i++) {
            max = x[i] > max ? x[i] : max;
        }
        for (int32_t i = 0; i < p->depth; i++) {
            y[i] = expf((x[i] - max) * p->beta);
            sum += y[i];
        }
        for (int32_t i = 0; i < p->depth; i++) {
            y[i] /= sum;
        }
    }
}
