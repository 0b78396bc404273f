/* Average pooling of real numbers.
 *
 * x  [batches][in_h][in_w][in_c]
 * y  [batches][out_h][out_w][in_c] */
#include "redsc_kernel.h"
#include "redsc_params.h"
#include "window.h"

REDSC_KERNEL void redsc_average_pool2d_f32(const float *x, float *y, void *scratch, const redsc_pool2d_f32_t *p)
{
    const redsc_window_t *g = &p->window;
    (void)scratch;
    for (int32_t pixel = 0; pixel < g->batches * g->out_h * g->out_w; pixel++) {
        const redsc_cells_t cells = redsc_cells_inside(g, pixel / g->out_w % g->out_h, pixel % g->out_w);
        const int32_t image = pixel / (g->out_h * g->out_w) * g->in_h;
        const int32_t count = (cells.bottom - cells.top) * (cells.right - cells.left);
        for (int32_t c = 0; c < g->in_c; c++) {
            float sum = 0.0f;
            for (int32_t iy = cells.top; iy < cells.bottom; iy++) {
                for (int32_t ix = cells.left; ix < cells.right; ix++) {
                    sum += x[((image + iy) * g->in_w + ix) * g->in_c + c];
                }
            }
            sum /= (float)count;
            sum = sum < p->act_min ? p->act_min : sum;
            *y++ = sum > p->act_max ? p->act_max : sum;
        }
    }
}
