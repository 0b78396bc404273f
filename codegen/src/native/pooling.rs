//! Pooling.
//!
//! Channels are combined eight at a time where there are vectors. The taps of a window that lie inside of the image
//! come from a table of first and last taps, one entry for each row and column of the result.

use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;
use redsc_ir::ops::{Pool2d, PoolKind};
use redsc_ir::params::pool::{PoolClamp, PoolParams};
use redsc_ir::params::window::Axis;

use super::code::{Code, Ptr};
use super::scalar;
use super::unit::Layer;

/// 2-D pooling.
pub(super) fn pool2d(op: &Pool2d, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = PoolParams::new(op, &layer.site.operands(), layer.site.result(0)?)?;
    let elem = layer.site.input(0)?.elem;
    let window = params.window;
    for axis in [&window.y, &window.x] {
        if (0..axis.output).any(|out| axis.inside(out).is_empty()) {
            return Err("a pooling window lies outside of the input".into());
        }
    }
    let pool = Pool { kind: op.kind, params, elem };
    let rows = window.y.output;
    layer.part(rows, |c, site| {
        let [from, to] = [site.x(c, 0)?, site.y(c, 0)?];
        c.repeat(window.batches, |c, b| {
            let width = elem.bytes() as i64;
            let image = (window.y.input * window.x.input * window.in_channels) as i64 * width;
            let result = (window.y.output * window.x.output * window.in_channels) as i64 * width;
            let [from, to] = [c.step(from, b, image), c.step(to, b, result)];
            c.for_items(|c, y| pool.row(c, from, to, y));
        });
        Ok(())
    })
}

struct Pool {
    kind: PoolKind,
    params: PoolParams,
    elem: ElemType,
}

/// The taps of a window along one axis: how many, and the first cell.
#[derive(Clone, Copy)]
struct Taps {
    count: Value,
    cell: Value,
}

impl Pool {
    fn row(&self, c: &mut Code<'_>, from: Ptr, to: Ptr, y: Value) {
        let window = &self.params.window;
        let pixel = (window.in_channels * self.elem.bytes()) as i64;
        let rows = taps(c, &window.y, y);
        let to = c.step(to, y, pixel * window.x.output as i64);
        c.repeat(window.x.output, |c, x| {
            let columns = taps(c, &window.x, x);
            let to = c.step(to, x, pixel);
            let row = c.step(from, rows.cell, pixel * window.x.input as i64);
            let corner = c.step(row, columns.cell, pixel);
            self.channels(c, corner, to, rows, columns);
        });
    }

    fn channels(&self, c: &mut Code<'_>, from: Ptr, to: Ptr, rows: Taps, columns: Taps) {
        let width = self.elem.bytes() as i64;
        let channels = self.params.window.in_channels;
        let groups = if c.machine.simd { channels / 8 } else { 0 };
        c.repeat(groups, |c, group| {
            let [from, to] = [from, to].map(|ptr| c.step(ptr, group, 8 * width));
            let results = self.window(c, from, rows, columns, 2);
            c.store_vectors(to, self.elem, &results, 8);
        });
        let done = (groups * 8) as i64;
        c.repeat(channels - groups * 8, |c, channel| {
            let [from, to] = [from, to].map(|ptr| c.step(ptr.plus(done * width), channel, width));
            let results = self.window(c, from, rows, columns, 1);
            c.store_number(results[0], self.elem, to);
        });
    }

    /// The results of eight channels as two vectors, or of one.
    fn window(&self, c: &mut Code<'_>, from: Ptr, rows: Taps, columns: Taps, vectors: usize) -> Vec<Value> {
        let window = &self.params.window;
        let pixel = (window.in_channels * self.elem.bytes()) as i64;
        let start = self.start(c, vectors);
        let totals = vec![start; vectors].into_iter().map(|v| c.variable(v)).collect::<Vec<_>>();
        c.repeat_below(rows.count, |c, y| {
            let row = c.step(from, y, pixel * window.x.input as i64);
            c.repeat_below(columns.count, |c, x| {
                let cell = c.step(row, x, pixel);
                let values = if vectors == 2 {
                    c.load_group(self.elem, cell).to_vec()
                } else {
                    vec![c.load_number(self.elem, cell)]
                };
                for (&total, value) in totals.iter().zip(values) {
                    let so_far = c.b.use_var(total);
                    let next = self.combine(c, so_far, value);
                    c.b.def_var(total, next);
                }
            });
        });
        let count = c.b.ins().imul(rows.count, columns.count);
        let count = c.b.ins().ireduce(types::I32, count);
        let totals: Vec<Value> = totals.into_iter().map(|total| c.b.use_var(total)).collect();
        totals.into_iter().map(|total| self.finish(c, total, count)).collect()
    }

    fn start(&self, c: &mut Code<'_>, vectors: usize) -> Value {
        let float = self.elem == ElemType::F32;
        let ty = match (float, vectors) {
            (true, 2) => types::F32X4,
            (true, _) => types::F32,
            (false, 2) => types::I32X4,
            (false, _) => types::I32,
        };
        match (self.kind, float) {
            (PoolKind::Average, true) => c.real(ty, 0.0),
            (PoolKind::Max, true) => c.real(ty, f32::MIN),
            (PoolKind::Average, false) => c.int(ty, 0),
            (PoolKind::Max, false) => c.int(ty, i32::MIN.into()),
        }
    }

    fn combine(&self, c: &mut Code<'_>, so_far: Value, x: Value) -> Value {
        match (self.kind, self.elem == ElemType::F32) {
            (PoolKind::Average, true) => c.b.ins().fadd(so_far, x),
            (PoolKind::Max, true) => c.larger(x, so_far),
            (PoolKind::Average, false) => c.b.ins().iadd(so_far, x),
            (PoolKind::Max, false) => c.b.ins().smax(so_far, x),
        }
    }

    fn finish(&self, c: &mut Code<'_>, total: Value, count: Value) -> Value {
        let mean = match (self.kind, self.elem == ElemType::F32) {
            (PoolKind::Max, _) => total,
            (PoolKind::Average, true) => {
                let divisor = c.real_of(count);
                let ty = c.ty(total);
                let divisor = if ty.is_vector() { c.b.ins().splat(ty, divisor) } else { divisor };
                c.b.ins().fdiv(total, divisor)
            }
            (PoolKind::Average, false) => rounded_mean(c, total, count),
        };
        match self.params.clamp {
            PoolClamp::Quantized { act_min, act_max } => c.clamp(mean, act_min, act_max),
            PoolClamp::Float { act_min, act_max } => c.clamp_real(mean, act_min, act_max),
        }
    }
}

/// `total / count`, halves away from zero; lane by lane, because machines divide single numbers only.
fn rounded_mean(c: &mut Code<'_>, total: Value, count: Value) -> Value {
    if c.ty(total).is_vector() {
        let mut means = total;
        for lane in 0..4u8 {
            let sum = c.b.ins().extractlane(total, lane);
            let mean = rounded_mean(c, sum, count);
            means = c.b.ins().insertlane(means, mean, lane);
        }
        return means;
    }
    use cranelift_codegen::ir::condcodes::IntCC;
    let half = c.shift_right(count, 1);
    let negated = c.negate(half);
    let zero = c.int(types::I32, 0);
    let half = c.choose(IntCC::SignedGreaterThan, [total, zero], half, negated);
    let sum = c.b.ins().iadd(total, half);
    scalar::divide(c, sum, count)
}

fn taps(c: &mut Code<'_>, axis: &Axis, out: Value) -> Taps {
    let entry = |out: usize| {
        let inside = axis.inside(out);
        [inside.len() as u32, axis.position(out, inside.start) as u32]
    };
    let table: Vec<u8> = (0..axis.output).flat_map(entry).flat_map(u32::to_le_bytes).collect();
    let table = c.constant(&table);
    let at = c.step(table, out, 8);
    let [count, cell] = [0, 4].map(|offset| {
        let number = c.load(types::I32, at.plus(offset));
        c.b.ins().uextend(types::I64, number)
    });
    Taps { count, cell }
}
