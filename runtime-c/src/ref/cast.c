/* Numbers of one type to the same numbers of another one: integers wrap, real numbers are cut towards zero and saturate,
 * everything but 0 is true.
 *
 * x  [count]
 * y  [count] */
#include "codes.h"
#include "half.h"
#include "redsc_kernel.h"
#include "redsc_quantize.h"

/* Largest number of an integer type; the smallest one of a signed type is below minus that by one. */
REDSC_INLINE int64_t redsc_cast_most(int32_t type)
{
    switch (type) {
    case REDSC_S8: return INT8_MAX;
    case REDSC_U8: return UINT8_MAX;
    case REDSC_S16: return INT16_MAX;
    case REDSC_U16: return UINT16_MAX;
    case REDSC_S32: return INT32_MAX;
    case REDSC_U32: return UINT32_MAX;
    default: return INT64_MAX;
    }
}

/* A real number as an integer of that type. */
REDSC_INLINE int64_t redsc_cast_real(float x, int32_t type)
{
    const int64_t most = redsc_cast_most(type);
    const int is_unsigned = type == REDSC_U8 || type == REDSC_U16 || type == REDSC_U32;
    const int64_t least = is_unsigned ? 0 : -most - 1;
    if (x >= (float)most) {
        return most;
    }
    if (x <= (float)least) {
        return least;
    }
    return x != x ? 0 : (int64_t)x;
}

/* Between real numbers of different precision, one of which is single. */
REDSC_INLINE void redsc_cast_precision(const void *x, void *y, int32_t i, const redsc_cast_t *p)
{
    if (p->x_type == REDSC_F16) {
        ((float *)y)[i] = redsc_half_to_float(((const uint16_t *)x)[i]);
    } else if (p->x_type == REDSC_F64) {
        ((float *)y)[i] = (float)((const double *)x)[i];
    } else if (p->y_type == REDSC_F16) {
        ((uint16_t *)y)[i] = redsc_float_to_half(((const float *)x)[i]);
    } else {
        ((double *)y)[i] = (double)((const float *)x)[i];
    }
}

REDSC_KERNEL void redsc_cast(const void *x, void *y, void *scratch, const redsc_cast_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        if (p->x_type == REDSC_F16 || p->x_type == REDSC_F64 || p->y_type == REDSC_F16 || p->y_type == REDSC_F64) {
            redsc_cast_precision(x, y, i, p);
        } else if (p->x_type == REDSC_F32 && p->y_type == REDSC_F32) {
            ((float *)y)[i] = ((const float *)x)[i];
        } else if (p->x_type == REDSC_F32) {
            const float real = ((const float *)x)[i];
            redsc_put64(y, i, p->y_type, p->y_type == REDSC_BOOL ? real != 0.0f : redsc_cast_real(real, p->y_type));
        } else {
            int64_t whole = redsc_get64(x, i, p->x_type);
            whole = p->x_type == REDSC_BOOL || p->y_type == REDSC_BOOL ? whole != 0 : whole;
            if (p->y_type == REDSC_F32) {
                ((float *)y)[i] = (float)whole;
            } else {
                redsc_put64(y, i, p->y_type, whole);
            }
        }
    }
}
