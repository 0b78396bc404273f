/* 2-D convolution, 8 bit, for cores with the DSP extension: any geometry, one group.
 *
 * x        [batches][in_h][in_w][in_c]
 * w        pairs of filters as dsp/gemm_s8.h defines them; inputs in the order [kernel_h][kernel_w][in_c], filled up
 *          with zeros to quads (each kernel row of its own where rows are copied straight from the image)
 * y        [batches][out_h][out_w][out_c]
 * scratch  24 bytes for each quad, then 3 * kernel_h * kernel_w * in_c bytes unless pixels are read in place: 1x1,
 *          stride 1
 *
 * Three pixels at a time are widened to 16 bit and multiplied with all filters. */
#include "dsp/gemm_s8.h"
#include "dsp/windows.h"

/* Which tile a layer needs; the functions are shared by all layers. */
REDSC_DSP_SHARED void redsc_dsp_gemm3_s8_relu(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t y1, int32_t y2,
                                      int32_t quads, int32_t filters)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_gemm3_s8(w, x, y, y1, y2, quads, filters, REDSC_FINISH_RELU, full);
}

REDSC_DSP_SHARED void redsc_dsp_gemm3_s8_linear(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t y1, int32_t y2,
                                        int32_t quads, int32_t filters)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_gemm3_s8(w, x, y, y1, y2, quads, filters, REDSC_FINISH_LINEAR, full);
}

REDSC_DSP_SHARED void redsc_dsp_gemm3_s8_general(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t y1,
                                             int32_t y2, int32_t quads, int32_t filters, redsc_dsp_limits_t limits)
{
    redsc_dsp_gemm3_s8(w, x, y, y1, y2, quads, filters, REDSC_FINISH_GENERAL, limits);
}

REDSC_KERNEL void redsc_conv2d_s8_dsp(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                      const redsc_packed_conv2d_t *p)
{
    const redsc_window_t *g = &p->window;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t inputs = g->kernel_h * g->kernel_w * g->in_c;
    const int32_t quads = (inputs + 3) / 4;
    const int32_t finish = p->finish;
    const redsc_dsp_limits_t limits = {p->zero, p->low, p->high};
    const int32_t in_place = p->reads == REDSC_READ_PIXELS;
    uint32_t *const wide = scratch;
    int8_t *const patch = (int8_t *)(wide + 6 * quads);
    for (int32_t i = 0; i < pixels; i += 3, y += 3 * g->out_c) {
        const int32_t step1 = i + 1 < pixels ? 1 : 0; /* missing pixels of the last tile repeat the first one */
        const int32_t step2 = i + 2 < pixels ? 2 : 0;
        if (in_place) {
            redsc_dsp_widen3(wide, x, x + step1 * inputs, x + step2 * inputs, inputs);
            x += 3 * inputs;
        } else {
            redsc_dsp_window_rows_t a = redsc_dsp_find_window(x, i, patch, p);
            redsc_dsp_window_rows_t b = redsc_dsp_find_window(x, i + step1, patch + inputs, p);
            redsc_dsp_window_rows_t c = redsc_dsp_find_window(x, i + step2, patch + 2 * inputs, p);
            if (g->kernel_w * g->in_c % 4 != 0) {
                redsc_dsp_widen3(wide, a.first, b.first, c.first, inputs);
            } else {
                uint32_t *to = wide;
                for (int32_t ky = 0; ky < g->kernel_h; ky++) {
                    to = redsc_dsp_widen3(to, a.first, b.first, c.first, g->kernel_w * g->in_c);
                    a.first += a.pitch;
                    b.first += b.pitch;
                    c.first += c.pitch;
                }
            }
        }
        if (finish == REDSC_FINISH_RELU) {
            redsc_dsp_gemm3_s8_relu(w, wide, y, step1 * g->out_c, step2 * g->out_c, quads, g->out_c);
        } else if (finish == REDSC_FINISH_LINEAR) {
            redsc_dsp_gemm3_s8_linear(w, wide, y, step1 * g->out_c, step2 * g->out_c, quads, g->out_c);
        } else {
            redsc_dsp_gemm3_s8_general(w, wide, y, step1 * g->out_c, step2 * g->out_c, quads, g->out_c, limits);
        }
    }
}
