/* Fully connected layer, real numbers, for cores with an FPU: four filters at a time.
 *
 * x  [rows][in_c]
 * w  groups of four filters: the four biases, then weights as in fpu/dot4_f32.h; then filters of an incomplete group, each
 *    with its bias before its weights
 * y  [rows][out_c]
 *
 * Measured with 256 inputs and 64 filters: 1.3 instructions for a multiply-accumulate in all on Cortex-M4,
 * 0.57 on M55. */
#include "dot.h"
#include "fpu/dot4_f32.h"
#include "redsc_params.h"

REDSC_KERNEL void redsc_fully_connected_f32_fpu(const float *x, const float *w, float *y, void *scratch,
                                                const redsc_fully_connected_f32_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c) {
        const float *filter = w;
        int32_t left = p->out_c;
        for (; left >= 4; left -= 4, filter += 4 * (p->in_c + 1)) {
            float sums[4] = {filter[0], filter[1], filter[2], filter[3]};
            redsc_fpu_dot4(sums, x, filter + 4, p->in_c);
            for (int32_t k = 0; k < 4; k++) {
                *y++ = redsc_fpu_limit(sums[k], p->act_min, p->act_max);
            }
        }
        for (; left > 0; left--, filter += p->in_c + 1) {
            *y++ = redsc_fpu_limit(redsc_dot_f32(filter[0], x, filter + 1, p->in_c), p->act_min, p->act_max);
        }
    }
}
