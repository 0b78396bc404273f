/* A copy of x with rows of integers combined with updates by number, wrapping; numbers out of range are dropped.
 *
 * x        [rows, row]
 * indices  [count]; negative ones count from the end
 * updates  [count, row]
 * y        [rows, row] */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_pick.h"

REDSC_INLINE int64_t redsc_scatter_combined(int32_t kind, int64_t a, int64_t b)
{
    switch (kind) {
    case REDSC_SCATTER_ADD: return (int64_t)((uint64_t)a + (uint64_t)b);
    case REDSC_SCATTER_MUL: return (int64_t)((uint64_t)a * (uint64_t)b);
    case REDSC_SCATTER_MAX: return a > b ? a : b;
    default: return a < b ? a : b;
    }
}

REDSC_KERNEL void redsc_scatter_combine(const void *x, const void *indices, const void *updates, void *y,
                                        void *scratch, const redsc_scatter_combine_t *p)
{
    (void)scratch;
    for (int32_t i = 0; i < p->rows * p->row; i++) {
        redsc_put64(y, i, p->type, redsc_get64(x, i, p->type));
    }
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t row = redsc_scatter_row(indices, i, p->index_type, p->rows);
        for (int32_t j = 0; row >= 0 && j < p->row; j++) {
            const int32_t at = row * p->row + j;
            const int64_t update = redsc_get64(updates, i * p->row + j, p->type);
            redsc_put64(y, at, p->type, redsc_scatter_combined(p->kind, redsc_get64(y, at, p->type), update));
        }
    }
}
