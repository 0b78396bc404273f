/* Fully connected layer, 8 bit, for cores without vectors: four filters at a time.
 *
 * x     [rows][in_c], its zero point folded into the bias
 * w     [out_c][in_c], no zero point
 * bias  [out_c] or NULL
 * multiplier, shift  one for each output channel, or one for all (requant_step); shifts in [-22, -1]
 * y     [rows][out_c]
 *
 * Sums keep below 2^30. */
#include "redsc_params.h"
#include "scale_down.h"

REDSC_KERNEL void redsc_fully_connected_tiled_s8(const int8_t *x, const int8_t *w, const int32_t *bias,
                                                 const int32_t *multiplier, const int8_t *shift, int8_t *y,
                                                 void *scratch, const redsc_fully_connected_t *p)
{
    const int32_t inputs = p->in_c;
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += inputs) {
        const int8_t *taps = w;
        for (int32_t oc = 0; oc < p->out_c; oc += 4) {
            const int32_t count = p->out_c - oc < 4 ? p->out_c - oc : 4;
            int32_t sums[4] = {0};
            if (count == 4) {
                int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0;
                REDSC_UNROLL_4
                for (int32_t k = 0; k < inputs; k++, taps++) {
                    a0 += x[k] * taps[0];
                    a1 += x[k] * taps[inputs];
                    a2 += x[k] * taps[2 * inputs];
                    a3 += x[k] * taps[3 * inputs];
                }
                taps += 3 * inputs;
                sums[0] = a0;
                sums[1] = a1;
                sums[2] = a2;
                sums[3] = a3;
            } else {
                for (int32_t i = 0; i < count; i++, taps += inputs) {
                    for (int32_t k = 0; k < inputs; k++) {
                        sums[i] += x[k] * taps[k];
                    }
                }
            }
            for (int32_t i = 0; i < count; i++) {
                const int32_t r = (oc + i) * p->requant_step;
                const int32_t right = -shift[r], start = bias != NULL ? bias[oc + i] : 0;
                const int32_t offset = redsc_scale_offset(p->output_offset, right);
                *y++ = redsc_scale_down(sums[i] + start, multiplier[r], right, offset, p->act_min, p->act_max);
            }
        }
    }
}
