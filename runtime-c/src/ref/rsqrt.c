/* Inverse square root of codes; that of 0 and of negative numbers is the largest.
 *
 * x  [count]
 * y  [count] */
#include "codes.h"
#include "fixed.h"
#include "redsc_elementwise.h"
#include "redsc_kernel.h"
#include "requant.h"

REDSC_KERNEL void redsc_rsqrt(const void *x, void *y, void *scratch, const redsc_rsqrt_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t code = redsc_add_wrap(redsc_get(x, i, p->x_type), p->input_offset);
        if (code <= 0) {
            code = p->act_max;
        } else {
            int32_t shift;
            const int32_t mantissa = redsc_inverse_sqrt(code, &shift);
            const int32_t root = redsc_requantize(1, mantissa, shift + 20);
            code = redsc_output(root, p->multiplier, p->shift, p->output_offset, p->act_min, p->act_max);
        }
        redsc_put(y, i, p->y_type, code);
    }
}
