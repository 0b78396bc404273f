/* 2-D convolution of large windows, 8 bit, for cores with the M-profile vector extension: one kernel row at a time.
 *
 * x        [batches][in_h][in_w][in_c], in_c a multiple of 4, readable up to 16 bytes behind its end
 * w        for each kernel row and group of four filters its chunks of weights as in mve/gemm_s8.h, kernel_w * in_c
 *          inputs filled up with zeros; then the constants of each group
 * y        [batches][out_h][out_w][out_c]
 * scratch  32 bytes for each group of filters, then, unless all windows lie inside of the image, two kernel
 *          rows, each filled up to chunks of 16 bytes and 16 bytes more
 *
 * Two pixels at a time, as in mve/conv2d_s8_mve.c, but sums stay in memory from one kernel row to the next: that takes
 * less scratch memory, and kernel rows inside of the image are read in place.
 *
 * Measured on Cortex-M55: 10x4 windows of 64 channels, 48 filters take 0.092 instructions for a multiply-accumulate
 * in all. */
#include "mve/copy.h"
#include "mve/gemm_s8.h"

/* Adds dot products with all groups of filters to sums: `y` of the context points at the sums of both pixels, eight
 * for each group, `w_end` behind the weights of the kernel row. */
REDSC_MVE_ASSEMBLY void redsc_mve_add_dots2_s8(const redsc_mve_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_BEGIN2
                     "1:\n\t"
                     "ldrd r3, r5, [r11]\n\t"
                     "ldrd r0, r2, [r7]\n\t"
                     "ldrd r4, r6, [r7, #8]\n\t"
                     "ldrd r8, r10, [r7, #16]\n\t"
                     "ldrd r12, lr, [r7, #24]\n\t"
                     REDSC_MVE_DOTS2
                     "strd r0, r2, [r7], #8\n\t"
                     "strd r4, r6, [r7], #8\n\t"
                     "strd r8, r10, [r7], #8\n\t"
                     "strd r12, lr, [r7], #8\n\t"
                     REDSC_MVE_END2);
}

/* Finishes sums: `x0` of the context points at them, `w` at the constants of the first group. */
#define REDSC_MVE_FINISH_SUMS(FINISH)           \
    REDSC_MVE_BEGIN2                            \
    "ldr r3, [r11]\n"                           \
    "1:\n\t"                                    \
    "vldmia r3!, {d0-d3}\n\t"                   \
    FINISH REDSC_MVE_STORE2 REDSC_MVE_END2

REDSC_MVE_ASSEMBLY void redsc_mve_finish_sums_relu(const redsc_mve_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_FINISH_SUMS(REDSC_MVE_FINISH_2_RELU));
}

REDSC_MVE_ASSEMBLY void redsc_mve_finish_sums_linear(const redsc_mve_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_FINISH_SUMS(REDSC_MVE_FINISH_2_LINEAR));
}

REDSC_MVE_ASSEMBLY void redsc_mve_finish_sums_general(const redsc_mve_gemm2_t *context __attribute__((unused)))
{
    __asm__ volatile(REDSC_MVE_FINISH_SUMS(REDSC_MVE_FINISH_2_GENERAL));
}

REDSC_INLINE void redsc_mve_finish_sums(const redsc_mve_gemm2_t *context, int32_t finish)
{
    if (finish == REDSC_FINISH_RELU) {
        redsc_mve_finish_sums_relu(context);
    } else if (finish == REDSC_FINISH_LINEAR) {
        redsc_mve_finish_sums_linear(context);
    } else {
        redsc_mve_finish_sums_general(context);
    }
}

/* Kernel row `ky` of the window of output pixel `index`: in the image if it lies inside, else copied to `copy`. */
REDSC_MVE_SHARED const int8_t *redsc_mve_kernel_row(const int8_t *x, int32_t index, int32_t ky, int8_t *copy,
                                                    const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t row = index / g->out_w;
    const int32_t iy = row % g->out_h * g->stride_h - g->pad_top + ky * g->dilation_h;
    const int32_t ix = index % g->out_w * g->stride_w - g->pad_left;
    const int8_t *line = x + (row / g->out_h * g->in_h + iy) * g->in_w * g->in_c;
    const int32_t in_line = iy >= 0 && iy < g->in_h;
    if (in_line && ix >= 0 && ix + g->kernel_w <= g->in_w && g->dilation_w == 1) {
        return line + ix * g->in_c;
    }
    for (int32_t kx = 0; kx < g->kernel_w; kx++) {
        const int32_t column = ix + kx * g->dilation_w;
        int8_t *const to = copy + kx * g->in_c;
        if (in_line && column >= 0 && column < g->in_w) {
            redsc_mve_copy_vectors(to, line + column * g->in_c, g->in_c);
        } else {
            redsc_mve_fill_vectors(to, vdupq_n_s8((int8_t)p->pad_value), g->in_c);
        }
    }
    return copy;
}

REDSC_KERNEL void redsc_conv2d_rows_s8_mve(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                           const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t finish = p->finish;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t chunks = (g->kernel_w * g->in_c + 15) / 16; /* of a kernel row */
    const int32_t groups = (g->out_c + 3) / 4;
    const int32_t row_bytes = 64 * chunks * groups;
    const int32_t constants = redsc_mve_group_bytes(0, finish);
    const int32_t left = g->out_c % 4; /* filters of an incomplete last group */
    int32_t *const sums = scratch;
    int8_t *const copy = (int8_t *)(sums + 8 * groups);
    redsc_mve_gemm2_t context = redsc_mve_gemm2_context(NULL, chunks, 0, finish, p->zero, p->low, p->high);
    redsc_mve_gemm2_t last = context;
    int8_t last_y[8];
    for (int32_t i = 0; i < pixels; i += 2, y += 2 * g->out_c) {
        const int32_t step = i + 1 < pixels ? 1 : 0; /* a missing pixel repeats the other one */
        for (int32_t j = 0; j < 8 * groups; j += 4) {
            vstrwq_s32(sums + j, vdupq_n_s32(0));
        }
        context.w = (const int8_t *)w;
        context.y = (int8_t *)sums;
        for (int32_t ky = 0; ky < g->kernel_h; ky++, context.w += row_bytes) {
            context.x0 = redsc_mve_kernel_row(x, i, ky, copy, p);
            context.x1 = redsc_mve_kernel_row(x, i + step, ky, copy + 16 * chunks + 16, p);
            context.x0_end = (uintptr_t)context.x0 + (uintptr_t)(16 * chunks);
            context.w_end = context.w + row_bytes;
            redsc_mve_add_dots2_s8(&context);
        }
        context.x0 = (const int8_t *)sums;
        context.w_end = context.w + g->out_c / 4 * constants;
        context.y = y;
        context.y1 = step * g->out_c;
        if (g->out_c >= 4) {
            redsc_mve_finish_sums(&context, finish);
        }
        if (left != 0) {
            last.x0 = (const int8_t *)(sums + 8 * (groups - 1));
            last.w = context.w_end;
            last.w_end = last.w + constants;
            last.y = last_y;
            last.y1 = 4;
            redsc_mve_finish_sums(&last, finish);
            for (int32_t oc = 0; oc < left; oc++) {
                y[step * g->out_c + g->out_c - left + oc] = last_y[4 + oc];
                y[g->out_c - left + oc] = last_y[oc];
            }
        }
    }
}
