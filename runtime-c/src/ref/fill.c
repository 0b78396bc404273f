/* Fills y with copies of the element `value`. */
#include "redsc_copy.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_fill(const void *value, void *y, void *scratch, const redsc_fill_t *p)
{
    uint8_t *to = (uint8_t *)y;
    (void)scratch;
    if (p->elem_bytes == 1) {
        memset(to, *(const uint8_t *)value, (size_t)p->elements);
        return;
    }
    for (int32_t i = 0; i < p->elements; i++) {
        memcpy(to + i * p->elem_bytes, value, (size_t)p->elem_bytes);
    }
}
