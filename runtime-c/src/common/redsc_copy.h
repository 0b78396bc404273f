/* The constant parameters of data movement: the same for every element type, in bytes. */
#pragma once

#include "redsc_kernel.h"

/* Most dimensions of a copy, the run not counted. */
#define REDSC_COPY_DIMS 5

/* A strided copy: `extent` runs along each dimension, outermost first; unused dimensions come first and have
 * extent 1. Steps may be zero (repetition) or negative (reversal). */
typedef struct redsc_copy {
    int32_t extent[REDSC_COPY_DIMS];
    int32_t x_step[REDSC_COPY_DIMS], y_step[REDSC_COPY_DIMS]; /* bytes between neighbours along a dimension */
    int32_t x_start, y_start;                                 /* bytes before the first run */
    int32_t run;                                              /* contiguous bytes */
} redsc_copy_t;

/* Memory filled with one element, again and again. */
typedef struct redsc_fill {
    int32_t elements;
    int32_t elem_bytes;
} redsc_fill_t;
