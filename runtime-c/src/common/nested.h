/* Layers of nested networks: levels share one array of weights, of which a level takes the first filters and, of each
 * filter, the first inputs. */
#pragma once

#include "packed.h"

/* Most levels that cut the inputs of a layer differently. */
#define REDSC_MOST_BLOCKS 8

/* Convolution in one group. Input channels come in blocks, the channels that one level has in addition to the levels
 * below it; the inputs of a filter are ordered by block, then by tap, then by channel. */
typedef struct redsc_nested_conv2d {
    redsc_packed_conv2d_t layer; /* at this level */
    int32_t blocks;              /* of this level */
    int32_t ends[REDSC_MOST_BLOCKS]; /* where blocks end in a tap, that of the full network last */
    int32_t gap;                 /* bytes of inputs of a pair or group of filters that belong to higher levels */
} redsc_nested_conv2d_t;
