//! Changes of the element type.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;
use redsc_ir::params::quantize::{DequantizeParams, QuantizeParams};

use super::code::Code;
use super::half;
use super::stream::Lanes;
use super::unary::{elementwise, is_byte_function, rescale, tabulated};
use super::unit::Layer;

/// Change to the quantization of the result.
pub(super) fn quantize(layer: &mut Layer<'_, '_>) -> Result<(), String> {
    match QuantizeParams::new(&layer.site.operands(), layer.site.result(0)?)? {
        QuantizeParams::Real { scale, zero_point, least, most } => elementwise(layer, Lanes::Any, |c, x| {
            let divisor = c.real(c.ty(x), scale);
            let steps = c.b.ins().fdiv(x, divisor);
            let code = round(c, steps);
            Ok(saturating_offset(c, code, zero_point, least, most))
        }),
        QuantizeParams::Rescale(_) if is_byte_function(layer)? => tabulated(layer),
        QuantizeParams::Rescale(p) => elementwise(layer, Lanes::Any, |c, x| Ok(rescale(c, &p, x))),
    }
}

/// The nearest integer, halves away from zero; saturates.
fn round(c: &mut Code<'_>, x: Value) -> Value {
    let ty = c.ty(x);
    let whole = c.b.ins().trunc(x);
    let rest = c.b.ins().fsub(x, whole);
    let [half, one, zero] = [0.5, 1.0, 0.0].map(|v| c.real(ty, v));
    let magnitude = c.b.ins().fabs(rest);
    let step = c.choose_real(FloatCC::LessThan, [magnitude, half], zero, one);
    let integers = if ty.is_vector() { types::I32X4 } else { types::I32 };
    let [bits, step] = [x, step].map(|v| c.cast(integers, v));
    let sign = c.int(integers, i32::MIN.into());
    let sign = c.b.ins().band(bits, sign);
    let signed = c.b.ins().bor(step, sign);
    let signed = c.cast(ty, signed);
    let rounded = c.b.ins().fadd(whole, signed);
    c.b.ins().fcvt_to_sint_sat(integers, rounded)
}

/// Adds the zero point, saturating, and clamps.
fn saturating_offset(c: &mut Code<'_>, code: Value, zero_point: i32, least: i32, most: i32) -> Value {
    // What leaves the range before the zero point is added leaves it afterwards too.
    let code = c.clamp(code, least.saturating_sub(zero_point), most.saturating_sub(zero_point));
    c.add_int(code, zero_point)
}

/// Change to real numbers.
pub(super) fn dequantize(layer: &mut Layer<'_, '_>) -> Result<(), String> {
    match DequantizeParams::new(&layer.site.operands())? {
        DequantizeParams::Half => elementwise(layer, Lanes::One, |c, x| Ok(half::to_single(c, x))),
        DequantizeParams::PerTensor { scale, zero_point } => elementwise(layer, Lanes::One, |c, x| {
            let steps = c.add_int(x, zero_point.wrapping_neg());
            let wide = c.b.ins().fcvt_from_sint(types::F64, steps);
            let scale = c.b.ins().f64const(f64::from(scale));
            let product = c.b.ins().fmul(wide, scale);
            Ok(c.b.ins().fdemote(types::F32, product))
        }),
        DequantizeParams::PerAxis { stride, scales, zero_points } => {
            per_axis(layer, stride, &scales, &zero_points)
        }
    }
}

fn per_axis(
    layer: &mut Layer<'_, '_>,
    stride: usize,
    scales: &[f32],
    zero_points: &[i32],
) -> Result<(), String> {
    let x = layer.site.input(0)?;
    let outer = x.elements() / (stride * scales.len()).max(1);
    let bytes = |words: Vec<[u8; 4]>| words.concat();
    let scale_bytes = bytes(scales.iter().map(|v| v.to_le_bytes()).collect());
    let zero_bytes = bytes(zero_points.iter().map(|v| v.to_le_bytes()).collect());
    layer.whole(|c, site| {
        let [from, to] = [site.x(c, 0)?, site.y(c, 0)?];
        let [scale_table, zero_table] = [c.constant(&scale_bytes), c.constant(&zero_bytes)];
        let (width, channels) = (x.elem.bytes() as i64, scales.len());
        let block = (channels * stride) as i64;
        c.repeat(outer, |c, o| {
            let [from, to] = [c.step(from, o, block * width), c.step(to, o, block * 4)];
            c.repeat(channels, |c, channel| {
                let [scale_at, zero_at] = [scale_table, zero_table].map(|table| c.step(table, channel, 4));
                let (scale, zero) = (c.load(types::F32, scale_at), c.load(types::I32, zero_at));
                let [from, to] =
                    [c.step(from, channel, stride as i64 * width), c.step(to, channel, stride as i64 * 4)];
                c.repeat(stride, |c, i| {
                    let [from, to] = [c.step(from, i, width), c.step(to, i, 4)];
                    let code = c.load_number(x.elem, from);
                    let steps = c.b.ins().isub(code, zero);
                    let steps = c.real_of(steps);
                    let y = c.b.ins().fmul(scale, steps);
                    c.store(y, to);
                });
            });
        });
        Ok(())
    })
}

/// Change of the element type, number by number: integers wrap, real numbers are cut towards zero and saturate.
pub(super) fn cast(layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let (from, to) = (layer.site.input(0)?.elem, layer.site.result(0)?.elem);
    elementwise(layer, Lanes::One, |c, x| Ok(convert(c, x, from, to)))
}

fn convert(c: &mut Code<'_>, x: Value, from: ElemType, to: ElemType) -> Value {
    match (from.is_float(), to.is_float()) {
        (false, false) => integer_to_integer(c, x, from, to),
        (false, true) => {
            let wide = widened(c, x, from);
            match to {
                ElemType::F32 => c.b.ins().fcvt_from_sint(types::F32, wide),
                ElemType::F64 => c.b.ins().fcvt_from_sint(types::F64, wide),
                _ => {
                    let real = c.b.ins().fcvt_from_sint(types::F64, wide);
                    half::from_double(c, real)
                }
            }
        }
        (true, false) => {
            let real = doubled(c, x, from);
            real_to_integer(c, real, to)
        }
        (true, true) => {
            let real = doubled(c, x, from);
            match to {
                ElemType::F64 => real,
                ElemType::F32 => c.b.ins().fdemote(types::F32, real),
                _ => half::from_double(c, real),
            }
        }
    }
}

/// An integer with 64 bits.
fn widened(c: &mut Code<'_>, x: Value, from: ElemType) -> Value {
    let x = if from == ElemType::Bool { truth(c, x) } else { x };
    match from {
        ElemType::I64 | ElemType::U64 => x,
        ElemType::U32 => c.b.ins().uextend(types::I64, x),
        _ => c.b.ins().sextend(types::I64, x),
    }
}

fn integer_to_integer(c: &mut Code<'_>, x: Value, from: ElemType, to: ElemType) -> Value {
    let wide = widened(c, x, from);
    if to == ElemType::Bool { truth(c, wide) } else { wide }
}

/// 1 for everything but 0.
fn truth(c: &mut Code<'_>, x: Value) -> Value {
    use cranelift_codegen::ir::condcodes::IntCC;
    let zero = c.int(c.ty(x), 0);
    let holds = c.b.ins().icmp(IntCC::NotEqual, x, zero);
    c.b.ins().uextend(types::I32, holds)
}

fn doubled(c: &mut Code<'_>, x: Value, from: ElemType) -> Value {
    match from {
        ElemType::F64 => x,
        ElemType::F32 => c.b.ins().fpromote(types::F64, x),
        _ => {
            let single = half::to_single(c, x);
            c.b.ins().fpromote(types::F64, single)
        }
    }
}

fn real_to_integer(c: &mut Code<'_>, x: Value, to: ElemType) -> Value {
    match to {
        ElemType::Bool => {
            let zero = c.b.ins().f64const(0.0);
            let holds = c.b.ins().fcmp(FloatCC::NotEqual, x, zero);
            c.b.ins().uextend(types::I32, holds)
        }
        ElemType::U64 => c.b.ins().fcvt_to_uint_sat(types::I64, x),
        ElemType::I64 => c.b.ins().fcvt_to_sint_sat(types::I64, x),
        ElemType::U32 => c.b.ins().fcvt_to_uint_sat(types::I32, x),
        _ => {
            let wide = c.b.ins().fcvt_to_sint_sat(types::I32, x);
            let (least, most) = match to {
                ElemType::I8 => (i32::from(i8::MIN), i32::from(i8::MAX)),
                ElemType::U8 => (0, i32::from(u8::MAX)),
                ElemType::I16 => (i32::from(i16::MIN), i32::from(i16::MAX)),
                ElemType::U16 => (0, i32::from(u16::MAX)),
                _ => (i32::MIN, i32::MAX),
            };
            c.clamp(wide, least, most)
        }
    }
}
