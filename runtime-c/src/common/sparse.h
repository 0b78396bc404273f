/* Layers whose weights are stored without their zeros.
 *
 * A kernel reads rows (the weights of a filter) as pairs: the number of elements of the row in 16 bits, then for each
 * element its distance from the one before, or from column 0, and its weight, a byte each. A row has one element at
 * least. Rows that are stored in other formats are decoded to pairs block by block. Columns are inputs of a window in the
 * order [kernel_h][kernel_w][in_c]; zero points of inputs are folded into the biases. */
#pragma once

#include "packed.h"

/* Convolution in one group. */
typedef struct redsc_sparse_conv2d {
    redsc_window_t window;
    int32_t pad_value; /* what cells outside of the image read as */
    int32_t finish;          /* not read by portable kernels */
    int32_t zero, low, high; /* zero point and limits of results */
} redsc_sparse_conv2d_t;

/* Fully connected layer: `rows` rows of in_c inputs. */
typedef struct redsc_sparse_fully_connected {
    int32_t rows, in_c, out_c;
    int32_t zero, low, high; /* zero point and limits of results */
} redsc_sparse_fully_connected_t;

/* Inputs of a window. */
REDSC_INLINE int32_t redsc_window_inputs(const redsc_window_t *g)
{
    return g->kernel_h * g->kernel_w * g->in_c;
}

/* Whether a window is one pixel inside of the image. */
REDSC_INLINE int32_t redsc_window_is_pixel(const redsc_window_t *g)
{
    return g->kernel_h == 1 && g->kernel_w == 1 && g->pad_top == 0 && g->pad_left == 0 &&
           (g->out_h - 1) * g->stride_h < g->in_h && (g->out_w - 1) * g->stride_w < g->in_w;
}

/* The window of output pixel `index`: in the image if it is one pixel of it, else copied to `copy`. */
REDSC_INLINE const int8_t *redsc_window_inputs_at(const int8_t *x, int32_t index, int8_t *copy,
                                                  const redsc_window_t *g, int32_t pad_value)
{
    if (redsc_window_is_pixel(g) && g->stride_h == 1 && g->stride_w == 1 && g->out_h == g->in_h &&
        g->out_w == g->in_w) {
        return x + index * g->in_c;
    }
    const int32_t row = index / g->out_w;
    const int32_t iy = row % g->out_h * g->stride_h - g->pad_top;
    const int32_t ix = index % g->out_w * g->stride_w - g->pad_left;
    const int8_t *const image = x + row / g->out_h * g->in_h * g->in_w * g->in_c;
    if (redsc_window_is_pixel(g)) {
        return image + (iy * g->in_w + ix) * g->in_c;
    }
    int8_t *to = copy;
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        const int32_t y = iy + ky * g->dilation_h;
        for (int32_t kx = 0; kx < g->kernel_w; kx++, to += g->in_c) {
            const int32_t column = ix + kx * g->dilation_w;
            if (y < 0 || y >= g->in_h || column < 0 || column >= g->in_w) {
                memset(to, pad_value, (size_t)g->in_c);
            } else {
                memcpy(to, image + (y * g->in_w + column) * g->in_c, (size_t)g->in_c);
            }
        }
    }
    return copy;
}

/* Elements of the row at `pairs`. */
REDSC_INLINE int32_t redsc_pairs_count(const uint8_t *pairs)
{
    return pairs[0] | pairs[1] << 8;
}
