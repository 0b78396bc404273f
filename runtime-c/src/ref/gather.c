/* Rows of any element type, picked by number; numbers out of range are moved to the border.
 *
 * x        [blocks, extent, row]
 * indices  [count]; negative ones count from the end
 * y        [blocks, count, row] */
#include "redsc_kernel.h"
#include "redsc_pick.h"

REDSC_KERNEL void redsc_gather(const void *x, const void *indices, void *y, void *scratch, const redsc_gather_t *p)
{
    const uint8_t *from = (const uint8_t *)x;
    uint8_t *to = (uint8_t *)y;
    (void)scratch;
    for (int32_t block = 0; block < p->blocks; block++) {
        for (int32_t i = 0; i < p->count; i++) {
            int64_t index = redsc_get64(indices, i, p->index_type);
            if (index < 0) {
                index += p->extent;
            }
            index = index < 0 ? 0 : index >= p->extent ? p->extent - 1 : index;
            memcpy(to, from + (int32_t)index * p->row_bytes, (size_t)p->row_bytes);
            to += p->row_bytes;
        }
        from += p->extent * p->row_bytes;
    }
}
