//! What elementwise operators of two operands compute.

use std::cmp::Ordering;

use super::Eval;
use super::eval::{pack_ints, pack_longs};
use super::index::broadcast_offsets;
use crate::data::Data;
use crate::fixed;
use crate::ops::{Binary, BinaryKind, Compare, CompareKind};
use crate::params::binary::{BinaryParams, CompareParams};
use crate::quant::{Requant, saturating_rounding_doubling_high_mul};
use crate::types::ElemType;

pub(super) fn eval_binary(op: &Binary, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let elem = cx.result_type(0).elem;
    let result = match BinaryParams::new(op, &cx.operands, cx.result_type(0))? {
        BinaryParams::Add(params) => codes(cx, |a, b| params.apply(a, b, i32::wrapping_add))?,
        BinaryParams::Sub(params) => codes(cx, |a, b| params.apply(a, b, i32::wrapping_sub))?,
        BinaryParams::SquaredDifference(params) => {
            let square = |a: i32, b: i32| a.wrapping_sub(b).wrapping_mul(a.wrapping_sub(b));
            codes(cx, |a, b| params.apply(a, b, square))?
        }
        BinaryParams::Mul(params) => {
            codes(cx, |a, b| params.apply(a, b, |factor, a, b| factor.apply(a.wrapping_mul(b))))?
        }
        BinaryParams::Div(params) => codes(cx, |a, b| params.apply(a, b, quotient))?,
        BinaryParams::Maximum => codes(cx, i32::max)?,
        BinaryParams::Minimum => codes(cx, i32::min)?,
        BinaryParams::Integer { act_min, act_max } => {
            let function = |a, b| wrapped(elem, integer(op.kind, a, b)).clamp(act_min, act_max);
            pack_longs(elem, &pairwise(cx, cx.longs(0)?, cx.longs(1)?, function))?
        }
        BinaryParams::Float { act_min, act_max } => {
            let function = |a, b| float(op.kind, a, b).clamp(act_min, act_max);
            Data::from_slice(&pairwise(cx, cx.elements(0)?, cx.elements(1)?, function))
        }
    };
    Ok(vec![result])
}

pub(super) fn eval_compare(op: &Compare, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let ordering = match CompareParams::new(&cx.operands)? {
        CompareParams::Common(common) => pairwise(cx, cx.ints(0)?, cx.ints(1)?, |a, b| {
            let [a, b] = common.apply(a, b);
            Some(a.cmp(&b))
        }),
        CompareParams::Plain if cx.input_type(0)?.elem == ElemType::F32 => {
            pairwise(cx, cx.elements::<f32>(0)?, cx.elements(1)?, |a, b| a.partial_cmp(&b))
        }
        CompareParams::Plain => pairwise(cx, cx.longs(0)?, cx.longs(1)?, |a, b| Some(a.cmp(&b))),
    };
    let holds: Vec<u8> = ordering.into_iter().map(|ordering| holds(op.kind, ordering).into()).collect();
    Ok(vec![Data::from_bytes(holds)])
}

/// Whether the comparison holds; numbers without an order are different, and nothing else.
fn holds(kind: CompareKind, ordering: Option<Ordering>) -> bool {
    match kind {
        CompareKind::Equal => ordering.is_some_and(Ordering::is_eq),
        CompareKind::NotEqual => ordering.is_none_or(Ordering::is_ne),
        CompareKind::Less => ordering.is_some_and(Ordering::is_lt),
        CompareKind::LessEqual => ordering.is_some_and(Ordering::is_le),
        CompareKind::Greater => ordering.is_some_and(Ordering::is_gt),
        CompareKind::GreaterEqual => ordering.is_some_and(Ordering::is_ge),
    }
}

/// The function of each pair of codes.
fn codes(cx: &Eval<'_>, function: impl Fn(i32, i32) -> i32) -> Result<Data, String> {
    pack_ints(cx.result_type(0).elem, &pairwise(cx, cx.ints(0)?, cx.ints(1)?, function))
}

/// The function of each pair of elements, with NumPy broadcasting.
fn pairwise<T: Copy, R>(cx: &Eval<'_>, a: Vec<T>, b: Vec<T>, function: impl Fn(T, T) -> R) -> Vec<R> {
    let shape = &cx.result_type(0).shape;
    let offsets = |index: usize| match cx.operands.get(index) {
        Some(ty) => broadcast_offsets(&ty.shape, shape),
        None => Vec::new(),
    };
    offsets(0).into_iter().zip(offsets(1)).map(|(i, j)| function(a[i], b[j])).collect()
}

/// The operation on 64-bit integers, wrapping; division by zero gives 0.
fn integer(kind: BinaryKind, a: i64, b: i64) -> i64 {
    match kind {
        BinaryKind::Add => a.wrapping_add(b),
        BinaryKind::Sub => a.wrapping_sub(b),
        BinaryKind::Mul => a.wrapping_mul(b),
        BinaryKind::Div => {
            if b == 0 {
                0
            } else {
                a.wrapping_div(b)
            }
        }
        BinaryKind::Maximum => a.max(b),
        BinaryKind::Minimum => a.min(b),
        BinaryKind::SquaredDifference => a.wrapping_sub(b).wrapping_mul(a.wrapping_sub(b)),
        BinaryKind::Modulo => match (remainder(a, b), b) {
            (rest, b) if rest != 0 && (rest < 0) != (b < 0) => rest.wrapping_add(b),
            (rest, _) => rest,
        },
        BinaryKind::Remainder => remainder(a, b),
        BinaryKind::BitAnd => a & b,
        BinaryKind::BitOr => a | b,
        BinaryKind::BitXor => a ^ b,
        BinaryKind::ShiftLeft => u32::try_from(b).ok().and_then(|b| a.checked_shl(b)).unwrap_or(0),
        BinaryKind::ShiftRight => a >> u32::try_from(b).map_or(63, |b| b.min(63)),
        // The verifier admits real numbers only.
        BinaryKind::Power => 0,
    }
}

/// What division leaves; by zero: 0.
fn remainder(a: i64, b: i64) -> i64 {
    if b == 0 { 0 } else { a.wrapping_rem(b) }
}

/// What an element type keeps of a wider number: the low bits of the wider result are those of the narrower one.
fn wrapped(elem: ElemType, y: i64) -> i64 {
    if elem == ElemType::I32 { (y as i32).into() } else { y }
}

fn float(kind: BinaryKind, a: f32, b: f32) -> f32 {
    match kind {
        BinaryKind::Add => a + b,
        BinaryKind::Sub => a - b,
        BinaryKind::Mul => a * b,
        BinaryKind::Div => a / b,
        BinaryKind::Maximum => {
            if a > b {
                a
            } else {
                b
            }
        }
        BinaryKind::Minimum => {
            if a < b {
                a
            } else {
                b
            }
        }
        BinaryKind::SquaredDifference => (a - b) * (a - b),
        BinaryKind::Power => f64::from(a).powf(f64::from(b)) as f32,
        BinaryKind::Remainder => a % b,
        // The verifier admits integers only.
        BinaryKind::Modulo
        | BinaryKind::BitAnd
        | BinaryKind::BitOr
        | BinaryKind::BitXor
        | BinaryKind::ShiftLeft
        | BinaryKind::ShiftRight => f32::NAN,
    }
}

/// `a / b` times a factor: the mantissa of `a` times the reciprocal of `b`, then the powers of two. What is divided by
/// zero saturates to its side; 0 / 0 is 0.
fn quotient(factor: Requant, a: i32, b: i32) -> i32 {
    if b == 0 {
        return a.signum().saturating_mul(i32::MAX);
    }
    let [a, b] = if b < 0 { [-a, -b] } else { [a, b] };
    let (reciprocal, bits) = fixed::reciprocal(b, 31);
    let headroom = leading_sign_bits(a);
    let mantissa = saturating_rounding_doubling_high_mul(a.wrapping_shl(headroom), reciprocal);
    match factor.shift - bits - headroom as i32 {
        shift @ -31.. => Requant { multiplier: factor.multiplier, shift }.apply(mantissa),
        _ => 0,
    }
}

/// How far a number can be shifted left before its sign changes.
fn leading_sign_bits(x: i32) -> u32 {
    if x >= 0 { x.leading_zeros() - 1 } else { x.leading_ones() - 1 }
}
