/* Strided copy of elements of any type: transpose, slice, concatenation, split, padding, broadcast, reversal.
 *
 * x and y do not overlap, unless the copy moves every run onto itself. */
#include "redsc_copy.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_copy(const void *x, void *y, void *scratch, const redsc_copy_t *p)
{
    const uint8_t *from = (const uint8_t *)x + p->x_start;
    uint8_t *to = (uint8_t *)y + p->y_start;
    (void)scratch;
    for (int32_t a = 0; a < p->extent[0]; a++) {
        for (int32_t b = 0; b < p->extent[1]; b++) {
            for (int32_t c = 0; c < p->extent[2]; c++) {
                for (int32_t d = 0; d < p->extent[3]; d++) {
                    const uint8_t *source =
                        from + a * p->x_step[0] + b * p->x_step[1] + c * p->x_step[2] + d * p->x_step[3];
                    uint8_t *sink = to + a * p->y_step[0] + b * p->y_step[1] + c * p->y_step[2] + d * p->y_step[3];
                    for (int32_t e = 0; e < p->extent[4]; e++) {
                        memmove(sink + e * p->y_step[4], source + e * p->x_step[4], (size_t)p->run);
                    }
                }
            }
        }
    }
}
