/* 2-D convolution, 8 bit, for cores with the M-profile vector extension: any geometry, one group.
 *
 * x        [batches][out_h][out_w][in_c], readable up to 16 bytes behind its end
 * w        groups of filters as mve/gemm_s8.h defines them; inputs in the order [kernel_h][kernel_w][in_c]
 * y        [batches][out_h][out_w][out_c]
 * scratch  none if pixels are read in place, else two windows, each filled up to chunks of 16 bytes and 16 bytes more
 *
 * Two pixels at a time are multiplied with all filters. */
#include "mve/copy.h"
#include "mve/gemm_s8.h"

/* Copies `rows` rows of `bytes` bytes, `pitch` apart, one behind the other; writes up to 15 bytes more. All are aligned
 * to 4 bytes. */
REDSC_MVE_SHARED void redsc_mve_copy_rows(int8_t *to, const int8_t *from, int32_t rows, int32_t bytes, int32_t pitch)
{
    int32_t left;
    const int8_t *x;
    __asm__ volatile("1:\n\t"
                     "mov %[x], %[from]\n\t"
                     "lsrs %[left], %[bytes], #6\n\t"
                     "beq 3f\n"
                     "2:\n\t" /* 64 bytes */
                     "vldmia %[x]!, {d0-d7}\n\t"
                     "vstmia %[to]!, {d0-d7}\n\t"
                     "subs %[left], #1\n\t"
                     "bne 2b\n"
                     "3:\n\t" /* 32 */
                     "lsls %[left], %[bytes], #27\n\t"
                     "bcc 4f\n\t"
                     "vldmia %[x]!, {d0-d3}\n\t"
                     "vstmia %[to]!, {d0-d3}\n"
                     "4:\n\t" /* 16 */
                     "lsls %[left], %[bytes], #28\n\t"
                     "bcc 5f\n\t"
                     "vldmia %[x]!, {d0-d1}\n\t"
                     "vstmia %[to]!, {d0-d1}\n"
                     "5:\n\t" /* fewer */
                     "beq 6f\n\t"
                     "vldrb.u8 q0, [%[x]]\n\t"
                     "vstrb.8 q0, [%[to]]\n\t"
                     "add %[to], %[to], %[left], lsr #28\n"
                     "6:\n\t"
                     "add %[from], %[pitch]\n\t"
                     "subs %[rows], #1\n\t"
                     "bne 1b"
                     : [x] "=&l"(x), [left] "=&l"(left), [to] "+&r"(to), [from] "+&r"(from), [rows] "+&l"(rows)
                     : [bytes] "l"(bytes), [pitch] "r"(pitch)
                     : "q0", "q1", "q2", "q3", "cc", "memory");
}

/* The same for rows at any address. */
REDSC_MVE_SHARED void redsc_mve_copy_unaligned_rows(int8_t *to, const int8_t *from, int32_t rows, int32_t bytes,
                                                    int32_t pitch)
{
    for (; rows > 0; rows--, from += pitch, to += bytes) {
        redsc_mve_copy_vectors(to, from, bytes);
    }
}

/* Copies the window at (iy, ix) of an image to `to`, cells outside of the image as `pad_value`; writes up to 15 bytes
 * more. */
REDSC_MVE_SHARED void redsc_mve_copy_window(int8_t *to, const int8_t *image, int32_t iy, int32_t ix,
                                            const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int8x16_t padding = vdupq_n_s8((int8_t)p->pad_value);
    /* Taps of a kernel row that lie inside of the image go together unless they are dilated. */
    const int32_t together = g->dilation_w == 1 ? g->kernel_w : 1;
    for (int32_t ky = 0; ky < g->kernel_h; ky++, iy += g->dilation_h) {
        int32_t column = ix;
        for (int32_t kx = 0; kx < g->kernel_w; kx += together, column += g->dilation_w) {
            const int32_t before = column < 0 ? -column : 0;
            const int32_t end = column + together > g->in_w ? g->in_w - column : together;
            const int32_t none = iy < 0 || iy >= g->in_h || end <= before;
            const int32_t first = none ? together : before;
            const int32_t last = none ? together : end;
            redsc_mve_fill_vectors(to, padding, first * g->in_c);
            redsc_mve_copy_vectors(to + first * g->in_c, image + (iy * g->in_w + column + first) * g->in_c,
                                   (last - first) * g->in_c);
            redsc_mve_fill_vectors(to + last * g->in_c, padding, (together - last) * g->in_c);
            to += together * g->in_c;
        }
    }
}

/* Where the next window lies. */
typedef struct redsc_mve_place {
    const int8_t *image;
    int32_t iy, ix;
    int32_t row, column;      /* of the output pixel */
    int32_t last_iy, last_ix; /* of windows inside of the image that need not be gathered */
    int32_t bytes, pitch;     /* of a kernel row; distance of kernel rows */
} redsc_mve_place_t;

/* The place of the first window. */
REDSC_INLINE redsc_mve_place_t redsc_mve_first_place(const int8_t *x, const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    redsc_mve_place_t place = {0};
    place.image = x;
    place.iy = -g->pad_top;
    place.ix = -g->pad_left;
    place.last_iy = g->in_h - (g->kernel_h - 1) * g->dilation_h - 1;
    place.last_ix = g->dilation_w == 1 ? g->in_w - g->kernel_w : -1;
    place.bytes = g->kernel_w * g->in_c;
    place.pitch = g->dilation_h * g->in_w * g->in_c;
    return place;
}

/* The window at a place: in the image if it is contiguous there, else copied to `copy`. Moves on to the next place. */
REDSC_PART const int8_t *redsc_mve_next_window(redsc_mve_place_t *place, int8_t *copy, int32_t reads,
                                               const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t iy = place->iy, ix = place->ix;
    const int8_t *const first = place->image + (iy * g->in_w + ix) * g->in_c;
    const int8_t *window = copy;
    if (reads == REDSC_READ_STRIDED) {
        window = first;
    } else if (iy < 0 || ix < 0 || iy > place->last_iy || ix > place->last_ix) {
        redsc_mve_copy_window(copy, place->image, iy, ix, p);
    } else if (g->in_c % 4 == 0) {
        redsc_mve_copy_rows(copy, first, g->kernel_h, place->bytes, place->pitch);
    } else {
        redsc_mve_copy_unaligned_rows(copy, first, g->kernel_h, place->bytes, place->pitch);
    }
    place->ix = ix + g->stride_w;
    if (++place->column == g->out_w) {
        place->column = 0;
        place->ix = -g->pad_left;
        place->iy = iy + g->stride_h;
        if (++place->row == g->out_h) {
            place->row = 0;
            place->iy = -g->pad_top;
            place->image += g->in_h * g->in_w * g->in_c;
        }
    }
    return window;
}

/* All groups of filters. */
REDSC_INLINE void redsc_mve_gemm2_s8(const redsc_mve_gemm2_t *context, int32_t finish)
{
    if (finish == REDSC_FINISH_RELU) {
        redsc_mve_gemm2_s8_relu(context);
    } else if (finish == REDSC_FINISH_LINEAR) {
        redsc_mve_gemm2_s8_linear(context);
    } else {
        redsc_mve_gemm2_s8_general(context);
    }
}

REDSC_KERNEL void redsc_conv2d_s8_mve(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                      const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t finish = p->finish, reads = p->reads, filters = g->out_c;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t inputs = g->kernel_h * g->kernel_w * g->in_c;
    const int32_t chunks = (inputs + 15) / 16;
    const int32_t left = filters % 4; /* filters of an incomplete last group */
    const int32_t group = redsc_mve_group_bytes(chunks, finish);
    const int8_t *const whole = (const int8_t *)w; /* packed filters of all whole groups */
    const int8_t *const last = whole + filters / 4 * group;
    int8_t *const window = scratch;
    redsc_mve_place_t place = redsc_mve_first_place(x, p);
    redsc_mve_gemm2_t context = redsc_mve_gemm2_context(whole, chunks, 0, finish, p->zero, p->low, p->high);
    int8_t last_y[8];
    for (int32_t i = 0; i < pixels; i += 2, y += 2 * filters) {
        const int32_t step = i + 1 < pixels ? filters : 0; /* a missing pixel repeats the other one */
        if (reads == REDSC_READ_PIXELS) {
            context.x0 = x + i * inputs;
            context.x1 = context.x0 + (step != 0 ? inputs : 0);
        } else {
            context.x0 = redsc_mve_next_window(&place, window, reads, p);
            context.x1 =
                step != 0 ? redsc_mve_next_window(&place, window + 16 * chunks + 16, reads, p) : context.x0;
        }
        context.x0_end = (uintptr_t)context.x0 + (uintptr_t)(16 * chunks);
        context.w = filters >= 4 ? whole : last;
        context.w_end = filters >= 4 ? last : last + group;
        context.y = filters >= 4 ? y : last_y;
        context.y1 = filters >= 4 ? step : 4;
        for (;;) {
            redsc_mve_gemm2_s8(&context, finish);
            if (left == 0 || context.y == last_y) {
                break;
            }
            context.w = last;
            context.w_end = last + group;
            context.y = last_y;
            context.y1 = 4;
        }
        if (left != 0) {
            for (int32_t oc = 0; oc < left; oc++) {
                y[step + filters - left + oc] = last_y[4 + oc];
                y[filters - left + oc] = last_y[oc];
            }
        }
    }
}
