//! SVDF: a layer of filters with a memory in time.

use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;
use redsc_ir::ops::Svdf;
use redsc_ir::params::recurrent::{SvdfArithmetic, SvdfParams};

use super::code::{Code, Ptr};
use super::control::move_bytes;
use super::inner::{self, Factors};
use super::unit::Layer;

/// SVDF.
pub(super) fn svdf(op: &Svdf, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = SvdfParams::new(op, &layer.site.operands(), layer.site.result(0)?)?;
    let state_elem = layer.site.module.variable(op.state).ty.elem;
    let SvdfParams { batches, inputs, filters, rank, units, memory, .. } = params;
    layer.whole(|c, site| {
        let state = site.variable(c, op.state)?;
        let width = state_elem.bytes() as i64;
        let cells = batches * filters * memory;
        // All cells move one step towards the past.
        move_bytes(c, state, state.plus(width), (cells - 1) * state_elem.bytes())?;
        let layer = Layout { params: &params };
        let x = Factors::new(site.x(c, 0)?, site.input(0)?.elem, layer.offsets()[0]);
        let feature = Factors::new(site.x(c, 1)?, site.input(1)?.elem, 0);
        let time = Factors::new(site.x(c, 2)?, site.input(2)?.elem, 0);
        let past = Factors::new(state, state_elem, layer.offsets()[1]);
        let (y, elem) = (site.y(c, 0)?, site.result(0)?.elem);
        let bias = match site.node.input(3) {
            Some(_) => Some((site.x(c, 3)?, site.input(3)?.elem)),
            None => None,
        };
        c.repeat(batches, |c, batch| {
            let x = x.at(c, batch, inputs);
            let cells = c.step(state, batch, (filters * memory) as i64 * width);
            c.repeat(filters, |c, filter| {
                let feature = feature.at(c, filter, inputs);
                let zero = layer.zero(c);
                let sum = inner::product(c, inputs, x, feature, zero);
                let cell = layer.store_cell(c, sum);
                let row = c.step(cells, filter, memory as i64 * width);
                c.store_number(cell, state_elem, row.plus((memory - 1) as i64 * width));
            });
            let past = past.at(c, batch, filters * memory);
            let y = c.step(y, batch, (units * elem.bytes()) as i64);
            c.repeat(units, |c, unit| {
                let (past, time) = (past.at(c, unit, rank * memory), time.at(c, unit, rank * memory));
                let zero = layer.zero(c);
                let sum = inner::product(c, rank * memory, past, time, zero);
                let sum = add_bias(c, sum, bias, unit);
                let result = layer.finish(c, sum);
                let y = c.step(y, unit, elem.bytes() as i64);
                c.store_number(result, elem, y);
            });
        });
        Ok(())
    })
}

fn add_bias(c: &mut Code<'_>, sum: Value, bias: Option<(Ptr, ElemType)>, unit: Value) -> Value {
    let Some((bias, elem)) = bias else { return sum };
    let at = c.step(bias, unit, elem.bytes() as i64);
    let bias = c.load_number(elem, at);
    if elem == ElemType::F32 { c.b.ins().fadd(sum, bias) } else { c.b.ins().iadd(sum, bias) }
}

struct Layout<'a> {
    params: &'a SvdfParams,
}

impl Layout<'_> {
    /// What is added to inputs and to cells.
    fn offsets(&self) -> [i32; 2] {
        match &self.params.arithmetic {
            SvdfArithmetic::Quantized(q) => [q.input_offset, -q.state_zero_point],
            SvdfArithmetic::Float { .. } => [0, 0],
        }
    }

    fn zero(&self, c: &mut Code<'_>) -> Value {
        match &self.params.arithmetic {
            SvdfArithmetic::Quantized(_) => c.int(types::I32, 0),
            SvdfArithmetic::Float { .. } => c.real(types::F32, 0.0),
        }
    }

    fn store_cell(&self, c: &mut Code<'_>, sum: Value) -> Value {
        match &self.params.arithmetic {
            SvdfArithmetic::Quantized(q) => {
                let scaled = c.requantize(sum, q.feature_requant);
                let cell = c.add_int(scaled, q.state_zero_point);
                c.clamp(cell, q.state_min, q.state_max)
            }
            SvdfArithmetic::Float { .. } => sum,
        }
    }

    fn finish(&self, c: &mut Code<'_>, sum: Value) -> Value {
        match &self.params.arithmetic {
            SvdfArithmetic::Quantized(q) => {
                let scaled = c.requantize(sum, q.output_requant);
                let y = c.add_int(scaled, q.output_offset);
                c.clamp(y, q.act_min, q.act_max)
            }
            SvdfArithmetic::Float { act_min, act_max } => c.clamp_real(sum, *act_min, *act_max),
        }
    }
}
