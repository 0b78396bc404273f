/* Dot products of 8-bit layers of nested networks on cores with the vector extension: two pixels times all filters.
 *
 * As mve/gemm_s8.h, but the biases come from an array of their own, which differs from level to level, and the inputs of
 * higher levels are skipped between the chunks and the constants that finish a group. */
#pragma once

#include "mve/gemm_s8.h"
#include "nested.h"

/* What redsc_mve_nested_gemm2_s8 works on; the offsets of fields are known to it. */
typedef struct redsc_mve_nested_gemm2 {
    redsc_mve_gemm2_t gemm;
    int32_t gap;      /* 48: bytes between the chunks of a group and its constants */
    uintptr_t biases; /* 52: address of the biases, less four times the address of the results */
} redsc_mve_nested_gemm2_t;

/* Skips what belongs to higher levels and loads the biases of this one. */
#define REDSC_MVE_NESTED_BIASES                 \
    "ldrd r4, r9, [r11, #48]\n\t"               \
    "add r1, r4\n\t"                            \
    "add r9, r9, r7, lsl #2\n\t"                \
    "vldmia r9, {d4-d5}\n\t"
#define REDSC_MVE_NESTED_LOAD_4 REDSC_MVE_NESTED_BIASES "vldmia r1!, {d6-d11}\n\t"
#define REDSC_MVE_NESTED_LOAD_6 REDSC_MVE_NESTED_BIASES "vldmia r1!, {d6-d15}\n\t"

#define REDSC_MVE_NESTED_RELU REDSC_MVE_NESTED_LOAD_4 REDSC_MVE_RELU("q0") REDSC_MVE_RELU("q1")
#define REDSC_MVE_NESTED_LINEAR REDSC_MVE_NESTED_LOAD_4 REDSC_MVE_LINEAR("q0") REDSC_MVE_LINEAR("q1")
#define REDSC_MVE_NESTED_GENERAL                \
    REDSC_MVE_NESTED_LOAD_6                     \
    "vadd.i32 q0, q0, q2\n\t"                   \
    "vadd.i32 q1, q1, q2\n\t"                   \
    REDSC_MVE_GENERAL("q0") REDSC_MVE_GENERAL("q1") \
    "ldrd r4, r0, [r11, #36]\n\t"               \
    "ldr r2, [r11, #44]\n\t"                    \
    "vdup.32 q2, r0\n\t"                        \
    "vdup.32 q3, r2\n\t"                        \
    REDSC_MVE_LIMIT("q0") REDSC_MVE_LIMIT("q1")

REDSC_MVE_ASSEMBLY void redsc_mve_nested_gemm2_relu(const redsc_mve_nested_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMM2(REDSC_MVE_NESTED_RELU));
}

REDSC_MVE_ASSEMBLY void redsc_mve_nested_gemm2_linear(const redsc_mve_nested_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMM2(REDSC_MVE_NESTED_LINEAR));
}

REDSC_MVE_ASSEMBLY void redsc_mve_nested_gemm2_general(const redsc_mve_nested_gemm2_t *context
                                                       __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMM2(REDSC_MVE_NESTED_GENERAL));
}

/* The context for inputs of `chunks` chunks, `gap` bytes of further ones in each group, and all groups of `filters`
 * filters; pointers to data left out. */
REDSC_INLINE redsc_mve_nested_gemm2_t redsc_mve_nested_gemm2_context(const int8_t *w, int32_t chunks, int32_t gap,
                                                                     int32_t filters, int32_t finish, int32_t zero,
                                                                     int32_t low, int32_t high)
{
    redsc_mve_nested_gemm2_t context;
    context.gemm = redsc_mve_gemm2_context(w, chunks, filters, finish, zero, low, high);
    context.gemm.w_end = w + filters / 4 * (redsc_mve_group_bytes(chunks, finish) - 16 + gap);
    context.gap = gap;
    context.biases = 0;
    return context;
}

/* All groups of filters, whose biases are at `biases`. */
REDSC_INLINE void redsc_mve_nested_gemm2_s8(redsc_mve_nested_gemm2_t *context, const int32_t *biases, int32_t finish)
{
    context->biases = (uintptr_t)biases - 4u * (uintptr_t)context->gemm.y;
    if (finish == REDSC_FINISH_RELU) {
        redsc_mve_nested_gemm2_relu(context);
    } else if (finish == REDSC_FINISH_LINEAR) {
        redsc_mve_nested_gemm2_linear(context);
    } else {
        redsc_mve_nested_gemm2_general(context);
    }
}
