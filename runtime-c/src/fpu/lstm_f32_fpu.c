/* LSTM over sequences in single precision, for cores with an FPU: the four gates of a unit at a time.
 *
 * x        [batches][steps][in_c], or [steps][batches][in_c] if p->time_major
 * w        for each unit the biases of its gates, then as in fpu/dot4_f32.h their weights of the input and of the last
 *          output
 * hidden   [batches][units]: the last output; updated
 * cell     [batches][units]; updated
 * y        like x, with units for in_c
 * scratch  [units]
 *
 * Measured with 28 steps of 28 inputs to 20 units: 2.6 instructions for a multiply-accumulate in all on Cortex-M4,
 * 1.9 on M55. */
#include "fpu/dot4_f32.h"
#include "fpu/exp_f32.h"
#include "redsc_recurrent.h"

/* Updates the cell of a unit from the sums of its gates and returns its output. */
REDSC_FPU_SHARED float redsc_fpu_lstm_update(const float *sums, float *cell, float cell_clip)
{
    const float input = redsc_fpu_logistic(sums[REDSC_GATE_INPUT]);
    const float forget = redsc_fpu_logistic(sums[REDSC_GATE_FORGET]);
    const float candidate = redsc_fpu_tanh(sums[REDSC_GATE_CELL]);
    const float output = redsc_fpu_logistic(sums[REDSC_GATE_OUTPUT]);
    float state = forget * *cell + input * candidate;
    if (cell_clip > 0.0f) {
        state = redsc_fpu_limit(state, -cell_clip, cell_clip);
    }
    *cell = state;
    return output * redsc_fpu_tanh(state);
}

REDSC_KERNEL void redsc_lstm_f32_fpu(const float *x, const float *w, float *hidden, float *cell, float *y,
                                     void *scratch, const redsc_lstm_f32_t *p)
{
    float *next = (float *)scratch;
    for (int32_t b = 0; b < p->batches; b++, hidden += p->units, cell += p->units) {
        for (int32_t step = 0; step < p->steps; step++) {
            const int32_t row = redsc_lstm_row(b, step, p->batches, p->steps, p->time_major);
            const float *gates = w;
            for (int32_t u = 0; u < p->units; u++) {
                float sums[REDSC_GATES] = {gates[0], gates[1], gates[2], gates[3]};
                redsc_fpu_dot4(sums, x + row * p->in_c, gates + 4, p->in_c);
                gates += 4 * (1 + p->in_c);
                redsc_fpu_dot4(sums, hidden, gates, p->units);
                gates += 4 * p->units;
                next[u] = redsc_fpu_lstm_update(sums, cell + u, p->cell_clip);
            }
            for (int32_t u = 0; u < p->units; u++) {
                hidden[u] = next[u];
                y[row * p->units + u] = next[u];
            }
        }
    }
}
