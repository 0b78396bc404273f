/* Fully connected layer, unsigned 8 bit.
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

REDSC_KERNEL void redsc_fully_connected_u8(const uint8_t *x, const uint8_t *w, const int32_t *bias,
                                           const int32_t *multiplier, const int8_t *shift, uint8_t *y,
                                           void *scratch, const redsc_fully_connected_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c) {
        for (int32_t oc = 0; oc < p->out_c; oc++) {
            int32_t acc = bias != NULL ? bias[oc] : 0;
            acc = redsc_dot_u8(acc, x, p->input_offset, w + oc * p->in_c, p->filter_offset, p->in_c);
            const int32_t r = oc * p->requant_step;
            *y++ = (uint8_t)redsc_output(acc, multiplier[r], shift[r], p->output_offset, p->act_min,
                                        p->act_max);
        }
    }
}
