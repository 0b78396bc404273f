//! Steps that add elementwise operators, reductions and changes of the element type.

use redsc_ir::ops::{
    Activation, Binary, BinaryKind, Cast, Compare, CompareKind, Dequantize, LeakyRelu, LogSoftmax, Lut,
    Quantize, Reduce, ReduceKind, Select, Softmax, Unary, UnaryKind,
};
use redsc_ir::{ElemType, Quant, TensorType, ValueId};

use super::builder::{Builder, Results};
use super::layers::{LAYER, activation};

const ARITHMETIC: &[ElemType] = &[ElemType::I8, ElemType::I16, ElemType::F32];

/// Two values of one type, or of shapes that broadcast.
pub(super) fn binary(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let TensorType { elem, shape, .. } = b.ty(x).clone();
    let y = b.partner(|ty| ty.elem == elem && ty.shape == shape)?;
    push_binary(b, x, y)
}

/// A value and a constant, which may be smaller.
pub(super) fn binary_with_constant(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let TensorType { elem, mut shape, .. } = b.ty(x).clone();
    match b.choices.below(3) {
        0 => {}
        1 => shape.0.truncate(0),
        _ => shape.0 = shape.last().copied().into_iter().collect(),
    }
    let quant = b.activation_quant(elem, 2.0);
    let y = b.constant(TensorType { elem, shape, quant });
    if b.choices.chance(30) { push_binary(b, y, x) } else { push_binary(b, x, y) }
}

fn push_binary(b: &mut Builder, x: ValueId, y: ValueId) -> Option<()> {
    let kind = b.choices.pick(&[
        BinaryKind::Add,
        BinaryKind::Mul,
        BinaryKind::Sub,
        BinaryKind::Maximum,
        BinaryKind::Minimum,
        BinaryKind::SquaredDifference,
    ]);
    let sum = b.reach(x) + b.reach(y);
    let (reach, act) = match kind {
        BinaryKind::Maximum
        | BinaryKind::Minimum
        | BinaryKind::Power
        | BinaryKind::Modulo
        | BinaryKind::Remainder
        | BinaryKind::BitAnd
        | BinaryKind::BitOr
        | BinaryKind::BitXor
        | BinaryKind::ShiftLeft
        | BinaryKind::ShiftRight => (sum, Activation::None),
        BinaryKind::SquaredDifference => (sum * sum, Activation::None),
        BinaryKind::Mul => (b.reach(x) * b.reach(y), activation(b)),
        BinaryKind::Add | BinaryKind::Sub | BinaryKind::Div => (sum, activation(b)),
    };
    let copies_codes = matches!(kind, BinaryKind::Maximum | BinaryKind::Minimum);
    let results = if copies_codes { Results::Like(x) } else { Results::Reach(reach) };
    b.push(Binary { kind, act }, &[Some(x), Some(y)], results)
}

/// A comparison, followed by nothing: `bool` is an output or the operand of a cast.
pub(super) fn compare(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let TensorType { elem, shape, .. } = b.ty(x).clone();
    let y = b.partner(|ty| ty.elem == elem && ty.shape == shape)?;
    let kind = b.choices.pick(CompareKind::ALL);
    b.push(Compare { kind }, &[Some(x), Some(y)], Results::Reach(1.0))
}

/// A choice between two values of one type, by a constant or by a value.
pub(super) fn select(b: &mut Builder) -> Option<()> {
    let x = b.value();
    let ty = b.ty(x).clone();
    let y = b.partner(|other| *other == ty)?;
    let condition = match b.value_of(&[ElemType::Bool]) {
        Some(id) if b.ty(id).shape == ty.shape => id,
        _ => b.constant(TensorType::plain(ElemType::Bool, ty.shape.clone())),
    };
    b.push(Select {}, &[Some(condition), Some(x), Some(y)], Results::Like(x))
}

/// Functions that are defined for all numbers.
pub(super) fn unary(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let kind = b.choices.pick(&[
        UnaryKind::Relu,
        UnaryKind::Relu6,
        UnaryKind::ReluN1To1,
        UnaryKind::Logistic,
        UnaryKind::Tanh,
        UnaryKind::Abs,
        UnaryKind::Neg,
    ]);
    let is_wide = b.ty(x).elem == ElemType::I16;
    let results = match kind {
        UnaryKind::Logistic if is_wide => fixed(1.0 / 32768.0, 0),
        UnaryKind::Logistic => fixed(1.0 / 256.0, -128),
        UnaryKind::Tanh if is_wide => fixed(1.0 / 32768.0, 0),
        UnaryKind::Tanh => fixed(1.0 / 128.0, 0),
        _ => Results::Reach(b.reach(x)),
    };
    b.push(Unary { kind }, &[Some(x)], results)
}

/// Leaky ReLU with small, large and negative slopes.
pub(super) fn leaky_relu(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let alpha = b.choices.pick(&[0.1f32, 0.3, 1.0, 0.0, 1.5, -0.5]);
    let reach = b.reach(x) * f64::from(alpha.abs().max(1.0));
    b.push(LeakyRelu { alpha }, &[Some(x)], Results::Reach(reach))
}

/// A table of 8- or 16-bit results.
pub(super) fn lut(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::U8])?;
    let elem = b.choices.pick(&[ElemType::I8, ElemType::I8, ElemType::I16]);
    let quant = b.activation_quant(elem, 2.0);
    let table = b.constant(TensorType { elem, shape: [256].into(), quant: Quant::None });
    b.push(Lut {}, &[Some(x), Some(table)], Results::Fixed(quant))
}

/// Mean, sum or extremes over any dimensions.
pub(super) fn reduce(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let kind = b.choices.pick(&[ReduceKind::Mean, ReduceKind::Sum, ReduceKind::Max, ReduceKind::Min]);
    let rank = b.ty(x).shape.rank();
    let axes: Vec<usize> = (0..rank).filter(|_| b.choices.chance(50)).collect();
    if axes.is_empty() {
        return None;
    }
    let count: usize = axes.iter().map(|&axis| b.ty(x).shape[axis]).product();
    let results = match kind {
        ReduceKind::Sum => Results::Reach(b.reach(x) * (count as f64).sqrt()),
        ReduceKind::Mean => Results::Reach(b.reach(x)),
        ReduceKind::Max | ReduceKind::Min | ReduceKind::Product => Results::Like(x),
    };
    let keep_dims = b.choices.chance(50);
    b.push(Reduce { kind, axes, keep_dims }, &[Some(x)], results)
}

/// Softmax, with the quantization that its reference asks for.
pub(super) fn softmax(b: &mut Builder) -> Option<()> {
    let x = b.value_of(LAYER)?;
    let results = match b.ty(x).elem {
        ElemType::I16 => fixed(1.0 / 32768.0, 0),
        ElemType::U8 => fixed(1.0 / 256.0, 0),
        _ => fixed(1.0 / 256.0, -128),
    };
    let beta = b.choices.pick(&[1.0f32, 0.5, 2.0]);
    push_of(b, Softmax { beta }.into(), x, results)
}

/// Log-softmax, with the quantization that its reference asks for.
pub(super) fn log_softmax(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::F32])?;
    push_of(b, LogSoftmax {}.into(), x, fixed(16.0 / 256.0, 127))
}

/// Pushes a node whose result keeps the element type of its operand.
fn push_of(b: &mut Builder, op: redsc_ir::Op, x: ValueId, results: Results) -> Option<()> {
    b.push(op, &[Some(x)], results)?;
    let elem = b.ty(x).elem;
    let result = b.last_result()?;
    (b.ty(result).elem == elem).then_some(())
}

/// From real numbers or another quantization.
pub(super) fn quantize(b: &mut Builder) -> Option<()> {
    let x = b.value_of(LAYER)?;
    let reach = b.reach(x);
    b.push(Quantize {}, &[Some(x)], Results::Reach(reach))?;
    let result = b.last_result()?;
    (b.ty(result).elem.quantized_range().is_some()).then_some(())
}

/// To real numbers.
pub(super) fn dequantize(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::I16, ElemType::U8])?;
    b.push(Dequantize {}, &[Some(x)], Results::Reach(1.0))
}

/// From truth values to numbers.
pub(super) fn cast(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::Bool])?;
    b.push(Cast {}, &[Some(x)], Results::Reach(1.0))?;
    let result = b.last_result()?;
    let elems = [ElemType::F32, ElemType::I32];
    elems.contains(&b.ty(result).elem).then_some(())
}

fn fixed(scale: f32, zero_point: i32) -> Results {
    Results::Fixed(Quant::PerTensor { scale, zero_point })
}
