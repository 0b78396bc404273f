/* Depthwise convolution with depth multiplier 1 over lines of positions: rows of columns, or columns of rows. */
#pragma once

#include "redsc_kernel.h"

typedef struct redsc_depthwise_lines {
    int32_t channels;
    int32_t in_lines, in_positions;
    int32_t out_lines, out_positions;
    int32_t x_line, x_position; /* distances in the input, in bytes */
    int32_t y_line, y_position; /* distances in the output, in bytes */
    int32_t window_lines, window_positions;
    int32_t stride_lines, stride_positions;
    int32_t dilation_lines, dilation_positions;
    int32_t pad_lines, pad_positions; /* before the image */
    int32_t pad_value;                /* what cells outside of the image read as */
    int32_t output_offset;            /* zero point of the output */
    int32_t act_min, act_max;         /* clamp of the output */
} redsc_depthwise_lines_t;
