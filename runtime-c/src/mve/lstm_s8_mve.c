/* LSTM over sequences, 8-bit input and output, 16-bit cell, for cores with the vector extension.
 *
 * x        [batches][steps][in_c], or [steps][batches][in_c] if p->time_major; readable up to 16 bytes behind its end
 * w_input  for each gate, its units as mve/sums_s8.h defines them: weights of the input
 * w_last   likewise: weights of the last output
 * table    256 samples of the logistic function, centered (sigmoid16.h)
 * hidden   [batches][units]: the last output; updated; readable as x, rows aligned to 4 bytes
 * cell     [batches][units]; updated; readable as x
 * y        like x, with units for in_c
 * scratch  sums [gate][units filled up to groups], 16 bit, filled up to 16 bytes; if in_c is no multiple of 4, one row
 *          of x filled up to chunks of 16 bytes
 *
 * Ranges as in mve/gemm_s8.h. Measured on Cortex-M55: 28 steps of 28 inputs to 20 units take 0.76 instructions for
 * a multiply-accumulate in all. */
#include "mve/copy.h"
#include "mve/lstm_cell.h"
#include "mve/sums_s8.h"

REDSC_KERNEL void redsc_lstm_s8_mve(const int8_t *x, const uint32_t *w_input, const uint32_t *w_last,
                                    const int16_t *table, int8_t *hidden, int16_t *cell, int8_t *y, void *scratch,
                                    const redsc_lstm_t *p)
{
    const int32_t groups = (p->units + 3) / 4;
    const int32_t in_chunks = (p->in_c + 15) / 16;
    int16_t *const sums = (int16_t *)scratch;
    const int32_t sums_bytes = (32 * groups + 15) / 16 * 16;
    int8_t *const copy = (int8_t *)scratch + sums_bytes;
    for (int32_t b = 0; b < p->batches; b++, hidden += p->units, cell += p->units) {
        for (int32_t step = 0; step < p->steps; step++) {
            const int32_t row = redsc_lstm_row(b, step, p->batches, p->steps, p->time_major);
            const int8_t *in = x + row * p->in_c;
            int8_t *const out = y + row * p->units;
            if (p->in_c % 4 != 0) {
                redsc_mve_copy_vectors(copy, in, p->in_c);
                in = copy;
            }
            redsc_mve_fill_vectors((int8_t *)sums, vdupq_n_s8(0), sums_bytes);
            redsc_mve_sums_s8(in, w_input, sums, in_chunks, groups, REDSC_GATES);
            redsc_mve_sums_s8(hidden, w_last, sums, (p->units + 15) / 16, groups, REDSC_GATES);
            for (int32_t u = 0; u < p->units; u += 4) {
                const mve_pred16_t lanes = vctp32q((uint32_t)(p->units - u));
                const int32x4_t outputs = redsc_mve_lstm_update(sums + u, 4 * groups, cell + u, lanes, table, p);
                vstrbq_p_s32(hidden + u, outputs, lanes);
                vstrbq_p_s32(out + u, outputs, lanes);
            }
        }
    }
}
