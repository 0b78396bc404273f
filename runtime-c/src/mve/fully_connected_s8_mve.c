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
#include "mve/copy.h"
#include "mve/gemv_s8.h"

/* Stores four results. */
#define REDSC_MVE_STORE_1 "vstrb.32 q0, [r7], #4\n\t"
/* Four sums become results; q2: free. */
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
    __asm__ volatile(REDSC_MVE_GEMV(REDSC_MVE_FINISH_1_RELU REDSC_MVE_STORE_1));
}

REDSC_MVE_ASSEMBLY void redsc_mve_gemv_s8_linear(const redsc_mve_gemv_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMV(REDSC_MVE_FINISH_1_LINEAR REDSC_MVE_STORE_1));
}

REDSC_MVE_ASSEMBLY void redsc_mve_gemv_s8_general(const redsc_mve_gemv_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_GEMV(REDSC_MVE_FINISH_1_GENERAL REDSC_MVE_STORE_1));
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
    const int32_t finish = p->finish;
    const int32_t chunks = (p->in_c + 15) / 16;
    const int32_t left = p->out_c % 4; /* filters of an incomplete last group */
    const int32_t group = 64 * chunks + 16;
    redsc_mve_gemv_t context =
        redsc_mve_gemv_context(w, finish == REDSC_FINISH_GENERAL ? 5 : 3, chunks, p->out_c / 4);
    const int8_t *const whole = context.w, *const last = context.w_end;
    int8_t last_y[4];
    context.zero = p->zero;
    context.low = p->low;
    context.high = p->high;
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c, y += p->out_c) {
        context.x = x;
        if (p->in_c % 4 != 0 && p->rows > 1) {
            redsc_mve_copy_vectors(scratch, x, p->in_c);
            context.x = scratch;
        }
        context.x_end = (uintptr_t)context.x + (uintptr_t)(16 * chunks);
        context.w = p->out_c >= 4 ? whole : last;
        context.w_end = p->out_c >= 4 ? last : last + group;
        context.y = p->out_c >= 4 ? y : last_y;
        for (;;) {
            redsc_mve_gemv_s8(&context, finish);
            if (left == 0 || context.y == last_y) {
                break;
            }
            context.w = last;
            context.w_end = last + group;
            context.y = last_y;
        }
        if (left != 0) {
            for (int32_t oc = 0; oc < left; oc++) {
                y[p->out_c - left + oc] = last_y[oc];
            }
        }
    }
}
