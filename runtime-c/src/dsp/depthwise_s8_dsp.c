/* Depthwise convolution, 8 bit, depth multiplier 1, for cores with the DSP extension.
 *
 * x        an image of lines of positions of channels (lines may be rows or columns, whatever wastes less)
 * w        for each quad of channels, for channels (0, 2) and then (1, 3) of it, in 32-bit words: two biases; one word
 *          of two 16-bit weights for each tap; the constants to finish each as in dsp/gemm_s8.h, those of general
 *          finish unless there is a ReLU
 * y        lines of positions of channels
 * scratch  8 * window_lines * padded positions bytes, see redsc_dsp_depthwise_positions
 *
 * Four channels at a time: as many lines as the window has are kept, widened to 16 bit and padded, in turns; three
 * results of two channels are added up in registers.
 *
 * Measured on Cortex-M4, 3x3 taps at distance 1, 48x48x8: 2.5 instructions for a multiply-accumulate in all. */
#include "dsp/gemm_s8.h"

/* A tap of two channels. */
#define REDSC_DSP_TAP(acc, x, w)                            \
    "smlabb %[a" acc "], " x ", " w ", %[a" acc "]\n\t" \
    "smlatt %[b" acc "], " x ", " w ", %[b" acc "]\n\t"

/* Three taps of the line at `x`, which moves on; results at distance 1. */
#define REDSC_DSP_TAPS_3_STRIDE_1(line)                                                      \
    "ldr r10, %[" line "]\n\t"                                                           \
    "ldmia %[w]!, {r4, r5, r6}\n\t"                                                      \
    "ldrd r8, r9, [r10], #8\n\t"                                                         \
    REDSC_DSP_TAP("0", "r8", "r4") REDSC_DSP_TAP("0", "r9", "r5") REDSC_DSP_TAP("1", "r9", "r4")     \
    "ldrd r8, r9, [r10], #4\n\t"                                                         \
    REDSC_DSP_TAP("0", "r8", "r6") REDSC_DSP_TAP("1", "r8", "r5") REDSC_DSP_TAP("2", "r8", "r4")     \
    REDSC_DSP_TAP("1", "r9", "r6") REDSC_DSP_TAP("2", "r9", "r5")                                \
    "ldr r8, [r10, #4]\n\t"                                                              \
    "str r10, %[" line "]\n\t"                                                           \
    REDSC_DSP_TAP("2", "r8", "r6")

/* The same with results at distance 2. */
#define REDSC_DSP_TAPS_3_STRIDE_2(line)                                                      \
    "ldr r10, %[" line "]\n\t"                                                           \
    "ldmia %[w]!, {r4, r5, r6}\n\t"                                                      \
    "ldrd r8, r9, [r10], #8\n\t"                                                         \
    REDSC_DSP_TAP("0", "r8", "r4") REDSC_DSP_TAP("0", "r9", "r5")                                \
    "ldrd r8, r9, [r10], #8\n\t"                                                         \
    REDSC_DSP_TAP("0", "r8", "r6") REDSC_DSP_TAP("1", "r8", "r4") REDSC_DSP_TAP("1", "r9", "r5")     \
    "ldrd r8, r9, [r10], #8\n\t"                                                         \
    REDSC_DSP_TAP("1", "r8", "r6") REDSC_DSP_TAP("2", "r8", "r4") REDSC_DSP_TAP("2", "r9", "r5")     \
    "ldr r8, [r10]\n\t"                                                                  \
    "str r10, %[" line "]\n\t"                                                           \
    REDSC_DSP_TAP("2", "r8", "r6")

/* Three results of two channels of a 3x3 window. */
#define REDSC_DSP_WINDOW_3X3(TAPS, LOAD, FINISH)                                                                \
    __asm__ volatile("ldrd %[a0], %[b0], [%[w]], #8\n\t"                                            \
                     "mov %[a1], %[a0]\n\t"                                                         \
                     "mov %[b1], %[b0]\n\t"                                                         \
                     "mov %[a2], %[a0]\n\t"                                                         \
                     "mov %[b2], %[b0]\n\t"                                                         \
                     TAPS("line0") TAPS("line1") TAPS("line2")                                      \
                     LOAD FINISH("%[a0]") FINISH("%[a1]") FINISH("%[a2]")      \
                     LOAD FINISH("%[b0]") FINISH("%[b1]") FINISH("%[b2]")       \
                     : [a0] "=&r"(six.a0), [a1] "=&r"(six.a1), [a2] "=&r"(six.a2), [b0] "=&r"(six.b0), \
                       [b1] "=&r"(six.b1), [b2] "=&r"(six.b2), [w] "+r"(w), [line0] "+m"(line0),    \
                       [line1] "+m"(line1), [line2] "+m"(line2)                                     \
                     :                                                                              \
                     : "r4", "r5", "r6", "r8", "r9", "r10", "memory")

/* Windows that have a kernel of their own. */
enum { REDSC_DSP_WINDOW_3X3_STRIDE_1, REDSC_DSP_WINDOW_3X3_STRIDE_2, REDSC_DSP_WINDOW_ANY };

/* The largest window. */
enum { REDSC_DSP_WINDOW_LINES = 32 };

/* Results at three positions of two channels, a and b. */
typedef struct redsc_dsp_six {
    int32_t a0, a1, a2, b0, b1, b2;
} redsc_dsp_six_t;

/* Stores them at y[0] and, if `both`, y[2]. Results that are not wanted go where a later one follows. */
REDSC_INLINE void redsc_dsp_store_six(int8_t *y, int32_t y1, int32_t y2, int32_t both, redsc_dsp_six_t six,
                                      int32_t finish,
                                  redsc_dsp_limits_t limits)
{
    y[y2] = redsc_dsp_limit(six.a2, finish, limits);
    y[y1] = redsc_dsp_limit(six.a1, finish, limits);
    y[0] = redsc_dsp_limit(six.a0, finish, limits);
    if (both) {
        y[y2 + 2] = redsc_dsp_limit(six.b2, finish, limits);
        y[y1 + 2] = redsc_dsp_limit(six.b1, finish, limits);
        y[2] = redsc_dsp_limit(six.b0, finish, limits);
    }
}

/* One line of results of two channels of a 3x3 window. */
REDSC_INLINE void redsc_dsp_depthwise_3x3(const uint32_t *const *lines, const uint32_t *weights, int8_t *y,
                                          int32_t both,
                                          const redsc_packed_depthwise_t *p, int32_t window, int32_t finish)
{
    const redsc_dsp_limits_t limits = {p->zero, p->low, p->high};
    const int32_t y_position = p->y_position;
    const int32_t y1 = p->out_positions > 1 ? y_position : 0;
    const int32_t y2 = p->out_positions > 2 ? 2 * y_position : 0;
    const uint32_t *line0 = lines[0], *line1 = lines[1], *line2 = lines[2];
    int32_t left = p->out_positions;
    for (;;) {
        const uint32_t *w = weights;
        redsc_dsp_six_t six;
        if (window == REDSC_DSP_WINDOW_3X3_STRIDE_1 && finish == REDSC_FINISH_RELU) {
            REDSC_DSP_WINDOW_3X3(REDSC_DSP_TAPS_3_STRIDE_1, REDSC_DSP_LOAD_3, REDSC_DSP_RELU);
        } else if (window == REDSC_DSP_WINDOW_3X3_STRIDE_1) {
            REDSC_DSP_WINDOW_3X3(REDSC_DSP_TAPS_3_STRIDE_1, REDSC_DSP_LOAD_5, REDSC_DSP_GENERAL);
        } else if (finish == REDSC_FINISH_RELU) {
            REDSC_DSP_WINDOW_3X3(REDSC_DSP_TAPS_3_STRIDE_2, REDSC_DSP_LOAD_3, REDSC_DSP_RELU);
        } else {
            REDSC_DSP_WINDOW_3X3(REDSC_DSP_TAPS_3_STRIDE_2, REDSC_DSP_LOAD_5, REDSC_DSP_GENERAL);
        }
        redsc_dsp_store_six(y, y1, y2, both, six, finish, limits);
        y += 3 * y_position;
        left -= 3;
        if (left <= 0) {
            return;
        }
        if (left < 3) { /* the last three results overlap those before */
            const int32_t back = window == REDSC_DSP_WINDOW_3X3_STRIDE_1 ? 3 - left : 2 * (3 - left);
            line0 -= back;
            line1 -= back;
            line2 -= back;
            y -= (3 - left) * y_position;
        }
    }
}

/* Requantizes three results of one channel. */
#define REDSC_DSP_FINISH_3(LOAD, FINISH, x0, x1, x2)                                                  \
    __asm__(LOAD FINISH("%[y0]") FINISH("%[y1]") FINISH("%[y2]")         \
            : [y0] "+r"(x0), [y1] "+r"(x1), [y2] "+r"(x2), [w] "+r"(w)                        \
            :                                                                                 \
            : "r4", "r5", "r6", "r8", "r9", "memory")

/* One line of results of two channels, any window. */
REDSC_INLINE void redsc_dsp_depthwise_any(const uint32_t *const *lines, const uint32_t *weights, int8_t *y,
                                          int32_t both, const redsc_packed_depthwise_t *p, int32_t finish)
{
    const redsc_dsp_limits_t limits = {p->zero, p->low, p->high};
    const int32_t last = p->out_positions - 3;
    const int32_t y1 = p->out_positions > 1 ? p->y_position : 0;
    const int32_t y2 = p->out_positions > 2 ? 2 * p->y_position : 0;
    for (int32_t position = 0;; position = position + 3 < last ? position + 3 : last) {
        const uint32_t *w = weights + 2;
        redsc_dsp_six_t six = {(int32_t)weights[0], (int32_t)weights[0], (int32_t)weights[0],
                           (int32_t)weights[1], (int32_t)weights[1], (int32_t)weights[1]};
        for (int32_t k = 0; k < p->window_lines; k++) {
            const uint32_t *x = lines[k] + position * p->stride_positions;
            for (int32_t tap = 0; tap < p->window_positions; tap++, w++, x += p->dilation_positions) {
                const uint32_t x0 = x[0], x1 = x[p->stride_positions], x2 = x[2 * p->stride_positions];
                /* One after the other: fewer registers are needed at a time. */
                __asm__(REDSC_DSP_TAP("0", "%[x0]", "%[w]")
                        : [a0] "+r"(six.a0), [b0] "+r"(six.b0)
                        : [x0] "r"(x0), [w] "r"(*w));
                __asm__(REDSC_DSP_TAP("1", "%[x1]", "%[w]")
                        : [a1] "+r"(six.a1), [b1] "+r"(six.b1)
                        : [x1] "r"(x1), [w] "r"(*w));
                __asm__(REDSC_DSP_TAP("2", "%[x2]", "%[w]")
                        : [a2] "+r"(six.a2), [b2] "+r"(six.b2)
                        : [x2] "r"(x2), [w] "r"(*w));
            }
        }
        if (finish == REDSC_FINISH_RELU) {
            REDSC_DSP_FINISH_3(REDSC_DSP_LOAD_3, REDSC_DSP_RELU, six.a0, six.a1, six.a2);
            REDSC_DSP_FINISH_3(REDSC_DSP_LOAD_3, REDSC_DSP_RELU, six.b0, six.b1, six.b2);
        } else {
            REDSC_DSP_FINISH_3(REDSC_DSP_LOAD_5, REDSC_DSP_GENERAL, six.a0, six.a1, six.a2);
            REDSC_DSP_FINISH_3(REDSC_DSP_LOAD_5, REDSC_DSP_GENERAL, six.b0, six.b1, six.b2);
        }
        redsc_dsp_store_six(y + position * p->y_position, y1, y2, both, six, finish, limits);
        if (position >= last) {
            return;
        }
    }
}

/* What layers share. */
#define REDSC_DSP_DEPTHWISE_3X3(name, window, finish)                                                      \
    REDSC_DSP_SHARED void name(const uint32_t *const *lines, const uint32_t *w, int8_t *y, int32_t both, \
                           const redsc_packed_depthwise_t *p)                                         \
    {                                                                                                \
        redsc_dsp_depthwise_3x3(lines, w, y, both, p, window, finish);                                     \
    }
REDSC_DSP_DEPTHWISE_3X3(redsc_dsp_depthwise_3x3s1_relu, REDSC_DSP_WINDOW_3X3_STRIDE_1, REDSC_FINISH_RELU)
REDSC_DSP_DEPTHWISE_3X3(redsc_dsp_depthwise_3x3s2_relu, REDSC_DSP_WINDOW_3X3_STRIDE_2, REDSC_FINISH_RELU)
REDSC_DSP_DEPTHWISE_3X3(redsc_dsp_depthwise_3x3s1_general, REDSC_DSP_WINDOW_3X3_STRIDE_1, REDSC_FINISH_GENERAL)
REDSC_DSP_DEPTHWISE_3X3(redsc_dsp_depthwise_3x3s2_general, REDSC_DSP_WINDOW_3X3_STRIDE_2, REDSC_FINISH_GENERAL)

REDSC_DSP_SHARED void redsc_dsp_depthwise_any_relu(const uint32_t *const *lines, const uint32_t *w, int8_t *y,
                                                   int32_t both, const redsc_packed_depthwise_t *p)
{
    redsc_dsp_depthwise_any(lines, w, y, both, p, REDSC_FINISH_RELU);
}

REDSC_DSP_SHARED void redsc_dsp_depthwise_any_general(const uint32_t *const *lines, const uint32_t *w, int8_t *y,
                                                      int32_t both, const redsc_packed_depthwise_t *p)
{
    redsc_dsp_depthwise_any(lines, w, y, both, p, REDSC_FINISH_GENERAL);
}

/* Widens four channels of `count` positions: channels (0, 2) to `even`, (1, 3) to `odd`. */
REDSC_DSP_SHARED void redsc_dsp_widen_line(uint32_t *even, uint32_t *odd, const int8_t *x, int32_t distance,
                                           int32_t count)
{
    const int32_t single = count & 1; /* asked now: after the loop, GCC 12 takes count > 0 for granted with -Os */
    for (; count >= 2; count -= 2) {
        __asm__ volatile("ldr r4, [%[x]]\n\t"
                         "ldr r5, [%[x], %[distance]]\n\t"
                         "add %[x], %[x], %[distance], lsl #1\n\t"
                         "sxtb16 r6, r4\n\t"
                         "sxtb16 r8, r5\n\t"
                         "sxtb16 r4, r4, ror #8\n\t"
                         "sxtb16 r5, r5, ror #8\n\t"
                         "strd r6, r8, [%[even]], #8\n\t"
                         "strd r4, r5, [%[odd]], #8"
                         : [x] "+r"(x), [even] "+r"(even), [odd] "+r"(odd)
                         : [distance] "r"(distance)
                         : "r4", "r5", "r6", "r8", "r9", "memory");
    }
    if (single) {
        const uint32_t word = redsc_dsp_load4(x);
        *even = redsc_dsp_widen_even(word);
        *odd = redsc_dsp_widen_odd(word);
    }
}

/* The same for the last channels, fewer than four. */
REDSC_DSP_SHARED void redsc_dsp_widen_line_tail(uint32_t *even, uint32_t *odd, const int8_t *x, int32_t distance,
                                        int32_t count, int32_t channels)
{
    for (; count > 0; count--, x += distance) {
        const uint32_t word = redsc_dsp_load_tail(x, channels);
        *even++ = redsc_dsp_widen_even(word);
        *odd++ = redsc_dsp_widen_odd(word);
    }
}

REDSC_DSP_SHARED void redsc_dsp_fill_words(uint32_t *to, uint32_t value, int32_t count)
{
    for (; count > 0; count--) {
        *to++ = value;
    }
}

/* Positions of a widened line, padding included: what windows cover, of three results at least. */
REDSC_INLINE int32_t redsc_dsp_depthwise_positions(const redsc_packed_depthwise_t *p)
{
    const int32_t results = p->out_positions > 3 ? p->out_positions : 3;
    const int32_t windows = (results - 1) * p->stride_positions + (p->window_positions - 1) * p->dilation_positions + 1;
    const int32_t image = p->pad_positions + p->in_positions;
    return windows > image ? windows : image;
}

REDSC_KERNEL void redsc_depthwise_s8_dsp(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                         const redsc_packed_depthwise_t *p)
{
    const int32_t is_3x3 = p->window_positions == 3 && p->window_lines == 3 && p->dilation_positions == 1;
    const int32_t stride_1 = is_3x3 && p->stride_positions == 1;
    const int32_t stride_2 = is_3x3 && p->stride_positions == 2;
    const int32_t relu = p->finish == REDSC_FINISH_RELU;
    const int32_t weights = (relu ? 8 : 12) + p->window_lines * p->window_positions; /* words for two channels */
    const int32_t positions = redsc_dsp_depthwise_positions(p);
    const int32_t span = (p->window_lines - 1) * p->dilation_lines + 1;
    const uint32_t padding = (uint32_t)(p->pad_value & 0xFFFF) * 0x10001;
    uint32_t *const wide = scratch;
    const uint32_t *lines[2][REDSC_DSP_WINDOW_LINES];
    redsc_dsp_fill_words(wide, padding, 2 * span * positions);
    for (int32_t c = 0; c < p->channels; c += 4) {
        const int32_t channels = p->channels - c < 4 ? p->channels - c : 4;
        int32_t next = 0; /* the line of the padded image to widen next */
        for (int32_t line = 0; line < p->out_lines; line++) {
            const int32_t first = line * p->stride_lines;
            for (next = next < first ? first : next; next < first + span; next++) {
                uint32_t *const even = wide + 2 * positions * (next % span) + p->pad_positions;
                const int32_t in_line = next - p->pad_lines;
                if (in_line < 0 || in_line >= p->in_lines) {
                    redsc_dsp_fill_words(even, padding, p->in_positions);
                    redsc_dsp_fill_words(even + positions, padding, p->in_positions);
                } else if (channels == 4) {
                    redsc_dsp_widen_line(even, even + positions, x + in_line * p->x_line + c, p->x_position,
                                         p->in_positions);
                } else {
                    redsc_dsp_widen_line_tail(even, even + positions, x + in_line * p->x_line + c, p->x_position,
                                          p->in_positions, channels);
                }
            }
            for (int32_t k = 0; k < p->window_lines; k++) {
                lines[0][k] = wide + 2 * positions * ((first + k * p->dilation_lines) % span);
                lines[1][k] = lines[0][k] + positions;
            }
            for (int32_t half = 0; half < 2 && half < channels; half++) {
                const uint32_t *const half_w = w + half * weights;
                int8_t *const to = y + line * p->y_line + c + half;
                const int32_t both = half + 2 < channels;
                if (stride_1 && relu) {
                    redsc_dsp_depthwise_3x3s1_relu(lines[half], half_w, to, both, p);
                } else if (stride_2 && relu) {
                    redsc_dsp_depthwise_3x3s2_relu(lines[half], half_w, to, both, p);
                } else if (stride_1) {
                    redsc_dsp_depthwise_3x3s1_general(lines[half], half_w, to, both, p);
                } else if (stride_2) {
                    redsc_dsp_depthwise_3x3s2_general(lines[half], half_w, to, both, p);
                } else if (relu) {
                    redsc_dsp_depthwise_any_relu(lines[half], half_w, to, both, p);
                } else {
                    redsc_dsp_depthwise_any_general(lines[half], half_w, to, both, p);
                }
            }
        }
        w += 2 * weights;
    }
}
