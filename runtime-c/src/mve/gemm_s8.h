/* Dot products of 8-bit layers on cores with the M-profile vector extension: two pixels times all filters.
 *
 * Filters come in groups of four; inputs and weights in chunks of 16, filled up with zero weights. A packed group, in
 * bytes: for each chunk the 16 weights of each of the four filters; then as four 32-bit numbers each the biases, the
 * multipliers, the offsets (zero point of the output << shift, plus half a unit) and the negated shifts; to finish in
 * general also left shifts and doublings.
 * A sum becomes x, the first rounding of TensorFlow Lite, and (x + offset) >> shift. To send halves away from zero as
 * the second rounding does, 1 is taken off before the shift if x is negative. In general the sum is shifted left first,
 * x is doubled where there is no second rounding, so that the 1 makes no difference, and the zero point is added last.
 *
 * Eight sums are kept in the even registers, where VMLADAVA can add to them; VLDM loads up to four vectors at once.
 *
 * Ranges: sums below 2^30 in magnitude, shifts in [0, 22], in general in [0, 31]; inputs aligned to 4 bytes, and
 * readable up to the next
 * multiple of 16.
 *
 * Measured on Cortex-M55: 125 pixels of 64 inputs times 64 filters take 0.144 instructions for a multiply-accumulate
 * in all. */
#pragma once

#include "packed.h"

#define REDSC_MVE_SHARED REDSC_SHARED

/* A function in assembly: takes its argument in r0. */
#define REDSC_MVE_ASSEMBLY static __attribute__((naked, noinline, unused))

/* What redsc_mve_gemm2_s8 works on; the offsets of fields are known to it. */
typedef struct redsc_mve_gemm2 {
    const int8_t *x0, *x1; /*  0: the inputs of both pixels */
    uintptr_t x0_end;      /*  8: address behind the last chunk of pixel 0 */
    const int8_t *w;       /* 12: packed filters */
    const int8_t *w_end;   /* 16: behind the last group */
    int8_t *y;             /* 20: results of pixel 0 */
    int32_t y1;            /* 24: distance of those of pixel 1 */
    int32_t enter;         /* 28: bytes of code to skip at first */
    int32_t enter_pairs;   /* 32: bytes of code to skip after an odd first chunk */
    int32_t zero, low, high; /* 36: zero point and limits of results */
} redsc_mve_gemm2_t;

/* Four filters times one chunk of both pixels. */
#define REDSC_MVE_CHUNK_2X4(x0, x1)             \
    "vldmia r1!, {d0-d7}\n\t"               \
    "vmladava.s8 r0, q0, " x0 "\n\t"        \
    "vmladava.s8 r2, q1, " x0 "\n\t"        \
    "vmladava.s8 r4, q2, " x0 "\n\t"        \
    "vmladava.s8 r6, q3, " x0 "\n\t"        \
    "vmladava.s8 r8, q0, " x1 "\n\t"        \
    "vmladava.s8 r10, q1, " x1 "\n\t"       \
    "vmladava.s8 r12, q2, " x1 "\n\t"       \
    "vmladava.s8 lr, q3, " x1 "\n\t"

/* The same with two chunks: 80 bytes of code. */
#define REDSC_MVE_CHUNKS_2X4                    \
    "vldmia r3!, {d8-d11}\n\t"              \
    "vldmia r5!, {d12-d15}\n\t"             \
    REDSC_MVE_CHUNK_2X4("q4", "q6") REDSC_MVE_CHUNK_2X4("q5", "q7")

/* How often loops over pairs of chunks are unrolled. They are entered in their middle, so that no remainder is left. */
#if defined(REDSC_OPTIMIZE_SIZE)
#define REDSC_MVE_UNROLL 1
#define REDSC_MVE_UNROLLED(chunks) chunks
#else
#define REDSC_MVE_UNROLL 4
#define REDSC_MVE_UNROLLED(chunks) chunks chunks chunks chunks
#endif

/* Bytes of code to skip for so many pairs of chunks: all and the end of the loop if there are none. */
#define REDSC_MVE_SKIP(pairs, pair_bytes, end_bytes) \
    ((pairs) > 0 ? (-(pairs) & (REDSC_MVE_UNROLL - 1)) * (pair_bytes) : REDSC_MVE_UNROLL * (pair_bytes) + (end_bytes))

/* Requantizes four sums. q2 to q5: biases, multipliers, offsets, shifts. */
#define REDSC_MVE_SCALE(q)                          \
    "vadd.i32 " q ", " q ", q2\n\t"             \
    "vqrdmulh.s32 " q ", " q ", q3\n\t"
#define REDSC_MVE_SHIFT(q)                          \
    "vadd.i32 " q ", " q ", q4\n\t"             \
    "vshl.s32 " q ", " q ", q5\n\t"
#define REDSC_MVE_ROUND_AWAY(q, free)           \
    "vshr.s32 " free ", " q ", #31\n\t"         \
    "vadd.i32 " q ", " q ", " free "\n\t"
#define REDSC_MVE_SATURATE(q)                       \
    "vqmovnb.s32 " q ", " q "\n\t"              \
    "vqmovnb.s16 " q ", " q "\n\t"
/* Loads of the constants behind the weights, and what becomes of the sums in one or two vectors. */
#define REDSC_MVE_LOAD_4 "vldmia r1!, {d4-d11}\n\t"
#define REDSC_MVE_LOAD_6 "vldmia r1!, {d4-d15}\n\t"
#define REDSC_MVE_RELU(q) REDSC_MVE_SCALE(q) REDSC_MVE_SHIFT(q) REDSC_MVE_SATURATE(q)
#define REDSC_MVE_LINEAR(q) REDSC_MVE_SCALE(q) REDSC_MVE_ROUND_AWAY(q, "q6") REDSC_MVE_SHIFT(q) REDSC_MVE_SATURATE(q)
#define REDSC_MVE_GENERAL(q)                    \
    "vshl.s32 " q ", " q ", q6\n\t"             \
    "vqrdmulh.s32 " q ", " q ", q3\n\t"         \
    "vshl.s32 " q ", " q ", q7\n\t"             \
    REDSC_MVE_ROUND_AWAY(q, "q2") REDSC_MVE_SHIFT(q)
#define REDSC_MVE_LIMIT(q)                      \
    "vadd.i32 " q ", " q ", r4\n\t"             \
    "vmax.s32 " q ", " q ", q2\n\t"             \
    "vmin.s32 " q ", " q ", q3\n\t"

#define REDSC_MVE_FINISH_2_RELU REDSC_MVE_LOAD_4 REDSC_MVE_RELU("q0") REDSC_MVE_RELU("q1")
#define REDSC_MVE_FINISH_2_LINEAR REDSC_MVE_LOAD_4 REDSC_MVE_LINEAR("q0") REDSC_MVE_LINEAR("q1")
/* Zero point and limits of the context. */
#define REDSC_MVE_FINISH_2_GENERAL              \
    REDSC_MVE_LOAD_6                            \
    "vadd.i32 q0, q0, q2\n\t"                   \
    "vadd.i32 q1, q1, q2\n\t"                   \
    REDSC_MVE_GENERAL("q0") REDSC_MVE_GENERAL("q1") \
    "ldrd r4, r0, [r11, #36]\n\t"               \
    "ldr r2, [r11, #44]\n\t"                    \
    "vdup.32 q2, r0\n\t"                        \
    "vdup.32 q3, r2\n\t"                        \
    REDSC_MVE_LIMIT("q0") REDSC_MVE_LIMIT("q1")

/* Dot products of one group: r1: weights, r3 and r5: inputs, r9: scratch, r11: context. */
#define REDSC_MVE_DOTS2                                                                             \
    "ldr r9, [r11, #28]\n\t"                                                                        \
    "add pc, r9\n\t"                                                                                \
    "nop\n\t"                                                                                       \
    "vldmia r3!, {d8-d9}\n\t"                                                                       \
    "vldmia r5!, {d12-d13}\n\t"                                                                     \
    REDSC_MVE_CHUNK_2X4("q4", "q6")                                                                     \
    "ldr r9, [r11, #32]\n\t"                                                                        \
    "add pc, r9\n\t"                                                                                \
    "nop\n"                                                                                         \
    "2:\n\t" REDSC_MVE_UNROLLED(REDSC_MVE_CHUNKS_2X4)                                               \
    "ldr r9, [r11, #8]\n\t"                                                                         \
    "cmp.n r3, r9\n\t"                                                                              \
    "bne.w 2b\n\t"

/* Where functions on a context begin and end. r1: weights, r7: results, r11: context. */
#define REDSC_MVE_BEGIN2                                                                            \
    "push {r4-r11, lr}\n\t"                                                                         \
    "vpush {d8-d15}\n\t"                                                                            \
    "mov r11, r0\n\t"                                                                               \
    "ldr r1, [r11, #12]\n\t"                                                                        \
    "ldr r7, [r11, #20]\n\t"
#define REDSC_MVE_END2                                                                              \
    "ldr r9, [r11, #16]\n\t"                                                                        \
    "cmp r1, r9\n\t"                                                                                \
    "bne 1b\n\t"                                                                                    \
    "vpop {d8-d15}\n\t"                                                                             \
    "pop {r4-r11, pc}"

/* Stores the four results of each pixel. */
#define REDSC_MVE_STORE2                                                                            \
    "ldr r0, [r11, #24]\n\t"                                                                        \
    "add r0, r7\n\t"                                                                                \
    "vstrb.32 q0, [r7], #4\n\t"                                                                     \
    "vstrb.32 q1, [r0]\n\t"

/* All groups of filters. */
#define REDSC_MVE_GEMM2(FINISH)                                                                     \
    REDSC_MVE_BEGIN2                                                                                \
    "1:\n\t"                                                                                        \
    "ldrd r3, r5, [r11]\n\t"                                                                        \
    "clrm {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"                                                   \
    REDSC_MVE_DOTS2                                                                                 \
    "vmov q0[2], q0[0], r0, r4\n\t"                                                                 \
    "vmov q0[3], q0[1], r2, r6\n\t"                                                                 \
    "vmov q1[2], q1[0], r8, r12\n\t"                                                                \
    "vmov q1[3], q1[1], r10, lr\n\t"                                                                \
    FINISH REDSC_MVE_STORE2 REDSC_MVE_END2

REDSC_MVE_ASSEMBLY void redsc_mve_gemm2_s8_relu(const redsc_mve_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMM2(REDSC_MVE_FINISH_2_RELU));
}

REDSC_MVE_ASSEMBLY void redsc_mve_gemm2_s8_linear(const redsc_mve_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMM2(REDSC_MVE_FINISH_2_LINEAR));
}

REDSC_MVE_ASSEMBLY void redsc_mve_gemm2_s8_general(const redsc_mve_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMM2(REDSC_MVE_FINISH_2_GENERAL));
}

/* Size of a packed group of four filters. */
REDSC_INLINE int32_t redsc_mve_group_bytes(int32_t chunks, int32_t finish)
{
    return 64 * chunks + (finish == REDSC_FINISH_GENERAL ? 96 : 64);
}

/* The context for inputs of `chunks` chunks and all groups of `filters` filters, pointers to data left out. */
REDSC_INLINE redsc_mve_gemm2_t redsc_mve_gemm2_context(const int8_t *w, int32_t chunks, int32_t filters,
                                                       int32_t finish, int32_t zero, int32_t low,
                                                       int32_t high)
{
    enum { PAIR = 80, ODD = 52, LOOP_END = 10 }; /* bytes of code: two chunks, an odd chunk, what follows */
    const int32_t pairs = chunks / 2;
    const int32_t enter_pairs = REDSC_MVE_SKIP(pairs, PAIR, LOOP_END);
    redsc_mve_gemm2_t context = {0};
    context.w = w;
    context.w_end = w + filters / 4 * redsc_mve_group_bytes(chunks, finish);
    context.enter = chunks % 2 != 0 ? 0 : ODD + enter_pairs;
    context.enter_pairs = enter_pairs;
    context.zero = zero;
    context.low = low;
    context.high = high;
    return context;
}
