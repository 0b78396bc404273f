/* A copy of x with rows of real numbers combined with updates by number; numbers out of range are dropped.
 *
 * x        [rows, row]
 * indices  [count]; negative ones count from the end
 * updates  [count, row]
 * y        [rows, row] */
#include "redsc_kernel.h"
#include "redsc_pick.h"

REDSC_INLINE float redsc_scatter_combined_f32(int32_t kind, float a, float b)
{
    switch (kind) {
    case REDSC_SCATTER_ADD: return a + b;
    case REDSC_SCATTER_MUL: return a * b;
    case REDSC_SCATTER_MAX: return b > a ? b : a;
    default: return b < a ? b : a;
    }
}

REDSC_KERNEL void redsc_scatter_combine_f32(const float *x, const void *indices, const float *updates, float *y,
                                            void *scratch, const redsc_scatter_combine_t *p)
{
    (void)scratch;
    memcpy(y, x, (size_t)p->rows * (size_t)p->row * sizeof *y);
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t row = redsc_scatter_row(indices, i, p->index_type, p->rows);
        for (int32_t j = 0; row >= 0 && j < p->row; j++) {
            float *cell = y + row * p->row + j;
            *cell = redsc_scatter_combined_f32(p->kind, *cell, updates[i * p->row + j]);
        }
    }
}
