/* What follows from the four gates of four units of a quantized LSTM, as lstm_cell.h. */
#pragma once

#include "mve/sigmoid16.h"
#include "redsc_recurrent.h"

/* x limited to 16 bits. */
REDSC_INLINE int32x4_t redsc_mve_lstm_saturate(int32x4_t x)
{
    return vmovlbq_s16(vqmovnbq_s32(vdupq_n_s16(0), x));
}

/* The activation of a gate of four units from its sums. */
REDSC_INLINE int32x4_t redsc_mve_lstm_activate(const int16_t *table, int32_t gate, int32x4_t sums)
{
    return gate == REDSC_GATE_CELL ? redsc_mve_tanh16(table, sums, 3, 0) : redsc_mve_logistic16(table, sums, 3, 0);
}

/* Updates the cells of four units, of which those of `lanes` exist, and returns their outputs. `sums` are those of the
 * input gate, those of the other gates lie `distance` elements further each. */
REDSC_INLINE int32x4_t redsc_mve_lstm_update(const int16_t *sums, int32_t distance, int16_t *cell, mve_pred16_t lanes,
                                             const int16_t *table, const redsc_lstm_t *p)
{
    int32x4_t gates[REDSC_GATES];
    for (int32_t g = 0; g < REDSC_GATES; g++) {
        gates[g] = redsc_mve_lstm_activate(table, g, vldrhq_s32(sums + g * distance));
    }
    const int32x4_t kept = redsc_mve_requantize(vmulq_s32(gates[REDSC_GATE_FORGET], vldrhq_s32(cell)),
                                                p->forget_multiplier, p->forget_shift);
    const int32x4_t added = redsc_mve_requantize(vmulq_s32(gates[REDSC_GATE_INPUT], gates[REDSC_GATE_CELL]),
                                                 p->update_multiplier, p->update_shift);
    int32x4_t state =
        redsc_mve_lstm_saturate(vaddq_s32(redsc_mve_lstm_saturate(kept), redsc_mve_lstm_saturate(added)));
    if (p->cell_clip <= INT16_MAX) {
        state = redsc_mve_clamp(state, -p->cell_clip, p->cell_clip);
    }
    vstrhq_p_s32(cell, state, lanes);
    const int32x4_t squashed = redsc_mve_tanh16(table, state, p->tanh_multiplier, p->tanh_shift);
    const int32x4_t out = redsc_mve_requantize(vmulq_s32(squashed, gates[REDSC_GATE_OUTPUT]), p->output_multiplier,
                                               p->output_shift);
    return redsc_mve_clamp(vaddq_n_s32(out, p->output_offset), p->output_min, p->output_max);
}
