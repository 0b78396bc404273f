//! What reductions compute.

use super::Eval;
use super::eval::{pack_ints, pack_longs};
use super::index::offsets;
use crate::data::Data;
use crate::ops::{Reduce, ReduceKind};
use crate::params::reduce::ReduceParams;
use crate::types::ElemType;

pub(super) fn eval_reduce(op: &Reduce, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let elem = cx.result_type(0).elem;
    let result = match ReduceParams::new(op, &cx.operands, cx.result_type(0))? {
        ReduceParams::Quantized(params) => {
            let sums = fold(op, cx, cx.ints(0)?, i32::wrapping_add)?;
            pack_ints(elem, &sums.into_iter().map(|sum| params.apply(sum)).collect::<Vec<_>>())?
        }
        ReduceParams::Float { divisor } => {
            let sums = fold(op, cx, cx.elements::<f32>(0)?, |a, b| a + b)?;
            Data::from_slice(&sums.into_iter().map(|sum| sum / divisor).collect::<Vec<_>>())
        }
        ReduceParams::Integer => {
            let combine = if op.kind == ReduceKind::Product { i64::wrapping_mul } else { i64::wrapping_add };
            pack_longs(elem, &fold(op, cx, cx.longs(0)?, combine)?)?
        }
        ReduceParams::FloatProduct => Data::from_slice(&fold(op, cx, cx.elements::<f32>(0)?, |a, b| a * b)?),
        ReduceParams::Selection if elem == ElemType::F32 => {
            let (larger, smaller) = (|a, b| if b > a { b } else { a }, |a, b| if b < a { b } else { a });
            let pick: fn(f32, f32) -> f32 = if op.kind == ReduceKind::Min { smaller } else { larger };
            Data::from_slice(&fold(op, cx, cx.elements(0)?, pick)?)
        }
        ReduceParams::Selection => {
            let pick = if op.kind == ReduceKind::Min { i64::min } else { i64::max };
            pack_longs(elem, &fold(op, cx, cx.longs(0)?, pick)?)?
        }
    };
    Ok(vec![result])
}

/// Combines the elements that fall together, in row-major order.
fn fold<T: Copy>(
    op: &Reduce,
    cx: &Eval<'_>,
    x: Vec<T>,
    combine: impl Fn(T, T) -> T,
) -> Result<Vec<T>, String> {
    let shape = &cx.input_type(0)?.shape;
    let mut strides = vec![0; shape.rank()];
    let mut count = 1;
    for axis in (0..shape.rank()).rev().filter(|axis| !op.axes.contains(axis)) {
        strides[axis] = count;
        count *= shape[axis];
    }
    let mut result: Vec<Option<T>> = vec![None; count];
    for (value, at) in x.into_iter().zip(offsets(shape, &strides)) {
        result[at] = Some(result[at].map_or(value, |so_far| combine(so_far, value)));
    }
    result.into_iter().collect::<Option<_>>().ok_or_else(|| "nothing to reduce".into())
}
