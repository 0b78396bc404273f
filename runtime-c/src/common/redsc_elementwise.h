/* The constant parameters of elementwise layers. */
#pragma once

#include "codes.h"
#include "redsc_kernel.h"

/* Most dimensions of a broadcast, after dimensions that behave alike were merged. */
#define REDSC_PAIR_DIMS 5

/* Which elements of two operands meet: steps in elements, 0 where an operand repeats; unused dimensions come first
 * and have extent 1. The result is dense. */
typedef struct redsc_pairs {
    int32_t extent[REDSC_PAIR_DIMS];
    int32_t a_step[REDSC_PAIR_DIMS], b_step[REDSC_PAIR_DIMS];
} redsc_pairs_t;

/* Runs its body for all pairs in the order of the result; `i` and `j` are the positions in the operands. */
#define REDSC_FOR_EACH_PAIR(g, i, j)                                                                     \
    for (int32_t i0 = 0, j0 = 0, n0 = (g)->extent[0]; n0 > 0; n0--, i0 += (g)->a_step[0], j0 += (g)->b_step[0]) \
    for (int32_t i1 = i0, j1 = j0, n1 = (g)->extent[1]; n1 > 0; n1--, i1 += (g)->a_step[1], j1 += (g)->b_step[1]) \
    for (int32_t i2 = i1, j2 = j1, n2 = (g)->extent[2]; n2 > 0; n2--, i2 += (g)->a_step[2], j2 += (g)->b_step[2]) \
    for (int32_t i3 = i2, j3 = j2, n3 = (g)->extent[3]; n3 > 0; n3--, i3 += (g)->a_step[3], j3 += (g)->b_step[3]) \
    for (int32_t i = i3, j = j3, n4 = (g)->extent[4]; n4 > 0; n4--, i += (g)->a_step[4], j += (g)->b_step[4])

/* Arithmetic of two operands. */
enum {
    REDSC_ADD,
    REDSC_SUB,
    REDSC_MUL,
    REDSC_DIV,
    REDSC_MAXIMUM,
    REDSC_MINIMUM,
    REDSC_SQUARED_DIFFERENCE,
    REDSC_POWER,
    REDSC_MODULO,
    REDSC_REMAINDER,
    REDSC_BIT_AND,
    REDSC_BIT_OR,
    REDSC_BIT_XOR,
    REDSC_SHIFT_LEFT,
    REDSC_SHIFT_RIGHT
};

/* Comparisons of two operands. */
enum {
    REDSC_EQUAL,
    REDSC_NOT_EQUAL,
    REDSC_LESS,
    REDSC_LESS_EQUAL,
    REDSC_GREATER,
    REDSC_GREATER_EQUAL
};

/* Functions of one operand. */
enum {
    REDSC_ABS,
    REDSC_NEG,
    REDSC_EXP,
    REDSC_LOG,
    REDSC_SQRT,
    REDSC_RSQRT,
    REDSC_SQUARE,
    REDSC_RELU,
    REDSC_RELU6,
    REDSC_RELU_N1_TO_1,
    REDSC_TANH,
    REDSC_LOGISTIC,
    REDSC_SIN,
    REDSC_COS,
    REDSC_TAN,
    REDSC_ASIN,
    REDSC_ACOS,
    REDSC_ATAN,
    REDSC_SINH,
    REDSC_COSH,
    REDSC_ASINH,
    REDSC_ACOSH,
    REDSC_ATANH,
    REDSC_ERF,
    REDSC_CEIL,
    REDSC_FLOOR,
    REDSC_ROUND
};

/* Two quantized operands brought to a common scale: ((q + offset) << left_shift) times a factor each. */
typedef struct redsc_common {
    int32_t left_shift;
    int32_t a_offset, b_offset; /* minus the zero points */
    int32_t a_multiplier, a_shift;
    int32_t b_multiplier, b_shift;
} redsc_common_t;

/* Quantized sum, difference or squared difference. */
typedef struct redsc_sum {
    redsc_pairs_t pairs;
    int32_t kind; /* REDSC_ADD, REDSC_SUB or REDSC_SQUARED_DIFFERENCE */
    int32_t type; /* of operands and result */
    redsc_common_t common;
    int32_t multiplier, shift; /* of the result */
    int32_t output_offset;
    int32_t act_min, act_max;
} redsc_sum_t;

/* Quantized product or quotient. */
typedef struct redsc_product {
    redsc_pairs_t pairs;
    int32_t type;
    int32_t a_offset, b_offset;
    int32_t multiplier, shift;
    int32_t output_offset;
    int32_t act_min, act_max;
} redsc_product_t;

/* The larger or smaller of two codes. */
typedef struct redsc_extremum {
    redsc_pairs_t pairs;
    int32_t kind; /* REDSC_MAXIMUM or REDSC_MINIMUM */
    int32_t type;
} redsc_extremum_t;

/* Arithmetic of plain integers of 32 or 64 bits. */
typedef struct redsc_binary_int {
    redsc_pairs_t pairs;
    int32_t kind;
    int32_t type;
    int64_t act_min, act_max;
} redsc_binary_int_t;

/* Arithmetic of real numbers. */
typedef struct redsc_binary_f32 {
    redsc_pairs_t pairs;
    int32_t kind;
    float act_min, act_max;
} redsc_binary_f32_t;

/* Comparison of codes of different scales. */
typedef struct redsc_compare_codes {
    redsc_pairs_t pairs;
    int32_t kind;
    int32_t type;
    redsc_common_t common;
} redsc_compare_codes_t;

/* Comparison of plain numbers. */
typedef struct redsc_compare {
    redsc_pairs_t pairs;
    int32_t kind;
    int32_t type; /* unused for real numbers */
} redsc_compare_t;

/* Change from one scale and zero point to another; limits included. */
typedef struct redsc_rescale {
    int32_t count;
    int32_t x_type, y_type;
    int32_t magnitude; /* 1: of |q - zero point| */
    int32_t input_offset;
    int32_t multiplier, shift;
    int32_t output_offset;
    int32_t act_min, act_max;
} redsc_rescale_t;

/* Codes below the zero point have a factor of their own. */
typedef struct redsc_leaky_relu {
    int32_t count;
    int32_t x_type, y_type;
    int32_t input_offset;
    int32_t multiplier, shift;
    int32_t slope_multiplier, slope_shift;
    int32_t flips; /* 1: the slope is negative */
    int32_t output_offset;
    int32_t act_min, act_max;
} redsc_leaky_relu_t;

/* The same for real numbers. */
typedef struct redsc_leaky_relu_f32 {
    int32_t count;
    float alpha;
} redsc_leaky_relu_f32_t;

/* Inverse square root of codes. */
typedef struct redsc_rsqrt {
    int32_t count;
    int32_t x_type, y_type;
    int32_t input_offset;
    int32_t multiplier, shift; /* of 2^20 / sqrt(x) */
    int32_t output_offset;
    int32_t act_min, act_max;
} redsc_rsqrt_t;

/* Logistic function or tanh of 16-bit codes (sigmoid16.h). */
typedef struct redsc_sigmoid_s16 {
    int32_t count;
    int32_t kind; /* REDSC_LOGISTIC or REDSC_TANH */
    int32_t multiplier, shift;
} redsc_sigmoid_s16_t;

/* Function of plain numbers. */
typedef struct redsc_unary {
    int32_t count;
    int32_t kind;
} redsc_unary_t;

/* Table with one entry for each byte. */
typedef struct redsc_lut {
    int32_t count;
    int32_t entry_bytes;
} redsc_lut_t;
