/* Dot products of real numbers on cores with an FPU: the same inputs times four filters.
 *
 * Weights of a group of four filters lie side by side: w[input][4]. Sums of each filter are added up in the order of its
 * inputs. */
#pragma once

#include "redsc_kernel.h"

/* Linkage of parts that all layers share, whatever is optimized for. */
#define REDSC_FPU_SHARED static __attribute__((noinline, unused))

/* One input times four filters. */
#define REDSC_FPU_FMA4(x, w0, w1, w2, w3)   \
    "vfma.f32 s0, " w0 ", " x "\n\t"        \
    "vfma.f32 s1, " w1 ", " x "\n\t"        \
    "vfma.f32 s2, " w2 ", " x "\n\t"        \
    "vfma.f32 s3, " w3 ", " x "\n\t"

/* sums[k] += sum of x[i] * w[i][k] for n inputs: 20 instructions for 16 products, with float vectors 8. */
REDSC_FPU_SHARED void redsc_fpu_dot4(float *sums, const float *x, const float *w, int32_t n)
{
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2) != 0
    __asm__ volatile("vldrw.32 q0, [%[sums]]\n\t"
                     "subs %[n], #4\n\t"
                     "blt 2f\n"
                     "1:\n\t"
                     "ldmia %[x]!, {r4, r5, r6, r8}\n\t"
                     "vldmia %[w]!, {d2-d9}\n\t"
                     "vfma.f32 q0, q1, r4\n\t"
                     "vfma.f32 q0, q2, r5\n\t"
                     "vfma.f32 q0, q3, r6\n\t"
                     "vfma.f32 q0, q4, r8\n\t"
                     "subs %[n], #4\n\t"
                     "bge 1b\n"
                     "2:\n\t"
                     "adds %[n], #4\n\t"
                     "beq 4f\n"
                     "3:\n\t"
                     "ldr r4, [%[x]], #4\n\t"
                     "vldrw.32 q1, [%[w]], #16\n\t"
                     "vfma.f32 q0, q1, r4\n\t"
                     "subs %[n], #1\n\t"
                     "bne 3b\n"
                     "4:\n\t"
                     "vstrw.32 q0, [%[sums]]"
                     : [x] "+r"(x), [w] "+r"(w), [n] "+r"(n)
                     : [sums] "r"(sums)
                     : "r4", "r5", "r6", "r8", "q0", "q1", "q2", "q3", "q4", "cc", "memory");
#elif defined(__ARM_FP) && defined(__ARM_FEATURE_FMA) && defined(__thumb2__)
    __asm__ volatile("vldmia %[sums], {s0-s3}\n\t"
                     "subs %[n], #4\n\t"
                     "blt 2f\n"
                     "1:\n\t"
                     "vldmia %[x]!, {s4-s7}\n\t"
                     "vldmia %[w]!, {s8-s23}\n\t"
                     REDSC_FPU_FMA4("s4", "s8", "s9", "s10", "s11")
                     REDSC_FPU_FMA4("s5", "s12", "s13", "s14", "s15")
                     REDSC_FPU_FMA4("s6", "s16", "s17", "s18", "s19")
                     REDSC_FPU_FMA4("s7", "s20", "s21", "s22", "s23")
                     "subs %[n], #4\n\t"
                     "bge 1b\n"
                     "2:\n\t"
                     "adds %[n], #4\n\t"
                     "beq 4f\n"
                     "3:\n\t"
                     "vldmia %[x]!, {s4}\n\t"
                     "vldmia %[w]!, {s8-s11}\n\t"
                     REDSC_FPU_FMA4("s4", "s8", "s9", "s10", "s11")
                     "subs %[n], #1\n\t"
                     "bne 3b\n"
                     "4:\n\t"
                     "vstmia %[sums], {s0-s3}"
                     : [x] "+r"(x), [w] "+r"(w), [n] "+r"(n)
                     : [sums] "r"(sums)
                     : "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13",
                       "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "cc", "memory");
#else
    float a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    for (int32_t i = 0; i < n; i++, w += 4) {
        a += x[i] * w[0];
        b += x[i] * w[1];
        c += x[i] * w[2];
        d += x[i] * w[3];
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
#endif
}

/* A result limited to [low, high]. */
REDSC_INLINE float redsc_fpu_limit(float x, float low, float high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}
