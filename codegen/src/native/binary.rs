//! Elementwise arithmetic and comparisons of two operands.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;
use redsc_ir::ops::{Binary, BinaryKind, Compare, CompareKind};
use redsc_ir::params::binary::{BinaryParams, Common, CompareParams, ProductParams, SumParams};

use super::code::Code;
use super::elements::{PairDim, pairs};
use super::stream::{Lanes, Stream};
use super::unit::Layer;
use super::{fixed, scalar};

/// Arithmetic of two operands.
pub(super) fn binary(op: &Binary, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = BinaryParams::new(op, &layer.site.operands(), layer.site.result(0)?)?;
    let kind = op.kind;
    let elem = layer.site.result(0)?.elem;
    if needs_c(kind) {
        return Err("it has no native code".into());
    }
    match params {
        BinaryParams::Add(p) => {
            pairwise(layer, Lanes::Any, |c, [a, b]| Ok(sum(c, &p, a, b, |c, a, b| c.b.ins().iadd(a, b))))
        }
        BinaryParams::Sub(p) => {
            pairwise(layer, Lanes::Any, |c, [a, b]| Ok(sum(c, &p, a, b, |c, a, b| c.b.ins().isub(a, b))))
        }
        BinaryParams::SquaredDifference(p) => pairwise(layer, Lanes::Any, |c, [a, b]| {
            Ok(sum(c, &p, a, b, |c, a, b| {
                let difference = c.b.ins().isub(a, b);
                c.b.ins().imul(difference, difference)
            }))
        }),
        BinaryParams::Mul(p) => pairwise(layer, Lanes::Any, |c, [a, b]| {
            let [a, b] = [c.add_int(a, p.offsets[0]), c.add_int(b, p.offsets[1])];
            let product = c.b.ins().imul(a, b);
            let y = c.requantize(product, p.result);
            Ok(finish(c, &p, y))
        }),
        BinaryParams::Div(p) => pairwise(layer, Lanes::One, |c, [a, b]| {
            let [a, b] = [c.add_int(a, p.offsets[0]), c.add_int(b, p.offsets[1])];
            let y = fixed::quotient(c, p.result, a, b);
            Ok(finish(c, &p, y))
        }),
        BinaryParams::Maximum => pairwise(layer, Lanes::Any, |c, [a, b]| Ok(c.b.ins().smax(a, b))),
        BinaryParams::Minimum => pairwise(layer, Lanes::Any, |c, [a, b]| Ok(c.b.ins().smin(a, b))),
        BinaryParams::Integer { act_min, act_max } => pairwise(layer, Lanes::One, |c, [a, b]| {
            let y = integer(c, kind, a, b);
            let [least, most] = [act_min, act_max].map(|bound| c.int(c.ty(y), bound));
            let y = c.b.ins().smax(y, least);
            Ok(c.b.ins().smin(y, most))
        }),
        BinaryParams::Float { act_min, act_max } => pairwise(layer, Lanes::Any, |c, [a, b]| {
            let y = real(c, kind, a, b);
            Ok(clamp_keeping_nan(c, y, act_min, act_max))
        }),
    }
    .map_err(|message| format!("{message} ({elem})"))
}

/// Comparison of two operands.
pub(super) fn compare(op: &Compare, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let elem = layer.site.input(0)?.elem;
    let kind = op.kind;
    match CompareParams::new(&layer.site.operands())? {
        CompareParams::Common(p) => pairwise(layer, Lanes::One, |c, [a, b]| {
            let pair = common(c, &p, a, b);
            Ok(flag(c, kind, pair))
        }),
        CompareParams::Plain if elem == ElemType::F32 => pairwise(layer, Lanes::One, |c, [a, b]| {
            let holds = c.b.ins().fcmp(float_condition(kind), a, b);
            Ok(c.b.ins().uextend(types::I32, holds))
        }),
        CompareParams::Plain => pairwise(layer, Lanes::One, |c, pair| Ok(flag(c, kind, pair))),
    }
}

fn flag(c: &mut Code<'_>, kind: CompareKind, [a, b]: [Value; 2]) -> Value {
    let holds = c.b.ins().icmp(int_condition(kind), a, b);
    c.b.ins().uextend(types::I32, holds)
}

fn int_condition(kind: CompareKind) -> IntCC {
    match kind {
        CompareKind::Equal => IntCC::Equal,
        CompareKind::NotEqual => IntCC::NotEqual,
        CompareKind::Less => IntCC::SignedLessThan,
        CompareKind::LessEqual => IntCC::SignedLessThanOrEqual,
        CompareKind::Greater => IntCC::SignedGreaterThan,
        CompareKind::GreaterEqual => IntCC::SignedGreaterThanOrEqual,
    }
}

fn float_condition(kind: CompareKind) -> FloatCC {
    match kind {
        CompareKind::Equal => FloatCC::Equal,
        CompareKind::NotEqual => FloatCC::NotEqual,
        CompareKind::Less => FloatCC::LessThan,
        CompareKind::LessEqual => FloatCC::LessThanOrEqual,
        CompareKind::Greater => FloatCC::GreaterThan,
        CompareKind::GreaterEqual => FloatCC::GreaterThanOrEqual,
    }
}

/// A function of two numbers or vectors.
type PairFunction<'f> = &'f mut dyn FnMut(&mut Code<'_>, [Value; 2]) -> Result<Value, String>;

/// The function of each pair of elements.
fn pairwise(
    layer: &mut Layer<'_, '_>,
    lanes: Lanes,
    function: impl FnMut(&mut Code<'_>, [Value; 2]) -> Result<Value, String>,
) -> Result<(), String> {
    let site = layer.site;
    let dims = pairs(&site.input(0)?.shape, &site.input(1)?.shape, &site.result(0)?.shape);
    let count = site.result(0)?.elements();
    layer.whole(|c, site| {
        if count == 0 {
            return Ok(());
        }
        let x = [site.x_stream(c, 0)?, site.x_stream(c, 1)?];
        let y = site.y_stream(c)?;
        let mut function = function;
        walk(c, &dims, x, y, lanes, &mut function)
    })
}

fn walk(
    c: &mut Code<'_>,
    dims: &[PairDim],
    x: [Stream; 2],
    y: Stream,
    lanes: Lanes,
    function: PairFunction<'_>,
) -> Result<(), String> {
    // The innermost dimension may have steps other than 0 and 1 where outer ones have an extent of 1 only.
    let streamable = |dim: &PairDim| dim.steps.iter().all(|&step| step <= 1);
    match dims {
        [] => c.map(1, lanes, x, y, function),
        [dim] if streamable(dim) => {
            let x = [0, 1].map(|i| Stream { step: dim.steps[i], ..x[i] });
            c.map(dim.extent, lanes, x, y, function)
        }
        [dim, inner @ ..] => {
            let row: usize = inner.iter().map(|dim| dim.extent).product();
            let mut outcome = Ok(());
            c.repeat(dim.extent, |c, i| {
                let x = [0, 1].map(|index| {
                    let stream: Stream = x[index];
                    let distance = (dim.steps[index] * stream.elem.bytes()) as i64;
                    Stream { ptr: c.step(stream.ptr, i, distance), ..stream }
                });
                let y = Stream { ptr: c.step(y.ptr, i, (row * y.elem.bytes()) as i64), ..y };
                outcome = walk(c, inner, x, y, lanes, function);
            });
            outcome
        }
    }
}

/// Both operands in a common scale.
fn common(c: &mut Code<'_>, p: &Common, a: Value, b: Value) -> [Value; 2] {
    [(0, a), (1, b)].map(|(index, code)| {
        let offset = c.add_int(code, p.offsets[index]);
        let shifted = c.shift_left(offset, i64::from(p.left_shift));
        c.requantize(shifted, p.operands[index])
    })
}

fn sum(
    c: &mut Code<'_>,
    p: &SumParams,
    a: Value,
    b: Value,
    combine: impl FnOnce(&mut Code<'_>, Value, Value) -> Value,
) -> Value {
    let [a, b] = common(c, &p.common, a, b);
    let combined = combine(c, a, b);
    let scaled = c.requantize(combined, p.result);
    let y = c.add_int(scaled, p.output_offset);
    c.clamp(y, p.act_min, p.act_max)
}

/// Adds the zero point, saturating, and clamps.
fn finish(c: &mut Code<'_>, p: &ProductParams, y: Value) -> Value {
    // Clamped before the zero point is added, nothing overflows and the result is the same.
    let y = c.clamp(y, -(1 << 24), 1 << 24);
    let y = c.add_int(y, p.output_offset);
    c.clamp(y, p.act_min, p.act_max)
}

fn integer(c: &mut Code<'_>, kind: BinaryKind, a: Value, b: Value) -> Value {
    match kind {
        BinaryKind::Add => c.b.ins().iadd(a, b),
        BinaryKind::Sub => c.b.ins().isub(a, b),
        BinaryKind::Mul => c.b.ins().imul(a, b),
        BinaryKind::Div => scalar::divide(c, a, b),
        BinaryKind::Maximum => c.b.ins().smax(a, b),
        BinaryKind::Minimum => c.b.ins().smin(a, b),
        BinaryKind::SquaredDifference => {
            let difference = c.b.ins().isub(a, b);
            c.b.ins().imul(difference, difference)
        }
        // Refused before.
        BinaryKind::Power
        | BinaryKind::Modulo
        | BinaryKind::Remainder
        | BinaryKind::BitAnd
        | BinaryKind::BitOr
        | BinaryKind::BitXor
        | BinaryKind::ShiftLeft
        | BinaryKind::ShiftRight => a,
    }
}

/// Whether generated C serves the function only.
fn needs_c(kind: BinaryKind) -> bool {
    match kind {
        BinaryKind::Add
        | BinaryKind::Sub
        | BinaryKind::Mul
        | BinaryKind::Div
        | BinaryKind::Maximum
        | BinaryKind::Minimum
        | BinaryKind::SquaredDifference => false,
        BinaryKind::Power
        | BinaryKind::Modulo
        | BinaryKind::Remainder
        | BinaryKind::BitAnd
        | BinaryKind::BitOr
        | BinaryKind::BitXor
        | BinaryKind::ShiftLeft
        | BinaryKind::ShiftRight => true,
    }
}

fn real(c: &mut Code<'_>, kind: BinaryKind, a: Value, b: Value) -> Value {
    match kind {
        BinaryKind::Add => c.b.ins().fadd(a, b),
        BinaryKind::Sub => c.b.ins().fsub(a, b),
        BinaryKind::Mul => c.b.ins().fmul(a, b),
        BinaryKind::Div => c.b.ins().fdiv(a, b),
        BinaryKind::Maximum => c.larger(a, b),
        BinaryKind::Minimum => c.smaller(a, b),
        BinaryKind::SquaredDifference => {
            let difference = c.b.ins().fsub(a, b);
            c.b.ins().fmul(difference, difference)
        }
        // Refused before.
        BinaryKind::Power
        | BinaryKind::Modulo
        | BinaryKind::Remainder
        | BinaryKind::BitAnd
        | BinaryKind::BitOr
        | BinaryKind::BitXor
        | BinaryKind::ShiftLeft
        | BinaryKind::ShiftRight => a,
    }
}

/// Clamps real numbers; what is none stays.
fn clamp_keeping_nan(c: &mut Code<'_>, y: Value, least: f32, most: f32) -> Value {
    let [least, most] = [least, most].map(|bound| c.real(c.ty(y), bound));
    let y = c.choose_real(FloatCC::LessThan, [y, least], least, y);
    c.choose_real(FloatCC::LessThan, [most, y], most, y)
}
