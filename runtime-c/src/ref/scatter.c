/* A copy of x, of any element type, with rows replaced by number in the order of the numbers; numbers out of range are
 * dropped.
 *
 * x        [rows, row]
 * indices  [count]; negative ones count from the end
 * updates  [count, row]
 * y        [rows, row] */
#include "redsc_kernel.h"
#include "redsc_pick.h"

REDSC_KERNEL void redsc_scatter(const void *x, const void *indices, const void *updates, void *y, void *scratch,
                                const redsc_scatter_t *p)
{
    (void)scratch;
    memcpy(y, x, (size_t)p->rows * (size_t)p->row);
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t row = redsc_scatter_row(indices, i, p->index_type, p->rows);
        if (row >= 0) {
            memcpy((uint8_t *)y + row * p->row, (const uint8_t *)updates + i * p->row, (size_t)p->row);
        }
    }
}
