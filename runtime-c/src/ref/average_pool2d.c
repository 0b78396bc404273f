/* Average pooling of codes, any element type: rounded with halves away from zero.
 *
 * x  [batches][in_h][in_w][in_c]
 * y  [batches][out_h][out_w][in_c] */
#include "codes.h"
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "requant.h"
#include "window.h"

REDSC_KERNEL void redsc_average_pool2d(const void *x, void *y, void *scratch, const redsc_pool2d_t *p)
{
    const redsc_window_t *g = &p->window;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++) {
        const redsc_cells_t cells = redsc_cells_inside(g, pixel / g->out_w % g->out_h, pixel % g->out_w);
        const int32_t image = pixel / (g->out_h * g->out_w) * g->in_h;
        const int32_t count = (cells.bottom - cells.top) * (cells.right - cells.left);
        for (int32_t c = 0; c < g->in_c; c++) {
            int32_t sum = 0;
            for (int32_t iy = cells.top; iy < cells.bottom; iy++) {
                for (int32_t ix = cells.left; ix < cells.right; ix++) {
                    sum = redsc_add_wrap(sum, redsc_get(x, ((image + iy) * g->in_w + ix) * g->in_c + c, p->type));
                }
            }
            sum = redsc_add_wrap(sum, sum > 0 ? count / 2 : -(count / 2)) / count;
            redsc_put(y, pixel * g->in_c + c, p->type, redsc_clamp(sum, p->act_min, p->act_max));
        }
    }
}
