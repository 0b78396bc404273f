//! Quantization. Layers on codes are written as the layers of real numbers that they stand for, between dequantization
//! and quantization; [`super::super::quantized`] makes integer operators of them.

use redsc_ir::ops::{BinaryKind, Dequantize, Quantize, ReduceKind, UnaryKind};
use redsc_ir::{Data, ElemType, Op, Quant, TensorType, ValueId};
use redsc_onnx_schema::tensor_proto::DataType;

use super::super::call::{Call, axis};
use super::super::fault::{Outcome, form};
use super::super::graph::Item;
use super::super::math::{least, most};
use super::super::tensor;
use super::conv;
use super::linear::matmul;
use super::{ANY, ON, Row, microsoft, one, row};

pub(super) const TABLE: &[Row] = &[
    row("QuantizeLinear", 10..=ON, 2..=3, quantize_linear),
    row("DequantizeLinear", 10..=ON, 2..=3, |c| {
        let x = c.operand(0)?;
        let y = dequantized(c, x, 1, 2)?;
        one(y)
    }),
    microsoft("QuantizeLinear", 2..=3, quantize_linear),
    microsoft("DequantizeLinear", 2..=3, |c| {
        let x = c.operand(0)?;
        let y = dequantized(c, x, 1, 2)?;
        one(y)
    }),
    row("DynamicQuantizeLinear", 11..=ON, 1..=1, dynamic_quantize_linear),
    row("QLinearConv", 10..=ON, 8..=9, qlinear_conv),
    row("QLinearMatMul", 10..=ON, 8..=8, |c| {
        let (a, b) = (c.operand(0)?, c.operand(3)?);
        let (a, b) = (dequantized(c, a, 1, 2)?, dequantized(c, b, 4, 5)?);
        let y = matmul(c, a, b)?;
        quantized(c, y, 6, 7)
    }),
    microsoft("QGemm", 6..=9, qgemm),
    microsoft("QLinearAdd", 7..=8, |c| qlinear_binary(c, BinaryKind::Add)),
    microsoft("QLinearMul", 7..=8, |c| qlinear_binary(c, BinaryKind::Mul)),
    microsoft("QLinearSigmoid", 4..=5, |c| qlinear_unary(c, |c, x| c.unary(UnaryKind::Logistic, x))),
    microsoft("QLinearLeakyRelu", 4..=5, |c| {
        qlinear_unary(c, |c, x| {
            let alpha = c.float("alpha", 0.01);
            c.emit(redsc_ir::ops::LeakyRelu { alpha }, &[x])
        })
    }),
    microsoft("QLinearSoftmax", 5..=5, |c| {
        let x = c.operand(0)?;
        let x = dequantized(c, x, 1, 2)?;
        let axis = axis(c.int("axis", -1), c.rank(x))?;
        let y = super::normalize::along(c, x, axis, super::normalize::softmax)?;
        quantized(c, y, 3, 4)
    }),
    microsoft("QLinearAveragePool", 4..=5, |c| qlinear_pool(c, super::pool::average)),
    microsoft("QLinearGlobalAveragePool", 4..=5, |c| {
        qlinear_pool(c, |c, x| super::pool::global(c, x, ReduceKind::Mean))
    }),
    microsoft("QLinearConcat", 5..=ANY, qlinear_concat),
];

/// Scale and zero point of a whole tensor, if both are known.
fn known(c: &Call, scale: ValueId, zero: Option<ValueId>) -> Option<(f32, i64)> {
    let scale = c.floats(scale).filter(|s| s.len() == 1)?[0];
    let zero = match zero {
        Some(zero) => c.integers(zero).filter(|z| z.len() == 1)?[0],
        None => 0,
    };
    (scale.is_finite() && scale > 0.0).then_some((scale, zero))
}

/// The element type of the codes: that of the zero point, else what an attribute says.
fn code_type(c: &Call, zero: Option<ValueId>) -> Outcome<DataType> {
    match zero {
        Some(zero) => Ok(c.declared(zero)),
        None => Ok(c.data_type("output_dtype")?.unwrap_or(DataType::Uint8)),
    }
}

fn quantize_linear(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    quantized(c, x, 1, 2)
}

/// Real numbers as codes, with the scale and zero point of these operands.
fn quantized(c: &mut Call, x: ValueId, scale: usize, zero: usize) -> Outcome<Vec<Item>> {
    let (scale, zero) = (c.operand(scale)?, c.optional(zero)?);
    let declared = code_type(c, zero)?;
    let elem = tensor::computed_elem(declared)?;
    if elem.is_float() {
        return Err(form(format!("quantization to {} is not supported", declared.as_str_name())));
    }
    let plain = tensor::interface_elem(declared).is_ok();
    if let (Some((scale, zero)), ElemType::I8 | ElemType::U8 | ElemType::I16, true, ElemType::F32) =
        (known(c, scale, zero), elem, plain, c.elem(x))
    {
        let y = codes(c, x, elem, scale, zero as i32)?;
        return one(y);
    }
    let y = rounded(c, x, scale, zero, declared)?;
    c.reader.declare(y, declared);
    one(y)
}

/// One scale and zero point: unsigned bytes are computed as signed ones, 128 lower.
fn codes(c: &mut Call, x: ValueId, elem: ElemType, scale: f32, zero_point: i32) -> Outcome<ValueId> {
    let quant = |zero_point| Quant::PerTensor { scale, zero_point };
    if elem != ElemType::U8 {
        return c.append(Quantize {}, &[x], Some((elem, quant(zero_point))));
    }
    let signed = c.append(Quantize {}, &[x], Some((ElemType::I8, quant(zero_point - 128))))?;
    let y = c.append(Quantize {}, &[signed], Some((ElemType::U8, quant(zero_point))))?;
    c.reader.signed.insert(y, signed);
    Ok(y)
}

/// The definition, for scales of dimensions and blocks and for those that are computed.
fn rounded(
    c: &mut Call,
    x: ValueId,
    scale: ValueId,
    zero: Option<ValueId>,
    declared: DataType,
) -> Outcome<ValueId> {
    let elem = tensor::computed_elem(declared)?;
    let x = c.cast(x, ElemType::F32)?;
    let scale = spread(c, x, scale)?;
    let y = c.div(x, scale)?;
    let mut y = c.unary(UnaryKind::Round, y)?;
    if let Some(zero) = zero {
        let zero = c.cast(zero, ElemType::F32)?;
        let zero = spread(c, x, zero)?;
        y = c.add(y, zero)?;
    }
    let (low, high) = limits(declared);
    let y = c.with(BinaryKind::Maximum, y, low)?;
    let y = c.with(BinaryKind::Minimum, y, high)?;
    c.cast(y, elem)
}

fn limits(declared: DataType) -> (f64, f64) {
    match declared {
        DataType::Int4 => (-8.0, 7.0),
        DataType::Uint4 => (0.0, 15.0),
        DataType::Int2 => (-2.0, 1.0),
        DataType::Uint2 => (0.0, 3.0),
        _ => match tensor::computed_elem(declared) {
            Ok(elem) => (least(elem), most(elem)),
            Err(_) => (-128.0, 127.0),
        },
    }
}

/// Scales or zero points so that they broadcast to the operand: of the whole, of a dimension, or of blocks of one.
fn spread(c: &mut Call, x: ValueId, values: ValueId) -> Outcome<ValueId> {
    let values = c.cast(values, ElemType::F32)?;
    let shape = c.shape(x);
    if c.ty(values).elements() == 1 {
        return c.reshape(values, &[]);
    }
    let axis = axis(c.int("axis", 1), shape.len().max(1))?;
    if c.rank(values) == 1 && shape.len() != 1 || c.shape(values) == shape {
        if c.shape(values) == shape {
            return Ok(values);
        }
        let mut column = vec![1; shape.len()];
        column[axis] = c.ty(values).elements();
        return c.reshape(values, &column);
    }
    let blocks = c.shape(values).get(axis).copied().unwrap_or(1);
    let given = usize::try_from(c.int("block_size", 0)).unwrap_or(0);
    let size = if given > 0 { given } else { shape[axis].div_ceil(blocks.max(1)) };
    let apart = c.unsqueeze(values, &[axis + 1])?;
    let mut repeated = c.shape(apart);
    repeated[axis + 1] = size;
    let repeated = c.expand(apart, &repeated)?;
    let mut merged = c.shape(values);
    merged[axis] = blocks * size;
    let merged = c.reshape(repeated, &merged)?;
    c.narrow(merged, axis, 0, shape[axis])
}

/// Codes as real numbers, with the scale and zero point of these operands.
fn dequantized(c: &mut Call, x: ValueId, scale: usize, zero: usize) -> Outcome<ValueId> {
    let (scale, zero) = (c.operand(scale)?, c.optional(zero)?);
    dequantize(c, x, scale, zero)
}

fn dequantize(c: &mut Call, x: ValueId, scale: ValueId, zero: Option<ValueId>) -> Outcome<ValueId> {
    let plain = tensor::interface_elem(c.declared(x)).is_ok();
    let is_code = plain && matches!(c.elem(x), ElemType::I8 | ElemType::U8 | ElemType::I16 | ElemType::I32);
    if let (Some((scale, zero)), true) = (known(c, scale, zero), is_code)
        && let Some(codes) = as_codes(c, x, scale, zero as i32)?
    {
        return c.append(Dequantize {}, &[codes], None);
    }
    if let (Some(codes), true) = (per_axis(c, x, scale, zero), is_code) {
        return c.append(Dequantize {}, &[codes], None);
    }
    let real = c.cast(x, ElemType::F32)?;
    let real = match zero {
        Some(zero) => {
            let zero = c.cast(zero, ElemType::F32)?;
            let zero = spread(c, real, zero)?;
            c.sub(real, zero)?
        }
        None => real,
    };
    let scale = spread(c, real, scale)?;
    c.mul(real, scale)
}

/// The value of a tensor with this quantization, if it can have it: it was quantized so, is a constant, or an input that
/// nothing has read yet.
fn as_codes(c: &mut Call, x: ValueId, scale: f32, zero_point: i32) -> Outcome<Option<ValueId>> {
    let quant = Quant::PerTensor { scale, zero_point };
    if let Some(&signed) = c.reader.signed.get(&x)
        && c.ty(x).quant == quant
    {
        return Ok(Some(signed));
    }
    if c.ty(x).quant == quant {
        return Ok(Some(x));
    }
    if let Some(data) = c.graph.constant(x).cloned() {
        return Ok(Some(constant_codes(c, x, &data, scale, zero_point)));
    }
    if c.elem(x) == ElemType::I8 {
        return Ok(adopt(c, x, &quant).then_some(x));
    }
    let unread = c.graph.inputs.contains(&x)
        && c.ty(x).quant == Quant::None
        && c.graph.nodes.iter().all(|node| node.operands().all(|id| id != x));
    if !unread || c.elem(x) == ElemType::I32 {
        return Ok(None);
    }
    c.graph.values[x.index()].ty.quant = quant;
    if c.elem(x) != ElemType::U8 {
        return Ok(Some(x));
    }
    let quant = Quant::PerTensor { scale, zero_point: zero_point - 128 };
    let signed = c.append(Quantize {}, &[x], Some((ElemType::I8, quant)))?;
    c.reader.signed.insert(x, signed);
    Ok(Some(signed))
}

/// Gives a quantization to an input, or to what consists of the elements of one; `false` if it has another one.
fn adopt(c: &mut Call, x: ValueId, quant: &Quant) -> bool {
    if c.ty(x).quant == *quant {
        return true;
    }
    let producer = c.graph.nodes.iter().find(|node| node.outputs.contains(&x));
    let source = match producer.map(|node| (&node.op, node.input(0))) {
        None => c.graph.inputs.contains(&x).then_some(None),
        Some((Op::Reshape(_) | Op::Transpose(_), Some(operand))) => Some(Some(operand)),
        Some(_) => None,
    };
    let adopted = match source {
        Some(Some(operand)) => adopt(c, operand, quant),
        Some(None) => true,
        None => false,
    };
    if !adopted || c.ty(x).quant != Quant::None {
        return false;
    }
    c.graph.values[x.index()].ty.quant = quant.clone();
    true
}

/// A constant with a quantization; unsigned bytes become signed ones.
fn constant_codes(c: &mut Call, x: ValueId, data: &Data, scale: f32, zero_point: i32) -> ValueId {
    let shape = c.ty(x).shape.clone();
    if c.elem(x) != ElemType::U8 {
        let quant = Quant::PerTensor { scale, zero_point };
        let ty = TensorType { elem: c.elem(x), shape, quant };
        return c.add_constant(ty, data.clone());
    }
    let quant = Quant::PerTensor { scale, zero_point: zero_point - 128 };
    let bytes: Vec<u8> = data.bytes().iter().map(|code| code ^ 0x80).collect();
    c.add_constant(TensorType { elem: ElemType::I8, shape, quant }, Data::from_bytes(bytes))
}

/// A constant with one scale for each index of a dimension.
fn per_axis(c: &mut Call, x: ValueId, scale: ValueId, zero: Option<ValueId>) -> Option<ValueId> {
    let scales = c.floats(scale)?;
    let zeros = match zero {
        Some(zero) => c.integers(zero)?,
        None => vec![0; scales.len()],
    };
    let shape = c.ty(x).shape.clone();
    let axis = axis(c.int("axis", 1), shape.rank()).ok()?;
    let fits = c.rank(scale) == 1 && scales.len() == shape[axis] && zeros.len() == scales.len();
    let positive = scales.iter().all(|s| s.is_finite() && *s > 0.0);
    let data = c.graph.constant(x).cloned().filter(|_| fits && positive)?;
    let shift = if c.elem(x) == ElemType::U8 { 128 } else { 0 };
    let zero_points = zeros.iter().map(|&zero| zero as i32 - shift).collect();
    let quant = Quant::PerAxis { axis, scales, zero_points };
    if shift == 0 {
        let ty = TensorType { elem: c.elem(x), shape, quant };
        return Some(c.add_constant(ty, data));
    }
    let bytes: Vec<u8> = data.bytes().iter().map(|code| code ^ 0x80).collect();
    Some(c.add_constant(TensorType { elem: ElemType::I8, shape, quant }, Data::from_bytes(bytes)))
}

/// Scale and zero point from the range of the operand.
fn dynamic_quantize_linear(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let axes: Vec<usize> = (0..c.rank(x)).collect();
    let high = c.reduce(ReduceKind::Max, x, &axes, false)?;
    let high = c.with(BinaryKind::Maximum, high, 0.0)?;
    let low = c.reduce(ReduceKind::Min, x, &axes, false)?;
    let low = c.with(BinaryKind::Minimum, low, 0.0)?;
    let range = c.sub(high, low)?;
    let scale = c.with(BinaryKind::Div, range, 255.0)?;
    let zero = c.div(low, scale)?;
    let zero = c.unary(UnaryKind::Neg, zero)?;
    let zero = c.unary(UnaryKind::Round, zero)?;
    let zero = c.with(BinaryKind::Maximum, zero, 0.0)?;
    let zero = c.with(BinaryKind::Minimum, zero, 255.0)?;
    let zero = c.cast(zero, ElemType::U8)?;
    let y = rounded(c, x, scale, Some(zero), DataType::Uint8)?;
    Ok(vec![y.into(), scale.into(), zero.into()])
}

/// A bias in the scale of the products.
fn bias_of(c: &mut Call, bias: ValueId, x_scale: usize, w_scale: usize) -> Outcome<ValueId> {
    let (x_scale, w_scale) = (c.operand(x_scale)?, c.operand(w_scale)?);
    let (Some(x_scale), Some(w_scales)) = (c.floats(x_scale), c.floats(w_scale)) else {
        return Err(form("the scales must be constant"));
    };
    let x_scale = x_scale.first().copied().unwrap_or(1.0);
    let scales: Vec<f32> = w_scales.iter().map(|w| x_scale * w).collect();
    let scale = if let [one] = scales[..] { c.f32(one) } else { c.f32s(&[scales.len()], &scales) };
    if scales.len() == 1 {
        return dequantize(c, bias, scale, None);
    }
    let quant = Quant::PerAxis { axis: 0, zero_points: vec![0; scales.len()], scales };
    match c.graph.constant(bias).cloned() {
        Some(data) if c.ty(bias).elements() == c.ty(scale).elements() => {
            let ty = TensorType { quant, ..c.ty(bias).clone() };
            let codes = c.add_constant(ty, data);
            c.append(Dequantize {}, &[codes], None)
        }
        _ => {
            let real = c.cast(bias, ElemType::F32)?;
            c.mul(real, scale)
        }
    }
}

/// Weights may have one scale for each output channel, the first dimension.
fn filter(c: &mut Call, w: ValueId, scale: usize, zero: usize) -> Outcome<ValueId> {
    let (scale, zero) = (c.operand(scale)?, c.optional(zero)?);
    if c.ty(scale).elements() == 1 {
        return dequantize(c, w, scale, zero);
    }
    let count = c.shape(w).first().copied().unwrap_or(1);
    let known = c.floats(scale).filter(|s| s.len() == count).zip(c.graph.constant(w).cloned());
    let zeros = match zero {
        Some(zero) => c.integers(zero).map(|z| if z.len() == 1 { vec![z[0]; count] } else { z }),
        None => Some(vec![0; count]),
    };
    let (Some((scales, data)), Some(zeros)) = (known, zeros) else {
        return Err(form("weights with scales for channels must be constant"));
    };
    let is_unsigned = c.elem(w) == ElemType::U8;
    let shift = if is_unsigned { 128 } else { 0 };
    let zero_points = zeros.iter().map(|&z| z as i32 - shift).collect();
    let quant = Quant::PerAxis { axis: 0, scales, zero_points };
    let flip = if is_unsigned { 0x80 } else { 0 };
    let bytes: Vec<u8> = data.bytes().iter().map(|code| code ^ flip).collect();
    let ty = TensorType { elem: ElemType::I8, quant, shape: c.ty(w).shape.clone() };
    let codes = c.add_constant(ty, Data::from_bytes(bytes));
    c.append(Dequantize {}, &[codes], None)
}

fn qlinear_conv(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, w) = (c.operand(0)?, c.operand(3)?);
    let x = dequantized(c, x, 1, 2)?;
    let w = filter(c, w, 4, 5)?;
    let bias = match c.optional(8)? {
        Some(bias) => Some(bias_of(c, bias, 1, 4)?),
        None => None,
    };
    let y = conv::conv(c, x, w, bias)?;
    quantized(c, y, 6, 7)
}

/// `(a, scale, zero, b, scale, zero, bias?, scale?, zero?)`
fn qgemm(c: &mut Call) -> Outcome<Vec<Item>> {
    let (a, b) = (c.operand(0)?, c.operand(3)?);
    let mut a = dequantized(c, a, 1, 2)?;
    let b = dequantized(c, b, 4, 5)?;
    if c.int("transA", 0) != 0 {
        a = c.transpose(a, &[1, 0])?;
    }
    let w = if c.int("transB", 0) != 0 { b } else { c.transpose(b, &[1, 0])? };
    let bias = match c.optional(6)? {
        Some(bias) => Some(bias_of(c, bias, 1, 4)?),
        None => None,
    };
    let y = super::linear::layer(c, a, w, bias)?;
    if c.operands() < 8 {
        return one(y);
    }
    quantized(c, y, 7, 8)
}

fn qlinear_binary(c: &mut Call, kind: BinaryKind) -> Outcome<Vec<Item>> {
    let (a, b) = (c.operand(0)?, c.operand(3)?);
    let (a, b) = (dequantized(c, a, 1, 2)?, dequantized(c, b, 4, 5)?);
    let y = c.binary(kind, a, b)?;
    quantized(c, y, 6, 7)
}

fn qlinear_unary(c: &mut Call, function: fn(&mut Call, ValueId) -> Outcome<ValueId>) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let x = dequantized(c, x, 1, 2)?;
    let y = function(c, x)?;
    quantized(c, y, 3, 4)
}

/// Images may have their channels last.
fn qlinear_pool(c: &mut Call, pool: fn(&mut Call, ValueId) -> Outcome<ValueId>) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let x = dequantized(c, x, 1, 2)?;
    if c.int("channels_last", 0) == 0 {
        let y = pool(c, x)?;
        return quantized(c, y, 3, 4);
    }
    let rank = c.rank(x);
    let first: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
    let last: Vec<usize> = [0].into_iter().chain(2..rank).chain([1]).collect();
    let x = c.transpose(x, &first)?;
    let y = pool(c, x)?;
    let y = c.transpose(y, &last)?;
    quantized(c, y, 3, 4)
}

/// `(scale, zero, (part, scale, zero)…)`
fn qlinear_concat(c: &mut Call) -> Outcome<Vec<Item>> {
    let mut parts = Vec::new();
    for first in (2..c.operands()).step_by(3) {
        let part = c.operand(first)?;
        parts.push(dequantized(c, part, first + 1, first + 2)?);
    }
    let rank = parts.first().map_or(1, |&id| c.rank(id));
    let axis = axis(c.int("axis", 0), rank)?;
    let y = c.concat(&parts, axis)?;
    quantized(c, y, 0, 1)
}
