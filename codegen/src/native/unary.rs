//! Elementwise functions of one operand.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::interp::eval_node;
use redsc_ir::ops::{LeakyRelu, Unary, UnaryKind};
use redsc_ir::params::quantize::Rescale;
use redsc_ir::params::sigmoid::{self, SigmoidScale};
use redsc_ir::params::unary::{LeakyReluParams, RsqrtParams, UnaryParams};
use redsc_ir::{Data, ElemType, Graph, Node, TensorType};

use super::code::{Code, Ptr};
use super::stream::Lanes;
use super::unit::Layer;
use super::{fixed, scalar};

/// Function of one operand.
pub(super) fn unary(op: &Unary, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    if is_byte_function(layer)? {
        return tabulated(layer);
    }
    let kind = op.kind;
    match UnaryParams::new(op, &layer.site.operands(), layer.site.result(0)?)? {
        UnaryParams::Plain if layer.site.input(0)?.elem == ElemType::F32 => {
            let lanes = if needs_library(kind) { Lanes::One } else { Lanes::Any };
            elementwise(layer, lanes, |c, x| real(c, kind, x))
        }
        UnaryParams::Plain => elementwise(layer, Lanes::Any, |c, x| integer(c, kind, x)),
        UnaryParams::Clamp(p) => elementwise(layer, Lanes::Any, |c, x| Ok(rescale(c, &p, x))),
        UnaryParams::Abs(p) => elementwise(layer, Lanes::Any, |c, x| {
            let offset = c.add_int(x, p.input_offset);
            let magnitude = c.b.ins().iabs(offset);
            let back = c.add_int(magnitude, p.input_offset.wrapping_neg());
            Ok(rescale(c, &p, back))
        }),
        UnaryParams::Rsqrt(p) => elementwise(layer, Lanes::One, |c, x| Ok(rsqrt(c, &p, x))),
        UnaryParams::Logistic(_) | UnaryParams::Tanh(_) => Err("8-bit functions are table lookups".into()),
        UnaryParams::LogisticTable(scale) => {
            elementwise(layer, Lanes::One, |c, x| Ok(logistic_by_table(c, x, scale)))
        }
        UnaryParams::TanhTable(scale) => {
            elementwise(layer, Lanes::One, |c, x| Ok(tanh_by_table(c, x, scale)))
        }
    }
}

/// Leaky clamp.
pub(super) fn leaky_relu(op: &LeakyRelu, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    if is_byte_function(layer)? {
        return tabulated(layer);
    }
    let alpha = op.alpha;
    match LeakyReluParams::new(op, &layer.site.operands(), layer.site.result(0)?)? {
        LeakyReluParams::Float => elementwise(layer, Lanes::Any, |c, x| {
            let ty = c.ty(x);
            let [zero, alpha] = [0.0, alpha].map(|v| c.real(ty, v));
            let scaled = c.b.ins().fmul(x, alpha);
            Ok(c.choose_real(FloatCC::LessThan, [zero, x], x, scaled))
        }),
        LeakyReluParams::Quantized { positive, slope, flips } => elementwise(layer, Lanes::Any, |c, x| {
            let right = rescale(c, &positive, x);
            let offset = c.add_int(x, positive.input_offset);
            let scaled = c.requantize(offset, slope);
            let left = if flips { c.negate(scaled) } else { scaled };
            let left = c.add_int(left, positive.output_offset);
            let left = c.clamp(left, positive.act_min, positive.act_max);
            let zero = c.int(c.ty(x), 0);
            Ok(c.choose(IntCC::SignedLessThan, [offset, zero], left, right))
        }),
    }
}

/// Table lookup.
pub(super) fn lut(layer: &mut Layer<'_, '_>) -> Result<(), String> {
    lookup(layer, None)
}

/// Change of scale, zero point and element type.
pub(super) fn rescale(c: &mut Code<'_>, p: &Rescale, x: Value) -> Value {
    let offset = c.add_int(x, p.input_offset);
    let scaled = c.requantize(offset, p.requant);
    let y = c.add_int(scaled, p.output_offset);
    c.clamp(y, p.act_min, p.act_max)
}

/// Whether operand and result have one byte per element: a table serves every function.
pub(super) fn is_byte_function(layer: &Layer<'_, '_>) -> Result<bool, String> {
    let site = layer.site;
    Ok(site.input(0)?.elem.bytes() == 1 && site.result(0)?.elem.bytes() == 1)
}

/// A function of bytes as a lookup in a table that the interpreter computes.
pub(super) fn tabulated(layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let site = layer.site;
    let codes = |ty: &TensorType| TensorType { shape: [256].into(), ..ty.clone() };
    let mut graph = Graph::default();
    let x = graph.add_value("", codes(site.input(0)?));
    let y = graph.add_value("", codes(site.result(0)?));
    let node = Node { inputs: vec![Some(x)], outputs: vec![y], ..site.node.clone() };
    let all = Data::from_slice(&std::array::from_fn::<u8, 256, _>(|code| code as u8));
    let table = eval_node(site.module, &graph, &node, &[Some(all)])?;
    lookup(layer, Some(table.into_iter().next().ok_or("the function has no result")?))
}

/// Looks the codes up in a table, which is the second operand unless it is given.
fn lookup(layer: &mut Layer<'_, '_>, table: Option<Data>) -> Result<(), String> {
    let elem = layer.site.result(0)?.elem;
    layer.whole(|c, site| {
        let table = match &table {
            Some(data) => c.constant(data.bytes()),
            None => site.x(c, 1)?,
        };
        let [from, to] = [site.x(c, 0)?, site.y(c, 0)?];
        let ty = super::stream::storage(elem);
        c.repeat(site.result(0)?.elements(), |c, i| {
            let x = c.step(from, i, 1);
            let code = c.load(types::I8, x);
            let index = c.b.ins().uextend(types::I64, code);
            let entry = c.step(table, index, elem.bytes() as i64);
            let value = c.load(ty, entry);
            let y = c.step(to, i, elem.bytes() as i64);
            c.store(value, y);
        });
        Ok(())
    })
}

/// The function of each element.
pub(super) fn elementwise(
    layer: &mut Layer<'_, '_>,
    lanes: Lanes,
    mut function: impl FnMut(&mut Code<'_>, Value) -> Result<Value, String>,
) -> Result<(), String> {
    layer.whole(|c, site| {
        let (x, y) = (site.x_stream(c, 0)?, site.y_stream(c)?);
        c.map(site.result(0)?.elements(), lanes, [x], y, |c, [x]| function(c, x))
    })
}

fn needs_library(kind: UnaryKind) -> bool {
    matches!(
        kind,
        UnaryKind::Exp
            | UnaryKind::Log
            | UnaryKind::Tanh
            | UnaryKind::Logistic
            | UnaryKind::Sin
            | UnaryKind::Cos
            | UnaryKind::Tan
            | UnaryKind::Asin
            | UnaryKind::Acos
            | UnaryKind::Atan
            | UnaryKind::Sinh
            | UnaryKind::Cosh
            | UnaryKind::Asinh
            | UnaryKind::Acosh
            | UnaryKind::Atanh
            | UnaryKind::Erf
    )
}

fn real(c: &mut Code<'_>, kind: UnaryKind, x: Value) -> Result<Value, String> {
    let ty = c.ty(x);
    Ok(match kind {
        UnaryKind::Abs => c.b.ins().fabs(x),
        UnaryKind::Neg => c.b.ins().fneg(x),
        UnaryKind::Exp => scalar::library(c, "exp", x)?,
        UnaryKind::Log => scalar::library(c, "log", x)?,
        UnaryKind::Sqrt => c.b.ins().sqrt(x),
        UnaryKind::Rsqrt => {
            let one = c.real(ty, 1.0);
            let root = c.b.ins().sqrt(x);
            c.b.ins().fdiv(one, root)
        }
        UnaryKind::Square => c.b.ins().fmul(x, x),
        UnaryKind::Relu => at_least(c, x, 0.0),
        UnaryKind::Relu6 => {
            let x = at_least(c, x, 0.0);
            at_most(c, x, 6.0)
        }
        UnaryKind::ReluN1To1 => {
            let x = at_least(c, x, -1.0);
            at_most(c, x, 1.0)
        }
        UnaryKind::Tanh => scalar::library(c, "tanh", x)?,
        UnaryKind::Logistic => scalar::logistic(c, x)?,
        UnaryKind::Sin => scalar::library(c, "sin", x)?,
        UnaryKind::Cos => scalar::library(c, "cos", x)?,
        UnaryKind::Tan => scalar::library(c, "tan", x)?,
        UnaryKind::Asin => scalar::library(c, "asin", x)?,
        UnaryKind::Acos => scalar::library(c, "acos", x)?,
        UnaryKind::Atan => scalar::library(c, "atan", x)?,
        UnaryKind::Sinh => scalar::library(c, "sinh", x)?,
        UnaryKind::Cosh => scalar::library(c, "cosh", x)?,
        UnaryKind::Asinh => scalar::library(c, "asinh", x)?,
        UnaryKind::Acosh => scalar::library(c, "acosh", x)?,
        UnaryKind::Atanh => scalar::library(c, "atanh", x)?,
        UnaryKind::Erf => scalar::library(c, "erf", x)?,
        UnaryKind::Ceil => c.b.ins().ceil(x),
        UnaryKind::Floor => c.b.ins().floor(x),
        UnaryKind::Round => c.b.ins().nearest(x),
    })
}

fn at_least(c: &mut Code<'_>, x: Value, bound: f32) -> Value {
    let bound = c.real(c.ty(x), bound);
    c.choose_real(FloatCC::LessThan, [x, bound], bound, x)
}

fn at_most(c: &mut Code<'_>, x: Value, bound: f32) -> Value {
    let bound = c.real(c.ty(x), bound);
    c.choose_real(FloatCC::LessThan, [bound, x], bound, x)
}

fn integer(c: &mut Code<'_>, kind: UnaryKind, x: Value) -> Result<Value, String> {
    let zero = c.int(c.ty(x), 0);
    Ok(match kind {
        UnaryKind::Abs => c.b.ins().iabs(x),
        UnaryKind::Neg => c.negate(x),
        UnaryKind::Square => c.b.ins().imul(x, x),
        UnaryKind::Relu => c.b.ins().smax(x, zero),
        UnaryKind::Relu6 => c.clamp(x, 0, 6),
        UnaryKind::ReluN1To1 => c.clamp(x, -1, 1),
        UnaryKind::Exp
        | UnaryKind::Log
        | UnaryKind::Sqrt
        | UnaryKind::Rsqrt
        | UnaryKind::Tanh
        | UnaryKind::Logistic
        | UnaryKind::Sin
        | UnaryKind::Cos
        | UnaryKind::Tan
        | UnaryKind::Asin
        | UnaryKind::Acos
        | UnaryKind::Atan
        | UnaryKind::Sinh
        | UnaryKind::Cosh
        | UnaryKind::Asinh
        | UnaryKind::Acosh
        | UnaryKind::Atanh
        | UnaryKind::Erf
        | UnaryKind::Ceil
        | UnaryKind::Floor
        | UnaryKind::Round => return Err(format!("{} of integers is not defined", kind.name())),
    })
}

/// [`RsqrtParams::apply`]
fn rsqrt(c: &mut Code<'_>, p: &RsqrtParams, code: Value) -> Value {
    let x = c.add_int(code, p.input_offset);
    let [zero, one, two] = [0, 1, 2].map(|v| c.int(types::I32, v));
    let valid = c.b.ins().smax(x, two);
    let [mantissa, shift] = fixed::inverse_sqrt(c, valid);
    // The inverse square root of 1 is 1.
    let most = c.int(types::I32, i32::MAX.into());
    let mantissa = c.choose(IntCC::SignedLessThanOrEqual, [x, one], most, mantissa);
    let shift = c.choose(IntCC::SignedLessThanOrEqual, [x, one], zero, shift);
    // 20 fractional bits: the mantissa times 2^(20 + shift), the way a factor is applied to 1.
    let shift = c.add_int(shift, 20);
    let left = c.b.ins().smax(shift, zero);
    let shifted = c.b.ins().ishl(one, left);
    let product = c.high_mul(shifted, mantissa);
    let negated = c.negate(shift);
    let right = c.b.ins().smax(negated, zero);
    let root = fixed::divide_by_computed_pot(c, product, right);
    let scaled = c.requantize(root, p.requant);
    let y = c.add_int(scaled, p.output_offset);
    let y = c.clamp(y, p.act_min, p.act_max);
    let largest = c.int(types::I32, p.act_max.into());
    c.choose(IntCC::SignedLessThanOrEqual, [x, zero], largest, y)
}

/// The argument of a table-driven function, and its magnitude.
fn argument(c: &mut Code<'_>, x: Value, scale: SigmoidScale) -> [Value; 2] {
    let round = if scale.shift > 0 { 1 << (scale.shift - 1) } else { 0 };
    let product = c.b.ins().imul_imm_s(x, i64::from(scale.multiplier));
    let rounded = c.add_int(product, round);
    let argument = c.shift_right(rounded, i64::from(scale.shift));
    let magnitude = c.b.ins().iabs(argument);
    [argument, magnitude]
}

/// The table of the logistic function at a magnitude, `bits` steps apart; `beyond` behind its end.
fn interpolate(c: &mut Code<'_>, magnitude: Value, bits: u32, beyond: i32) -> Value {
    let bytes: Vec<u8> = sigmoid::table().iter().flat_map(|entry| entry.to_le_bytes()).collect();
    let table: Ptr = c.constant(&bytes);
    let index = c.shift_right_zero(magnitude, i64::from(bits));
    let last = c.int(types::I32, 254);
    let inside = c.b.ins().umin(index, last);
    let wide = c.b.ins().uextend(types::I64, inside);
    let entry = c.step(table, wide, 2);
    let [low, high] = [0, 2].map(|at| {
        let sample = c.load(types::I16, entry.plus(at));
        c.b.ins().uextend(types::I32, sample)
    });
    let mask = c.int(types::I32, (1 << bits) - 1);
    let fraction = c.b.ins().band(magnitude, mask);
    let slope = c.b.ins().isub(high, low);
    let rise = c.b.ins().imul(fraction, slope);
    let base = c.shift_left(low, i64::from(bits));
    let value = c.b.ins().iadd(base, rise);
    let beyond = c.int(types::I32, beyond.into());
    c.choose(IntCC::UnsignedGreaterThan, [index, last], beyond, value)
}

/// [`sigmoid::logistic`]
pub(super) fn logistic_by_table(c: &mut Code<'_>, x: Value, scale: SigmoidScale) -> Value {
    let [argument, magnitude] = argument(c, x, scale);
    let positive = interpolate(c, magnitude, 9, 0x7FFF << 10);
    let right = c.add_int(positive, 1 << 9);
    let negated = c.negate(positive);
    let left = c.add_int(negated, (1 << 25) + (1 << 9) - 1);
    let zero = c.int(types::I32, 0);
    let result = c.choose(IntCC::SignedLessThan, [argument, zero], left, right);
    let shifted = c.shift_right_zero(result, 10);
    narrow_to_16(c, shifted)
}

/// [`sigmoid::tanh`]
pub(super) fn tanh_by_table(c: &mut Code<'_>, x: Value, scale: SigmoidScale) -> Value {
    let [argument, magnitude] = argument(c, x, scale);
    let sample = interpolate(c, magnitude, 8, 0xFFFF << 8);
    let positive = c.add_int(sample, -(1 << 23));
    let right = c.add_int(positive, 1 << 7);
    let negated = c.negate(positive);
    let left = c.add_int(negated, (1 << 7) - 1);
    let zero = c.int(types::I32, 0);
    let result = c.choose(IntCC::SignedLessThan, [argument, zero], left, right);
    let shifted = c.shift_right(result, 8);
    narrow_to_16(c, shifted)
}

/// What 16 bits keep of a number.
pub(super) fn narrow_to_16(c: &mut Code<'_>, x: Value) -> Value {
    let narrow = c.b.ins().ireduce(types::I16, x);
    c.b.ins().sextend(types::I32, narrow)
}
