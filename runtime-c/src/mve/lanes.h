/* Codes of 8 bit as 32-bit lanes, for cores with the M-profile vector extension. */
#pragma once

#include "mve/vectors.h"

/* Four elements; `step` is 1, or 0 if one element stands for all. */
REDSC_INLINE int32x4_t redsc_mve_load_lanes(const int8_t *x, int32_t step)
{
    return step != 0 ? vldrbq_s32(x) : vdupq_n_s32(*x);
}

/* The first elements, where `lanes` says so. */
REDSC_INLINE int32x4_t redsc_mve_load_some_lanes(const int8_t *x, int32_t step, mve_pred16_t lanes)
{
    return step != 0 ? vldrbq_z_s32(x, lanes) : vdupq_n_s32(*x);
}
