/* SVDF, 8-bit input and output, 8- or 16-bit state, for cores with the vector extension.
 *
 * x        [batches][in_c], readable up to 16 bytes behind its end
 * feature  filters as mve/sums_s8.h defines them
 * time     [filters][memory], int8_t or int16_t as p->state_bytes says
 * bias     [units]; the zero point of the state is folded into it
 * state    [batches][filters][memory], int8_t or int16_t; updated; readable as x
 * y        [batches][units]
 * scratch  newest cells [filters], 16 bit, filled up to 16 bytes; if there are several batches and in_c is no multiple
 *          of 4, one row of x filled up to chunks of 16 bytes
 *
 * Ranges as in mve/gemm_s8.h; eight filters have at most 2^15 cells. Measured on Cortex-M55: a
 * keyword network of seven such layers, most of them 16 inputs, 64 units and a memory of 8, takes 1.2 instructions for a
 * multiply-accumulate in all. */
#include "mve/copy.h"
#include "mve/sums_s8.h"
#include "mve/vectors.h"
#include "redsc_recurrent.h"

/* Moves `bytes` bytes of state one cell towards the past. */
REDSC_INLINE void redsc_mve_svdf_shift(int8_t *state, int32_t cell_bytes, int32_t bytes)
{
    for (; bytes >= 16; bytes -= 16, state += 16) {
        vstrbq_s8(state, vldrbq_s8(state + cell_bytes));
    }
    vstrbq_p_s8(state, vldrbq_s8(state + cell_bytes), vctp8q((uint32_t)bytes));
}

/* Stores the newest cells of all filters. */
REDSC_INLINE void redsc_mve_svdf_append(int8_t *state, const int16_t *newest, const redsc_svdf_t *p)
{
    const uint16x8_t steps = vmulq_n_u16(vidupq_n_u16(0u, 1), (uint16_t)p->memory);
    const uint16x8_t positions = vaddq_n_u16(steps, (uint16_t)(p->memory - 1));
    for (int32_t left = p->filters; left > 0; left -= 8, newest += 8, state += 8 * p->memory * p->state_bytes) {
        const mve_pred16_t lanes = vctp16q((uint32_t)left);
        const int16x8_t cells = vldrhq_s16(newest);
        if (p->state_bytes == 1) {
            const int16x8_t moved = vqaddq_n_s16(cells, (int16_t)p->state_zero_point);
            const int16x8_t limited = vmovlbq_s8(vqmovnbq_s16(vdupq_n_s8(0), moved));
            vstrbq_scatter_offset_p_s16(state, positions, limited, lanes);
        } else {
            vstrhq_scatter_shifted_offset_p_s16((int16_t *)state, positions, cells, lanes);
        }
    }
}

/* The sum of a unit: the products in time of `cells` cells, those of all its filters. */
REDSC_INLINE int32_t redsc_mve_svdf_sum_s8(int32_t sum, const int8_t *state, const int8_t *time, int32_t cells)
{
    for (; cells >= 16; cells -= 16, state += 16, time += 16) {
        sum = vmladavaq_s8(sum, vldrbq_s8(state), vldrbq_s8(time));
    }
    if (cells > 0) {
        sum = vmladavaq_s8(sum, vldrbq_s8(state), vldrbq_z_s8(time, vctp8q((uint32_t)cells)));
    }
    return sum;
}

REDSC_INLINE int32_t redsc_mve_svdf_sum_s16(int32_t sum, const int16_t *state, const int16_t *time, int32_t cells)
{
    for (; cells >= 8; cells -= 8, state += 8, time += 8) {
        sum = vmladavaq_s16(sum, vldrhq_s16(state), vldrhq_s16(time));
    }
    if (cells > 0) {
        sum = vmladavaq_s16(sum, vldrhq_s16(state), vldrhq_z_s16(time, vctp16q((uint32_t)cells)));
    }
    return sum;
}

/* All units of one input, given the newest cells of all filters. */
REDSC_MVE_SHARED void redsc_mve_svdf_units(void *state, const void *time, const int32_t *bias, const int16_t *newest,
                                           int8_t *y, const redsc_svdf_t *p)
{
    const int32_t cells = p->rank * p->memory;
    redsc_mve_svdf_shift(state, p->state_bytes, p->filters * p->memory * p->state_bytes);
    redsc_mve_svdf_append(state, newest, p);
    for (int32_t unit = 0; unit < p->units; unit += 4) {
        const int32_t units = p->units - unit < 4 ? p->units - unit : 4;
        int32_t sums[4] = {0};
        for (int32_t i = 0; i < units; i++) {
            const int32_t first = (unit + i) * cells;
            sums[i] = p->state_bytes == 1
                          ? redsc_mve_svdf_sum_s8(bias[unit + i], (const int8_t *)state + first,
                                                  (const int8_t *)time + first, cells)
                          : redsc_mve_svdf_sum_s16(bias[unit + i], (const int16_t *)state + first,
                                                   (const int16_t *)time + first, cells);
        }
        const int32x4_t scaled = redsc_mve_requantize(vldrwq_s32(sums), p->output_multiplier, p->output_shift);
        const int32x4_t moved = vaddq_n_s32(scaled, p->output_offset);
        vstrbq_p_s32(y + unit, redsc_mve_clamp(moved, p->act_min, p->act_max), vctp32q((uint32_t)units));
    }
}

REDSC_KERNEL void redsc_svdf_s8_mve(const int8_t *x, const uint32_t *feature, const void *time, const int32_t *bias,
                                    void *state, int8_t *y, void *scratch, const redsc_svdf_t *p)
{
    const int32_t chunks = (p->in_c + 15) / 16;
    int16_t *const newest = (int16_t *)scratch;
    const int32_t newest_bytes = (2 * p->filters + 15) / 16 * 16;
    int8_t *const copy = (int8_t *)scratch + newest_bytes;
    for (int32_t b = 0; b < p->batches; b++, x += p->in_c, y += p->units) {
        const int8_t *in = x;
        if (p->in_c % 4 != 0 && p->batches > 1) {
            redsc_mve_copy_vectors(copy, in, p->in_c);
            in = copy;
        }
        redsc_mve_fill_vectors((int8_t *)newest, vdupq_n_s8(0), newest_bytes);
        redsc_mve_sums_s8(in, feature, newest, chunks, (p->filters + 3) / 4, 1);
        int8_t *const cells = (int8_t *)state + b * p->filters * p->memory * p->state_bytes;
        redsc_mve_svdf_units(cells, time, bias, newest, y, p);
    }
}
