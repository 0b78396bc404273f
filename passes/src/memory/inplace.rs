//! What operators allow: which results can be views of operands, and which can be written over an operand.

use redsc_ir::ops::{Activation, Slice};
use redsc_ir::{Graph, Node, Op, Shape, TensorType, ValueId};

/// A view: value `part` consists of the bytes of value `whole` from `offset` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) whole: ValueId,
    pub(crate) part: ValueId,
    pub(crate) offset: usize,
}

/// How the operands and results of a node lie in each other if the node only hands bytes on in their order; `None` for
/// any other node. Access to variables is not decided here.
pub(crate) fn as_view(graph: &Graph, node: &Node) -> Option<Vec<Part>> {
    let (operand, result) = (node.input(0)?, *node.outputs.first()?);
    let shape = &graph.ty(operand).shape;
    match &node.op {
        Op::Reshape(_) => Some(vec![Part { whole: operand, part: result, offset: 0 }]),
        Op::Slice(op) => {
            let offset = first_if_contiguous(shape, op)? * graph.ty(operand).elem.bytes();
            Some(vec![Part { whole: operand, part: result, offset }])
        }
        Op::Split(op) => {
            let mut end = 0;
            let part = |&part: &ValueId| {
                let offset = end;
                end += graph.ty(part).bytes();
                Part { whole: operand, part, offset }
            };
            is_outermost(shape, op.axis).then(|| node.outputs.iter().map(part).collect())
        }
        Op::Concat(op) => {
            let mut end = 0;
            let part = |part: ValueId| {
                let offset = end;
                end += graph.ty(part).bytes();
                Part { whole: result, part, offset }
            };
            (is_outermost(shape, op.axis) && op.act == Activation::None)
                .then(|| node.operands().map(part).collect())
        }
        _ => None,
    }
}

/// Whether all dimensions before `axis` have extent 1, so that parts along it follow each other in memory.
fn is_outermost(shape: &Shape, axis: usize) -> bool {
    shape[..axis].iter().all(|&extent| extent == 1)
}

/// The first element of a slice that takes consecutive elements: single ones of the outer dimensions, a range of one
/// dimension, everything of the inner ones.
fn first_if_contiguous(shape: &Shape, op: &Slice) -> Option<usize> {
    let ranged = op.size.iter().position(|&size| size != 1).unwrap_or(shape.rank());
    let inner_whole = (ranged + 1..shape.rank()).all(|axis| op.size[axis] == shape[axis]);
    let forward = (0..shape.rank()).all(|axis| op.size[axis] == 1 || op.stride[axis] == 1);
    let strides = shape.strides();
    (inner_whole && forward)
        .then(|| op.begin.iter().zip(&strides).map(|(begin, stride)| begin * stride).sum())
}

/// Whether the kernel is done with each element of the operand when it writes the element of the result that takes its
/// place, if both start at the same byte: it works upwards, element by element.
pub(crate) fn may_overwrite(op: &Op, operand: usize, from: &TensorType, to: &TensorType) -> bool {
    let in_step = from.shape == to.shape && to.elem.bytes() <= from.elem.bytes();
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
