/* Change of height and width to the nearest sample, any element type.
 *
 * x        [batches][in_h][in_w] pixels
 * rows     [out_h]: which row of x each row of y shows
 * columns  [out_w]: likewise
 * y        [batches][out_h][out_w] pixels */
#include "redsc_kernel.h"
#include "redsc_resize.h"

REDSC_KERNEL void redsc_resize_nearest(const void *x, const uint16_t *rows, const uint16_t *columns, void *y,
                                       void *scratch, const redsc_resize_nearest_t *p)
{
    const uint8_t *image = (const uint8_t *)x;
    uint8_t *to = (uint8_t *)y;
    (void)scratch;
    for (int32_t b = 0; b < p->batches; b++, image += p->in_h * p->in_w * p->pixel_bytes) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const uint8_t *row = image + rows[oy] * p->in_w * p->pixel_bytes;
            for (int32_t ox = 0; ox < p->out_w; ox++, to += p->pixel_bytes) {
                memcpy(to, row + columns[ox] * p->pixel_bytes, (size_t)p->pixel_bytes);
            }
        }
    }
}
