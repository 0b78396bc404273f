/* Leaky clamp of codes: those below the zero point have a factor of their own.
 *
 * x  [count]
 * y  [count] */
#include "codes.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"
#include "requant.h"

REDSC_KERNEL void redsc_leaky_relu(const void *x, void *y, void *scratch, const redsc_leaky_relu_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t code = redsc_add_wrap(redsc_get(x, i, p->x_type), p->input_offset);
        if (code >= 0) {
            code = redsc_requantize(code, p->multiplier, p->shift);
        } else {
            code = redsc_requantize(code, p->slope_multiplier, p->slope_shift);
            code = p->flips ? redsc_mul_wrap(code, -1) : code;
        }
        code = redsc_clamp(redsc_add_wrap(code, p->output_offset), p->act_min, p->act_max);
        redsc_put(y, i, p->y_type, code);
    }
}
