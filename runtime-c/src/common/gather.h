/* Windows copied from images, byte by byte or word by word; not by memcpy, which small C libraries implement byte by
 * byte. */
#pragma once

#include "redsc_kernel.h"
#include "redsc_params.h"

/* Copies bytes that do not overlap. */
REDSC_INLINE void redsc_copy_bytes(int8_t *to, const int8_t *from, int32_t bytes)
{
    int32_t i = 0;
#if !defined(__ARM_ARCH_6M__)
    for (; i < bytes - 3; i += 4) {
        uint32_t word;
        memcpy(&word, from + i, sizeof word);
        __asm__ volatile("" : "+r"(word)); /* keeps the loop from becoming a call of memcpy */
        memcpy(to + i, &word, sizeof word);
    }
#endif
    for (; i < bytes; i++) {
        to[i] = from[i];
    }
}

/* Sets bytes to a value. */
REDSC_INLINE void redsc_fill_bytes(int8_t *to, int32_t value, int32_t bytes)
{
    for (int32_t i = 0; i < bytes; i++) {
        to[i] = (int8_t)value;
    }
}

/* Copies `rows` x `columns` cells of `channels` bytes, from (iy, ix) on, at distances of `dilation_h` and `dilation_w`
 * cells; cells outside of the image read as `pad_value`. */
REDSC_SHARED void redsc_gather_window(int8_t *to, const int8_t *image, int32_t iy, int32_t ix, int32_t rows,
                               int32_t columns, int32_t pad_value, const redsc_window_t *g)
{
    const int32_t together = g->dilation_w == 1 ? columns : 1;
    for (int32_t row = 0; row < rows; row++, iy += g->dilation_h) {
        int32_t column = ix;
        for (int32_t k = 0; k < columns; k += together, column += g->dilation_w) {
            const int32_t before = column < 0 ? -column : 0;
            const int32_t end = column + together > g->in_w ? g->in_w - column : together;
            const int32_t none = iy < 0 || iy >= g->in_h || end <= before;
            const int32_t first = none ? together : before;
            const int32_t last = none ? together : end;
            redsc_fill_bytes(to, pad_value, first * g->in_c);
            if (last > first) {
                redsc_copy_bytes(to + first * g->in_c, image + (iy * g->in_w + column + first) * g->in_c,
                                 (last - first) * g->in_c);
            }
            redsc_fill_bytes(to + last * g->in_c, pad_value, (together - last) * g->in_c);
            to += together * g->in_c;
        }
    }
}
