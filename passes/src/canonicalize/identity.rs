//! Operators whose result equals their operand.

use redsc_ir::ops::{Activation, Padding, Pool2d, ReduceKind, Slice};
use redsc_ir::{Graph, Node, Op, Shape, ValueId};

use crate::edit;

/// Operand and result, if they are equal in type and contents.
pub(super) fn same_as_operand(graph: &Graph, node: &Node) -> Option<(ValueId, ValueId)> {
    let (operand, result) = edit::only_operand_and_result(node)?;
    (graph.ty(operand) == graph.ty(result) && keeps_contents(&node.op, &graph.ty(operand).shape))
        .then_some((operand, result))
}

/// Whether the operator keeps the contents of an operand of that shape, given that it keeps the type.
fn keeps_contents(op: &Op, shape: &Shape) -> bool {
    match op {
        Op::Reshape(_) | Op::Quantize(_) | Op::Dequantize(_) | Op::Cast(_) => true,
        Op::Transpose(op) => op.perm.iter().copied().eq(0..shape.rank()),
        // Within an unchanged shape nothing can be added, cut or left out.
        Op::Pad(_) | Op::Split(_) => true,
        Op::Concat(op) => op.act == Activation::None,
        Op::Slice(op) => walks_forward(op),
        Op::Resize2d(op) => op.kind == redsc_ir::ops::ResizeKind::Nearest,
        Op::Pool2d(op) => sees_one_cell(op),
        Op::Reduce(op) => match op.kind {
            ReduceKind::Max | ReduceKind::Min => true,
            ReduceKind::Mean | ReduceKind::Sum | ReduceKind::Product => op.axes.is_empty(),
        },
        Op::Conv2d(_)
        | Op::DepthwiseConv2d(_)
        | Op::TransposeConv2d(_)
        | Op::FullyConnected(_)
        | Op::BatchMatmul(_)
        | Op::Binary(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Lut(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Select(_)
        | Op::Gather(_)
        | Op::Scatter(_)
        | Op::Svdf(_)
        | Op::Lstm(_)
        | Op::ReadVariable(_)
        | Op::AssignVariable(_)
        | Op::CallOnce(_)
        | Op::If(_)
        | Op::While(_) => false,
    }
}

/// A slice that keeps every extent takes everything, possibly backwards.
fn walks_forward(op: &Slice) -> bool {
    op.stride.iter().zip(&op.size).all(|(&stride, &size)| stride > 0 || size <= 1)
}

fn sees_one_cell(op: &Pool2d) -> bool {
    op.filter == [1, 1]
        && op.stride == [1, 1]
        && op.padding == Padding::default()
        && op.act == Activation::None
}
