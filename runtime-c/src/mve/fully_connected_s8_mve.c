/* Fully connected layer, 8 bit, for cores with the M-profile vector extension: four filters at a time.
 *
 * x        [rows][in_c], readable up to 16 bytes behind its end
 * w        in 32-bit numbers the multiplier, the offset and the negated shift of all filters, to finish in general
 *          also left shift and doubling; then groups of four filters: chunks of weights as in mve/gemm_s8.h, biases
 * y        [rows][out_c]
 * scratch  if there are several rows and in_c is no multiple of 4, one row filled up to chunks of 16 bytes
 *
 * Measured on Cortex-M55: 640 inputs and 128 filters take 0.097 instructions for a
 * multiply-accumulate in all. */
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

/* All groups of filters. r1: weights, r3: inputs, r5: where they begin, r7: results, r8: last chunk, r9: scratch,
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
    "2:\n\t" REDSC_MVE_CHUNKS_1X4 REDSC_MVE_CHUNKS_1X4 REDSC_MVE_CHUNKS_1X4 REDSC_MVE_CHUNKS_1X4                    \
    "cmp.n r3, r8\n\t"                                                                              \
    "bne.w 2b\n\t"                                                                                  \
    "vmov q0[2], q0[0], r0, r4\n\t"                                                                 \
    "vmov q0[3], q0[1], r2, r6\n\t"                                                                 \
    FINISH                                                                                          \
    "vstrb.32 q0, [r7], #4\n\t"                                                                     \
    "cmp r1, r10\n\t"                                                                               \
    "bne 1b\n\t"                                                                                    \
    "vpop {d8-d15}\n\t"                                                                             \
    "pop {r4-r11, pc}"

/* Four sums become results; q2: biases, then free. */
#define REDSC_MVE_BIAS_1                        \
    "vldmia r1!, {d4-d5}\n\t"                   \
    "vadd.i32 q0, q0, q2\n\t"
#define REDSC_MVE_SCALE_1                       \
    REDSC_MVE_BIAS_1                            \
    "vqrdmulh.s32 q0, q0, q6\n\t"
#define REDSC_MVE_SHIFT_1                       \
    "vadd.i32 q0, q0, q7\n\t"                   \
    "vshl.s32 q0, r12\n\t"
#define REDSC_MVE_FINISH_1_RELU REDSC_MVE_SCALE_1 REDSC_MVE_SHIFT_1 REDSC_MVE_SATURATE("q0")
#define REDSC_MVE_FINISH_1_LINEAR               \
    REDSC_MVE_SCALE_1 REDSC_MVE_ROUND_AWAY("q0", "q2") REDSC_MVE_SHIFT_1 REDSC_MVE_SATURATE("q0")
/* With left shift, doubling, zero point and limits. */
#define REDSC_MVE_FINISH_1_GENERAL              \
    REDSC_MVE_BIAS_1                            \
    "ldr r9, [r11, #40]\n\t"                    \
    "ldrd r0, r2, [r9, #12]\n\t"                \
    "vshl.s32 q0, r0\n\t"                       \
    "vqrdmulh.s32 q0, q0, q6\n\t"               \
    "vshl.s32 q0, r2\n\t"                       \
    REDSC_MVE_ROUND_AWAY("q0", "q2")            \
    REDSC_MVE_SHIFT_1                           \
    "ldrd r4, r0, [r11, #28]\n\t"               \
    "ldr r2, [r11, #36]\n\t"                    \
    "vdup.32 q2, r0\n\t"                        \
    "vdup.32 q3, r2\n\t"                        \
    REDSC_MVE_LIMIT("q0")

REDSC_MVE_ASSEMBLY void redsc_mve_gemv_s8_relu(const redsc_mve_gemv_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMV(REDSC_MVE_FINISH_1_RELU));
}

REDSC_MVE_ASSEMBLY void redsc_mve_gemv_s8_linear(const redsc_mve_gemv_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMV(REDSC_MVE_FINISH_1_LINEAR));
}

REDSC_MVE_ASSEMBLY void redsc_mve_gemv_s8_general(const redsc_mve_gemv_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMV(REDSC_MVE_FINISH_1_GENERAL));
}

/* The context for inputs of `chunks` chunks and all groups of `filters` filters, pointers to data left out. */
REDSC_INLINE redsc_mve_gemv_t redsc_mve_gemv_context(const uint32_t *w, int32_t chunks, int32_t filters,
                                                     const redsc_packed_fully_connected_t *p)
{
    enum { PAIR = 44, ODD = 32, LOOP_END = 6 }; /* bytes of code: two chunks, an odd chunk, what follows */
    const int32_t pairs = chunks / 2;
    const int32_t enter_pairs = pairs > 0 ? (-pairs & 3) * PAIR : 4 * PAIR + LOOP_END;
    redsc_mve_gemv_t context = {0};
    context.factors = w;
    context.w = (const int8_t *)(w + (p->finish == REDSC_FINISH_GENERAL ? 5 : 3));
    context.w_end = context.w + filters / 4 * (64 * chunks + 16);
    context.enter = chunks % 2 != 0 ? 0 : ODD + enter_pairs;
    context.enter_pairs = enter_pairs;
    context.zero = p->zero;
    context.low = p->low;
    context.high = p->high;
    return context;
}

/* All groups of filters. */
REDSC_INLINE void redsc_mve_gemv_s8(const redsc_mve_gemv_t *context, int32_t finish)
{
    if (finish == REDSC_FINISH_RELU) {
        redsc_mve_gemv_s8_relu(context);
    } else if (finish == REDSC_FINISH_LINEAR) {
        redsc_mve_gemv_s8_linear(context);
    } else {
        redsc_mve_gemv_s8_general(context);
    }
}

REDSC_KERNEL void redsc_fully_connected_s8_mve(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                               const redsc_packed_fully_connected_t *p)
{
    const int32_t chunks = (p->in_c + 15) / 16;
    const int32_t left = p->out_c % 4; /* filters of an incomplete last group */
    redsc_mve_gemv_t context = redsc_mve_gemv_context(w, chunks, p->out_c, p);
    redsc_mve_gemv_t last = context;
    int8_t last_y[4];
    last.w = context.w_end;
    last.w_end = last.w + 64 * chunks + 16;
    last.y = last_y;
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c, y += p->out_c) {
        context.x = x;
        if (p->in_c % 4 != 0 && p->rows > 1) {
            memcpy(scratch, x, (size_t)p->in_c);
            context.x = scratch;
        }
        context.x_end = (uintptr_t)context.x + (uintptr_t)(16 * chunks);
        context.y = y;
        if (p->out_c >= 4) {
            redsc_mve_gemv_s8(&context, p->finish);
        }
        if (left != 0) {
            last.x = context.x;
            last.x_end = context.x_end;
            redsc_mve_gemv_s8(&last, p->finish);
            memcpy(y + p->out_c - left, last_y, (size_t)left);
        }
    }
}
