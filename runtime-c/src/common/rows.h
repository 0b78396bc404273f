/* Pairs of operands row by row, for kernels that work on several elements of the innermost dimension at a time. Along
 * it operands have step 1 or 0. */
#pragma once

#include "redsc_elementwise.h"

/* Runs its body for all rows in the order of the result; `i` and `j` are the positions of their first elements. */
#define REDSC_FOR_EACH_ROW(g, i, j)                                                                             \
    for (int32_t i0 = 0, j0 = 0, n0 = (g)->extent[0]; n0 > 0; n0--, i0 += (g)->a_step[0], j0 += (g)->b_step[0]) \
    for (int32_t i1 = i0, j1 = j0, n1 = (g)->extent[1]; n1 > 0; n1--, i1 += (g)->a_step[1], j1 += (g)->b_step[1]) \
    for (int32_t i2 = i1, j2 = j1, n2 = (g)->extent[2]; n2 > 0; n2--, i2 += (g)->a_step[2], j2 += (g)->b_step[2]) \
    for (int32_t i = i2, j = j2, n3 = (g)->extent[3]; n3 > 0; n3--, i += (g)->a_step[3], j += (g)->b_step[3])
