//! Long short-term memory over sequences.

use super::Eval;
use super::eval::pack_ints;
use super::mac::{Factor, biases, widen};
use super::recurrent::{read_state, write_state};
use crate::data::Data;
use crate::ops::Lstm;
use crate::params::mac::Accumulator;
use crate::params::recurrent::{LstmArithmetic, LstmGate, LstmParams, LstmQuantized};
use crate::params::sigmoid::{self, SigmoidScale};
use crate::quant::Requant;

pub(super) fn eval_lstm(op: &Lstm, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let params = LstmParams::new(op, &cx.operands, cx.result_type(0))?;
    let result = match &params.arithmetic {
        LstmArithmetic::Quantized(quantized) => eval_quantized(op, &params, quantized, cx)?,
        LstmArithmetic::Float { cell_clip } => eval_float(op, &params, *cell_clip, cx)?,
    };
    Ok(vec![result])
}

/// The weights and the bias of each gate, in the order of [`LstmGate::ALL`].
struct Gates<T, B>([GateConstants<T, B>; 4]);

struct GateConstants<T, B> {
    input: Vec<T>,
    recurrent: Vec<T>,
    bias: Vec<B>,
}

impl<T, B> Gates<T, B> {
    fn read(
        factors: impl Fn(usize) -> Result<Vec<T>, String>,
        bias: impl Fn(usize) -> Result<Vec<B>, String>,
    ) -> Result<Self, String> {
        let gate = |gate: LstmGate| -> Result<_, String> {
            let [input, recurrent] = [factors(gate.input_weights())?, factors(gate.recurrent_weights())?];
            Ok(GateConstants { input, recurrent, bias: bias(gate.bias())? })
        };
        let [i, f, c, o] = LstmGate::ALL.map(gate);
        Ok(Gates([i?, f?, c?, o?]))
    }

    fn get(&self, gate: LstmGate) -> &GateConstants<T, B> {
        &self.0[gate as usize]
    }
}

/// Calls `step` with the inputs of each step and the hidden and cell state of its sequence, and collects the hidden
/// states.
fn run_sequences<T, S: Copy + Default>(
    params: &LstmParams,
    x: &[T],
    hidden: &mut [S],
    cell: &mut [S],
    mut step: impl FnMut(&[T], &mut [S], &mut [S]),
) -> Vec<S> {
    let LstmParams { batches, steps, inputs, units, time_major, .. } = *params;
    let mut outputs = vec![S::default(); batches * steps * units];
    let states = hidden.chunks_mut(units).zip(cell.chunks_mut(units));
    for (batch, (hidden, cell)) in states.enumerate() {
        for time in 0..steps {
            let row = if time_major { time * batches + batch } else { batch * steps + time };
            step(&x[row * inputs..][..inputs], hidden, cell);
            outputs[row * units..][..units].copy_from_slice(hidden);
        }
    }
    outputs
}

fn eval_quantized(op: &Lstm, params: &LstmParams, q: &LstmQuantized, cx: &Eval<'_>) -> Result<Data, String> {
    let gates = Gates::read(|index| Ok(widen(&cx.ints(index)?, 0)), |index| biases(cx, index))?;
    let x = widen(&cx.ints(0)?, q.input_offset);
    let [mut hidden, mut cell] = [read_state(cx, op.output_state)?, read_state(cx, op.cell_state)?];
    let layer = QuantizedLayer { params, q, gates };
    let outputs =
        run_sequences(params, &x, &mut hidden, &mut cell, |x, hidden, cell| layer.step(x, hidden, cell));
    write_state(cx, op.output_state, &hidden)?;
    write_state(cx, op.cell_state, &cell)?;
    pack_ints(cx.result_type(0).elem, &outputs)
}

struct QuantizedLayer<'a> {
    params: &'a LstmParams,
    q: &'a LstmQuantized,
    gates: Gates<i16, i64>,
}

impl QuantizedLayer<'_> {
    fn step(&self, x: &[i16], hidden: &mut [i32], cell: &mut [i32]) {
        let q = self.q;
        let last = widen(hidden, q.recurrent_offset);
        let logistic = |sum| i32::from(sigmoid::logistic(sum, SigmoidScale::Q12));
        let tanh = |sum| i32::from(sigmoid::tanh(sum, SigmoidScale::Q12));
        for unit in 0..cell.len() {
            let sum = |gate| self.sum(gate, unit, x, &last);
            let input = logistic(sum(LstmGate::Input));
            let forget = logistic(sum(LstmGate::Forget));
            let candidate = tanh(sum(LstmGate::Cell));
            let output = logistic(sum(LstmGate::Output));

            let kept = saturate(q.forget_requant.apply(forget * cell[unit]));
            let added = saturate(q.update_requant.apply(input * candidate));
            let mut next = saturate(kept + added);
            if let Some(clip) = q.cell_clip.map(i32::from) {
                next = next.min(clip).max(-clip);
            }
            cell[unit] = next;
            let squashed = i32::from(sigmoid::tanh(next as i16, q.cell_tanh));
            let scaled = q.output_requant.apply(squashed * output).wrapping_add(q.output_offset);
            hidden[unit] = scaled.max(q.output_min).min(q.output_max);
        }
    }

    /// The sum of a unit's gate, 12 fractional bits: input and last output are requantized and saturated apart.
    fn sum(&self, gate: LstmGate, unit: usize, x: &[i16], last: &[i16]) -> i16 {
        let constants = self.gates.get(gate);
        let LstmParams { inputs, units, .. } = *self.params;
        let from_input = i16::dot(x, &constants.input[unit * inputs..][..inputs]);
        let from_last = i16::dot(last, &constants.recurrent[unit * units..][..units]);
        let index = gate as usize;
        let input =
            self.requantize(self.q.input_requant[index], from_input.wrapping_add(constants.bias[unit]));
        let recurrent = self.requantize(self.q.recurrent_requant[index], from_last);
        saturate(input + recurrent) as i16
    }

    fn requantize(&self, requant: Requant, sum: i64) -> i32 {
        saturate(match self.q.accumulator {
            Accumulator::I32 => requant.apply(sum as i32),
            Accumulator::I64 => requant.apply64(sum),
        })
    }
}

/// Limits to 16 bits.
fn saturate(x: i32) -> i32 {
    x.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

fn eval_float(op: &Lstm, params: &LstmParams, cell_clip: Option<f32>, cx: &Eval<'_>) -> Result<Data, String> {
    let gates = Gates::read(|index| cx.elements::<f32>(index), |index| cx.elements::<f32>(index))?;
    let x = cx.elements::<f32>(0)?;
    let mut hidden = cx.variable(op.output_state)?.to_vec::<f32>();
    let mut cell = cx.variable(op.cell_state)?.to_vec::<f32>();
    let outputs = run_sequences(params, &x, &mut hidden, &mut cell, |x, hidden, cell| {
        step_float(params, &gates, cell_clip, x, hidden, cell);
    });
    cx.set_variable(op.output_state, Data::from_slice(&hidden))?;
    cx.set_variable(op.cell_state, Data::from_slice(&cell))?;
    Ok(Data::from_slice(&outputs))
}

fn step_float(
    params: &LstmParams,
    gates: &Gates<f32, f32>,
    cell_clip: Option<f32>,
    x: &[f32],
    hidden: &mut [f32],
    cell: &mut [f32],
) {
    let LstmParams { inputs, units, .. } = *params;
    let last = hidden.to_vec();
    for unit in 0..units {
        let sum = |gate| {
            let constants = gates.get(gate);
            let from_input = f32::dot(x, &constants.input[unit * inputs..][..inputs]);
            let from_last = f32::dot(&last, &constants.recurrent[unit * units..][..units]);
            from_input + constants.bias[unit] + from_last
        };
        let input = logistic(sum(LstmGate::Input));
        let forget = logistic(sum(LstmGate::Forget));
        let candidate = sum(LstmGate::Cell).tanh();
        let output = logistic(sum(LstmGate::Output));
        let mut next = forget * cell[unit] + input * candidate;
        if let Some(clip) = cell_clip {
            next = next.min(clip).max(-clip);
        }
        cell[unit] = next;
        hidden[unit] = output * next.tanh();
    }
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
