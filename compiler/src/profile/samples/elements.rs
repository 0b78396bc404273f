//! Random elementwise layers, reductions, normalizations and data movement.

use redsc_ir::ops::{
    Activation, BatchMatmul, Binary, BinaryKind, Cast, Compare, CompareKind, Concat, Dequantize, LeakyRelu,
    LogSoftmax, Lut, Pad, PadMode, Quantize, Reduce, ReduceKind, Resize2d, ResizeKind, Slice, Softmax, Split,
    Transpose, Unary, UnaryKind,
};
use redsc_ir::{ElemType, Quant, TensorType};

use super::builder::{Builder, scaled};

/// Scale and zero point for an element type.
fn quant(b: &mut Builder, elem: ElemType) -> Quant {
    match elem {
        ElemType::I8 => Quant::PerTensor { scale: 0.02 + 0.03 * b.rng.f32(), zero_point: b.rng.i32(-60..60) },
        ElemType::U8 => Quant::PerTensor { scale: 0.02 + 0.03 * b.rng.f32(), zero_point: b.rng.i32(60..190) },
        ElemType::I16 => Quant::PerTensor { scale: 0.0002, zero_point: 0 },
        _ => Quant::None,
    }
}

fn shape(b: &mut Builder) -> Vec<usize> {
    vec![1, b.size(1, 16), b.size(1, 16), b.size(1, 40)]
}

fn tensor(b: &mut Builder, elem: ElemType, shape: Vec<usize>) -> TensorType {
    TensorType { elem, shape: shape.into(), quant: quant(b, elem) }
}

/// Two operands, often of one shape.
pub(super) fn binary(b: &mut Builder, elems: &[ElemType], kinds: &[BinaryKind]) -> Option<()> {
    let (elem, kind) = (b.pick(elems), b.pick(kinds));
    let (first, second) = partners(b);
    let (x, y) = (tensor(b, elem, first), tensor(b, elem, second));
    let quant = if matches!(kind, BinaryKind::Maximum | BinaryKind::Minimum) {
        x.quant.clone()
    } else {
        quant(b, elem)
    };
    let act = if b.chance(50) { Activation::None } else { Activation::Relu };
    let operands = [Some(b.input(x)), Some(b.input(y))];
    b.push(Binary { kind, act }, &operands, elem, &quant)
}

/// Shapes that broadcast.
fn partners(b: &mut Builder) -> (Vec<usize>, Vec<usize>) {
    let shape = shape(b);
    let other = match b.rng.u32(..10) {
        0 => vec![1],
        1 | 2 => vec![1, 1, 1, shape[3]],
        3 => vec![1, shape[1], 1, shape[3]],
        _ => shape.clone(),
    };
    (shape, other)
}

pub(super) fn compare(b: &mut Builder, elems: &[ElemType]) -> Option<()> {
    let (elem, kind) = (b.pick(elems), b.pick(CompareKind::ALL));
    let (first, second) = partners(b);
    let (x, y) = (tensor(b, elem, first), tensor(b, elem, second));
    let operands = [Some(b.input(x)), Some(b.input(y))];
    b.push(Compare { kind }, &operands, ElemType::Bool, &Quant::None)
}

pub(super) fn unary(b: &mut Builder, elems: &[ElemType], kinds: &[UnaryKind]) -> Option<()> {
    let (elem, kind) = (b.pick(elems), b.pick(kinds));
    let shape = shape(b);
    let x = tensor(b, elem, shape);
    let result = match (kind, elem) {
        (UnaryKind::Logistic | UnaryKind::Tanh, ElemType::I16) => {
            Quant::PerTensor { scale: 1.0 / 32768.0, zero_point: 0 }
        }
        (UnaryKind::Rsqrt, ElemType::I8) => Quant::PerTensor { scale: 0.05, zero_point: -128 },
        _ => quant(b, elem),
    };
    let x = b.input(x);
    b.push(Unary { kind }, &[Some(x)], elem, &result)
}

pub(super) fn leaky_relu(b: &mut Builder, elem: ElemType) -> Option<()> {
    let shape = shape(b);
    let x = tensor(b, elem, shape);
    let quant = quant(b, elem);
    let x = b.input(x);
    b.push(LeakyRelu { alpha: 0.1 }, &[Some(x)], elem, &quant)
}

pub(super) fn lut(b: &mut Builder) -> Option<()> {
    let elem = b.pick(&[ElemType::I8, ElemType::I8, ElemType::I16]);
    let shape = shape(b);
    let x = tensor(b, ElemType::I8, shape);
    let x = b.input(x);
    let table = b.random(TensorType::plain(elem, [256]));
    let quant = quant(b, elem);
    b.push(Lut {}, &[Some(x), Some(table)], elem, &quant)
}

pub(super) fn reduce(b: &mut Builder, elems: &[ElemType], kinds: &[ReduceKind]) -> Option<()> {
    let (elem, kind) = (b.pick(elems), b.pick(kinds));
    let shape = shape(b);
    let axes = b.pick(&[&[1, 2][..], &[1, 2], &[3], &[1], &[2]]).to_vec();
    let x = tensor(b, elem, shape);
    let quant = match kind {
        ReduceKind::Max | ReduceKind::Min => x.quant.clone(),
        _ => quant(b, elem),
    };
    let x = b.input(x);
    b.push(Reduce { kind, axes, keep_dims: false }, &[Some(x)], elem, &quant)
}

pub(super) fn softmax(b: &mut Builder, elem: ElemType) -> Option<()> {
    let rows = if b.chance(60) { 1 } else { b.size(1, 20) };
    let x = vec![rows, b.size(2, 60)];
    let x = tensor(b, elem, x);
    let result = match elem {
        ElemType::I16 => Quant::PerTensor { scale: 1.0 / 32768.0, zero_point: 0 },
        ElemType::U8 => Quant::PerTensor { scale: 1.0 / 256.0, zero_point: 0 },
        ElemType::I8 => Quant::PerTensor { scale: 1.0 / 256.0, zero_point: -128 },
        _ => Quant::None,
    };
    let x = b.input(x);
    b.push(Softmax { beta: 1.0 }, &[Some(x)], elem, &result)
}

pub(super) fn log_softmax(b: &mut Builder, elem: ElemType) -> Option<()> {
    let x = vec![b.size(1, 20), b.size(2, 60)];
    let x = tensor(b, elem, x);
    let result = if elem == ElemType::I8 {
        Quant::PerTensor { scale: 16.0 / 256.0, zero_point: 127 }
    } else {
        Quant::None
    };
    let x = b.input(x);
    b.push(LogSoftmax {}, &[Some(x)], elem, &result)
}

pub(super) fn quantize(b: &mut Builder, from: &[ElemType], to: &[ElemType]) -> Option<()> {
    let (from, to) = (b.pick(from), b.pick(to));
    let shape = shape(b);
    let x = tensor(b, from, shape);
    let quant = quant(b, to);
    let x = b.input(x);
    b.push(Quantize {}, &[Some(x)], to, &quant)
}

pub(super) fn dequantize(b: &mut Builder, from: &[ElemType], per_axis: bool) -> Option<()> {
    let from = b.pick(from);
    let shape = shape(b);
    let mut x = tensor(b, from, shape);
    if per_axis {
        let channels = x.shape[3];
        x.quant = Quant::PerAxis { axis: 3, scales: vec![0.05; channels], zero_points: vec![0; channels] };
    }
    let x = b.input(x);
    b.push(Dequantize {}, &[Some(x)], ElemType::F32, &Quant::None)
}

pub(super) fn cast(b: &mut Builder) -> Option<()> {
    let types = [ElemType::F32, ElemType::I32, ElemType::Bool, ElemType::I64];
    let (from, to) = (b.pick(&types), b.pick(&types));
    let shape = shape(b);
    let x = b.input(TensorType::plain(from, shape));
    b.push(Cast {}, &[Some(x)], to, &Quant::None)
}

pub(super) fn batch_matmul(b: &mut Builder, elem: ElemType) -> Option<()> {
    let [batches, rows, depth, columns] = [b.size(1, 3), b.size(1, 20), b.size(1, 40), b.size(1, 20)];
    let (transpose_a, transpose_b) = (b.chance(20), b.chance(50));
    let pair = |swap: bool, x: usize, y: usize| if swap { [y, x] } else { [x, y] };
    let ([a0, a1], [b0, b1]) = (pair(transpose_a, rows, depth), pair(transpose_b, depth, columns));
    let (x, y) = (tensor(b, elem, vec![batches, a0, a1]), tensor(b, elem, vec![batches, b0, b1]));
    let quant = quant(b, elem);
    let operands = [Some(b.input(x)), Some(b.input(y))];
    b.push(BatchMatmul { transpose_a, transpose_b }, &operands, elem, &quant)
}

pub(super) fn resize(b: &mut Builder, kind: ResizeKind, elems: &[ElemType]) -> Option<()> {
    let elem = b.pick(elems);
    let shape = vec![1, b.size(2, 10), b.size(2, 10), b.size(1, 24)];
    let size = [b.size(2, 16), b.size(2, 16)];
    let x = tensor(b, elem, shape);
    let quant = x.quant.clone();
    let x = b.input(x);
    let op = Resize2d { kind, size, align_corners: false, half_pixel_centers: b.chance(50) };
    b.push(op, &[Some(x)], elem, &quant)
}

/// Concatenation, splitting, slicing, padding, permutation.
pub(super) fn movement(b: &mut Builder) -> Option<()> {
    let elem = b.pick(&[ElemType::I8, ElemType::I8, ElemType::I16, ElemType::F32]);
    let shape = shape(b);
    let x = match elem {
        ElemType::F32 => TensorType::plain(elem, shape.clone()),
        _ => scaled(elem, shape.clone(), 0.05, 0),
    };
    let quant = x.quant.clone();
    let axis = b.rng.usize(1..4);
    match b.rng.u32(..5) {
        0 => {
            let mut other = x.clone();
            other.shape.0[axis] = b.size(1, 20);
            let operands = [Some(b.input(x)), Some(b.input(other))];
            b.push(Concat { axis, act: Activation::None }, &operands, elem, &quant)
        }
        1 if shape[axis] > 1 => {
            let first = b.rng.usize(1..shape[axis]);
            let x = b.input(x);
            b.push(Split { axis, sizes: vec![first, shape[axis] - first] }, &[Some(x)], elem, &quant)
        }
        2 => {
            let stride: Vec<i64> = shape.iter().map(|_| if b.chance(25) { 2 } else { 1 }).collect();
            let size =
                shape.iter().zip(&stride).map(|(&extent, &step)| extent.div_ceil(step as usize)).collect();
            let x = b.input(x);
            b.push(Slice { begin: vec![0; 4], size, stride }, &[Some(x)], elem, &quant)
        }
        3 => {
            let mut sides = || vec![0, b.rng.usize(..3), b.rng.usize(..3), if b.chance(30) { 2 } else { 0 }];
            let (before, after) = (sides(), sides());
            let x = b.input(x);
            b.push(Pad { before, after, mode: PadMode::Constant }, &[Some(x)], elem, &quant)
        }
        _ => {
            let mut perm = vec![0, 1, 2, 3];
            b.rng.shuffle(&mut perm);
            let x = b.input(x);
            b.push(Transpose { perm }, &[Some(x)], elem, &quant)
        }
    }
}
