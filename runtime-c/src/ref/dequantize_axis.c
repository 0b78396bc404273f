/* Codes to real numbers: one scale and zero point for each index of a dimension.
 *
 * x            [count]
 * scales       [indices]
 * zero_points  [indices]
 * y            [count] */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_quantize.h"
#include "requant.h"

REDSC_KERNEL void redsc_dequantize_axis(const void *x, const float *scales, const int32_t *zero_points, float *y,
                                        void *scratch, const redsc_dequantize_axis_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t index = i / p->stride % p->indices;
        y[i] = scales[index] * (float)redsc_sub_wrap(redsc_get(x, i, p->type), zero_points[index]);
    }
}
