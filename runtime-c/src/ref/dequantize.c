/* Codes to real numbers: one scale and zero point.
 *
 * x  [count]
 * y  [count] */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_quantize.h"
#include "requant.h"

REDSC_KERNEL void redsc_dequantize(const void *x, float *y, void *scratch, const redsc_dequantize_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t steps = redsc_sub_wrap(redsc_get(x, i, p->type), p->zero_point);
        if (p->type == REDSC_S32) {
            /* Too many digits for single precision before the product. */
            y[i] = (float)((double)p->scale * steps);
        } else {
            y[i] = p->scale * (float)steps;
        }
    }
}
