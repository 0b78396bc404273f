/* 2-D convolution of a nested network, 8 bit, for cores with the DSP extension: any geometry, one group.
 *
 * x        [batches][in_h][in_w][in_c]
 * w        pairs of filters of the full network as dsp/gemm_nested_s8.h defines them; blocks of channels, except the
 *          last one, fill quads
 * biases   pairs of biases of this level
 * y        [batches][out_h][out_w][out_c]
 * scratch  24 bytes for each quad, then 3 * kernel_h * kernel_w * in_c bytes unless pixels are read in place: 1x1,
 *          stride 1
 *
 * Three pixels at a time are widened to 16 bit, block by block, and multiplied with all filters of the level. */
#include "dsp/gemm_nested_s8.h"
#include "dsp/windows.h"

/* Which tile a layer needs; the functions are shared by all layers. */
REDSC_DSP_SHARED void redsc_dsp_nested_gemm3_s8_relu(const redsc_dsp_nested_t *level, const uint32_t *x, int8_t *y,
                                                     int32_t y1, int32_t y2, int32_t quads, int32_t filters)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_nested_gemm3_s8(level, x, y, y1, y2, quads, filters, REDSC_FINISH_RELU, full);
}

REDSC_DSP_SHARED void redsc_dsp_nested_gemm3_s8_linear(const redsc_dsp_nested_t *level, const uint32_t *x, int8_t *y,
                                                       int32_t y1, int32_t y2, int32_t quads, int32_t filters)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_nested_gemm3_s8(level, x, y, y1, y2, quads, filters, REDSC_FINISH_LINEAR, full);
}

REDSC_DSP_SHARED void redsc_dsp_nested_gemm3_s8_general(const redsc_dsp_nested_t *level, const uint32_t *x, int8_t *y,
                                                        int32_t y1, int32_t y2, int32_t quads, int32_t filters,
                                                        redsc_dsp_limits_t limits)
{
    redsc_dsp_nested_gemm3_s8(level, x, y, y1, y2, quads, filters, REDSC_FINISH_GENERAL, limits);
}

/* Widens three windows, ordered by block, tap and channel. */
REDSC_DSP_SHARED void redsc_dsp_widen_blocks(uint32_t *to, const redsc_dsp_window_rows_t *a,
                                             const redsc_dsp_window_rows_t *b, const redsc_dsp_window_rows_t *c,
                                             const redsc_nested_conv2d_t *p)
{
    const redsc_window_t *g = &p->layer.window;
    int32_t begin = 0;
    for (int32_t block = 0; block < p->blocks; block++) {
        const int32_t channels = p->ends[block] - begin;
        for (int32_t ky = 0; ky < g->kernel_h; ky++) {
            for (int32_t kx = 0; kx < g->kernel_w; kx++) {
                const int32_t tap = kx * g->in_c + begin;
                to = redsc_dsp_widen3(to, a->first + ky * a->pitch + tap, b->first + ky * b->pitch + tap,
                                      c->first + ky * c->pitch + tap, channels);
            }
        }
        begin = p->ends[block];
    }
}

REDSC_KERNEL void redsc_conv2d_nested_s8_dsp(const int8_t *x, const uint32_t *w, const int32_t *biases, int8_t *y,
                                             void *scratch, const redsc_nested_conv2d_t *p)
{
    const redsc_window_t *g = &p->layer.window;
    const int32_t pixels = g->batches * g->out_h * g->out_w;
    const int32_t inputs = g->kernel_h * g->kernel_w * g->in_c;
    const int32_t quads = (inputs + 3) / 4;
    const redsc_dsp_limits_t limits = {p->layer.zero, p->layer.low, p->layer.high};
    const redsc_dsp_nested_t level = {w, biases, p->gap};
    const int32_t in_place = g->kernel_h == 1 && g->kernel_w == 1 && g->stride_h == 1 && g->stride_w == 1 &&
                             g->out_h == g->in_h && g->out_w == g->in_w;
    uint32_t *const wide = scratch;
    int8_t *const patch = (int8_t *)(wide + 6 * quads);
    for (int32_t i = 0; i < pixels; i += 3, y += 3 * g->out_c) {
        const int32_t step1 = i + 1 < pixels ? 1 : 0; /* missing pixels of the last tile repeat the first one */
        const int32_t step2 = i + 2 < pixels ? 2 : 0;
        if (in_place) {
            redsc_dsp_widen3(wide, x, x + step1 * inputs, x + step2 * inputs, inputs);
            x += 3 * inputs;
        } else {
            redsc_dsp_window_rows_t a = redsc_dsp_find_window(x, i, patch, &p->layer);
            redsc_dsp_window_rows_t b = redsc_dsp_find_window(x, i + step1, patch + inputs, &p->layer);
            redsc_dsp_window_rows_t c = redsc_dsp_find_window(x, i + step2, patch + 2 * inputs, &p->layer);
            if (p->blocks > 1 && g->kernel_h * g->kernel_w > 1) {
                redsc_dsp_widen_blocks(wide, &a, &b, &c, p);
            } else if (g->kernel_w * g->in_c % 4 != 0) {
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
        if (p->layer.finish == REDSC_FINISH_RELU) {
            redsc_dsp_nested_gemm3_s8_relu(&level, wide, y, step1 * g->out_c, step2 * g->out_c, quads, g->out_c);
        } else if (p->layer.finish == REDSC_FINISH_LINEAR) {
            redsc_dsp_nested_gemm3_s8_linear(&level, wide, y, step1 * g->out_c, step2 * g->out_c, quads, g->out_c);
        } else {
            redsc_dsp_nested_gemm3_s8_general(&level, wide, y, step1 * g->out_c, step2 * g->out_c, quads, g->out_c,
                                              limits);
        }
    }
}
