/* 2-D convolution with sparse weights, 8 bit: any geometry, one group.
 *
 * x        [batches][in_h][in_w][in_c]
 * s        rows of pairs as common/sparse.h defines them
 * w        for each filter its bias, multiplier and shift
 * y        [batches][out_h][out_w][out_c]
 * scratch  four windows, unless windows are single pixels of the image
 *
 * Four pixels at a time share the reading of a weight. Sums must keep within 32 bits. */
#include "requant.h"
#include "sparse.h"

REDSC_KERNEL void redsc_conv2d_sparse_s8(const int8_t *x, const uint8_t *s, const int32_t *w, int8_t *y, void *scratch,
                                         const redsc_sparse_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t inputs = redsc_window_inputs(g);
    int8_t *const copies = scratch;
    for (int32_t i = 0; i < pixels; i += 4, y += 4 * g->out_c) {
        const int32_t last = pixels - 1 - i < 3 ? pixels - 1 - i : 3; /* missing pixels repeat the last one */
        const int32_t step1 = last < 1 ? last : 1, step2 = last < 2 ? last : 2;
        int8_t *const at = redsc_window_is_pixel(g) ? NULL : copies;
        const int32_t room = redsc_window_is_pixel(g) ? 0 : inputs;
        const int8_t *const x0 = redsc_window_inputs_at(x, i, at, g, p->pad_value);
        const int8_t *const x1 = redsc_window_inputs_at(x, i + step1, room ? at + room : at, g, p->pad_value);
        const int8_t *const x2 = redsc_window_inputs_at(x, i + step2, room ? at + 2 * room : at, g, p->pad_value);
        const int8_t *const x3 = redsc_window_inputs_at(x, i + last, room ? at + 3 * room : at, g, p->pad_value);
        const uint8_t *pairs = s;
        const int32_t *filter = w;
        for (int32_t oc = 0; oc < g->out_c; oc++, filter += 3) {
            const uint8_t *const end = pairs + 2 + 2 * redsc_pairs_count(pairs);
            int32_t a0 = filter[0], a1 = filter[0], a2 = filter[0], a3 = filter[0];
            int32_t column = 0;
            for (pairs += 2; pairs != end; pairs += 2) {
                const int32_t weight = (int8_t)pairs[1];
                column += pairs[0];
                a0 += weight * x0[column];
                a1 += weight * x1[column];
                a2 += weight * x2[column];
                a3 += weight * x3[column];
            }
            y[last * g->out_c + oc] = (int8_t)redsc_output(a3, filter[1], filter[2], p->zero, p->low, p->high);
            y[step2 * g->out_c + oc] = (int8_t)redsc_output(a2, filter[1], filter[2], p->zero, p->low, p->high);
            y[step1 * g->out_c + oc] = (int8_t)redsc_output(a1, filter[1], filter[2], p->zero, p->low, p->high);
            y[oc] = (int8_t)redsc_output(a0, filter[1], filter[2], p->zero, p->low, p->high);
        }
    }
}
