/* Fully connected layer, 8 bit, for cores with the DSP extension: four filters at a time.
 *
 * x        [rows][in_c]
 * w        in 32-bit words: the constants to finish any filter (dsp/gemm_s8.h), then groups as in dsp/gemv_s8.h
 * y        [rows][out_c]
 * scratch  8 bytes for each quad of inputs
 *
 * Ranges as in dsp/gemm_s8.h. Measured on Cortex-M4: 640 inputs and 128 filters take 0.93 instructions for a
 * multiply-accumulate in all. */
#include "dsp/gemv_s8.h"

/* One row of inputs, widened at `x`, times all filters. */
REDSC_INLINE void redsc_dsp_gemv_s8(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t quads, int32_t filters,
                                    int32_t finish, redsc_dsp_limits_t limits)
{
    const uint32_t *const end = x + 2 * quads;
    const int32_t skip = redsc_dsp_skip_1x4(quads);
    const uint32_t *const factors = w;
    w += finish == REDSC_FINISH_GENERAL ? 5 : 3;
    for (; filters > 0; filters -= 4, y += 4) {
        int32_t a0, a1, b0, b1;
        const uint32_t *position = x;
        if (finish == REDSC_FINISH_RELU) {
            REDSC_DSP_PAIRS_1X4(REDSC_DSP_EACH_1X4(REDSC_DSP_FACTORS_3, REDSC_DSP_RELU));
        } else if (finish == REDSC_FINISH_LINEAR) {
            REDSC_DSP_PAIRS_1X4(REDSC_DSP_EACH_1X4(REDSC_DSP_FACTORS_3, REDSC_DSP_LINEAR));
        } else {
            REDSC_DSP_PAIRS_1X4(REDSC_DSP_EACH_1X4(REDSC_DSP_FACTORS_5, REDSC_DSP_GENERAL));
        }
        y[0] = redsc_dsp_limit(a0, finish, limits);
        if (filters > 1) {
            y[1] = redsc_dsp_limit(b0, finish, limits);
        }
        if (filters > 2) {
            y[2] = redsc_dsp_limit(a1, finish, limits);
        }
        if (filters > 3) {
            y[3] = redsc_dsp_limit(b1, finish, limits);
        }
    }
}

REDSC_DSP_SHARED void redsc_dsp_gemv_s8_relu(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t quads,
                                             int32_t filters)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_gemv_s8(w, x, y, quads, filters, REDSC_FINISH_RELU, full);
}

REDSC_DSP_SHARED void redsc_dsp_gemv_s8_linear(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t quads,
                                       int32_t filters)
{
    const redsc_dsp_limits_t full = {0, -128, 127};
    redsc_dsp_gemv_s8(w, x, y, quads, filters, REDSC_FINISH_LINEAR, full);
}

REDSC_DSP_SHARED void redsc_dsp_gemv_s8_general(const uint32_t *w, const uint32_t *x, int8_t *y, int32_t quads,
                                              int32_t filters,
                                      redsc_dsp_limits_t limits)
{
    redsc_dsp_gemv_s8(w, x, y, quads, filters, REDSC_FINISH_GENERAL, limits);
}

REDSC_KERNEL void redsc_fully_connected_s8_dsp(const int8_t *x, const uint32_t *w, int8_t *y, void *scratch,
                                               const redsc_packed_fully_connected_t *p)
{
    const int32_t quads = (p->in_c + 3) / 4;
    const int32_t finish = p->finish;
    const redsc_dsp_limits_t limits = {p->zero, p->low, p->high};
    for (int32_t row = 0; row < p->rows; row++, x += p->in_c, y += p->out_c) {
        redsc_dsp_widen1(scratch, x, p->in_c);
        if (finish == REDSC_FINISH_RELU) {
            redsc_dsp_gemv_s8_relu(w, scratch, y, quads, p->out_c);
        } else if (finish == REDSC_FINISH_LINEAR) {
            redsc_dsp_gemv_s8_linear(w, scratch, y, quads, p->out_c);
        } else {
            redsc_dsp_gemv_s8_general(w, scratch, y, quads, p->out_c, limits);
        }
    }
}
