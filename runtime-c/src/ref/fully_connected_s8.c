/* Fully connected layer, 8 bit.
 *
 * x     [rows][in_c]
 * w     [out_c][in_c]
 * bias  [out_c] or NULL
 * multiplier, shift  one for each output, or one for all (requant_step)
 * y     [rows][out_c] */
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "requant.h"

REDSC_KERNEL void redsc_fully_connected_s8(const int8_t *x, const int8_t *w, const int32_t *bias,
                                           const int32_t *multiplier, const int8_t *shift, int8_t *y,
                                           void *scratch, const redsc_fully_connected_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c) {
        const int8_t *weight = w;
        for (int32_t oc = 0; oc < p->out_c; oc++) {
            int32_t acc = bias != NULL ? bias[oc] : 0;
            for (int32_t c = 0; c < p->in_c; c++) {
                acc = redsc_add_wrap(acc, (x[c] + p->input_offset) * (*weight++ + p->filter_offset));
            }
            const int32_t r = oc * p->requant_step;
            acc = redsc_requantize(acc, multiplier[r], shift[r]);
            acc = redsc_add_wrap(acc, p->output_offset);
            *y++ = (int8_t)redsc_clamp(acc, p->act_min, p->act_max);
        }
    }
}
