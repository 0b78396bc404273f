/* Access to elements of a type that a parameter struct names: the compiler sees a constant and drops the rest. */
#pragma once

#include "redsc_kernel.h"

/* Element types. */
enum {
    REDSC_S8,
    REDSC_U8,
    REDSC_S16,
    REDSC_U16,
    REDSC_S32,
    REDSC_U32,
    REDSC_S64,
    REDSC_BOOL,
    REDSC_F32,
    REDSC_F16,
    REDSC_F64
};

/* Element `i` of an array of at most 32 bits; unsigned numbers of 32 bits wrap. */
REDSC_INLINE int32_t redsc_get(const void *x, int32_t i, int32_t type)
{
    switch (type) {
    case REDSC_S8: return ((const int8_t *)x)[i];
    case REDSC_BOOL:
    case REDSC_U8: return ((const uint8_t *)x)[i];
    case REDSC_S16: return ((const int16_t *)x)[i];
    case REDSC_U16: return ((const uint16_t *)x)[i];
    default: return ((const int32_t *)x)[i];
    }
}

/* Stores a number that fits the type. */
REDSC_INLINE void redsc_put(void *y, int32_t i, int32_t type, int32_t value)
{
    switch (type) {
    case REDSC_S8: ((int8_t *)y)[i] = (int8_t)value; break;
    case REDSC_BOOL:
    case REDSC_U8: ((uint8_t *)y)[i] = (uint8_t)value; break;
    case REDSC_S16: ((int16_t *)y)[i] = (int16_t)value; break;
    case REDSC_U16: ((uint16_t *)y)[i] = (uint16_t)value; break;
    default: ((int32_t *)y)[i] = value; break;
    }
}

/* Element `i` of an array of integers of any type. */
REDSC_INLINE int64_t redsc_get64(const void *x, int32_t i, int32_t type)
{
    switch (type) {
    case REDSC_U32: return ((const uint32_t *)x)[i];
    case REDSC_S64: return ((const int64_t *)x)[i];
    default: return redsc_get(x, i, type);
    }
}

/* Stores the low bits of a number in element `i` of an array of integers of any type. */
REDSC_INLINE void redsc_put64(void *y, int32_t i, int32_t type, int64_t value)
{
    switch (type) {
    case REDSC_S64: ((int64_t *)y)[i] = value; break;
    default: redsc_put(y, i, type, (int32_t)(uint32_t)(uint64_t)value); break;
    }
}
