/* Change of height and width between the four nearest real numbers.
 *
 * x               [batches][in_h][in_w][channels]
 * rows            [out_h][2]: the two rows of x that each row of y lies between
 * row_weights     [out_h]: the weight of the second
 * columns         [out_w][2], column_weights [out_w]: likewise
 * y               [batches][out_h][out_w][channels] */
#include "redsc_kernel.h"
#include "redsc_resize.h"

REDSC_KERNEL void redsc_resize_bilinear_f32(const float *x, const uint16_t *rows, const float *row_weights,
                                            const uint16_t *columns, const float *column_weights, float *y,
                                            void *scratch, const redsc_resize_bilinear_t *p)
{
    (void)scratch;
    for (int32_t line = 0; line < p->batches * p->out_h; line++) {
        const int32_t oy = line % p->out_h;
        const float *image = x + line / p->out_h * (p->in_h * p->in_w * p->channels);
        const float *upper = image + rows[2 * oy] * p->in_w * p->channels;
        const float *lower = image + rows[2 * oy + 1] * p->in_w * p->channels;
        const float v = row_weights[oy];
        for (int32_t ox = 0; ox < p->out_w; ox++) {
            const int32_t left = columns[2 * ox] * p->channels, right = columns[2 * ox + 1] * p->channels;
            const float h = column_weights[ox];
            for (int32_t c = 0; c < p->channels; c++) {
                *y++ = upper[left + c] * (1.0f - v) * (1.0f - h) + lower[left + c] * v * (1.0f - h) +
                       upper[right + c] * (1.0f - v) * h + lower[right + c] * v * h;
            }
        }
    }
}
