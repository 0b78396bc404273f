/* Elementwise choice between elements of any type.
 *
 * condition, a, b  operands that broadcast to the result
 * y                the result, dense: a where the condition is not 0, b elsewhere */
#include "redsc_kernel.h"
#include "redsc_pick.h"

REDSC_KERNEL void redsc_select(const uint8_t *condition, const void *a, const void *b, void *y, void *scratch,
                               const redsc_select_t *p)
{
    const int32_t inner = p->extent[REDSC_SELECT_DIMS - 1];
    int32_t index[REDSC_SELECT_DIMS] = {0};
    int32_t c = 0, i = 0, j = 0, d;
    uint8_t *to = (uint8_t *)y;
    (void)scratch;
    do {
        for (int32_t n = 0; n < inner; n++) {
            const int32_t last = REDSC_SELECT_DIMS - 1;
            const int32_t at = condition[c + n * p->c_step[last]] != 0 ? i + n * p->a_step[last] : j + n * p->b_step[last];
            const void *from = condition[c + n * p->c_step[last]] != 0 ? a : b;
            memcpy(to, (const uint8_t *)from + at * p->elem_bytes, (size_t)p->elem_bytes);
            to += p->elem_bytes;
        }
        for (d = REDSC_SELECT_DIMS - 2; d >= 0; d--) {
            c += p->c_step[d];
            i += p->a_step[d];
            j += p->b_step[d];
            if (++index[d] < p->extent[d]) {
                break;
            }
            c -= p->extent[d] * p->c_step[d];
            i -= p->extent[d] * p->a_step[d];
            j -= p->extent[d] * p->b_step[d];
            index[d] = 0;
        }
    } while (d >= 0);
}
