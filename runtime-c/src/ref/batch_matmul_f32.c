/* Matrix products, real numbers.
 *
 * a  matrices [rows][depth], b  matrices [depth][columns], as their layouts say
 * y  [batches][rows][columns] */
#include "redsc_batch_matmul.h"
#include "redsc_kernel.h"

REDSC_KERNEL void redsc_batch_matmul_f32(const float *a, const float *b, float *y, void *scratch,
                                         const redsc_batch_matmul_f32_t *p)
{
    const redsc_matrices_t *m = &p->matrices;
    (void)scratch;
    for (int32_t index = 0; index < redsc_matrix_count(m); index++) {
        const float *a_matrix = a + redsc_matrix_start(m, &m->a, index);
        const float *b_matrix = b + redsc_matrix_start(m, &m->b, index);
        for (int32_t row = 0; row < m->rows; row++) {
            for (int32_t column = 0; column < m->columns; column++) {
                const float *in_a = a_matrix + row * m->a.row;
                const float *in_b = b_matrix + column * m->b.column;
                float acc = 0.0f;
                for (int32_t i = 0; i < m->depth; i++) {
                    acc += in_a[i * m->a.column] * in_b[i * m->b.row];
                }
                *y++ = acc;
            }
        }
    }
}
