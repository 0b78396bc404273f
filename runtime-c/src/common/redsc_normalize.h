/* The constant parameters of softmax and its logarithm, over rows of `depth` elements. */
#pragma once

#include "redsc_kernel.h"

/* Bytes: a table of exponentials in fixed point. */
typedef struct redsc_softmax {
    int32_t rows, depth;
    int32_t x_type, y_type; /* bytes to bytes of the same sign, or signed bytes to 16 bits */
    int32_t entries;        /* of the table of exponentials */
} redsc_softmax_t;

/* 16-bit codes: tables. */
typedef struct redsc_softmax_s16 {
    int32_t rows, depth;
    int32_t multiplier, shift; /* from differences of codes to steps of the table of exponentials */
} redsc_softmax_s16_t;

/* Real numbers. */
typedef struct redsc_softmax_f32 {
    int32_t rows, depth;
    float beta;
} redsc_softmax_f32_t;

/* Logarithm, bytes. */
typedef struct redsc_log_softmax {
    int32_t rows, depth;
    int32_t multiplier, shift;
    int32_t diff_min;
    int32_t reverse_multiplier, reverse_shift; /* from arguments back to differences of codes */
} redsc_log_softmax_t;

/* Logarithm, real numbers. */
typedef struct redsc_log_softmax_f32 {
    int32_t rows, depth;
} redsc_log_softmax_f32_t;
