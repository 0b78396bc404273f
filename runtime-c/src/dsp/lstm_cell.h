/* What follows from the four gates of a unit of a quantized LSTM, as lstm_cell.h, on cores with the DSP extension. */
#pragma once

#include "dsp/sigmoid.h"
#include "redsc_recurrent.h"
#include "requant.h"

/* x limited to 16 bits. */
REDSC_INLINE int32_t redsc_dsp_saturate16(int32_t x)
{
    __asm__("ssat %0, #16, %0" : "+r"(x));
    return x;
}

/* The product of two 16-bit numbers times a factor below 1, rounded twice: to send halves away from zero, 1 is taken off
 * before the shift if the first result is negative. */
REDSC_INLINE int32_t redsc_dsp_scale_product(int32_t a, int32_t b, int32_t multiplier, int32_t shift)
{
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(2 * a * b), "r"(multiplier));
    return shift == 0 ? high : (high + (1 << (-shift - 1)) + (high >> 31)) >> -shift;
}

/* Updates the cell of a unit and returns its output. `sums` is that of the input gate, those of the other gates lie
 * `distance` elements further each. No gate is -1, so that products do not overflow. */
REDSC_INLINE int32_t redsc_dsp_lstm_update(const int16_t *sums, int32_t distance, int16_t *cell, const int16_t *table,
                                           const redsc_lstm_t *p)
{
    const int32_t input = redsc_dsp_logistic16(table, sums[REDSC_GATE_INPUT * distance], 3, 0);
    const int32_t forget = redsc_dsp_logistic16(table, sums[REDSC_GATE_FORGET * distance], 3, 0);
    const int32_t candidate = redsc_dsp_tanh16(table, sums[REDSC_GATE_CELL * distance], 3, 0);
    const int32_t output = redsc_dsp_logistic16(table, sums[REDSC_GATE_OUTPUT * distance], 3, 0);
    const int32_t kept = redsc_dsp_scale_product(forget, *cell, p->forget_multiplier, p->forget_shift);
    const int32_t added = redsc_dsp_scale_product(input, candidate, p->update_multiplier, p->update_shift);
    int32_t state = redsc_dsp_saturate16(redsc_dsp_saturate16(kept) + redsc_dsp_saturate16(added));
    if (p->cell_clip <= INT16_MAX) {
        state = redsc_clamp(state, -p->cell_clip, p->cell_clip);
    }
    *cell = (int16_t)state;
    const int32_t squashed = redsc_dsp_tanh16(table, state, p->tanh_multiplier, p->tanh_shift);
    const int32_t out = redsc_dsp_scale_product(squashed, output, p->output_multiplier, p->output_shift);
    return redsc_clamp(out + p->output_offset, p->output_min, p->output_max);
}
