//! What changes of the element type compute.

use half::f16;

use super::Eval;
use super::eval::pack_ints;
use crate::data::{Data, Scalar};
use crate::ops::{Cast, Dequantize, Quantize};
use crate::params::quantize::{DequantizeParams, QuantizeParams};
use crate::types::ElemType;

pub(super) fn eval_quantize(_op: &Quantize, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let codes: Vec<i32> = match QuantizeParams::new(&cx.operands, cx.result_type(0))? {
        QuantizeParams::Real { scale, zero_point, least, most } => {
            let code = |x: f32| ((x / scale).round() as i32).saturating_add(zero_point).clamp(least, most);
            cx.elements(0)?.into_iter().map(code).collect()
        }
        QuantizeParams::Rescale(rescale) => cx.ints(0)?.into_iter().map(|x| rescale.apply(x)).collect(),
    };
    Ok(vec![pack_ints(cx.result_type(0).elem, &codes)?])
}

pub(super) fn eval_dequantize(_op: &Dequantize, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let numbers: Vec<f32> = match DequantizeParams::new(&cx.operands)? {
        DequantizeParams::Half => {
            cx.elements::<u16>(0)?.into_iter().map(|bits| f16::from_bits(bits).to_f32()).collect()
        }
        DequantizeParams::PerTensor { scale, zero_point } => {
            let real = |code: i32| (f64::from(scale) * f64::from(code.wrapping_sub(zero_point))) as f32;
            cx.ints(0)?.into_iter().map(real).collect()
        }
        DequantizeParams::PerAxis { stride, scales, zero_points } => {
            let real = |(at, code): (usize, i32)| {
                let channel = at / stride % scales.len();
                scales[channel] * code.wrapping_sub(zero_points[channel]) as f32
            };
            cx.ints(0)?.into_iter().enumerate().map(real).collect()
        }
    };
    Ok(vec![Data::from_slice(&numbers)])
}

/// Numbers on their way between element types.
enum Numbers {
    /// All integers; `u64` wraps.
    Integers(Vec<i64>),
    /// All floats.
    Floats(Vec<f64>),
}

/// Integers wrap, floats are cut towards zero and saturate, everything but 0 is true.
pub(super) fn eval_cast(_op: &Cast, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let numbers = read_numbers(cx.input_type(0)?.elem, cx.require(0)?);
    Ok(vec![write_numbers(cx.result_type(0).elem, &numbers)])
}

fn read_numbers(elem: ElemType, data: &Data) -> Numbers {
    fn integers<T: Scalar>(data: &Data, widen: fn(T) -> i64) -> Numbers {
        Numbers::Integers(data.to_vec().into_iter().map(widen).collect())
    }
    fn floats<T: Scalar>(data: &Data, widen: fn(T) -> f64) -> Numbers {
        Numbers::Floats(data.to_vec().into_iter().map(widen).collect())
    }
    match elem {
        ElemType::Bool => integers::<u8>(data, |x| (x != 0).into()),
        ElemType::I8 => integers::<i8>(data, i64::from),
        ElemType::U8 => integers::<u8>(data, i64::from),
        ElemType::I16 => integers::<i16>(data, i64::from),
        ElemType::U16 => integers::<u16>(data, i64::from),
        ElemType::I32 => integers::<i32>(data, i64::from),
        ElemType::U32 => integers::<u32>(data, i64::from),
        ElemType::I64 => integers::<i64>(data, |x| x),
        ElemType::U64 => integers::<u64>(data, |x| x as i64),
        ElemType::F16 => floats::<u16>(data, |bits| f16::from_bits(bits).to_f64()),
        ElemType::F32 => floats::<f32>(data, f64::from),
        ElemType::F64 => floats::<f64>(data, |x| x),
    }
}

fn write_numbers(elem: ElemType, numbers: &Numbers) -> Data {
    fn write<T: Scalar>(numbers: &Numbers, integer: fn(i64) -> T, float: fn(f64) -> T) -> Data {
        let elements: Vec<T> = match numbers {
            Numbers::Integers(values) => values.iter().map(|&v| integer(v)).collect(),
            Numbers::Floats(values) => values.iter().map(|&v| float(v)).collect(),
        };
        Data::from_slice(&elements)
    }
    match elem {
        ElemType::Bool => write::<u8>(numbers, |v| (v != 0).into(), |v| (v != 0.0).into()),
        ElemType::I8 => write(numbers, |v| v as i8, |v| v as i8),
        ElemType::U8 => write(numbers, |v| v as u8, |v| v as u8),
        ElemType::I16 => write(numbers, |v| v as i16, |v| v as i16),
        ElemType::U16 => write(numbers, |v| v as u16, |v| v as u16),
        ElemType::I32 => write(numbers, |v| v as i32, |v| v as i32),
        ElemType::U32 => write(numbers, |v| v as u32, |v| v as u32),
        ElemType::I64 => write(numbers, |v| v, |v| v as i64),
        ElemType::U64 => write(numbers, |v| v as u64, |v| v as u64),
        ElemType::F16 => {
            write(numbers, |v| f16::from_f64(v as f64).to_bits(), |v| f16::from_f64(v).to_bits())
        }
        ElemType::F32 => write(numbers, |v| v as f32, |v| v as f32),
        ElemType::F64 => write(numbers, |v| v as f64, |v| v),
    }
}
