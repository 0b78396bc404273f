/* What follows from the four gates of a unit of a quantized LSTM. */
#pragma once

#include "redsc_recurrent.h"
#include "requant.h"
#include "sigmoid16.h"

/* x limited to 16 bits. */
REDSC_INLINE int32_t redsc_lstm_saturate(int32_t x)
{
    return redsc_clamp(x, INT16_MIN, INT16_MAX);
}

/* The activation of a gate from its sum. */
REDSC_INLINE int32_t redsc_lstm_activate(const int16_t *table, int32_t gate, int32_t sum)
{
    return gate == REDSC_GATE_CELL ? redsc_tanh16(table, sum, 3, 0) : redsc_logistic16(table, sum, 3, 0);
}

/* Updates the cell of a unit and returns its output. */
REDSC_INLINE int32_t redsc_lstm_update(const int32_t *gates, int16_t *cell, const int16_t *table,
                                       const redsc_lstm_t *p)
{
    const int32_t kept =
        redsc_requantize(gates[REDSC_GATE_FORGET] * *cell, p->forget_multiplier, p->forget_shift);
    const int32_t added = redsc_requantize(gates[REDSC_GATE_INPUT] * gates[REDSC_GATE_CELL], p->update_multiplier,
                                           p->update_shift);
    int32_t state = redsc_lstm_saturate(redsc_lstm_saturate(kept) + redsc_lstm_saturate(added));
    state = redsc_clamp(state, -p->cell_clip, p->cell_clip);
    *cell = (int16_t)state;
    const int32_t squashed = redsc_tanh16(table, state, p->tanh_multiplier, p->tanh_shift);
    const int32_t out = redsc_requantize(squashed * gates[REDSC_GATE_OUTPUT], p->output_multiplier, p->output_shift);
    return redsc_clamp(redsc_add_wrap(out, p->output_offset), p->output_min, p->output_max);
}
