/* The constant parameters of layers with a memory of their own. */
#pragma once

#include "redsc_kernel.h"

/* SVDF: filters with feature weights [filters][in_c] and time weights [filters][memory]; `rank` filters add up to
 * one of `units` outputs. The state [batches][filters][memory] moves one cell towards the past in each step. */
typedef struct redsc_svdf {
    int32_t batches, in_c, filters, rank, units, memory;
    int32_t state_bytes;      /* size of one cell of the state and of one time weight: 1 or 2 */
    int32_t input_offset;     /* added to each input: minus its zero point */
    int32_t state_zero_point; /* added after the feature factor, subtracted before the products in time */
    int32_t feature_multiplier, feature_shift;
    int32_t output_multiplier, output_shift;
    int32_t output_offset;    /* zero point of the output */
    int32_t act_min, act_max; /* clamp of the output */
    int32_t finish;           /* how sums of features are finished: dsp/sums_s8.h */
} redsc_svdf_t;

/* SVDF in single precision. */
typedef struct redsc_svdf_f32 {
    int32_t batches, in_c, filters, rank, units, memory;
    float act_min, act_max;
} redsc_svdf_f32_t;

/* The gates of an LSTM, in the order of their weights. */
enum { REDSC_GATE_INPUT, REDSC_GATE_FORGET, REDSC_GATE_CELL, REDSC_GATE_OUTPUT, REDSC_GATES };

/* LSTM over sequences: weights [gate][units][in_c] of the input and [gate][units][units] of the last output, bias
 * [gate][units]. The sums of a gate have 12 fractional bits, gate activations 15. */
typedef struct redsc_lstm {
    int32_t batches, steps, in_c, units;
    int32_t time_major; /* 1: x is [steps][batches][in_c], 0: [batches][steps][in_c]; y likewise */
    int32_t input_offset, recurrent_offset; /* minus the zero points of the input and of the last output */
    int32_t input_multiplier[4], input_shift[4];
    int32_t recurrent_multiplier[4], recurrent_shift[4];
    int32_t forget_multiplier, forget_shift; /* forget gate times cell, to the cell */
    int32_t update_multiplier, update_shift; /* input gate times cell gate, to the cell */
    int32_t cell_clip;                       /* limit of the cell's magnitude; 32768 for none */
    int32_t tanh_multiplier, tanh_shift;     /* from the cell to the argument of its tanh */
    int32_t output_multiplier, output_shift; /* tanh of the cell times output gate, to the output */
    int32_t output_offset;
    int32_t output_min, output_max;
    int32_t input_finish, recurrent_finish; /* how sums of the gates are finished: dsp/sums_s8.h */
} redsc_lstm_t;

/* LSTM in single precision. */
typedef struct redsc_lstm_f32 {
    int32_t batches, steps, in_c, units;
    int32_t time_major;
    float cell_clip; /* 0 for none */
} redsc_lstm_f32_t;

/* Position of the vector of one step of one sequence among all vectors of a sequence tensor. */
REDSC_INLINE int32_t redsc_lstm_row(int32_t batch, int32_t step, int32_t batches, int32_t steps, int32_t time_major)
{
    return time_major ? step * batches + batch : batch * steps + step;
}
