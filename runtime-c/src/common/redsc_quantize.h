/* The constant parameters of changes between real numbers and codes, and of changes of the element type. */
#pragma once

#include "codes.h"
#include "redsc_kernel.h"

/* Real numbers to codes: round(x / scale) + zero_point, halves away from zero. */
typedef struct redsc_quantize {
    int32_t count;
    int32_t type; /* of the codes */
    float scale;
    int32_t zero_point;
    int32_t act_min, act_max;
} redsc_quantize_t;

/* Codes to real numbers: scale * (q - zero_point). */
typedef struct redsc_dequantize {
    int32_t count;
    int32_t type; /* of the codes */
    float scale;
    int32_t zero_point;
} redsc_dequantize_t;

/* The same with one scale and zero point for each index of a dimension. */
typedef struct redsc_dequantize_axis {
    int32_t count;
    int32_t type;
    int32_t indices; /* extent of the dimension */
    int32_t stride;  /* elements between neighbours in that dimension */
} redsc_dequantize_axis_t;

/* Numbers of one type to the same numbers of another one. */
typedef struct redsc_cast {
    int32_t count;
    int32_t x_type, y_type; /* unused on the side of real numbers */
} redsc_cast_t;
