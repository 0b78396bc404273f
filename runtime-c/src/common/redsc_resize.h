/* The constant parameters of changes of height and width. */
#pragma once

#include "codes.h"
#include "redsc_kernel.h"

/* Nearest samples: pixels of pixel_bytes bytes. */
typedef struct redsc_resize_nearest {
    int32_t batches;
    int32_t in_h, in_w;
    int32_t out_h, out_w;
    int32_t pixel_bytes;
} redsc_resize_nearest_t;

/* Between the four nearest samples. */
typedef struct redsc_resize_bilinear {
    int32_t batches;
    int32_t in_h, in_w;
    int32_t out_h, out_w;
    int32_t channels;
    int32_t type; /* of the codes; unused for real numbers */
} redsc_resize_bilinear_t;
