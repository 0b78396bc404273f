//! What elementwise functions of one operand compute.

use super::Eval;
use super::eval::pack_ints;
use crate::data::Data;
use crate::fixed;
use crate::ops::{LeakyRelu, Unary, UnaryKind};
use crate::params::sigmoid;
use crate::params::unary::{LeakyReluParams, Side, SigmoidParams, UnaryParams};
use crate::quant::rounding_divide_by_pot;
use crate::types::ElemType;

pub(super) fn eval_unary(op: &Unary, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let result = match UnaryParams::new(op, &cx.operands, cx.result_type(0))? {
        UnaryParams::Plain => plain(op.kind, cx)?,
        UnaryParams::Clamp(rescale) => codes(cx, |x| rescale.apply(x))?,
        UnaryParams::Abs(rescale) => codes(cx, |x| {
            let magnitude = x.wrapping_add(rescale.input_offset).abs();
            rescale.apply(magnitude.wrapping_sub(rescale.input_offset))
        })?,
        UnaryParams::Rsqrt(params) => codes(cx, |x| params.apply(x))?,
        UnaryParams::Logistic(params) => codes(cx, |x| {
            sigmoid_of_byte(&params, x, |x| rounding_divide_by_pot(fixed::logistic(x, Q4), 23) - 128)
        })?,
        UnaryParams::Tanh(params) => {
            codes(cx, |x| sigmoid_of_byte(&params, x, |x| rounding_divide_by_pot(fixed::tanh(x, Q4), 24)))?
        }
        UnaryParams::LogisticTable(scale) => codes(cx, |x| sigmoid::logistic(x as i16, scale).into())?,
        UnaryParams::TanhTable(scale) => codes(cx, |x| sigmoid::tanh(x as i16, scale).into())?,
    };
    Ok(vec![result])
}

pub(super) fn eval_leaky_relu(op: &LeakyRelu, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let result = match LeakyReluParams::new(op, &cx.operands, cx.result_type(0))? {
        LeakyReluParams::Float => floats(cx, |x| if x > 0.0 { x } else { x * op.alpha })?,
        LeakyReluParams::Quantized { positive, slope, flips } => codes(cx, |code| {
            let x = code.wrapping_add(positive.input_offset);
            if x >= 0 {
                return positive.apply(code);
            }
            let scaled = slope.apply(x);
            let y = if flips { scaled.wrapping_neg() } else { scaled };
            y.wrapping_add(positive.output_offset).clamp(positive.act_min, positive.act_max)
        })?,
    };
    Ok(vec![result])
}

/// Integer bits of the arguments of the byte functions.
const Q4: i32 = SigmoidParams::INTEGER_BITS;

fn sigmoid_of_byte(params: &SigmoidParams, code: i32, function: impl Fn(i32) -> i32) -> i32 {
    match params.argument(code) {
        Ok(argument) => function(argument).clamp(i8::MIN.into(), i8::MAX.into()),
        Err(Side::Left) => i8::MIN.into(),
        Err(Side::Right) => i8::MAX.into(),
    }
}

fn plain(kind: UnaryKind, cx: &Eval<'_>) -> Result<Data, String> {
    match cx.input_type(0)?.elem {
        ElemType::F32 => floats(cx, |x| float(kind, x)),
        _ => codes(cx, integer(kind)?),
    }
}

/// Functions beyond the basic operations go through double precision, so that every host computes the same.
fn float(kind: UnaryKind, x: f32) -> f32 {
    let wide = f64::from(x);
    match kind {
        UnaryKind::Abs => x.abs(),
        UnaryKind::Neg => -x,
        UnaryKind::Exp => wide.exp() as f32,
        UnaryKind::Log => wide.ln() as f32,
        UnaryKind::Sqrt => x.sqrt(),
        UnaryKind::Rsqrt => 1.0 / x.sqrt(),
        UnaryKind::Square => x * x,
        UnaryKind::Relu => x.clamp(0.0, f32::INFINITY),
        UnaryKind::Relu6 => x.clamp(0.0, 6.0),
        UnaryKind::ReluN1To1 => x.clamp(-1.0, 1.0),
        UnaryKind::Tanh => wide.tanh() as f32,
        UnaryKind::Logistic => (1.0 / (1.0 + (-wide).exp())) as f32,
        UnaryKind::Sin => wide.sin() as f32,
        UnaryKind::Cos => wide.cos() as f32,
        UnaryKind::Tan => wide.tan() as f32,
        UnaryKind::Asin => wide.asin() as f32,
        UnaryKind::Acos => wide.acos() as f32,
        UnaryKind::Atan => wide.atan() as f32,
        UnaryKind::Sinh => wide.sinh() as f32,
        UnaryKind::Cosh => wide.cosh() as f32,
        UnaryKind::Asinh => wide.asinh() as f32,
        UnaryKind::Acosh => wide.acosh() as f32,
        UnaryKind::Atanh => wide.atanh() as f32,
        UnaryKind::Erf => erf(wide) as f32,
        UnaryKind::Ceil => x.ceil(),
        UnaryKind::Floor => x.floor(),
        UnaryKind::Round => x.round_ties_even(),
    }
}

/// The error function: its power series near zero, the continued fraction of its complement beyond (Abramowitz and
/// Stegun, 7.1.6 and 7.1.14); exact to more digits than single precision has.
fn erf(x: f64) -> f64 {
    const SERIES_ENDS: f64 = 2.5;
    if x.is_nan() {
        return x;
    }
    let magnitude = x.abs();
    let factor = (-magnitude * magnitude).exp() / std::f64::consts::PI.sqrt();
    let value = if magnitude < SERIES_ENDS {
        let (mut term, mut sum) = (magnitude, magnitude);
        for n in 1..60 {
            term *= 2.0 * magnitude * magnitude / f64::from(2 * n + 1);
            sum += term;
        }
        2.0 * factor * sum
    } else {
        let tail = (1..60).rev().fold(magnitude, |rest, n| magnitude + f64::from(n) / 2.0 / rest);
        1.0 - factor / tail
    };
    value.copysign(x)
}

fn integer(kind: UnaryKind) -> Result<fn(i32) -> i32, String> {
    match kind {
        UnaryKind::Abs => Ok(i32::wrapping_abs),
        UnaryKind::Neg => Ok(i32::wrapping_neg),
        UnaryKind::Square => Ok(|x| x.wrapping_mul(x)),
        UnaryKind::Relu => Ok(|x| x.max(0)),
        UnaryKind::Relu6 => Ok(|x| x.clamp(0, 6)),
        UnaryKind::ReluN1To1 => Ok(|x| x.clamp(-1, 1)),
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
        | UnaryKind::Round => Err(format!("{} of integers is not defined", kind.name())),
    }
}

/// The function of each integer or code.
fn codes(cx: &Eval<'_>, function: impl Fn(i32) -> i32) -> Result<Data, String> {
    pack_ints(cx.result_type(0).elem, &cx.ints(0)?.into_iter().map(function).collect::<Vec<_>>())
}

/// The function of each float.
fn floats(cx: &Eval<'_>, function: impl Fn(f32) -> f32) -> Result<Data, String> {
    Ok(Data::from_slice(&cx.elements(0)?.into_iter().map(function).collect::<Vec<_>>()))
}
