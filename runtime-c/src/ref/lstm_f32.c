/* LSTM over sequences in single precision; tensors as in lstm_s8.c, scratch [units]. */
#include "redsc_kernel.h"
#include "redsc_recurrent.h"

#include <math.h>

REDSC_INLINE float redsc_lstm_logistic_f32(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

REDSC_INLINE float redsc_lstm_gate_f32(const float *x, const float *last, const float *w_input, const float *w_last,
                                       const float *bias, int32_t row, const redsc_lstm_f32_t *p)
{
    float input = 0.0f;
    float recurrent = 0.0f;
    for (int32_t i = 0; i < p->in_c; i++) {
        input += x[i] * w_input[row * p->in_c + i];
    }
    for (int32_t i = 0; i < p->units; i++) {
        recurrent += last[i] * w_last[row * p->units + i];
    }
    return input + bias[row] + recurrent;
}

REDSC_KERNEL void redsc_lstm_f32(const float *x, const float *w_input, const float *w_last, const float *bias,
                                 float *hidden, float *cell, float *y, void *scratch, const redsc_lstm_f32_t *p)
{
    float *next = (float *)scratch;
    for (int32_t b = 0; b < p->batches; b++, hidden += p->units, cell += p->units) {
        for (int32_t step = 0; step < p->steps; step++) {
            const int32_t row = redsc_lstm_row(b, step, p->batches, p->steps, p->time_major);
            const float *in = x + row * p->in_c;
            for (int32_t u = 0; u < p->units; u++) {
                float gates[REDSC_GATES];
                for (int32_t g = 0; g < REDSC_GATES; g++) {
                    const float sum =
                        redsc_lstm_gate_f32(in, hidden, w_input, w_last, bias, g * p->units + u, p);
                    gates[g] = g == REDSC_GATE_CELL ? tanhf(sum) : redsc_lstm_logistic_f32(sum);
                }
                float state = gates[REDSC_GATE_FORGET] * cell[u] + gates[REDSC_GATE_INPUT] * gates[REDSC_GATE_CELL];
                if (p->cell_clip > 0.0f) {
                    state = state < -p->cell_clip ? -p->cell_clip : state;
                    state = state > p->cell_clip ? p->cell_clip : state;
                }
                cell[u] = state;
                next[u] = gates[REDSC_GATE_OUTPUT] * tanhf(state);
            }
            memcpy(hidden, next, (size_t)p->units * sizeof(float));
            memcpy(y + row * p->units, next, (size_t)p->units * sizeof(float));
        }
    }
}
