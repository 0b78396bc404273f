//! Which rows of its operands an operator needs for some rows of its result.

use std::ops::Range;

use redsc_ir::access;
use redsc_ir::ops::{Operands, Padding};
use redsc_ir::params::window::Axis;
use redsc_ir::{Graph, Module, Node, Op, Quant, ValueId};

use super::result;

/// The dimension of rows.
pub(super) const ROWS: usize = 1;

/// How rows of operands become rows of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Row by row.
    Same,
    /// A window slides over them.
    Window(Axis),
}

/// Whether a value is one image whose rows lie one after the other.
pub(super) fn is_image(graph: &Graph, id: ValueId) -> bool {
    let ty = graph.ty(id);
    let by_row = matches!(&ty.quant, Quant::PerAxis { axis, .. } if *axis == ROWS);
    ty.shape.rank() == 4 && ty.shape[0] == 1 && !by_row
}

/// Rows of an image; 0 for other values.
pub(super) fn height(graph: &Graph, id: ValueId) -> usize {
    if is_image(graph, id) { graph.ty(id).shape[ROWS] } else { 0 }
}

/// Whether a node can compute some rows of its result alone.
pub(super) fn can_be_split(module: &Module, graph: &Graph, node: &Node) -> bool {
    reach(module, graph, node).is_some()
}

/// How the rows of a node's image operands become rows of its result; `None` if it cannot be split.
pub(super) fn reach(module: &Module, graph: &Graph, node: &Node) -> Option<Reach> {
    let result = result(node).filter(|&id| is_image(graph, id))?;
    let mut images = node.operands().filter(|&id| graph.constant(id).is_none());
    if !images.all(|id| is_image(graph, id)) {
        return None;
    }
    match &node.op {
        Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::Pool2d(_) => {
            let constant = node.operands().skip(1).all(|id| graph.constant(id).is_some());
            let image = node.input(0).is_some_and(|id| graph.constant(id).is_none());
            let window = access::window(&Operands { module, graph, node }).filter(|_| constant && image)?;
            sees_each_row(&window.y).then_some(Reach::Window(window.y))
        }
        Op::Binary(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Lut(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Cast(_) => {
            let rows = graph.ty(result).shape[ROWS];
            let fits = |id| match graph.constant(id) {
                Some(_) => matches!(node.op, Op::Lut(_)) || has_no_rows(graph, id),
                None => graph.ty(id).shape[ROWS] == rows,
            };
            node.operands().all(fits).then_some(Reach::Same)
        }
        Op::Concat(op) => {
            let computed = node.operands().all(|id| graph.constant(id).is_none());
            (op.axis > ROWS && computed).then_some(Reach::Same)
        }
        Op::TransposeConv2d(_)
        | Op::FullyConnected(_)
        | Op::BatchMatmul(_)
        | Op::Reduce(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Select(_)
        | Op::Gather(_)
        | Op::Scatter(_)
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Pad(_)
        | Op::Split(_)
        | Op::Slice(_)
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

/// Whether a constant is the same for all rows.
fn has_no_rows(graph: &Graph, id: ValueId) -> bool {
    let shape = &graph.ty(id).shape;
    shape.rank() < 3 || shape[shape.rank() - 3] == 1
}

/// Whether no window lies in the padding alone.
fn sees_each_row(axis: &Axis) -> bool {
    (0..axis.output).all(|out| !axis.inside(out).is_empty())
}

impl Reach {
    /// The rows of the operands that some rows of the result need.
    pub(super) fn needed(self, rows: &Range<usize>) -> Range<usize> {
        match self {
            Reach::Same => rows.clone(),
            Reach::Window(axis) => {
                let end = axis.origin(rows.end - 1) + axis.span() as isize;
                axis.origin(rows.start).max(0).unsigned_abs()..end.unsigned_abs().min(axis.input)
            }
        }
    }

    /// The padding above and below which some rows of the result see, given that of the whole image.
    pub(super) fn padding(self, rows: &Range<usize>, whole: Padding) -> Padding {
        match self {
            Reach::Same => whole,
            Reach::Window(axis) => {
                let end = axis.origin(rows.end - 1) + axis.span() as isize;
                let top = (-axis.origin(rows.start)).max(0).unsigned_abs();
                let bottom = (end - axis.input as isize).max(0).unsigned_abs();
                Padding { top, bottom, ..whole }
            }
        }
    }
}
