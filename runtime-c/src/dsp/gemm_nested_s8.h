/* Dot products of 8-bit layers of nested networks on cores with the DSP extension: three pixels times all filters.
 *
 * As dsp/gemm_s8.h, but the biases of pairs of filters come from an array of their own, which differs from level to
 * level, and the inputs of higher levels are skipped between the quads and the constants that finish a pair. */
#pragma once

#include "dsp/gemm_s8.h"
#include "nested.h"

/* What one level reads. */
typedef struct redsc_dsp_nested {
    const uint32_t *w;
    const int32_t *biases; /* bias of A, 256 * bias of B + bias of A, for each pair */
    int32_t gap;           /* bytes between the quads of a pair and its constants */
} redsc_dsp_nested_t;

/* One pair of filters: the loop over quads is unrolled four times and entered in its middle. */
#define REDSC_DSP_NESTED_PAIR_3(LOAD, FINISH)                                                     \
    __asm__ volatile("mov %[a1], %[a0]\n\t"                                                                 \
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
                     "ldr r4, %[gap]\n\t"                                                                   \
                     "add %[w], r4\n\t"                                                                     \
                     REDSC_DSP_SPLIT("%[b0]", "%[a0]") REDSC_DSP_SPLIT("%[b1]", "%[a1]")                    \
                     REDSC_DSP_SPLIT("%[b2]", "%[a2]")                                                      \
                     LOAD FINISH("%[a0]") FINISH("%[a1]") FINISH("%[a2]")                                   \
                     LOAD FINISH("%[b0]") FINISH("%[b1]") FINISH("%[b2]")                                   \
                     : [a0] "+r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [b0] "+r"(b0), [b1] "=&r"(b1),        \
                       [b2] "=&r"(b2), [w] "+r"(w), [x] "+r"(position)                                      \
                     : [skip] "m"(skip), [end] "m"(end), [gap] "m"(gap)                                     \
                     : "r4", "r5", "r6", "r8", "r9", "cc", "memory")

/* Three pixels times all filters; arguments as those of redsc_dsp_gemm3_s8. */
REDSC_INLINE void redsc_dsp_nested_gemm3_s8(const redsc_dsp_nested_t *level, const uint32_t *x, int8_t *y, int32_t y1,
                                            int32_t y2, int32_t quads, int32_t filters, int32_t finish,
                                            redsc_dsp_limits_t limits)
{
    const uint32_t *w = level->w;
    const int32_t *biases = level->biases;
    const int32_t gap = level->gap;
    const uint32_t *const end = x + 6 * quads;
    const int32_t skip = (-quads & 3) * 68;
    do {
        int32_t a0 = biases[0], b0 = biases[1];
        int32_t a1, a2, b1, b2;
        const uint32_t *position = x;
        biases += 2;
        if (finish == REDSC_FINISH_RELU) {
            REDSC_DSP_NESTED_PAIR_3(REDSC_DSP_LOAD_3, REDSC_DSP_RELU);
        } else if (finish == REDSC_FINISH_LINEAR) {
            REDSC_DSP_NESTED_PAIR_3(REDSC_DSP_LOAD_3, REDSC_DSP_LINEAR);
        } else {
            REDSC_DSP_NESTED_PAIR_3(REDSC_DSP_LOAD_5, REDSC_DSP_GENERAL);
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
