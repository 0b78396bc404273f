/* The constant parameters of matrix products, and how elements are found. */
#pragma once

#include "redsc_kernel.h"

/* How matrices lie in memory: distances in elements, after transposition; 0 where one batch serves all. */
typedef struct redsc_layout {
    int32_t batches[3];
    int32_t row, column;
} redsc_layout_t;

/* [rows][depth] times [depth][columns], for each batch. */
typedef struct redsc_matrices {
    int32_t batches[3]; /* extents of the result, outermost first */
    int32_t rows, depth, columns;
    redsc_layout_t a, b;
} redsc_matrices_t;

/* Codes: sum of (a + a_offset) * (b + b_offset), times a factor, plus output_offset. */
typedef struct redsc_batch_matmul {
    redsc_matrices_t matrices;
    int32_t a_offset, b_offset;
    int32_t multiplier, shift;
    int32_t output_offset;
} redsc_batch_matmul_t;

/* Real numbers. */
typedef struct redsc_batch_matmul_f32 {
    redsc_matrices_t matrices;
} redsc_batch_matmul_f32_t;

/* Number of matrices in the result. */
REDSC_INLINE int32_t redsc_matrix_count(const redsc_matrices_t *m)
{
    return m->batches[0] * m->batches[1] * m->batches[2];
}

/* The first element of the matrix that goes into the result's matrix `index`. */
REDSC_INLINE int32_t redsc_matrix_start(const redsc_matrices_t *m, const redsc_layout_t *operand, int32_t index)
{
    const int32_t inner = index % m->batches[2];
    const int32_t middle = index / m->batches[2] % m->batches[1];
    const int32_t outer = index / m->batches[2] / m->batches[1];
    return outer * operand->batches[0] + middle * operand->batches[1] + inner * operand->batches[2];
}
