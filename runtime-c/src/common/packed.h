/* Parameters of layers whose weights, biases and factors come packed in one array. Zero points of inputs are folded
 * into the biases; the zero point of the output is part of the packed factors
 * unless layers finish in general. */
#pragma once

#include "redsc_params.h"

/* How sums become results. */
enum {
    REDSC_FINISH_RELU,   /* limits [-128, 127], zero point -128: negative results are cut off, however rounded */
    REDSC_FINISH_LINEAR, /* limits [-128, 127], all factors below 1/2 */
    REDSC_FINISH_GENERAL /* any limits, any factors */
};

/* What a convolution reads. */
enum {
    REDSC_READ_PIXELS,  /* one tap: pixel after pixel */
    REDSC_READ_STRIDED, /* one tap: pixels inside of the image */
    REDSC_READ_WINDOWS  /* anything */
};

/* Convolution in one group. */
typedef struct redsc_packed_conv2d {
    redsc_window_t window;
    int32_t reads;
    int32_t pad_value; /* what cells outside of the image read as */
    int32_t finish;
    int32_t zero, low, high; /* zero point and limits of results, to finish in general */
} redsc_packed_conv2d_t;

/* Fully connected layer: `rows` rows of in_c inputs. */
typedef struct redsc_packed_fully_connected {
    int32_t rows, in_c, out_c;
    int32_t finish;
    int32_t zero, low, high;
} redsc_packed_fully_connected_t;

/* Depthwise convolution with depth multiplier 1 over lines of positions: rows of columns, or columns of rows. */
typedef struct redsc_packed_depthwise {
    int32_t channels;
    int32_t in_lines, in_positions;
    int32_t out_lines, out_positions;
    int32_t x_line, x_position; /* distances in the input, in bytes */
    int32_t y_line, y_position; /* distances in the output, in bytes */
    int32_t window_lines, window_positions;
    int32_t stride_lines, stride_positions;
    int32_t dilation_lines, dilation_positions;
    int32_t pad_lines, pad_positions; /* before the image */
    int32_t pad_value;
    int32_t finish;
    int32_t zero, low, high;
} redsc_packed_depthwise_t;
