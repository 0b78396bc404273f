/* Matrix products, 8 bit.
 *
 * a  matrices [rows][depth], b  matrices [depth][columns], as their layouts say
 * y  [batches][rows][columns] */
#include "redsc_batch_matmul.h"
#include "redsc_kernel.h"
#include "requant.h"

REDSC_KERNEL void redsc_batch_matmul_s8(const int8_t *a, const int8_t *b, int8_t *y, void *scratch,
                                        const redsc_batch_matmul_t *p)
{
    const redsc_matrices_t *m = &p->matrices;
    (void)scratch;
    for (int32_t index = 0; index < redsc_matrix_count(m); index++) {
        const int8_t *a_matrix = a + redsc_matrix_start(m, &m->a, index);
        const int8_t *b_matrix = b + redsc_matrix_start(m, &m->b, index);
        for (int32_t row = 0; row < m->rows; row++) {
            for (int32_t column = 0; column < m->columns; column++) {
                const int8_t *in_a = a_matrix + row * m->a.row;
                const int8_t *in_b = b_matrix + column * m->b.column;
                int32_t acc = 0;
                for (int32_t i = 0; i < m->depth; i++) {
                    const int32_t factor = in_a[i * m->a.column] + p->a_offset;
                    acc = redsc_add_wrap(acc, factor * (in_b[i * m->b.row] + p->b_offset));
                }
                *y++ = (int8_t)redsc_output(acc, p->multiplier, p->shift, p->output_offset, INT8_MIN, INT8_MAX);
            }
        }
    }
}
