/* The constant parameters of reductions. */
#pragma once

#include "codes.h"
#include "redsc_kernel.h"

/* Most dimensions of each sort, after neighbours of one sort were merged. */
#define REDSC_REDUCE_DIMS 3

/* Which elements fall together: extents and steps in elements of the dimensions that stay and of those that are
 * reduced; unused dimensions come first and have extent 1. The result is dense. */
typedef struct redsc_folds {
    int32_t kept[REDSC_REDUCE_DIMS], kept_step[REDSC_REDUCE_DIMS];
    int32_t folded[REDSC_REDUCE_DIMS], folded_step[REDSC_REDUCE_DIMS];
} redsc_folds_t;

/* Runs its body for each element of the result; `i` is the position of the first element that falls into it. */
#define REDSC_FOR_EACH_KEPT(g, i)                                                                  \
    for (int32_t k0 = 0, n0 = (g)->kept[0]; n0 > 0; n0--, k0 += (g)->kept_step[0])                 \
        for (int32_t k1 = k0, n1 = (g)->kept[1]; n1 > 0; n1--, k1 += (g)->kept_step[1])            \
            for (int32_t i = k1, n2 = (g)->kept[2]; n2 > 0; n2--, i += (g)->kept_step[2])

/* Runs its body for each element that falls together with that at `first`, this one included. */
#define REDSC_FOR_EACH_FOLDED(g, first, i)                                                             \
    for (int32_t f0 = (first), m0 = (g)->folded[0]; m0 > 0; m0--, f0 += (g)->folded_step[0])           \
        for (int32_t f1 = f0, m1 = (g)->folded[1]; m1 > 0; m1--, f1 += (g)->folded_step[1])            \
            for (int32_t i = f1, m2 = (g)->folded[2]; m2 > 0; m2--, i += (g)->folded_step[2])

/* Sum or mean of codes. */
typedef struct redsc_reduce_sum {
    redsc_folds_t folds;
    int32_t x_type, y_type;
    int32_t sum_offset; /* minus the zero points of all summands */
    int32_t multiplier, shift;
    int32_t output_offset;
    int32_t act_min, act_max;
} redsc_reduce_sum_t;

/* Sum of real numbers over a divisor. */
typedef struct redsc_reduce_sum_f32 {
    redsc_folds_t folds;
    float divisor;
} redsc_reduce_sum_f32_t;

/* Sum or product of plain integers. */
typedef struct redsc_reduce_int {
    redsc_folds_t folds;
    int32_t product; /* 1: the product, 0: the sum */
    int32_t type;
} redsc_reduce_int_t;

/* Product of real numbers. */
typedef struct redsc_reduce_product_f32 {
    redsc_folds_t folds;
} redsc_reduce_product_f32_t;

/* Largest or smallest element. */
typedef struct redsc_reduce_extremum {
    redsc_folds_t folds;
    int32_t smallest; /* 1: the smallest, 0: the largest */
    int32_t type;     /* unused for real numbers */
} redsc_reduce_extremum_t;
