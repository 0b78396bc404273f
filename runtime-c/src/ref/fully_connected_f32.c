/* Fully connected layer, real numbers.
 *
 * x     [rows][in_c]
 * w     [out_c][in_c]
 * bias  [out_c] or NULL
 * y     [rows][out_c] */
#include "dot.h"
#include "redsc_kernel.h"
#include "redsc_params.h"

REDSC_KERNEL void redsc_fully_connected_f32(const float *x, const float *w, const float *bias, float *y,
                                            void *scratch, const redsc_fully_connected_f32_t *p)
{
    (void)scratch;
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c) {
        for (int32_t oc = 0; oc < p->out_c; oc++) {
            float acc = bias != NULL ? bias[oc] : 0.0f;
            acc = redsc_dot_f32(acc, x, w + oc * p->in_c, p->in_c);
            acc = acc < p->act_min ? p->act_min : acc;
            *y++ = acc > p->act_max ? p->act_max : acc;
        }
    }
}
