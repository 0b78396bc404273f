/* LSTM over sequences, 8-bit input and output, 16-bit cell.
 *
 * x        [batches][steps][in_c], or [steps][batches][in_c] if p->time_major
 * w_input  [gate][units][in_c]
 * w_last   [gate][units][units]
 * bias     [gate][units]
 * table    256 samples of the logistic function, centered (sigmoid16.h)
 * hidden   [batches][units]: the last output; updated
 * cell     [batches][units]; updated
 * y        like x, with units for in_c
 * scratch  [units] */
#include "dot.h"
#include "lstm_cell.h"
#include "redsc_kernel.h"
#include "redsc_recurrent.h"
#include "requant.h"

/* The sum of one gate of one unit; the parts of input and last output are requantized and saturated apart. */
REDSC_INLINE int32_t redsc_lstm_gate_s8(const int8_t *x, const int8_t *last, const int8_t *w_input,
                                     const int8_t *w_last, const int32_t *bias, int32_t gate, int32_t unit,
                                     const redsc_lstm_t *p)
{
    const int32_t row = gate * p->units + unit;
    const int32_t input = redsc_dot_s8(bias[row], x, p->input_offset, w_input + row * p->in_c, 0, p->in_c);
    const int32_t recurrent = redsc_dot_s8(0, last, p->recurrent_offset, w_last + row * p->units, 0, p->units);
    const int32_t from_input = redsc_requantize(input, p->input_multiplier[gate], p->input_shift[gate]);
    const int32_t from_last = redsc_requantize(recurrent, p->recurrent_multiplier[gate], p->recurrent_shift[gate]);
    return redsc_lstm_saturate(redsc_lstm_saturate(from_input) + redsc_lstm_saturate(from_last));
}

REDSC_KERNEL void redsc_lstm_s8(const int8_t *x, const int8_t *w_input, const int8_t *w_last, const int32_t *bias,
                                const int16_t *table, int8_t *hidden, int16_t *cell, int8_t *y, void *scratch,
                                const redsc_lstm_t *p)
{
    int8_t *next = (int8_t *)scratch;
    for (int32_t b = 0; b < p->batches; b++, hidden += p->units, cell += p->units) {
        for (int32_t step = 0; step < p->steps; step++) {
            const int32_t row = redsc_lstm_row(b, step, p->batches, p->steps, p->time_major);
            const int8_t *in = x + row * p->in_c;
            for (int32_t u = 0; u < p->units; u++) {
                int32_t gates[REDSC_GATES];
                for (int32_t g = 0; g < REDSC_GATES; g++) {
                    const int32_t sum = redsc_lstm_gate_s8(in, hidden, w_input, w_last, bias, g, u, p);
                    gates[g] = redsc_lstm_activate(table, g, sum);
                }
                next[u] = (int8_t)redsc_lstm_update(gates, cell + u, table, p);
            }
            memcpy(hidden, next, (size_t)p->units);
            memcpy(y + row * p->units, next, (size_t)p->units);
        }
    }
}
