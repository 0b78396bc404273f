//! Reductions.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::Variable;

use redsc_ir::ops::{Reduce, ReduceKind};
use redsc_ir::params::reduce::ReduceParams;
use redsc_ir::{ElemType, Shape};

use super::code::{Code, Ptr};
use super::stream::storage;
use super::unit::Layer;

/// Extent and step of a dimension, in elements.
type Dim = (usize, usize);

/// Sum, mean, maximum, minimum over some dimensions.
pub(super) fn reduce(op: &Reduce, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let (x, y) = (layer.site.input(0)?, layer.site.result(0)?);
    let params = ReduceParams::new(op, &layer.site.operands(), y)?;
    let [kept, folded] = sorted(&x.shape, &op.axes);
    let walk = Walk { kept, folded, from: x.elem, to: y.elem };
    if x.elements() == 0 {
        return Err("there is nothing to reduce".into());
    }
    let smallest = op.kind == ReduceKind::Min;
    layer.whole(|c, site| {
        let [from, to] = [site.x(c, 0)?, site.y(c, 0)?];
        match params {
            ReduceParams::Quantized(p) => {
                let start = |c: &mut Code<'_>, _| c.int(types::I32, 0);
                walk.emit(
                    c,
                    from,
                    to,
                    start,
                    |c, sum, x| c.b.ins().iadd(sum, x),
                    |c, sum| {
                        let offset = c.add_int(sum, p.sum_offset);
                        let scaled = c.requantize(offset, p.requant);
                        let y = c.add_int(scaled, p.output_offset);
                        c.clamp(y, p.act_min, p.act_max)
                    },
                );
            }
            ReduceParams::Integer => {
                let product = op.kind == ReduceKind::Product;
                let start = |c: &mut Code<'_>, _| c.int(storage(x.elem), product.into());
                walk.emit(
                    c,
                    from,
                    to,
                    start,
                    |c, total, x| if product { c.b.ins().imul(total, x) } else { c.b.ins().iadd(total, x) },
                    |_, y| y,
                );
            }
            ReduceParams::FloatProduct => {
                let start = |c: &mut Code<'_>, _| c.real(types::F32, 1.0);
                walk.emit(c, from, to, start, |c, total, x| c.b.ins().fmul(total, x), |_, y| y);
            }
            ReduceParams::Float { divisor } => {
                let start = |c: &mut Code<'_>, _| c.real(types::F32, 0.0);
                walk.emit(
                    c,
                    from,
                    to,
                    start,
                    |c, sum, x| c.b.ins().fadd(sum, x),
                    |c, sum| {
                        let divisor = c.real(types::F32, divisor);
                        c.b.ins().fdiv(sum, divisor)
                    },
                );
            }
            ReduceParams::Selection => {
                let first = |c: &mut Code<'_>, at| c.load_number(x.elem, at);
                let pick = |c: &mut Code<'_>, so_far, x| pick(c, smallest, walk.from, so_far, x);
                walk.emit(c, from, to, first, pick, |_, y| y);
            }
        }
        Ok(())
    })
}

fn pick(c: &mut Code<'_>, smallest: bool, elem: ElemType, so_far: Value, x: Value) -> Value {
    match (elem == ElemType::F32, smallest) {
        (true, true) => c.choose_real(FloatCC::LessThan, [x, so_far], x, so_far),
        (true, false) => c.choose_real(FloatCC::LessThan, [so_far, x], x, so_far),
        (false, true) => c.b.ins().smin(so_far, x),
        (false, false) => c.b.ins().smax(so_far, x),
    }
}

struct Walk {
    kept: Vec<Dim>,
    folded: Vec<Dim>,
    from: ElemType,
    to: ElemType,
}

impl Walk {
    /// Folds what falls together, from `start` (given where the first element is) on.
    fn emit(
        &self,
        c: &mut Code<'_>,
        from: Ptr,
        to: Ptr,
        start: impl FnOnce(&mut Code<'_>, Ptr) -> Value,
        combine: impl FnOnce(&mut Code<'_>, Value, Value) -> Value,
        finish: impl FnOnce(&mut Code<'_>, Value) -> Value,
    ) {
        // Each is called once, since the code of a loop is written once.
        let mut parts = Some((start, combine, finish));
        self.results(c, &self.kept, from, to, &mut |c, from, to| {
            let Some((start, combine, finish)) = parts.take() else { return };
            let first = start(c, from);
            let total = c.variable(first);
            let mut combine = Some(combine);
            self.fold(c, &self.folded, from, total, &mut |c, so_far, x| match combine.take() {
                Some(combine) => combine(c, so_far, x),
                None => so_far,
            });
            let sum = c.b.use_var(total);
            let y = finish(c, sum);
            c.store_number(y, self.to, to);
        });
    }
}

impl Walk {
    /// `body` for each result.
    fn results(
        &self,
        c: &mut Code<'_>,
        dims: &[Dim],
        from: Ptr,
        to: Ptr,
        body: &mut dyn FnMut(&mut Code<'_>, Ptr, Ptr),
    ) {
        let [(extent, step), inner @ ..] = dims else { return body(c, from, to) };
        let row: usize = inner.iter().map(|dim| dim.0).product();
        c.repeat(*extent, |c, i| {
            let from = c.step(from, i, (step * self.from.bytes()) as i64);
            let to = c.step(to, i, (row * self.to.bytes()) as i64);
            self.results(c, inner, from, to, body);
        });
    }

    /// Combines the elements that fall together with the total.
    fn fold(
        &self,
        c: &mut Code<'_>,
        dims: &[Dim],
        from: Ptr,
        total: Variable,
        combine: &mut dyn FnMut(&mut Code<'_>, Value, Value) -> Value,
    ) {
        let [(extent, step), inner @ ..] = dims else {
            let x = c.load_number(self.from, from);
            let so_far = c.b.use_var(total);
            let next = combine(c, so_far, x);
            return c.b.def_var(total, next);
        };
        c.repeat(*extent, |c, i| {
            let from = c.step(from, i, (step * self.from.bytes()) as i64);
            self.fold(c, inner, from, total, combine);
        });
    }
}

/// The dimensions that stay and those that are reduced, outermost first, dense neighbours merged.
fn sorted(shape: &Shape, axes: &[usize]) -> [Vec<Dim>; 2] {
    let mut sorts: [Vec<Dim>; 2] = Default::default();
    for (axis, (&extent, step)) in shape.iter().zip(shape.strides()).enumerate() {
        let dims = &mut sorts[usize::from(axes.contains(&axis))];
        match dims.last_mut() {
            _ if extent == 1 => {}
            Some(outer) if outer.1 == step * extent => *outer = (outer.0 * extent, step),
            _ => dims.push((extent, step)),
        }
    }
    sorts
}
