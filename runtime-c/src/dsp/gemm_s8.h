/* Dot products of 8-bit layers on cores with the DSP extension: three pixels times all filters.
 *
 * Filters come in pairs (A, B). A lane of a packed weight word holds 256 * B + A, so one SMLAD adds up
 * 256 * B . x + A . x; after SXTB16 the same word holds A alone, and a second SMLAD adds up A . x. The difference is
 * 256 * B . x, exactly. Inputs are widened to 16 bit once for all filters; a quad, that is 4 inputs of three pixels,
 * is even0 even1 even2 odd0 odd1 odd2.
 *
 * A packed pair of filters, in 32-bit words:
 *   bias of A, 256 * bias of B + bias of A,
 *   for each quad of weights: even lanes, odd lanes,
 *   factor, offset, shift of A, factor, offset, shift of B.
 * The result of A from its accumulator a is (a + round(a * factor / 2^32) + offset) >> shift, the result of B from its
 * accumulator b = 256 * B . x is (floor(b * factor / 2^32) + offset) >> shift. Offsets hold the zero point of the
 * output and the rounding of the last shift. Both are the two roundings of TensorFlow Lite if the accumulator is not
 * negative;
 * to send halves away from zero below it, one unit of the first rounding is taken off: 1 for A, 128 for B.
 *
 * Ranges, which the compiler checks before it selects these kernels: |a| < 2^30, |b| < 2^31, right shifts in [1, 16],
 * no weight that makes a lane overflow.
 *
 * Measured on Cortex-M4: 125 pixels of 64 inputs times 64 filters take 0.89 instructions for a
 * multiply-accumulate in all. */
#pragma once

#include "dsp/dsp.h"

/* How results are limited. */
enum {
    REDSC_DSP_CLAMP_RELU, /* to [-128, 127], zero point -128: the rounding of negative results does not matter */
    REDSC_DSP_CLAMP_NONE, /* to [-128, 127] */
    REDSC_DSP_CLAMP_ANY   /* to any range */
};

typedef struct redsc_dsp_limits {
    int32_t low, high;
} redsc_dsp_limits_t;

/* Which of these a layer needs. */
REDSC_INLINE int32_t redsc_dsp_clamp_kind(int32_t low, int32_t high, int32_t zero_point)
{
    if (low > -128 || high < 127) {
        return REDSC_DSP_CLAMP_ANY;
    }
    return zero_point == -128 ? REDSC_DSP_CLAMP_RELU : REDSC_DSP_CLAMP_NONE;
}

/* One quad of three pixels times a pair of filters: 68 bytes of code. */
#define REDSC_DSP_DOT_QUAD_3                \
    "ldrd r8, r9, [%[w]], #8\n\t"       \
    "ldmia.w %[x]!, {r4, r5, r6}\n\t"   \
    "smlad %[b0], r8, r4, %[b0]\n\t"    \
    "smlad %[b1], r8, r5, %[b1]\n\t"    \
    "smlad %[b2], r8, r6, %[b2]\n\t"    \
    "sxtb16 r8, r8\n\t"                 \
    "smlad %[a0], r8, r4, %[a0]\n\t"    \
    "smlad %[a1], r8, r5, %[a1]\n\t"    \
    "smlad %[a2], r8, r6, %[a2]\n\t"    \
    "ldmia.w %[x]!, {r4, r5, r6}\n\t"   \
    "smlad %[b0], r9, r4, %[b0]\n\t"    \
    "smlad %[b1], r9, r5, %[b1]\n\t"    \
    "smlad %[b2], r9, r6, %[b2]\n\t"    \
    "sxtb16 r9, r9\n\t"                 \
    "smlad %[a0], r9, r4, %[a0]\n\t"    \
    "smlad %[a1], r9, r5, %[a1]\n\t"    \
    "smlad %[a2], r9, r6, %[a2]\n\t"

/* Requantization: r4, r5, r6 hold factor, offset and shift, r8 is free. */
#define REDSC_DSP_SHIFT_SATURATE(acc)       \
    "asr " acc ", r6\n\t"               \
    "ssat " acc ", #8, " acc "\n\t"
#define REDSC_DSP_REQUANTIZE_A_RELU(acc)    \
    "add r8, r5, " acc "\n\t"           \
    "smmlar " acc ", " acc ", r4, r8\n\t" REDSC_DSP_SHIFT_SATURATE(acc)
#define REDSC_DSP_REQUANTIZE_A_ANY(acc)     \
    "add r8, r5, " acc "\n\t"           \
    "add r8, r8, " acc ", asr #31\n\t"  \
    "smmlar " acc ", " acc ", r4, r8\n\t" REDSC_DSP_SHIFT_SATURATE(acc)
#define REDSC_DSP_REQUANTIZE_B_RELU(acc)    \
    "smmla " acc ", " acc ", r4, r5\n\t" REDSC_DSP_SHIFT_SATURATE(acc)
#define REDSC_DSP_REQUANTIZE_B_ANY(acc)     \
    "asr r8, " acc ", #31\n\t"          \
    "add r8, r5, r8, lsl #7\n\t"        \
    "smmla " acc ", " acc ", r4, r8\n\t" REDSC_DSP_SHIFT_SATURATE(acc)

/* One pair of filters: the loop over quads is unrolled four times and entered in its middle. */
#define REDSC_DSP_PAIR_3(REQUANTIZE_A, REQUANTIZE_B)                                                            \
    __asm__ volatile("ldrd %[a0], %[b0], [%[w]], #8\n\t"                                                    \
                     "mov %[a1], %[a0]\n\t"                                                                 \
                     "mov %[b1], %[b0]\n\t"                                                                 \
                     "mov %[a2], %[a0]\n\t"                                                                 \
                     "mov %[b2], %[b0]\n\t"                                                                 \
                     "ldr r4, %[skip]\n\t"                                                                  \
                     "add pc, r4\n\t"                                                                       \
                     "nop\n"                                                                                \
                     "1:\n\t" REDSC_DSP_DOT_QUAD_3 REDSC_DSP_DOT_QUAD_3 REDSC_DSP_DOT_QUAD_3 REDSC_DSP_DOT_QUAD_3 \
                     "ldr r4, %[end]\n\t"                                                                   \
                     "cmp %[x], r4\n\t"                                                                     \
                     "bne 1b\n\t"                                                                           \
                     "ldmia %[w]!, {r4, r5, r6}\n\t"                                                        \
                     "sub %[b0], %[b0], %[a0]\n\t"                                                          \
                     "sub %[b1], %[b1], %[a1]\n\t"                                                          \
                     "sub %[b2], %[b2], %[a2]\n\t"                                                          \
                     REQUANTIZE_A("%[a0]") REQUANTIZE_A("%[a1]") REQUANTIZE_A("%[a2]")                      \
                     "ldmia %[w]!, {r4, r5, r6}\n\t"                                                        \
                     REQUANTIZE_B("%[b0]") REQUANTIZE_B("%[b1]") REQUANTIZE_B("%[b2]")                      \
                     : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [b0] "=&r"(b0), [b1] "=&r"(b1),      \
                       [b2] "=&r"(b2), [w] "+r"(w), [x] "+r"(position)                                      \
                     : [skip] "m"(skip), [end] "m"(end)                                                     \
                     : "r4", "r5", "r6", "r8", "r9", "cc", "memory")

REDSC_INLINE int8_t redsc_dsp_limit(int32_t x, int32_t kind, redsc_dsp_limits_t limits)
{
    if (kind == REDSC_DSP_CLAMP_ANY) {
        x = x < limits.low ? limits.low : x;
        x = x > limits.high ? limits.high : x;
    }
    return (int8_t)x;
}

/* Three pixels times all filters. `x` holds `quads` quads; `y` is the first result of pixel 0, those of pixels 1 and 2
 * lie y1 and y2 bytes further. An odd last filter is the A of a pair of its own. */
REDSC_INLINE void redsc_dsp_gemm3_s8(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t y1, int32_t y2,
                                 int32_t quads, int32_t filters, int32_t kind, redsc_dsp_limits_t limits)
{
    const uint32_t *const end = x + 6 * quads;
    const int32_t skip = (-quads & 3) * 68;
    do {
        int32_t a0, a1, a2, b0, b1, b2;
        const uint32_t *position = x;
        if (kind == REDSC_DSP_CLAMP_RELU) {
            REDSC_DSP_PAIR_3(REDSC_DSP_REQUANTIZE_A_RELU, REDSC_DSP_REQUANTIZE_B_RELU);
        } else {
            REDSC_DSP_PAIR_3(REDSC_DSP_REQUANTIZE_A_ANY, REDSC_DSP_REQUANTIZE_B_ANY);
        }
        y[y2] = redsc_dsp_limit(a2, kind, limits);
        y[y1] = redsc_dsp_limit(a1, kind, limits);
        *y++ = redsc_dsp_limit(a0, kind, limits);
        if (--filters == 0) {
            break;
        }
        y[y2] = redsc_dsp_limit(b2, kind, limits);
        y[y1] = redsc_dsp_limit(b1, kind, limits);
        *y++ = redsc_dsp_limit(b0, kind, limits);
    } while (--filters != 0);
}
