/* The constant parameters of layers: one struct for each family of kernels.
 *
 * The code generator writes each struct as a `static const` with designated initialisers. Offsets are negated zero
 * points on the input side and zero points on the output side, as the fields say. */
#pragma once

#include "redsc_kernel.h"

/* A window that moves over an NHWC image. */
typedef struct redsc_window {
    int32_t batches;
    int32_t in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t dilation_h, dilation_w; /* distance of taps */
    int32_t pad_top, pad_left;      /* cells before the image; those after it follow from the output size */
} redsc_window_t;

/* Convolution with weights [out_c][kernel_h][kernel_w][kernel_c]. kernel_c < in_c: a grouped convolution.
 *
 * Every tap contributes (x + input_offset) * w, where x is pad_value outside of the image. */
typedef struct redsc_conv2d {
    redsc_window_t window;
    int32_t kernel_c;         /* input channels of one filter: in_c / groups */
    int32_t pad_value;        /* what cells outside of the image read as */
    int32_t input_offset;     /* added to each input: minus its zero point, or 0 if the bias accounts for it */
    int32_t filter_offset;    /* added to each weight; 0 unless the weights are unsigned */
    int32_t output_offset;    /* zero point of the output */
    int32_t act_min, act_max; /* clamp of the output */
    int32_t requant_step;     /* 1: a factor for each output channel; 0: one for all */
} redsc_conv2d_t;

/* The same for real numbers; cells outside of the image are 0. */
typedef struct redsc_conv2d_f32 {
    redsc_window_t window;
    int32_t kernel_c;
    float act_min, act_max;
} redsc_conv2d_f32_t;

/* Depthwise convolution with weights [kernel_h][kernel_w][out_c]. */
typedef struct redsc_depthwise {
    redsc_window_t window;
    int32_t depth_multiplier; /* out_c / in_c: output channel o reads input channel o / depth_multiplier */
    int32_t pad_value;        /* the rest as in redsc_conv2d_t */
    int32_t input_offset;
    int32_t filter_offset;
    int32_t output_offset;
    int32_t act_min, act_max;
    int32_t requant_step;
} redsc_depthwise_t;

/* The same for real numbers. */
typedef struct redsc_depthwise_f32 {
    redsc_window_t window;
    int32_t depth_multiplier;
    float act_min, act_max;
} redsc_depthwise_f32_t;

/* Transposed convolution with weights [in_c of the window][kernel_h][kernel_w][out_c of the window].
 *
 * The window is that of the convolution which it transposes: it slides over the result, so window.in_* are the extents
 * of the result and window.out_* those of the input. */
typedef struct redsc_transpose_conv2d {
    redsc_window_t window;
    int32_t input_offset; /* the rest as in redsc_conv2d_t */
    int32_t filter_offset;
    int32_t output_offset;
    int32_t act_min, act_max;
    int32_t requant_step;
} redsc_transpose_conv2d_t;

/* The same for real numbers. */
typedef struct redsc_transpose_conv2d_f32 {
    redsc_window_t window;
    float act_min, act_max;
} redsc_transpose_conv2d_f32_t;

/* Fully connected layer: `rows` rows of in_c inputs times weights [out_c][in_c]. */
typedef struct redsc_fully_connected {
    int32_t rows, in_c, out_c;
    int32_t input_offset;  /* added to each input */
    int32_t filter_offset; /* added to each weight */
    int32_t output_offset;
    int32_t act_min, act_max;
    int32_t requant_step;
} redsc_fully_connected_t;

/* The same for real numbers. */
typedef struct redsc_fully_connected_f32 {
    int32_t rows, in_c, out_c;
    float act_min, act_max;
} redsc_fully_connected_f32_t;

/* Pooling of codes or of real numbers; cells outside of the image do not count. */
typedef struct redsc_pool2d {
    redsc_window_t window;
    int32_t type; /* of the elements */
    int32_t act_min, act_max;
} redsc_pool2d_t;

typedef struct redsc_pool2d_f32 {
    redsc_window_t window;
    float act_min, act_max;
} redsc_pool2d_f32_t;
