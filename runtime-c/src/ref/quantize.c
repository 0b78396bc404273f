/* Real numbers to codes: the nearest one, halves away from zero.
 *
 * x  [count]
 * y  [count] */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_quantize.h"
#include "requant.h"

/* round(x), saturated; what is no number is 0. */
REDSC_INLINE int32_t redsc_round(float x)
{
    if (x >= 2147483648.0f) {
        return INT32_MAX;
    }
    if (x <= -2147483648.0f) {
        return INT32_MIN;
    }
    if (x != x) {
        return 0;
    }
    const int32_t whole = (int32_t)x;
    const float rest = x - (float)whole;
    return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

REDSC_KERNEL void redsc_quantize(const float *x, void *y, void *scratch, const redsc_quantize_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t code = redsc_add_sat(redsc_round(x[i] / p->scale), p->zero_point);
        redsc_put(y, i, p->type, redsc_clamp(code, p->act_min, p->act_max));
    }
}
