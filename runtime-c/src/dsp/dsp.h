/* Bytes to 16-bit lanes on cores with the DSP extension.
 *
 * The word b3 b2 b1 b0 becomes the even pair (b2, b0) and the odd pair (b3, b1). Operands of a dot product that are
 * widened alike meet in the right lanes. */
#pragma once

#include "redsc_kernel.h"

#define REDSC_DSP_SHARED REDSC_SHARED

/* Four bytes at any address. */
REDSC_INLINE uint32_t redsc_dsp_load4(const void *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Stores four bytes at any address. */
REDSC_INLINE void redsc_dsp_store4(void *p, uint32_t word)
{
    memcpy(p, &word, sizeof word);
}

/* The 1 to 3 bytes at `p`, zeros above. */
REDSC_INLINE uint32_t redsc_dsp_load_tail(const int8_t *p, int32_t bytes)
{
    uint32_t word = (uint8_t)p[0];
    if (bytes > 1) {
        word |= (uint32_t)(uint8_t)p[1] << 8;
    }
    if (bytes > 2) {
        word |= (uint32_t)(uint8_t)p[2] << 16;
    }
    return word;
}

/* The even bytes of a word as two 16-bit numbers. */
REDSC_INLINE uint32_t redsc_dsp_widen_even(uint32_t bytes)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* The odd bytes of a word as two 16-bit numbers. */
REDSC_INLINE uint32_t redsc_dsp_widen_odd(uint32_t bytes)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* Two 16-bit numbers side by side. */
REDSC_INLINE uint32_t redsc_dsp_pair(int32_t low, int32_t high)
{
    uint32_t pair;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
    return pair;
}

/* sum + low half of a times low half of b + high half of a times high half of b. */
REDSC_INLINE int32_t redsc_dsp_dot2(int32_t sum, uint32_t a, uint32_t b)
{
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
    return sum;
}

/* Copies bytes between any addresses; not a call of memcpy, which small C libraries implement byte by byte. */
REDSC_INLINE void redsc_dsp_copy_bytes(int8_t *to, const int8_t *from, int32_t bytes)
{
    uint32_t word;
    for (; bytes >= 4; bytes -= 4) {
        __asm__ volatile("ldr %0, [%1], #4\n\t"
                         "str %0, [%2], #4"
                         : "=&r"(word), "+r"(from), "+r"(to)
                         :
                         : "memory");
    }
    for (; bytes > 0; bytes--) {
        __asm__ volatile("ldrsb %0, [%1], #1\n\t"
                         "strb %0, [%2], #1"
                         : "=&r"(word), "+r"(from), "+r"(to)
                         :
                         : "memory");
    }
}

/* Sets bytes at any address to a value. */
REDSC_INLINE void redsc_dsp_fill_bytes(int8_t *to, int32_t value, int32_t bytes)
{
    for (; bytes > 0; bytes--) {
        __asm__ volatile("strb %1, [%0], #1" : "+r"(to) : "r"(value) : "memory");
    }
}

/* Widens `bytes` bytes of three pixels, in turns: even0 even1 even2 odd0 odd1 odd2 for every 4 bytes; the last ones
 * are filled up with zeros. The end of what was written. */
REDSC_DSP_SHARED uint32_t *redsc_dsp_widen3(uint32_t *to, const int8_t *x0, const int8_t *x1, const int8_t *x2,
                                            int32_t bytes)
{
    for (; bytes >= 4; bytes -= 4) {
        __asm__ volatile("ldr r8, [%[x0]], #4\n\t"
                         "ldr r9, [%[x1]], #4\n\t"
                         "ldr r10, [%[x2]], #4\n\t"
                         "sxtb16 r4, r8\n\t"
                         "sxtb16 r5, r9\n\t"
                         "sxtb16 r6, r10\n\t"
                         "sxtb16 r8, r8, ror #8\n\t"
                         "sxtb16 r9, r9, ror #8\n\t"
                         "sxtb16 r10, r10, ror #8\n\t"
                         "stmia %[to]!, {r4, r5, r6, r8, r9, r10}"
                         : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [to] "+r"(to)
                         :
                         : "r4", "r5", "r6", "r8", "r9", "r10", "memory");
    }
    if (bytes > 0) {
        const uint32_t w0 = redsc_dsp_load_tail(x0, bytes);
        const uint32_t w1 = redsc_dsp_load_tail(x1, bytes);
        const uint32_t w2 = redsc_dsp_load_tail(x2, bytes);
        to[0] = redsc_dsp_widen_even(w0);
        to[1] = redsc_dsp_widen_even(w1);
        to[2] = redsc_dsp_widen_even(w2);
        to[3] = redsc_dsp_widen_odd(w0);
        to[4] = redsc_dsp_widen_odd(w1);
        to[5] = redsc_dsp_widen_odd(w2);
        to += 6;
    }
    return to;
}

/* Widens `bytes` bytes: even and odd pair of every 4, the last ones filled up with zeros. */
REDSC_DSP_SHARED void redsc_dsp_widen1(uint32_t *to, const int8_t *x, int32_t bytes)
{
    for (; bytes >= 4; bytes -= 4) {
        __asm__ volatile("ldr r4, [%[x]], #4\n\t"
                         "sxtb16 r5, r4\n\t"
                         "sxtb16 r6, r4, ror #8\n\t"
                         "strd r5, r6, [%[to]], #8"
                         : [x] "+r"(x), [to] "+r"(to)
                         :
                         : "r4", "r5", "r6", "memory");
    }
    if (bytes > 0) {
        const uint32_t tail = redsc_dsp_load_tail(x, bytes);
        to[0] = redsc_dsp_widen_even(tail);
        to[1] = redsc_dsp_widen_odd(tail);
    }
}
