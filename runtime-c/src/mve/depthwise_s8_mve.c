/* Depthwise convolution, 8 bit, depth multiplier 1, windows of up to 3 x 3 taps at distance 1, for cores with the
 * M-profile vector extension.
 *
 * x        an image of lines of positions of channels, readable up to 16 bytes behind its end
 * w        for each channel, in bytes: 4 zeros; for each of three positions the taps of three lines and a zero; 4
 *          zeros;
 *          then as 32-bit numbers the constants to finish as in mve/gemm_s8.h
 * y        lines of positions of channels
 * scratch  64 bytes for each padded position, see redsc_mve_depthwise_positions
 *
 * Sixteen channels at a time, four lines of the input are interleaved, so that one vector holds 4 x 4 cells of a
 * channel. Lines that the next results need as well stay there, so that no line is read twice and results may be
 * written over the input from its start on. Windows at distance 1: a dot product with the taps, moved by a line or a position or both, gives each of
 * 2 x 2 results. Windows at distance 2: one result for each vector, four at a time.
 *
 * Measured on Cortex-M55, 3x3 taps at distance 1, 48x48x8: 0.63 instructions for a multiply-accumulate in all. */
#include <arm_mve.h>

#include "mve/gemm_s8.h"

/* What the functions in assembly work on; the offsets of fields are known to them. */
typedef struct redsc_mve_depthwise_block {
    const int8_t *cells;   /*  0: interleaved cells of channel 0 */
    const int8_t *w;       /*  4: constants of channel 0 */
    int8_t *y;             /*  8: results of channel 0 */
    const int8_t *w_end;   /* 12: behind the last channel */
    int32_t count;         /* 16: vectors of results; at distance 2 results */
    int32_t y_step;        /* 20: distance of vectors of results */
    int32_t cells_step[4]; /* 24: offsets of four positions, less two positions */
    int32_t y_offset[4];   /* 40: offsets of the results of a vector */
    int32_t zero;          /* 56: zero point of results */
    int32_t low, high;     /* 60: limits of results */
} redsc_mve_depthwise_block_t;

/* Requantizes the sums in q6: r8, r9, r10, r12 hold bias, multiplier, offset, shift. q5 is free. */
#define REDSC_MVE_DEPTHWISE_SCALE               \
    "vadd.i32 q6, q6, r8\n\t"               \
    "vqrdmulh.s32 q6, q6, r9\n\t"
#define REDSC_MVE_DEPTHWISE_SHIFT               \
    "vadd.i32 q6, q6, r10\n\t"              \
    "vshl.s32 q6, r12\n\t"
#define REDSC_MVE_DEPTHWISE_SATURATE            \
    "vqmovnb.s32 q6, q6\n\t"                \
    "vqmovnb.s16 q6, q6\n\t"
#define REDSC_MVE_DEPTHWISE_RELU REDSC_MVE_DEPTHWISE_SCALE REDSC_MVE_DEPTHWISE_SHIFT REDSC_MVE_DEPTHWISE_SATURATE
#define REDSC_MVE_DEPTHWISE_LINEAR              \
    REDSC_MVE_DEPTHWISE_SCALE                   \
    "vshr.s32 q5, q6, #31\n\t"              \
    "vadd.i32 q6, q6, q5\n\t"               \
    REDSC_MVE_DEPTHWISE_SHIFT REDSC_MVE_DEPTHWISE_SATURATE
/* Left shift and doubling are the last two words of the channel, which r1 is behind of. */
#define REDSC_MVE_DEPTHWISE_GENERAL         \
    "ldrd r0, r2, [r1, #-8]\n\t"            \
    "vadd.i32 q6, q6, r8\n\t"               \
    "vshl.s32 q6, r0\n\t"                   \
    "vqrdmulh.s32 q6, q6, r9\n\t"           \
    "vshl.s32 q6, r2\n\t"                   \
    "vshr.s32 q5, q6, #31\n\t"              \
    "vadd.i32 q6, q6, q5\n\t"               \
    REDSC_MVE_DEPTHWISE_SHIFT               \
    "ldr r0, [sp]\n\t"                      \
    "ldr r2, [r0, #56]\n\t"                 \
    "vadd.i32 q6, q6, r2\n\t"               \
    "ldrd r0, r2, [r0, #60]\n\t"            \
    "vdup.32 q5, r0\n\t"                    \
    "vmax.s32 q6, q6, q5\n\t"               \
    "vdup.32 q5, r2\n\t"                    \
    "vmin.s32 q6, q6, q5\n\t"

/* Constants of a channel: four words, to finish in general six. */
#define REDSC_MVE_DEPTHWISE_LOAD "ldmia r1!, {r8, r9, r10, r12}\n\t"
#define REDSC_MVE_DEPTHWISE_LOAD_GENERAL REDSC_MVE_DEPTHWISE_LOAD "add r1, #8\n\t"

#define REDSC_MVE_DEPTHWISE_BEGIN               \
    "push {r4-r11, lr}\n\t"                 \
    "vpush {d8-d15}\n\t"                    \
    "ldr r3, [r0]\n\t"                      \
    "ldr r1, [r0, #4]\n\t"                  \
    "ldr r7, [r0, #8]\n\t"                  \
    "ldr r11, [r0, #20]\n\t"                \
    "add r2, r0, #40\n\t"                   \
    "vldrw.u32 q7, [r2]\n\t"                \
    "push {r0, r7}\n"

#define REDSC_MVE_DEPTHWISE_END                 \
    "ldr r0, [r0, #12]\n\t"                 \
    "cmp r1, r0\n\t"                        \
    "bne 1b\n\t"                            \
    "pop {r0, r7}\n\t"                      \
    "vpop {d8-d15}\n\t"                     \
    "pop {r4-r11, pc}"

/* Windows at distance 1. r1: constants, r3: cells, r5: results, r7: those of the channel, r11: their step. */
#define REDSC_MVE_DEPTHWISE_1(LOAD, FINISH)       \
    REDSC_MVE_DEPTHWISE_BEGIN                   \
    "1:\n\t"                                \
    "ldr r0, [sp]\n\t"                      \
    "vldrw.u32 q0, [r1, #4]\n\t"            \
    "vldrw.u32 q1, [r1]\n\t"                \
    "vshl.i32 q2, q0, #8\n\t"               \
    "vshl.i32 q3, q1, #8\n\t"               \
    "add r1, #20\n\t"                       \
    LOAD                                    \
    "vldrw.u32 q4, [r0, #24]\n\t"           \
    "vadd.i32 q4, q4, r3\n\t"               \
    "add r3, #4\n\t"                        \
    "mov r5, r7\n\t"                        \
    "add r7, #1\n\t"                        \
    "ldr lr, [r0, #16]\n\t"                 \
    "dls lr, lr\n"                          \
    "2:\n\t"                                \
    "vldrw.u32 q5, [q4, #128]!\n\t"         \
    "vmladav.s8 r0, q5, q0\n\t"             \
    "vmladav.s8 r2, q5, q1\n\t"             \
    "vmladav.s8 r4, q5, q2\n\t"             \
    "vmladav.s8 r6, q5, q3\n\t"             \
    "vmov q6[2], q6[0], r0, r4\n\t"         \
    "vmov q6[3], q6[1], r2, r6\n\t"         \
    FINISH                                  \
    "vstrb.32 q6, [r5, q7]\n\t"             \
    "add r5, r11\n\t"                       \
    "le lr, 2b\n\t"                         \
    "ldr r0, [sp]\n\t"                      \
    REDSC_MVE_DEPTHWISE_END

/* Windows at distance 2. The same registers, but r7: results left; those of the channel are on the stack. */
#define REDSC_MVE_DEPTHWISE_2(LOAD, FINISH)       \
    REDSC_MVE_DEPTHWISE_BEGIN                   \
    "1:\n\t"                                \
    "ldrd r0, r5, [sp]\n\t"                 \
    "add r2, r5, #1\n\t"                    \
    "str r2, [sp, #4]\n\t"                  \
    "vldrw.u32 q0, [r1, #4]\n\t"            \
    "add r1, #20\n\t"                       \
    LOAD                                    \
    "vldrw.u32 q4, [r0, #24]\n\t"           \
    "vadd.i32 q4, q4, r3\n\t"               \
    "add r3, #4\n\t"                        \
    "ldr r7, [r0, #16]\n"                   \
    "2:\n\t"                                \
    "vldrw.u32 q1, [q4, #128]!\n\t"         \
    "vldrw.u32 q2, [q4, #128]!\n\t"         \
    "vldrw.u32 q3, [q4, #128]!\n\t"         \
    "vldrw.u32 q5, [q4, #128]!\n\t"         \
    "vmladav.s8 r0, q1, q0\n\t"             \
    "vmladav.s8 r2, q2, q0\n\t"             \
    "vmladav.s8 r4, q3, q0\n\t"             \
    "vmladav.s8 r6, q5, q0\n\t"             \
    "vmov q6[2], q6[0], r0, r4\n\t"         \
    "vmov q6[3], q6[1], r2, r6\n\t"         \
    FINISH                                  \
    "vctp.32 r7\n\t"                        \
    "vpst\n\t"                              \
    "vstrbt.32 q6, [r5, q7]\n\t"            \
    "add r5, r11\n\t"                       \
    "subs r7, #4\n\t"                       \
    "bgt 2b\n\t"                            \
    "ldr r0, [sp]\n\t"                      \
    REDSC_MVE_DEPTHWISE_END

#define REDSC_MVE_DEPTHWISE_FUNCTION(name, body)                                                 \
    REDSC_MVE_ASSEMBLY void name(const redsc_mve_depthwise_block_t *block __attribute__((unused))) \
    {                                                                                        \
        __asm__ volatile(body);                                                              \
    }
REDSC_MVE_DEPTHWISE_FUNCTION(redsc_mve_depthwise_1_relu,
                             REDSC_MVE_DEPTHWISE_1(REDSC_MVE_DEPTHWISE_LOAD, REDSC_MVE_DEPTHWISE_RELU))
REDSC_MVE_DEPTHWISE_FUNCTION(redsc_mve_depthwise_1_linear,
                             REDSC_MVE_DEPTHWISE_1(REDSC_MVE_DEPTHWISE_LOAD, REDSC_MVE_DEPTHWISE_LINEAR))
REDSC_MVE_DEPTHWISE_FUNCTION(redsc_mve_depthwise_1_general,
                             REDSC_MVE_DEPTHWISE_1(REDSC_MVE_DEPTHWISE_LOAD_GENERAL, REDSC_MVE_DEPTHWISE_GENERAL))
REDSC_MVE_DEPTHWISE_FUNCTION(redsc_mve_depthwise_2_relu,
                             REDSC_MVE_DEPTHWISE_2(REDSC_MVE_DEPTHWISE_LOAD, REDSC_MVE_DEPTHWISE_RELU))
REDSC_MVE_DEPTHWISE_FUNCTION(redsc_mve_depthwise_2_linear,
                             REDSC_MVE_DEPTHWISE_2(REDSC_MVE_DEPTHWISE_LOAD, REDSC_MVE_DEPTHWISE_LINEAR))
REDSC_MVE_DEPTHWISE_FUNCTION(redsc_mve_depthwise_2_general,
                             REDSC_MVE_DEPTHWISE_2(REDSC_MVE_DEPTHWISE_LOAD_GENERAL, REDSC_MVE_DEPTHWISE_GENERAL))

/* Interleaves sixteen channels of `count` positions of four lines. The last `kept` of the lines there (0, 2 or 3) become
 * the first ones, only the others come from the input: `distance` bytes from one position to the next, or 0 where
 * padding stands for a line. */
REDSC_MVE_SHARED void redsc_mve_interleave(int8_t *cells, const int8_t *const *lines, const int32_t *distance,
                                           int32_t count, int32_t kept)
{
    const int8_t *x0 = lines[0], *x1 = lines[1], *x2 = lines[2], *x3 = lines[3];
    const int32_t distance2 = distance[2], distance3 = distance[3];
    int8x16x4_t four;
    if (kept == 2) {
        for (; count > 0; count--) { /* lines 2 and 3 become 0 and 1 by the choice of registers */
            __asm__ volatile("vld40.8 {q0, q1, q2, q3}, [%[cells]]\n\t"
                             "vld41.8 {q0, q1, q2, q3}, [%[cells]]\n\t"
                             "vld42.8 {q0, q1, q2, q3}, [%[cells]]\n\t"
                             "vld43.8 {q0, q1, q2, q3}, [%[cells]]\n\t"
                             "vldrb.8 q4, [%[x2]]\n\t"
                             "vldrb.8 q5, [%[x3]]\n\t"
                             "add %[x2], %[distance2]\n\t"
                             "add %[x3], %[distance3]\n\t"
                             "vst40.8 {q2, q3, q4, q5}, [%[cells]]\n\t"
                             "vst41.8 {q2, q3, q4, q5}, [%[cells]]\n\t"
                             "vst42.8 {q2, q3, q4, q5}, [%[cells]]\n\t"
                             "vst43.8 {q2, q3, q4, q5}, [%[cells]]!"
                             : [cells] "+r"(cells), [x2] "+r"(x2), [x3] "+r"(x3)
                             : [distance2] "r"(distance2), [distance3] "r"(distance3)
                             : "q0", "q1", "q2", "q3", "q4", "q5", "memory");
        }
    }
    for (; count > 0; count--, cells += 64) {
        if (kept == 0) {
            four.val[0] = vldrbq_s8(x0);
            four.val[1] = vldrbq_s8(x1);
            four.val[2] = vldrbq_s8(x2);
        } else {
            const int8x16x4_t before = vld4q_s8(cells);
            four.val[0] = before.val[1];
            four.val[1] = before.val[2];
            four.val[2] = before.val[3];
        }
        four.val[3] = vldrbq_s8(x3);
        x0 += distance[0];
        x1 += distance[1];
        x2 += distance2;
        x3 += distance3;
        vst4q_s8(cells, four);
    }
}

/* Padded positions: all that vectors of results see, and the whole input. */
REDSC_INLINE int32_t redsc_mve_depthwise_positions(const redsc_packed_depthwise_t *p)
{
    const int32_t results = (p->out_positions + 3) / 4 * 4;
    const int32_t windows = p->stride_positions == 1 ? p->out_positions + 2 : 2 * results + 2;
    const int32_t image = p->pad_positions + p->in_positions;
    return windows > image ? windows : image;
}

/* All vectors of a block. */
REDSC_INLINE void redsc_mve_depthwise_vectors(const redsc_mve_depthwise_block_t *block, int32_t stride, int32_t finish)
{
    if (stride == 1) {
        if (finish == REDSC_FINISH_RELU) {
            redsc_mve_depthwise_1_relu(block);
        } else if (finish == REDSC_FINISH_LINEAR) {
            redsc_mve_depthwise_1_linear(block);
        } else {
            redsc_mve_depthwise_1_general(block);
        }
    } else if (finish == REDSC_FINISH_RELU) {
        redsc_mve_depthwise_2_relu(block);
    } else if (finish == REDSC_FINISH_LINEAR) {
        redsc_mve_depthwise_2_linear(block);
    } else {
        redsc_mve_depthwise_2_general(block);
    }
}

REDSC_KERNEL void redsc_depthwise_s8_mve(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                         const redsc_packed_depthwise_t *p)
{
    enum { CHANNELS = 16 }; /* of a block */
    const int32_t constants = p->finish == REDSC_FINISH_GENERAL ? 44 : 36; /* bytes of a channel */
    const int32_t stride = p->stride_positions; /* along lines and across */
    const int32_t lines = stride == 1 ? 2 : 1;
    const int32_t positions = redsc_mve_depthwise_positions(p);
    const int8x16_t padding = vdupq_n_s8((int8_t)p->pad_value);
    int8_t *const cells = scratch;
    int8_t *const image = cells + 64 * p->pad_positions;
    int8_t pad_line[CHANNELS];
    redsc_mve_depthwise_block_t block = {0};
    block.cells = cells;
    block.count = stride == 1 ? p->out_positions / 2 : p->out_positions;
    block.y_step = (stride == 1 ? 2 : 4) * p->y_position;
    block.zero = p->zero;
    block.low = p->low;
    block.high = p->high;
    for (int32_t i = 0; i < 4; i++) {
        block.cells_step[i] = 64 * i - 128;
        block.y_offset[i] = stride == 1 ? i / 2 * p->y_line + i % 2 * p->y_position : i * p->y_position;
    }
    vstrbq_s8(pad_line, padding);
    for (int32_t i = 0; i < 4 * positions; i++) {
        vstrbq_s8(cells + 16 * i, padding);
    }
    for (int32_t c = 0; c < p->channels; c += CHANNELS) {
        const int32_t channels = p->channels - c < CHANNELS ? p->channels - c : CHANNELS;
        block.w = (const int8_t *)w + constants * c;
        block.w_end = block.w + constants * channels;
        int32_t kept = 0; /* lines that are there already */
        for (int32_t line = 0; line < p->out_lines; line += lines, kept = 2) {
            const int8_t *from[4];
            int32_t distance[4];
            if (line + lines > p->out_lines) { /* the last lines overlap those before */
                line = p->out_lines - lines;
                kept = 3;
            }
            for (int32_t k = 0; k < 4; k++) {
                const int32_t in_line = line * stride - p->pad_lines + k;
                const int32_t inside = in_line >= 0 && in_line < p->in_lines;
                __asm__ volatile(""); /* not to be vectorized: GCC 12 makes predicates that do not assemble */
                from[k] = inside ? x + in_line * p->x_line + c : pad_line;
                distance[k] = inside ? p->x_position : 0;
            }
            redsc_mve_interleave(image, from, distance, p->in_positions, kept);
            block.y = y + line * p->y_line + c;
            redsc_mve_depthwise_vectors(&block, stride, p->finish);
            if (stride == 1 && p->out_positions % 2 != 0) { /* the last positions overlap those before */
                redsc_mve_depthwise_block_t last = block;
                last.cells += 64 * (p->out_positions - 2);
                last.y += (p->out_positions - 2) * p->y_position;
                last.count = 1;
                redsc_mve_depthwise_vectors(&last, stride, p->finish);
            }
        }
    }
}
