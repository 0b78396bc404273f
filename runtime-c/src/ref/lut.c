/* Table lookup: bytes index a table of 256 entries.
 *
 * x      [count] bytes
 * table  [256] entries of entry_bytes bytes
 * y      [count] entries */
#include "redsc_elementwise.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_lut(const void *x, const void *table, void *y, void *scratch, const redsc_lut_t *p)
{
    const uint8_t *codes = (const uint8_t *)x;
    const uint8_t *entries = (const uint8_t *)table;
    uint8_t *to = (uint8_t *)y;
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        memcpy(to + i * p->entry_bytes, entries + codes[i] * p->entry_bytes, (size_t)p->entry_bytes);
    }
}
