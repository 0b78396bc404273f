/* SVDF, 8-bit input and output, 8- or 16-bit state, for cores with the DSP extension.
 *
 * x        [batches][in_c]
 * feature  filters as dsp/sums_s8.h defines them
 * time     [filters][memory], int8_t or int16_t as p->state_bytes says
 * bias     [units]; the zero point of the state is folded into it
 * state    [batches][filters][memory], int8_t or int16_t; updated
 * y        [batches][units]
 * scratch  inputs widened, 8 bytes for each quad; newest cells [filters filled up to groups], 16 bit
 *
 * Ranges as in dsp/gemm_s8.h; a memory of at least one word. Measured on Cortex-M4: a
 * keyword network of seven such layers, most of them 16 inputs, 64 units and a memory of 8, takes 3.4 instructions for a
 * multiply-accumulate in all. */
#include "dsp/sums_s8.h"
#include "redsc_recurrent.h"
#include "requant.h"

/* Moves the cells of a filter of 8-bit state, appends the newest one and adds up their products in time. */
REDSC_INLINE int32_t redsc_dsp_svdf_cells_s8(int32_t sum, int8_t *cells, const int8_t *time, int32_t newest,
                                             int32_t memory)
{
    for (; memory % 4 != 0; memory--, cells++, time++) {
        cells[0] = cells[1];
        sum += cells[0] * time[0];
    }
    for (; memory > 0; memory -= 4, cells += 4, time += 4) {
        uint32_t word = redsc_dsp_load4(cells + 1);
        const uint32_t factors = redsc_dsp_load4(time);
        if (memory == 4) {
            __asm__("bfi %0, %1, #24, #8" : "+r"(word) : "r"(newest));
        }
        redsc_dsp_store4(cells, word);
        sum = redsc_dsp_dot2(sum, redsc_dsp_widen_even(word), redsc_dsp_widen_even(factors));
        sum = redsc_dsp_dot2(sum, redsc_dsp_widen_odd(word), redsc_dsp_widen_odd(factors));
    }
    return sum;
}

/* The same for 16-bit state. */
REDSC_INLINE int32_t redsc_dsp_svdf_cells_s16(int32_t sum, int16_t *cells, const int16_t *time, int32_t newest,
                                              int32_t memory)
{
    if (memory % 2 != 0) {
        cells[0] = cells[1];
        sum = redsc_add_wrap(sum, cells[0] * time[0]);
        memory--, cells++, time++;
    }
    for (; memory > 2; memory -= 2, cells += 2, time += 2) {
        const uint32_t pair = redsc_dsp_load4(cells + 1);
        redsc_dsp_store4(cells, pair);
        sum = redsc_dsp_dot2(sum, pair, redsc_dsp_load4(time));
    }
    const uint32_t pair = redsc_dsp_pair(cells[1], newest);
    redsc_dsp_store4(cells, pair);
    return redsc_dsp_dot2(sum, pair, redsc_dsp_load4(time));
}

/* All units of one input, given the newest cells of all filters. */
REDSC_DSP_SHARED void redsc_dsp_svdf_units_s8(int8_t *state, const int8_t *time, const int32_t *bias,
                                              const int16_t *newest, int8_t *y, const redsc_svdf_t *p)
{
    for (int32_t units = p->units; units > 0; units--) {
        int32_t sum = *bias++;
        for (int32_t rank = p->rank; rank > 0; rank--, state += p->memory, time += p->memory) {
            const int32_t cell = redsc_clamp(*newest++ + p->state_zero_point, INT8_MIN, INT8_MAX);
            sum = redsc_dsp_svdf_cells_s8(sum, state, time, cell, p->memory);
        }
        *y++ = (int8_t)redsc_output(sum, p->output_multiplier, p->output_shift, p->output_offset, p->act_min,
                                    p->act_max);
    }
}

REDSC_DSP_SHARED void redsc_dsp_svdf_units_s16(int16_t *state, const int16_t *time, const int32_t *bias,
                                               const int16_t *newest, int8_t *y, const redsc_svdf_t *p)
{
    for (int32_t units = p->units; units > 0; units--) {
        int32_t sum = *bias++;
        for (int32_t rank = p->rank; rank > 0; rank--, state += p->memory, time += p->memory) {
            sum = redsc_dsp_svdf_cells_s16(sum, state, time, *newest++, p->memory);
        }
        *y++ = (int8_t)redsc_output(sum, p->output_multiplier, p->output_shift, p->output_offset, p->act_min,
                                    p->act_max);
    }
}

REDSC_KERNEL void redsc_svdf_s8_dsp(const int8_t *x, const uint32_t *feature, const void *time, const int32_t *bias,
                                    void *state, int8_t *y, void *scratch, const redsc_svdf_t *p)
{
    const int32_t groups = (p->filters + 3) / 4;
    uint32_t *const widened = (uint32_t *)scratch;
    int16_t *const newest = (int16_t *)(widened + 2 * ((p->in_c + 3) / 4));
    for (int32_t b = 0; b < p->batches; b++, x += p->in_c, y += p->units) {
        redsc_dsp_widen1(widened, x, p->in_c);
        redsc_dsp_sums_s8(feature, widened, newest, 0u, p->in_c, groups, 1, p->finish);
        const int32_t cells = b * p->filters * p->memory;
        if (p->state_bytes == 1) {
            redsc_dsp_svdf_units_s8((int8_t *)state + cells, (const int8_t *)time, bias, newest, y, p);
        } else {
            redsc_dsp_svdf_units_s16((int16_t *)state + cells, (const int16_t *)time, bias, newest, y, p);
        }
    }
}
