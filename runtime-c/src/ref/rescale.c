/* Change of codes from one scale, zero point and element type to another; clamps and absolute values with it.
 *
 * x  [count]
 * y  [count] */
#include "codes.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"
#include "requant.h"

REDSC_KERNEL void redsc_rescale(const void *x, void *y, void *scratch, const redsc_rescale_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t code = redsc_add_wrap(redsc_get(x, i, p->x_type), p->input_offset);
        if (p->magnitude && code < 0) {
            code = -code;
        }
        code = redsc_output(code, p->multiplier, p->shift, p->output_offset, p->act_min, p->act_max);
        redsc_put(y, i, p->y_type, code);
    }
}
