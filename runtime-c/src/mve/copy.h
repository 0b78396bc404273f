/* Copies that do not care for what lies behind their end. */
#pragma once

#include <arm_mve.h>

#include "redsc_kernel.h"

/* Copies `bytes` bytes; reads and writes up to 15 more. */
REDSC_INLINE void redsc_mve_copy_vectors(int8_t *to, const int8_t *from, int32_t bytes)
{
    for (; bytes > 0; bytes -= 16, to += 16, from += 16) {
        vstrbq_s8(to, vldrbq_s8(from));
    }
}

/* Sets `bytes` bytes; writes up to 15 more. */
REDSC_INLINE void redsc_mve_fill_vectors(int8_t *to, int8x16_t value, int32_t bytes)
{
    for (; bytes > 0; bytes -= 16, to += 16) {
        vstrbq_s8(to, value);
    }
}
