/* SVDF, 8-bit input and output, 8- or 16-bit state.
 *
 * x        [batches][in_c]
 * feature  [filters][in_c]
 * time     [filters][memory], int8_t or int16_t as p->state_bytes says
 * bias     [units] or NULL
 * state    [batches][filters][memory], int8_t or int16_t; updated
 * y        [batches][units] */
#include "redsc_kernel.h"
#include "redsc_recurrent.h"
#include "requant.h"

/* Element `i` of an array of 8- or 16-bit integers. */
REDSC_INLINE int32_t redsc_svdf_load(const void *cells, int32_t i, int32_t bytes)
{
    return bytes == 1 ? ((const int8_t *)cells)[i] : ((const int16_t *)cells)[i];
}

/* Stores `value`, limited to its type, in element `i`. */
REDSC_INLINE void redsc_svdf_store(void *cells, int32_t i, int32_t bytes, int32_t value)
{
    if (bytes == 1) {
        ((int8_t *)cells)[i] = (int8_t)redsc_clamp(value, INT8_MIN, INT8_MAX);
    } else {
        ((int16_t *)cells)[i] = (int16_t)redsc_clamp(value, INT16_MIN, INT16_MAX);
    }
}

REDSC_KERNEL void redsc_svdf_s8(const int8_t *x, const int8_t *feature, const void *time, const int32_t *bias,
                                void *state, int8_t *y, void *scratch, const redsc_svdf_t *p)
{
    (void)scratch;
    for (int32_t b = 0; b < p->batches; b++, x += p->in_c) {
        for (int32_t unit = 0; unit < p->units; unit++) {
            int32_t sum = bias != NULL ? bias[unit] : 0;
            for (int32_t r = 0; r < p->rank; r++) {
                const int32_t filter = unit * p->rank + r;
                const int8_t *w = feature + filter * p->in_c;
                int32_t newest = 0;
                for (int32_t i = 0; i < p->in_c; i++) {
                    newest = redsc_add_wrap(newest, (x[i] + p->input_offset) * w[i]);
                }
                newest = redsc_requantize(newest, p->feature_multiplier, p->feature_shift);
                newest = redsc_add_wrap(newest, p->state_zero_point);

                const int32_t cells = (b * p->filters + filter) * p->memory;
                for (int32_t t = 0; t < p->memory; t++) {
                    if (t + 1 < p->memory) {
                        redsc_svdf_store(state, cells + t, p->state_bytes,
                                         redsc_svdf_load(state, cells + t + 1, p->state_bytes));
                    } else {
                        redsc_svdf_store(state, cells + t, p->state_bytes, newest);
                    }
                    const int32_t cell = redsc_svdf_load(state, cells + t, p->state_bytes) - p->state_zero_point;
                    sum = redsc_add_wrap(sum, cell * redsc_svdf_load(time, filter * p->memory + t, p->state_bytes));
                }
            }
            sum = redsc_requantize(sum, p->output_multiplier, p->output_shift);
            sum = redsc_add_wrap(sum, p->output_offset);
            *y++ = (int8_t)redsc_clamp(sum, p->act_min, p->act_max);
        }
    }
}
