/* SVDF in single precision; tensors as in svdf_s8.c. */
#include "redsc_kernel.h"
#include "redsc_recurrent.h"

REDSC_KERNEL void redsc_svdf_f32(const float *x, const float *feature, const float *time, const float *bias,
                                 float *state, float *y, void *scratch, const redsc_svdf_f32_t *p)
{
    (void)scratch;
    for (int32_t b = 0; b < p->batches; b++, x += p->in_c) {
        for (int32_t unit = 0; unit < p->units; unit++) {
            float sum = 0.0f;
            for (int32_t r = 0; r < p->rank; r++) {
                const int32_t filter = unit * p->rank + r;
                const float *w = feature + filter * p->in_c;
                const float *weight = time + filter * p->memory;
                float *cells = state + (b * p->filters + filter) * p->memory;
                float newest = 0.0f;
                for (int32_t i = 0; i < p->in_c; i++) {
                    newest += x[i] * w[i];
                }
                for (int32_t t = 0; t + 1 < p->memory; t++) {
                    cells[t] = cells[t + 1];
                    sum += cells[t] * weight[t];
                }
                cells[p->memory - 1] = newest;
                sum += newest * weight[p->memory - 1];
            }
            sum += bias != NULL ? bias[unit] : 0.0f;
            sum = sum < p->act_min ? p->act_min : sum;
            *y++ = sum > p->act_max ? p->act_max : sum;
        }
    }
}
