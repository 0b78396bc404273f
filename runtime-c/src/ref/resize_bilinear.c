/* Change of height and width between the four nearest codes, weights with 10 fractional bits.
 *
 * x        [batches][in_h][in_w][channels]
 * rows     [out_h][3]: the two rows of x that each row of y lies between, and the weight of the second
 * columns  [out_w][3]: likewise
 * y        [batches][out_h][out_w][channels] */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_resize.h"

REDSC_KERNEL void redsc_resize_bilinear(const void *x, const int32_t *rows, const int32_t *columns, void *y,
                                        void *scratch, const redsc_resize_bilinear_t *p)
{
    int32_t k = 0;
    (void)scratch;
    for (int32_t line = 0; line < p->batches * p->out_h; line++) {
        const int32_t *row = rows + line % p->out_h * 3;
        const int32_t image = line / p->out_h * p->in_h;
        for (int32_t ox = 0; ox < p->out_w; ox++) {
            const int32_t *column = columns + ox * 3;
            const int64_t v = row[2], h = column[2];
            for (int32_t c = 0; c < p->channels; c++, k++) {
                const int32_t upper = (image + row[0]) * p->in_w, lower = (image + row[1]) * p->in_w;
                const int64_t ul = redsc_get(x, (upper + column[0]) * p->channels + c, p->type);
                const int64_t ll = redsc_get(x, (lower + column[0]) * p->channels + c, p->type);
                const int64_t ur = redsc_get(x, (upper + column[1]) * p->channels + c, p->type);
                const int64_t lr = redsc_get(x, (lower + column[1]) * p->channels + c, p->type);
                const int64_t sum = ul * (1024 - v) * (1024 - h) + ll * v * (1024 - h) + ur * (1024 - v) * h + lr * v * h;
                const int64_t round = sum > 0 ? 1 << 19 : -(1 << 19);
                redsc_put(y, k, p->type, (int32_t)((sum + round) / (1 << 20)));
            }
        }
    }
}
