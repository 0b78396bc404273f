//! Long short-term memory over sequences.

use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;
use redsc_ir::ops::Lstm;
use redsc_ir::params::mac::Accumulator;
use redsc_ir::params::recurrent::{LstmArithmetic, LstmGate, LstmParams, LstmQuantized};
use redsc_ir::params::sigmoid::SigmoidScale;
use redsc_ir::quant::Requant;

use super::code::{Code, Ptr};
use super::inner::{self, Factors};
use super::scalar;
use super::site::Site;
use super::unary::{logistic_by_table, tanh_by_table};
use super::unit::Layer;

/// An LSTM layer.
pub(super) fn lstm(op: &Lstm, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = LstmParams::new(op, &layer.site.operands(), layer.site.result(0)?)?;
    let elem = layer.site.input(0)?.elem;
    let cell_elem = layer.site.module.variable(op.cell_state).ty.elem;
    let scratch = layer.scratch(params.units * elem.bytes() + 64);
    let LstmParams { batches, steps, inputs, units, time_major, .. } = params;
    let width = elem.bytes();
    layer.whole(|c, site| {
        let (x, y) = (site.x(c, 0)?, site.y(c, 0)?);
        let [hidden, cell] = [site.variable(c, op.output_state)?, site.variable(c, op.cell_state)?];
        let last = c.arena_at(scratch);
        let body = Body { params: &params, elem, gates: gates(c, site)? };
        let mut outcome = Ok(());
        c.repeat(batches, |c, batch| {
            let hidden = c.step(hidden, batch, (units * width) as i64);
            let cell = c.step(cell, batch, (units * cell_elem.bytes()) as i64);
            let (batch_rows, step_rows) = if time_major { (1, batches) } else { (steps, 1) };
            let x = c.step(x, batch, (batch_rows * inputs * width) as i64);
            let y = c.step(y, batch, (batch_rows * units * width) as i64);
            c.repeat(steps, |c, step| {
                let x = c.step(x, step, (step_rows * inputs * width) as i64);
                let y = c.step(y, step, (step_rows * units * width) as i64);
                c.copy(last, hidden, units * width);
                c.repeat(units, |c, unit| {
                    let hidden = c.step(hidden, unit, width as i64);
                    let cell = c.step(cell, unit, cell_elem.bytes() as i64);
                    outcome = body.unit(c, unit, x, last, hidden, cell);
                });
                c.copy(y, hidden, units * width);
            });
        });
        outcome
    })
}

/// The constants of a gate: weights of the input, weights of the last output, bias.
type Gate = [Ptr; 3];

fn gates(c: &mut Code<'_>, site: &Site<'_>) -> Result<[Gate; 4], String> {
    let mut gate = |gate: LstmGate| -> Result<Gate, String> {
        Ok([site.x(c, gate.input_weights())?, site.x(c, gate.recurrent_weights())?, site.x(c, gate.bias())?])
    };
    let [i, f, g, o] = LstmGate::ALL.map(&mut gate);
    Ok([i?, f?, g?, o?])
}

struct Body<'a> {
    params: &'a LstmParams,
    elem: ElemType,
    gates: [Gate; 4],
}

impl Body<'_> {
    fn unit(
        &self,
        c: &mut Code<'_>,
        unit: Value,
        x: Ptr,
        last: Ptr,
        hidden: Ptr,
        cell: Ptr,
    ) -> Result<(), String> {
        match &self.params.arithmetic {
            LstmArithmetic::Quantized(q) => {
                self.quantized(c, q, unit, [x, last], hidden, cell);
                Ok(())
            }
            LstmArithmetic::Float { cell_clip } => self.float(c, *cell_clip, unit, [x, last], hidden, cell),
        }
    }

    fn quantized(
        &self,
        c: &mut Code<'_>,
        q: &LstmQuantized,
        unit: Value,
        from: [Ptr; 2],
        hidden: Ptr,
        cell: Ptr,
    ) {
        let [input, forget, candidate, output] = [0, 1, 2, 3].map(|gate| {
            let sum = self.quantized_sum(c, q, gate, unit, from);
            if gate == LstmGate::Cell as usize {
                tanh_by_table(c, sum, SigmoidScale::Q12)
            } else {
                logistic_by_table(c, sum, SigmoidScale::Q12)
            }
        });
        let old = c.load_number(ElemType::I16, cell);
        let kept = c.b.ins().imul(forget, old);
        let kept = requantize_16(c, kept, q.forget_requant);
        let added = c.b.ins().imul(input, candidate);
        let added = requantize_16(c, added, q.update_requant);
        let sum = c.b.ins().iadd(kept, added);
        let mut next = saturate(c, sum);
        if let Some(clip) = q.cell_clip.map(i32::from) {
            next = c.clamp(next, -clip, clip);
        }
        c.store_number(next, ElemType::I16, cell);
        let squashed = tanh_by_table(c, next, q.cell_tanh);
        let product = c.b.ins().imul(squashed, output);
        let scaled = c.requantize(product, q.output_requant);
        let y = c.add_int(scaled, q.output_offset);
        let y = c.clamp(y, q.output_min, q.output_max);
        c.store_number(y, self.elem, hidden);
    }

    /// The sum of a gate, 12 fractional bits: input and last output are requantized and saturated apart.
    fn quantized_sum(
        &self,
        c: &mut Code<'_>,
        q: &LstmQuantized,
        gate: usize,
        unit: Value,
        [x, last]: [Ptr; 2],
    ) -> Value {
        let [w, u, bias] = self.gates[gate];
        let LstmParams { inputs, units, .. } = *self.params;
        let ty = if q.accumulator == Accumulator::I64 { types::I64 } else { types::I32 };
        let bias = c.step(bias, unit, ty.bytes().into());
        let bias = c.load(ty, bias);
        let zero = c.int(ty, 0);
        let parts = [
            (x, w, inputs, q.input_offset, bias, q.input_requant[gate]),
            (last, u, units, q.recurrent_offset, zero, q.recurrent_requant[gate]),
        ];
        let [input, recurrent] = parts.map(|(from, weights, count, offset, start, requant)| {
            let from = Factors::new(from, self.elem, offset);
            let weights = Factors::new(weights, ElemType::I8, 0).at(c, unit, count);
            let sum = inner::product(c, count, from, weights, start);
            let scaled =
                if ty == types::I64 { c.requantize_wide(sum, requant) } else { c.requantize(sum, requant) };
            saturate(c, scaled)
        });
        let sum = c.b.ins().iadd(input, recurrent);
        saturate(c, sum)
    }

    fn float(
        &self,
        c: &mut Code<'_>,
        cell_clip: Option<f32>,
        unit: Value,
        from: [Ptr; 2],
        hidden: Ptr,
        cell: Ptr,
    ) -> Result<(), String> {
        let [i, f, g, o] = [0, 1, 2, 3].map(|gate| self.float_sum(c, gate, unit, from));
        let [input, forget] = [scalar::logistic(c, i)?, scalar::logistic(c, f)?];
        let candidate = scalar::library(c, "tanh", g)?;
        let output = scalar::logistic(c, o)?;
        let old = c.load(types::F32, cell);
        let kept = c.b.ins().fmul(forget, old);
        let added = c.b.ins().fmul(input, candidate);
        let mut next = c.b.ins().fadd(kept, added);
        if let Some(clip) = cell_clip {
            next = c.clamp_real(next, -clip, clip);
        }
        c.store(next, cell);
        let squashed = scalar::library(c, "tanh", next)?;
        let y = c.b.ins().fmul(output, squashed);
        c.store(y, hidden);
        Ok(())
    }

    fn float_sum(&self, c: &mut Code<'_>, gate: usize, unit: Value, [x, last]: [Ptr; 2]) -> Value {
        let [w, u, bias] = self.gates[gate];
        let LstmParams { inputs, units, .. } = *self.params;
        let bias = c.step(bias, unit, 4);
        let bias = c.load(types::F32, bias);
        let float = |ptr| Factors::new(ptr, ElemType::F32, 0);
        let (w, u) = (float(w).at(c, unit, inputs), float(u).at(c, unit, units));
        let sum = inner::product(c, inputs, float(x), w, bias);
        inner::product(c, units, float(last), u, sum)
    }
}

fn requantize_16(c: &mut Code<'_>, x: Value, requant: Requant) -> Value {
    let scaled = c.requantize(x, requant);
    saturate(c, scaled)
}

/// Limits to 16 bits.
fn saturate(c: &mut Code<'_>, x: Value) -> Value {
    c.clamp(x, i16::MIN.into(), i16::MAX.into())
}
