/* Products of taps and channels of real numbers on cores with an FPU. */
#pragma once

#include "fpu/dot4_f32.h"

/* sums[k] += sum of x[tap * x_step + k] * w[tap * w_step + k] over `taps` > 0 taps, for eight channels k. */
REDSC_FPU_SHARED void redsc_fpu_taps8(float *sums, const float *x, const float *w, int32_t taps, int32_t x_step,
                                      int32_t w_step)
{
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2) != 0
    __asm__ volatile("vldmia %[sums], {d0-d3}\n"
                     "1:\n\t"
                     "vldmia %[x], {d4-d7}\n\t"
                     "vldmia %[w], {d8-d11}\n\t"
                     "vfma.f32 q0, q2, q4\n\t"
                     "vfma.f32 q1, q3, q5\n\t"
                     "add %[x], %[x], %[x_step]\n\t"
                     "add %[w], %[w], %[w_step]\n\t"
                     "subs %[taps], #1\n\t"
                     "bne 1b\n\t"
                     "vstmia %[sums], {d0-d3}"
                     : [x] "+r"(x), [w] "+r"(w), [taps] "+r"(taps)
                     : [sums] "r"(sums), [x_step] "r"(4 * x_step), [w_step] "r"(4 * w_step)
                     : "q0", "q1", "q2", "q3", "q4", "q5", "cc", "memory");
#elif defined(__ARM_FP) && defined(__ARM_FEATURE_FMA) && defined(__thumb2__)
    __asm__ volatile("vldmia %[sums], {s0-s7}\n"
                     "1:\n\t"
                     "vldmia %[x], {s8-s15}\n\t"
                     "vldmia %[w], {s16-s23}\n\t"
                     "vfma.f32 s0, s8, s16\n\t"
                     "vfma.f32 s1, s9, s17\n\t"
                     "vfma.f32 s2, s10, s18\n\t"
                     "vfma.f32 s3, s11, s19\n\t"
                     "vfma.f32 s4, s12, s20\n\t"
                     "vfma.f32 s5, s13, s21\n\t"
                     "vfma.f32 s6, s14, s22\n\t"
                     "vfma.f32 s7, s15, s23\n\t"
                     "add %[x], %[x], %[x_step]\n\t"
                     "add %[w], %[w], %[w_step]\n\t"
                     "subs %[taps], #1\n\t"
                     "bne 1b\n\t"
                     "vstmia %[sums], {s0-s7}"
                     : [x] "+r"(x), [w] "+r"(w), [taps] "+r"(taps)
                     : [sums] "r"(sums), [x_step] "r"(4 * x_step), [w_step] "r"(4 * w_step)
                     : "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14",
                       "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "cc", "memory");
#else
    for (; taps > 0; taps--, x += x_step, w += w_step) {
        for (int32_t k = 0; k < 8; k++) {
            sums[k] += x[k] * w[k];
        }
    }
#endif
}
