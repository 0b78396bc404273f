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
 *   factor, offset, shift of A, then of B; to finish in general also left shift and doubling of each.
 * A sum a becomes x = a + round(a * factor / 2^32), the first rounding of TensorFlow Lite, and (x + offset) >> shift,
 * where the offset holds the zero point of the output and half a unit. To send halves away from zero as the second
 * rounding does, 1 is taken off before the shift if x is negative. In general a is shifted left first, x is doubled
 * where there is no second rounding, so that the 1 makes no difference, and the zero point is added last.
 *
 * Ranges, which the compiler checks before it selects these kernels: sums of A below 2^30, of B below 2^23 in
 * magnitude, shifts in [0, 22], in
 * general in [0, 31], no weights that make a lane overflow.
 *
 * Measured on Cortex-M4: 125 pixels of 64 inputs times 64 filters take 0.89 instructions for a multiply-accumulate
 * in all. */
#pragma once

#include "packed.h"
#include "dsp/dsp.h"

typedef struct redsc_dsp_limits {
    int32_t zero, low, high;
} redsc_dsp_limits_t;

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

/* How often loops over quads are unrolled. They are entered in their middle, `skip` bytes from their start, so that no
 * remainder is left. */
#if defined(REDSC_OPTIMIZE_SIZE)
#define REDSC_DSP_UNROLL 1
#define REDSC_DSP_UNROLLED(quad) quad
#define REDSC_DSP_ENTER
#else
#define REDSC_DSP_UNROLL 4
#define REDSC_DSP_UNROLLED(quad) quad quad quad quad
#define REDSC_DSP_ENTER "ldr r4, %[skip]\n\tadd pc, r4\n\tnop\n"
#endif

/* Bytes of code to skip for so many quads. */
#define REDSC_DSP_SKIP(quads, quad_bytes) ((-(quads) & (REDSC_DSP_UNROLL - 1)) * (quad_bytes))

/* How sums become results; what they load from the packed filter: factor, offset, shift, left shift, doubling. */
#define REDSC_DSP_LOAD_3 "ldmia %[w]!, {r4, r5, r6}\n\t"
#define REDSC_DSP_LOAD_5 "ldmia %[w]!, {r4, r5, r6, r8, r9}\n\t"
#define REDSC_DSP_SHIFT_SATURATE(sum)   \
    "asr " sum ", r6\n\t"               \
    "ssat " sum ", #8, " sum "\n\t"
#define REDSC_DSP_RELU(sum)             \
    "add r8, r5, " sum "\n\t"           \
    "smmlar " sum ", " sum ", r4, r8\n\t" REDSC_DSP_SHIFT_SATURATE(sum)
#define REDSC_DSP_LINEAR(sum)           \
    "add r8, r5, " sum "\n\t"           \
    "add r8, r8, " sum ", asr #31\n\t"  \
    "smmlar " sum ", " sum ", r4, r8\n\t" REDSC_DSP_SHIFT_SATURATE(sum)
#define REDSC_DSP_GENERAL(sum)          \
    "lsl " sum ", r8\n\t"               \
    "smmlar " sum ", " sum ", r4, " sum "\n\t" \
    "lsl " sum ", r9\n\t"               \
    "add " sum ", " sum ", " sum ", asr #31\n\t" \
    "add " sum ", r5\n\t"               \
    "asr " sum ", r6\n\t"

/* B alone from 256 * B + A. */
#define REDSC_DSP_SPLIT(b, a)           \
    "sub " b ", " a "\n\t"              \
    "asr " b ", #8\n\t"

/* One pair of filters. */
#define REDSC_DSP_PAIR_3(LOAD, FINISH)                                                            \
    __asm__ volatile("ldrd %[a0], %[b0], [%[w]], #8\n\t"                                                    \
                     "mov %[a1], %[a0]\n\t"                                                                 \
                     "mov %[b1], %[b0]\n\t"                                                                 \
                     "mov %[a2], %[a0]\n\t"                                                                 \
                     "mov %[b2], %[b0]\n\t"                                                                 \
                     REDSC_DSP_ENTER                                                                        \
                     "1:\n\t" REDSC_DSP_UNROLLED(REDSC_DSP_DOT_QUAD_3)                                      \
                     "ldr r4, %[end]\n\t"                                                                   \
                     "cmp %[x], r4\n\t"                                                                     \
                     "bne 1b\n\t"                                                                           \
                     REDSC_DSP_SPLIT("%[b0]", "%[a0]") REDSC_DSP_SPLIT("%[b1]", "%[a1]")                    \
                     REDSC_DSP_SPLIT("%[b2]", "%[a2]")                                                      \
                     LOAD FINISH("%[a0]") FINISH("%[a1]") FINISH("%[a2]")                                   \
                     LOAD FINISH("%[b0]") FINISH("%[b1]") FINISH("%[b2]")                                   \
                     : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [b0] "=&r"(b0), [b1] "=&r"(b1),      \
                       [b2] "=&r"(b2), [w] "+r"(w), [x] "+r"(position)                                      \
                     : [skip] "m"(skip), [end] "m"(end)                                                     \
                     : "r4", "r5", "r6", "r8", "r9", "cc", "memory")

REDSC_INLINE int8_t redsc_dsp_limit(int32_t x, int32_t finish, redsc_dsp_limits_t limits)
{
    if (finish == REDSC_FINISH_GENERAL) {
        x += limits.zero;
        x = x < limits.low ? limits.low : x;
        x = x > limits.high ? limits.high : x;
    }
    return (int8_t)x;
}

/* Three pixels times all filters. `x` holds `quads` quads; `y` is the first result of pixel 0, those of pixels 1 and 2
 * lie y1 and y2 bytes further. An odd last filter is the A of a pair of its own. */
REDSC_INLINE void redsc_dsp_gemm3_s8(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t y1, int32_t y2,
                                 int32_t quads, int32_t filters, int32_t finish, redsc_dsp_limits_t limits)
{
    const uint32_t *const end = x + 6 * quads;
    const int32_t skip = REDSC_DSP_SKIP(quads, 68);
    do {
        int32_t a0, a1, a2, b0, b1, b2;
        const uint32_t *position = x;
        if (finish == REDSC_FINISH_RELU) {
            REDSC_DSP_PAIR_3(REDSC_DSP_LOAD_3, REDSC_DSP_RELU);
        } else if (finish == REDSC_FINISH_LINEAR) {
            REDSC_DSP_PAIR_3(REDSC_DSP_LOAD_3, REDSC_DSP_LINEAR);
        } else {
            REDSC_DSP_PAIR_3(REDSC_DSP_LOAD_5, REDSC_DSP_GENERAL);
        }
        y[y2] = redsc_dsp_limit(a2, finish, limits);
        y[y1] = redsc_dsp_limit(a1, finish, limits);
        *y++ = redsc_dsp_limit(a0, finish, limits);
        if (--filters == 0) {
            break;
        }
        y[y2] = redsc_dsp_limit(b2, finish, limits);
        y[y1] = redsc_dsp_limit(b1, finish, limits);
        *y++ = redsc_dsp_limit(b0, finish, limits);
    } while (--filters != 0);
}
