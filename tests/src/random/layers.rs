//! Steps that add layers with weights, and pools.

use redsc_ir::ops::{
    Accumulate, Activation, BatchMatmul, Conv2d, DepthwiseConv2d, FullyConnected, Padding, Pool2d, PoolKind,
    TransposeConv2d,
};
use redsc_ir::{ElemType, Quant, Shape, TensorType, ValueId};

use super::builder::{Builder, Results};

/// Types that layers compute with.
pub(super) const LAYER: &[ElemType] = &[ElemType::I8, ElemType::U8, ElemType::I16, ElemType::F32];

/// Standard or grouped convolution.
pub(super) fn conv2d(b: &mut Builder) -> Option<()> {
    let x = b.value_of(LAYER)?;
    let [_, height, width, c_in] = b.extents(x)?;
    let groups = if c_in.is_multiple_of(2) && b.choices.chance(20) { 2 } else { 1 };
    let c_out = groups * b.choices.between(1, b.most_filters);
    let geometry = Geometry::random(b, [height, width]);
    let [kh, kw] = geometry.filter;
    let depth = kh * kw * c_in / groups;
    let w = weights(b, x, [c_out, kh, kw, c_in / groups].into(), 0);
    let bias = bias(b, x, c_out);
    let op = Conv2d {
        padding: geometry.padding,
        stride: geometry.stride,
        dilation: geometry.dilation,
        act: activation(b),
        accumulate: accumulate(b, x),
    };
    let reach = layer_reach(b, x, w, depth);
    b.push(op, &[Some(x), Some(w), bias], Results::Reach(reach))
}

/// Depthwise convolution with one to three outputs per channel.
pub(super) fn depthwise_conv2d(b: &mut Builder) -> Option<()> {
    let x = b.value_of(LAYER)?;
    let [_, height, width, c_in] = b.extents(x)?;
    let c_out = c_in * if b.choices.chance(20) { b.choices.between(2, 3) } else { 1 };
    let geometry = Geometry::random(b, [height, width]);
    let [kh, kw] = geometry.filter;
    let w = weights(b, x, [1, kh, kw, c_out].into(), 3);
    let bias = bias(b, x, c_out);
    let op = DepthwiseConv2d {
        padding: geometry.padding,
        stride: geometry.stride,
        dilation: geometry.dilation,
        act: activation(b),
        accumulate: accumulate(b, x),
    };
    let reach = layer_reach(b, x, w, kh * kw);
    b.push(op, &[Some(x), Some(w), bias], Results::Reach(reach))
}

/// Transposed convolution.
pub(super) fn transpose_conv2d(b: &mut Builder) -> Option<()> {
    let x = b.value_of(LAYER)?;
    let [_, height, width, c_in] = b.extents(x)?;
    let c_out = b.choices.between(1, 4);
    let filter = [b.choices.between(1, 4), b.choices.between(1, 4)];
    let stride = [b.choices.between(1, 3), b.choices.between(1, 3)];
    let full = |extent: usize, axis: usize| (extent - 1) * stride[axis] + filter[axis];
    let cut = |b: &mut Builder, axis: usize| b.choices.below(filter[axis]);
    let (top, left) = (cut(b, 0), cut(b, 1));
    let output = [full(height, 0).saturating_sub(top).max(1), full(width, 1).saturating_sub(left).max(1)];
    let w = weights(b, x, [c_out, filter[0], filter[1], c_in].into(), 0);
    let bias = bias(b, x, c_out);
    let padding = Padding { top, bottom: 0, left, right: 0 };
    let op = TransposeConv2d { padding, stride, output, act: activation(b) };
    let reach = layer_reach(b, x, w, filter[0] * filter[1] * c_in / (stride[0] * stride[1]) + 1);
    b.push(op, &[Some(x), Some(w), bias], Results::Reach(reach))
}

/// Fully connected layer over all or over the last dimension.
pub(super) fn fully_connected(b: &mut Builder) -> Option<()> {
    let x = b.value_of(LAYER)?;
    let keep_dims = b.choices.chance(30);
    let shape = &b.ty(x).shape;
    let c_in = if keep_dims { *shape.last()? } else { shape.elements() / shape.first().copied()? };
    let c_out = b.choices.between(1, 20);
    if c_in * c_out > super::MOST_ELEMENTS {
        return None;
    }
    let w = weights(b, x, [c_out, c_in].into(), 0);
    let bias = bias(b, x, c_out);
    let op = FullyConnected { keep_dims, act: activation(b), accumulate: accumulate(b, x) };
    let reach = layer_reach(b, x, w, c_in);
    b.push(op, &[Some(x), Some(w), bias], Results::Reach(reach))
}

/// Product of two tensors of one shape, one of them transposed.
pub(super) fn batch_matmul(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::I16, ElemType::F32])?;
    let (elem, shape) = (b.ty(x).elem, b.ty(x).shape.clone());
    let y = b.partner(|ty| ty.elem == elem && ty.shape == shape)?;
    let transpose_a = b.choices.chance(50);
    let depth = *shape.iter().nth_back(usize::from(transpose_a))?;
    let reach = b.reach(x) * b.reach(y) * (depth as f64).sqrt();
    b.push(BatchMatmul { transpose_a, transpose_b: !transpose_a }, &[Some(x), Some(y)], Results::Reach(reach))
}

/// Average or maximum over windows.
pub(super) fn pool2d(b: &mut Builder) -> Option<()> {
    let x = b.value_of(LAYER)?;
    let [_, height, width, _] = b.extents(x)?;
    let geometry = Geometry::random(b, [height, width]);
    let op = Pool2d {
        kind: b.choices.pick(&[PoolKind::Average, PoolKind::Max]),
        padding: geometry.padding,
        filter: geometry.filter,
        stride: geometry.stride,
        act: activation(b),
    };
    b.push(op, &[Some(x)], Results::Like(x))
}

/// How a window slides.
struct Geometry {
    padding: Padding,
    filter: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
}

impl Geometry {
    /// A window that usually fits; padding stays smaller than the filter, as pools ask for.
    fn random(b: &mut Builder, input: [usize; 2]) -> Geometry {
        let choices = &mut b.choices;
        let square = choices.between(1, 3);
        let filter =
            if choices.chance(40) { [choices.between(1, 5), choices.between(1, 5)] } else { [square; 2] };
        let filter = [filter[0].min(input[0] + 1), filter[1].min(input[1] + 1)];
        let pad = |choices: &mut super::Choices, taps: usize| {
            if choices.chance(50) { [choices.below(taps), choices.below(taps)] } else { [0, 0] }
        };
        let ([top, bottom], [left, right]) = (pad(choices, filter[0]), pad(choices, filter[1]));
        let stride = if choices.chance(50) { [choices.between(1, 4), choices.between(1, 4)] } else { [1, 1] };
        let dilation =
            if choices.chance(15) { [choices.between(1, 3), choices.between(1, 3)] } else { [1, 1] };
        Geometry { padding: Padding { top, bottom, left, right }, filter, stride, dilation }
    }
}

pub(super) fn activation(b: &mut Builder) -> Activation {
    b.choices.pick(&[
        Activation::None,
        Activation::None,
        Activation::Relu,
        Activation::Relu6,
        Activation::ReluN1To1,
    ])
}

/// Raw accumulation needs a bias that somebody folded; any bias means something.
fn accumulate(b: &mut Builder, x: ValueId) -> Accumulate {
    let folded = b.ty(x).elem == ElemType::I8 && b.choices.chance(15);
    if folded { Accumulate::Raw } else { Accumulate::Centered }
}

/// Weights for an input; `axis` is the dimension of the output channels, along which scales may differ.
fn weights(b: &mut Builder, x: ValueId, shape: Shape, axis: usize) -> ValueId {
    if b.ty(x).elem == ElemType::F32 {
        return b.constant(TensorType::plain(ElemType::F32, shape));
    }
    let base = b.choices.pick(&[0.01f32, 0.003, 0.2]);
    if b.ty(x).elem == ElemType::U8 {
        let quant = Quant::PerTensor { scale: base, zero_point: b.choices.between(100, 156) as i32 };
        return b.constant(TensorType { elem: ElemType::U8, shape, quant });
    }
    let quant = if b.choices.chance(60) {
        let scales: Vec<f32> = (0..shape[axis]).map(|_| base * (0.2 + b.choices.unit() as f32)).collect();
        Quant::PerAxis { axis, zero_points: vec![0; scales.len()], scales }
    } else {
        Quant::PerTensor { scale: base, zero_point: 0 }
    };
    b.constant(TensorType { elem: ElemType::I8, shape, quant })
}

/// A bias, or none.
fn bias(b: &mut Builder, x: ValueId, channels: usize) -> Option<ValueId> {
    let elem = match b.ty(x).elem {
        ElemType::F32 => ElemType::F32,
        ElemType::I16 => ElemType::I64,
        _ => ElemType::I32,
    };
    let present = !b.choices.chance(25);
    present.then(|| b.constant(TensorType::plain(elem, [channels])))
}

/// About the largest real number in a layer's result: terms partly cancel.
fn layer_reach(b: &Builder, x: ValueId, w: ValueId, depth: usize) -> f64 {
    let weight = match &b.ty(w).quant {
        Quant::None => 1.0,
        Quant::PerTensor { scale, .. } => f64::from(*scale) * 127.0,
        Quant::PerAxis { scales, .. } => f64::from(scales.iter().copied().fold(0.0, f32::max)) * 127.0,
    };
    b.reach(x) * weight * (depth as f64).sqrt()
}
