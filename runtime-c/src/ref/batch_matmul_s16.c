/* Matrix products, 16 bit, 64-bit sums.
 *
 * a  matrices [rows][depth], b  matrices [depth][columns], as their layouts say
 * y  [batches][rows][columns] */
#include "redsc_batch_matmul.h"
#include "redsc_kernel.h"
#include "requant.h"

REDSC_KERNEL void redsc_batch_matmul_s16(const int16_t *a, const int16_t *b, int16_t *y, void *scratch,
                                         const redsc_batch_matmul_t *p)
{
    const redsc_matrices_t *m = &p->matrices;
    (void)scratch;
    for (int32_t index = 0; index < redsc_matrix_count(m); index++) {
        const int16_t *a_matrix = a + redsc_matrix_start(m, &m->a, index);
        const int16_t *b_matrix = b + redsc_matrix_start(m, &m->b, index);
        for (int32_t row = 0; row < m->rows; row++) {
            for (int32_t column = 0; column < m->columns; column++) {
                const int16_t *in_a = a_matrix + row * m->a.row;
                const int16_t *in_b = b_matrix + column * m->b.column;
                int64_t acc = 0;
                for (int32_t i = 0; i < m->depth; i++) {
                    const int64_t factor = in_a[i * m->a.column] + p->a_offset;
                    acc += factor * (in_b[i * m->b.row] + p->b_offset);
                }
                *y++ = (int16_t)redsc_output64(acc, p->multiplier, p->shift, p->output_offset, INT16_MIN,
                                               INT16_MAX);
            }
        }
    }
}
