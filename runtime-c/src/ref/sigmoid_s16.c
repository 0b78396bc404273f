/* Logistic function or tanh of 16-bit codes; results have 15 fractional bits.
 *
 * x      [count]
 * table  256 samples of the logistic function, centered (sigmoid16.h)
 * y      [count] */
#include "redsc_elementwise.h"
#include "redsc_kernel.h"
#include "sigmoid16.h"

REDSC_KERNEL void redsc_sigmoid_s16(const int16_t *x, const int16_t *table, int16_t *y, void *scratch,
                                    const redsc_sigmoid_s16_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = (int16_t)(p->kind == REDSC_TANH ? redsc_tanh16(table, x[i], p->multiplier, p->shift)
                                               : redsc_logistic16(table, x[i], p->multiplier, p->shift));
    }
}
