//! Which operators may write over an operand, and what views consist of.

use super::memory::{Contents, cut};
use crate::graph::{Graph, Node};
use crate::ops::Op;
use crate::types::{Shape, TensorType};

/// Whether a kernel may write its result over an operand that starts at the same byte: it must be done with an element
/// of the operand before it writes the element of the result that takes its place, going upwards.
pub(super) fn may_overwrite(op: &Op, operand: usize, from: &TensorType, to: &TensorType) -> bool {
    let in_step = from.shape == to.shape && from.elem.bytes() >= to.elem.bytes();
    match op {
        Op::Binary(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Cast(_) => in_step,
        Op::Lut(_) => in_step && operand == 0,
        Op::Conv2d(_)
        | Op::DepthwiseConv2d(_)
        | Op::TransposeConv2d(_)
        | Op::FullyConnected(_)
        | Op::BatchMatmul(_)
        | Op::Pool2d(_)
        | Op::Reduce(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Select(_)
        | Op::Gather(_)
        | Op::Scatter(_)
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Pad(_)
        | Op::Concat(_)
        | Op::Split(_)
        | Op::Slice(_)
        | Op::Resize2d(_)
        | Op::Svdf(_)
        | Op::Lstm(_)
        | Op::ReadVariable(_)
        | Op::AssignVariable(_)
        | Op::CallOnce(_)
        | Op::If(_)
        | Op::While(_) => false,
    }
}

/// What the results of a node consist of, given its operands, if the node only hands bytes on without changing their
/// order; `None` for any other node.
pub(super) fn view(graph: &Graph, node: &Node, operands: &[Contents]) -> Option<Vec<Contents>> {
    match &node.op {
        Op::Reshape(_) => Some(vec![operands.first()?.clone()]),
        Op::Concat(op) => {
            let outermost = |id| is_outermost(&graph.ty(id).shape, op.axis);
            node.operands().all(outermost).then(|| vec![operands.concat()])
        }
        Op::Split(op) => {
            let x = operands.first()?;
            let outermost = is_outermost(&graph.ty(node.input(0)?).shape, op.axis);
            outermost.then(|| parts(x, node.outputs.iter().map(|&id| graph.ty(id).bytes())))
        }
        Op::Slice(op) => {
            let x = graph.ty(node.input(0)?);
            let first = contiguous_from(&x.shape, &op.begin, &op.size, &op.stride)? * x.elem.bytes();
            let bytes = graph.ty(*node.outputs.first()?).bytes();
            Some(vec![cut(operands.first()?, first..first + bytes)])
        }
        Op::Conv2d(_)
        | Op::DepthwiseConv2d(_)
        | Op::TransposeConv2d(_)
        | Op::FullyConnected(_)
        | Op::BatchMatmul(_)
        | Op::Pool2d(_)
        | Op::Binary(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Lut(_)
        | Op::Reduce(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Select(_)
        | Op::Gather(_)
        | Op::Scatter(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Cast(_)
        | Op::Transpose(_)
        | Op::Pad(_)
        | Op::Resize2d(_)
        | Op::Svdf(_)
        | Op::Lstm(_)
        | Op::ReadVariable(_)
        | Op::AssignVariable(_)
        | Op::CallOnce(_)
        | Op::If(_)
        | Op::While(_) => None,
    }
}

/// Whether all dimensions before `axis` have extent 1, so that parts along it are consecutive in memory.
fn is_outermost(shape: &Shape, axis: usize) -> bool {
    shape[..axis].iter().all(|&extent| extent == 1)
}

fn parts(contents: &Contents, sizes: impl Iterator<Item = usize>) -> Vec<Contents> {
    let mut start = 0;
    let part = |bytes: usize| {
        start += bytes;
        cut(contents, start - bytes..start)
    };
    sizes.map(part).collect()
}

/// The first element of a slice whose elements are consecutive in the operand: whole dimensions behind at most one
/// that is cut, and single elements before it.
fn contiguous_from(shape: &Shape, begin: &[usize], size: &[usize], stride: &[i64]) -> Option<usize> {
    let cut_axis = (0..shape.rank()).find(|&axis| size[axis] > 1).unwrap_or(shape.rank());
    let whole = |axis: usize| axis <= cut_axis || size[axis] == shape[axis];
    let steps_by_one = |axis: usize| size[axis] == 1 || stride[axis] == 1;
    if !(0..shape.rank()).all(|axis| whole(axis) && steps_by_one(axis)) {
        return None;
    }
    Some(begin.iter().zip(shape.strides()).map(|(first, stride)| first * stride).sum())
}
