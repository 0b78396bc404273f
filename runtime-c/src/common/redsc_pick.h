/* The constant parameters of operators that choose elements and rows at run time. */
#pragma once

#include "codes.h"
#include "redsc_kernel.h"

/* Most dimensions of a choice, after dimensions that behave alike were merged. */
#define REDSC_SELECT_DIMS 5

/* Which elements meet: steps in elements, 0 where an operand repeats; unused dimensions come first and have extent 1.
 * The result is dense. */
typedef struct redsc_select {
    int32_t extent[REDSC_SELECT_DIMS];
    int32_t c_step[REDSC_SELECT_DIMS], a_step[REDSC_SELECT_DIMS], b_step[REDSC_SELECT_DIMS];
    int32_t elem_bytes;
} redsc_select_t;

/* Rows by number: `blocks` times `count` rows, each picked out of `extent`. */
typedef struct redsc_gather {
    int32_t blocks, extent, count;
    int32_t row_bytes;
    int32_t index_type;
} redsc_gather_t;

/* Rows stored by number. */
typedef struct redsc_scatter {
    int32_t rows, count;
    int32_t row; /* bytes */
    int32_t index_type;
} redsc_scatter_t;

/* What happens where updates meet. */
enum {
    REDSC_SCATTER_SET,
    REDSC_SCATTER_ADD,
    REDSC_SCATTER_MUL,
    REDSC_SCATTER_MAX,
    REDSC_SCATTER_MIN
};

/* Rows combined by number. */
typedef struct redsc_scatter_combine {
    int32_t rows, count;
    int32_t row; /* elements */
    int32_t index_type;
    int32_t kind;
    int32_t type; /* unused for real numbers */
} redsc_scatter_combine_t;

/* The row that an index names, or -1: negative ones count from the end. */
REDSC_INLINE int32_t redsc_scatter_row(const void *indices, int32_t i, int32_t type, int32_t rows)
{
    int64_t index = redsc_get64(indices, i, type);
    if (index < 0) {
        index += rows;
    }
    return index < 0 || index >= rows ? -1 : (int32_t)index;
}
