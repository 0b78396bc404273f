/* Half precision to single precision.
 *
 * x  [count] bits of IEEE half-precision numbers
 * y  [count] */
#include "half.h"
#include "redsc_kernel.h"
#include "redsc_quantize.h"

REDSC_KERNEL void redsc_dequantize_f16(const uint16_t *x, float *y, void *scratch, const redsc_dequantize_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = redsc_half_to_float(x[i]);
    }
}
