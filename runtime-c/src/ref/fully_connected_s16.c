/* Fully connected layer, 16-bit activations, 8-bit weights, 64-bit sums.
 *
 * x     [rows][in_c]
 * w     [out_c][in_c]
 * bias  [out_c] or NULL
 * multiplier, shift  one for each output channel, or one for all (requant_step)
 * y     [rows][out_c] */
#include "dot.h"
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "requant.h"

REDSC_KERNEL void redsc_fully_connected_s16(const int16_t *x, const int8_t *w, const int64_t *bias,
                                            const int32_t *multiplier, const int8_t *shift, int16_t *y,
                                            void *scratch, const redsc_fully_connected_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c) {
        for (int32_t oc = 0; oc < p->out_c; oc++) {
            int64_t acc = bias != NULL ? bias[oc] : 0;
            acc = redsc_dot_s16(acc, x, p->input_offset, w + oc * p->in_c, p->filter_offset, p->in_c);
            const int32_t r = oc * p->requant_step;
            *y++ = (int16_t)redsc_output64(acc, multiplier[r], shift[r], p->output_offset, p->act_min,
                                        p->act_max);
        }
    }
}
