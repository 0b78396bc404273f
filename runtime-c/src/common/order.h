/* What a comparison says of two numbers that were ordered already. */
#pragma once

#include "redsc_elementwise.h"

/* Whether the comparison `kind` holds, given whether a < b, a = b and a > b (none of them: a number is no number). */
REDSC_INLINE uint8_t redsc_holds(int32_t kind, int less, int equal, int greater)
{
    switch (kind) {
    case REDSC_EQUAL: return equal != 0;
    case REDSC_NOT_EQUAL: return equal == 0;
    case REDSC_LESS: return less != 0;
    case REDSC_LESS_EQUAL: return less || equal;
    case REDSC_GREATER: return greater != 0;
    default: return greater || equal;
    }
}
