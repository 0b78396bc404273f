/* Fully connected layer with sparse weights, 8 bit.
 *
 * x  [rows][in_c]
 * s  rows of pairs as common/sparse.h defines them
 * w  for each filter its bias, multiplier and shift
 * y  [rows][out_c]
 *
 * Sums must keep within 32 bits. */
#include "requant.h"
#include "sparse.h"

REDSC_KERNEL void redsc_fully_connected_sparse_s8(const int8_t *x, const uint8_t *s, const int32_t *w, int8_t *y,
                                                  const redsc_sparse_fully_connected_t *p)
{
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c) {
        const uint8_t *pairs = s;
        const int32_t *filter = w;
        for (int32_t oc = 0; oc < p->out_c; oc++, filter += 3) {
            const uint8_t *const end = pairs + 2 + 2 * redsc_pairs_count(pairs);
            const int8_t *input = x;
            int32_t sum = filter[0];
            for (pairs += 2; pairs != end; pairs += 2) {
                input += pairs[0];
                sum += (int8_t)pairs[1] * *input;
            }
            *y++ = (int8_t)redsc_output(sum, filter[1], filter[2], p->zero, p->low, p->high);
        }
    }
}
