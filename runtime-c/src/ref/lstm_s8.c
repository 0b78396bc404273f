/* LSTM over sequences, 8-bit input and output, 16-bit cell.
 *
 * x        [batches][steps][in_c], or [steps][batches][in_c] if p->time_major
 * w_input  [gate][units][in_c]
 * w_last   [gate][units][units]
 * bias     [gate][units]
 * table    256 samples of the logistic function (sigmoid16.h)
 * hidden   [batches][units]: the last output; updated
 * cell     [batches][units]; updated
 * y        like x, with units for in_c
 * scratch  [units] */
#include "redsc_kernel.h"
#include "redsc_recurrent.h"
#include "requant.h"
#include "sigmoid16.h"

REDSC_INLINE int32_t redsc_lstm_saturate(int32_t x)
{
    return redsc_clamp(x, INT16_MIN, INT16_MAX);
}

/* sum of (x[i] + offset) * w[i] */
REDSC_INLINE int32_t redsc_lstm_dot(const int8_t *x, const int8_t *w, int32_t count, int32_t offset, int32_t sum)
{
    for (int32_t i = 0; i < count; i++) {
        sum = redsc_add_wrap(sum, (x[i] + offset) * w[i]);
    }
    return sum;
}

/* The sum of one gate of one unit; the parts of input and last output are requantized and saturated apart. */
REDSC_INLINE int32_t redsc_lstm_gate(const int8_t *x, const int8_t *last, const int8_t *w_input,
                                     const int8_t *w_last, const int32_t *bias, int32_t gate, int32_t unit,
                                     const redsc_lstm_t *p)
{
    const int32_t row = gate * p->units + unit;
    int32_t input = redsc_lstm_dot(x, w_input + row * p->in_c, p->in_c, p->input_offset, bias[row]);
    int32_t recurrent = redsc_lstm_dot(last, w_last + row * p->units, p->units, p->recurrent_offset, 0);
    input = redsc_requantize(input, p->input_multiplier[gate], p->input_shift[gate]);
    recurrent = redsc_requantize(recurrent, p->recurrent_multiplier[gate], p->recurrent_shift[gate]);
    return redsc_lstm_saturate(redsc_lstm_saturate(input) + redsc_lstm_saturate(recurrent));
}

REDSC_KERNEL void redsc_lstm_s8(const int8_t *x, const int8_t *w_input, const int8_t *w_last, const int32_t *bias,
                                const uint16_t *table, int8_t *hidden, int16_t *cell, int8_t *y, void *scratch,
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
                    const int32_t sum = redsc_lstm_gate(in, hidden, w_input, w_last, bias, g, u, p);
                    gates[g] = g == REDSC_GATE_CELL ? redsc_tanh16(table, sum, 3, 0)
                                                    : redsc_logistic16(table, sum, 3, 0);
                }
                const int32_t kept = redsc_requantize(gates[REDSC_GATE_FORGET] * cell[u], p->forget_multiplier,
                                                      p->forget_shift);
                const int32_t added = redsc_requantize(gates[REDSC_GATE_INPUT] * gates[REDSC_GATE_CELL],
                                                       p->update_multiplier, p->update_shift);
                int32_t state = redsc_lstm_saturate(redsc_lstm_saturate(kept) + redsc_lstm_saturate(added));
                state = redsc_clamp(state, -p->cell_clip, p->cell_clip);
                cell[u] = (int16_t)state;
                const int32_t squashed = redsc_tanh16(table, state, p->tanh_multiplier, p->tanh_shift);
                const int32_t out =
                    redsc_requantize(squashed * gates[REDSC_GATE_OUTPUT], p->output_multiplier, p->output_shift);
                next[u] = (int8_t)redsc_clamp(redsc_add_wrap(out, p->output_offset), p->output_min, p->output_max);
            }
            memcpy(hidden, next, (size_t)p->units);
            memcpy(y + row * p->units, next, (size_t)p->units);
        }
    }
}
