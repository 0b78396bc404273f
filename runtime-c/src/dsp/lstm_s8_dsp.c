/* LSTM over sequences, 8-bit input and output, 16-bit cell, for cores with the DSP extension.
 *
 * x        [batches][steps][in_c], or [steps][batches][in_c] if p->time_major
 * w_input  for each gate, its units as dsp/sums_s8.h defines them: weights of the input
 * w_last   likewise: weights of the last output
 * table    256 samples of the logistic function, centered (sigmoid16.h)
 * hidden   [batches][units]: the last output; updated
 * cell     [batches][units]; updated
 * y        like x, with units for in_c
 * scratch  input and last output widened, 8 bytes for each quad; sums [gate][units filled up to groups], 16 bit
 *
 * Ranges as in dsp/gemm_s8.h; the factors of forget, update and output are below 1.
 * Measured on Cortex-M4: 28 steps of 28 inputs to 20 units take 2.1 instructions for a multiply-accumulate in all. */
#include "dsp/lstm_cell.h"
#include "dsp/sums_s8.h"

REDSC_KERNEL void redsc_lstm_s8_dsp(const int8_t *x, const uint32_t *w_input, const uint32_t *w_last,
                                    const int16_t *table, int8_t *hidden, int16_t *cell, int8_t *y, void *scratch,
                                    const redsc_lstm_t *p)
{
    const int32_t groups = (p->units + 3) / 4;
    uint32_t *const input = (uint32_t *)scratch;
    uint32_t *const last = input + 2 * ((p->in_c + 3) / 4);
    int16_t *const sums = (int16_t *)(last + 2 * groups);
    for (int32_t b = 0; b < p->batches; b++, hidden += p->units, cell += p->units) {
        for (int32_t step = 0; step < p->steps; step++) {
            const int32_t row = redsc_lstm_row(b, step, p->batches, p->steps, p->time_major);
            int8_t *const out = y + row * p->units;
            redsc_dsp_widen1(input, x + row * p->in_c, p->in_c);
            redsc_dsp_widen1(last, hidden, p->units);
            redsc_dsp_sums_s8(w_input, input, sums, 0u, p->in_c, groups, REDSC_GATES, p->input_finish);
            redsc_dsp_sums_s8(w_last, last, sums, ~0u, p->units, groups, REDSC_GATES, p->recurrent_finish);
            const int16_t *gate = sums;
            for (int32_t u = 0; u < p->units; u++, gate++) {
                hidden[u] = (int8_t)redsc_dsp_lstm_update(gate, 4 * groups, cell + u, table, p);
            }
            redsc_dsp_copy_bytes(out, hidden, p->units);
        }
    }
}
