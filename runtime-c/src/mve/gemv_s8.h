/* Dot products of 8-bit layers on cores with the M-profile vector extension: one row of inputs times groups of four
 * filters, in chunks as in mve/gemm_s8.h. A group: the chunks of weights, then the four biases. */
#pragma once

#include "mve/gemm_s8.h"

/* What redsc_mve_gemv_s8 works on; the offsets of fields are known to it. */
typedef struct redsc_mve_gemv {
    const int8_t *x;     /*  0: the inputs */
    uintptr_t x_end;     /*  4: address behind the last chunk */
    const int8_t *w;     /*  8: packed filters */
    const int8_t *w_end; /* 12: behind the last group */
    int8_t *y;           /* 16: results */
    int32_t enter;       /* 20: bytes of code to skip at first */
    int32_t enter_pairs; /* 24: bytes of code to skip after an odd first chunk */
    int32_t zero, low, high; /* 28: zero point and limits of results */
    const uint32_t *factors; /* 40: what finishes all sums */
} redsc_mve_gemv_t;

/* Four filters times one chunk. */
#define REDSC_MVE_CHUNK_1X4(x)                  \
    "vldmia r1!, {d0-d7}\n\t"               \
    "vmladava.s8 r0, q0, " x "\n\t"         \
    "vmladava.s8 r2, q1, " x "\n\t"         \
    "vmladava.s8 r4, q2, " x "\n\t"         \
    "vmladava.s8 r6, q3, " x "\n\t"

/* The same with two chunks: 44 bytes of code. */
#define REDSC_MVE_CHUNKS_1X4                    \
    "vldmia r3!, {d8-d11}\n\t"              \
    REDSC_MVE_CHUNK_1X4("q4") REDSC_MVE_CHUNK_1X4("q5")

/* All groups of filters; FINISH stores results of the sums in q0. r1: weights, r3: inputs, r5: where they begin, r7: results, r8: last chunk, r9: scratch,
 * r10: last group, r11: context, q6: multipliers, q7: offsets, r12: shift. */
#define REDSC_MVE_GEMV(FINISH)                                                                      \
    "push {r4-r11, lr}\n\t"                                                                         \
    "vpush {d8-d15}\n\t"                                                                            \
    "mov r11, r0\n\t"                                                                               \
    "ldrd r5, r8, [r11]\n\t"                                                                        \
    "ldrd r1, r10, [r11, #8]\n\t"                                                                   \
    "ldr r7, [r11, #40]\n\t"                                                                        \
    "ldmia r7, {r0, r2, r12}\n\t"                                                                   \
    "vdup.32 q6, r0\n\t"                                                                            \
    "vdup.32 q7, r2\n\t"                                                                            \
    "ldr r7, [r11, #16]\n"                                                                          \
    "1:\n\t"                                                                                        \
    "mov r3, r5\n\t"                                                                                \
    "clrm {r0, r2, r4, r6}\n\t"                                                                     \
    "ldr r9, [r11, #20]\n\t"                                                                        \
    "add pc, r9\n\t"                                                                                \
    "nop\n\t"                                                                                       \
    "vldmia r3!, {d8-d9}\n\t"                                                                       \
    REDSC_MVE_CHUNK_1X4("q4")                                                                           \
    "ldr r9, [r11, #24]\n\t"                                                                        \
    "add pc, r9\n\t"                                                                                \
    "nop\n"                                                                                         \
    "2:\n\t" REDSC_MVE_UNROLLED(REDSC_MVE_CHUNKS_1X4)                                               \
    "cmp.n r3, r8\n\t"                                                                              \
    "bne.w 2b\n\t"                                                                                  \
    "vmov q0[2], q0[0], r0, r4\n\t"                                                                 \
    "vmov q0[3], q0[1], r2, r6\n\t"                                                                 \
    FINISH                                                                                          \
    "cmp r1, r10\n\t"                                                                               \
    "bne 1b\n\t"                                                                                    \
    "vpop {d8-d15}\n\t"                                                                             \
    "pop {r4-r11, pc}"

/* Adds the biases; q2: free. */
#define REDSC_MVE_BIAS_1                        \
    "vldmia r1!, {d4-d5}\n\t"                   \
    "vadd.i32 q0, q0, q2\n\t"

/* The context for inputs of `chunks` chunks and `groups` groups of filters behind `factors` words of constants; pointers
 * to data, zero point and limits left out. */
REDSC_INLINE redsc_mve_gemv_t redsc_mve_gemv_context(const uint32_t *w, int32_t factors, int32_t chunks,
                                                     int32_t groups)
{
    enum { PAIR = 44, ODD = 32, LOOP_END = 6 }; /* bytes of code: two chunks, an odd chunk, what follows */
    const int32_t pairs = chunks / 2;
    const int32_t enter_pairs = REDSC_MVE_SKIP(pairs, PAIR, LOOP_END);
    redsc_mve_gemv_t context = {0};
    context.factors = w;
    context.w = (const int8_t *)(w + factors);
    context.w_end = context.w + groups * (64 * chunks + 16);
    context.enter = chunks % 2 != 0 ? 0 : ODD + enter_pairs;
    context.enter_pairs = enter_pairs;
    return context;
}
