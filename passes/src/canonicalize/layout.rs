//! Normal forms of operators that move elements.

use redsc_ir::ops::{ReduceKind, Reshape, Slice};
use redsc_ir::{Graph, Node, Op};

use crate::edit;

/// A transpose or reduction that keeps the order of all elements, as a reshape.
pub(super) fn as_reshape(graph: &Graph, node: &Node) -> Option<Node> {
    let (operand, result) = edit::only_operand_and_result(node)?;
    let (from, to) = (graph.ty(operand), graph.ty(result));
    let keeps_order = match &node.op {
        Op::Transpose(op) => op.perm.iter().filter(|&&axis| from.shape[axis] != 1).is_sorted(),
        Op::Reduce(op) => {
            matches!(op.kind, ReduceKind::Max | ReduceKind::Min) && from.elements() == to.elements()
        }
        _ => false,
    };
    keeps_order.then(|| Node { op: Reshape { shape: to.shape.0.clone() }.into(), ..node.clone() })
}

/// A reshape of a reshape, reading what the first one reads.
pub(super) fn merged_reshape(graph: &Graph, node: &Node) -> Option<Node> {
    let (operand, _) = edit::only_operand_and_result(node)?;
    let producer = graph.nodes.iter().find(|n| n.outputs.contains(&operand))?;
    let both = matches!((&producer.op, &node.op), (Op::Reshape(_), Op::Reshape(_)));
    both.then(|| Node { inputs: producer.inputs.clone(), ..node.clone() })
}

/// A slice with stride 1 wherever it takes a single element.
pub(super) fn without_idle_strides(node: &Node) -> Option<Node> {
    let Op::Slice(op) = &node.op else { return None };
    let stride = op.stride.iter().zip(&op.size).map(|(&stride, &size)| if size == 1 { 1 } else { stride });
    let stride: Vec<i64> = stride.collect();
    (stride != op.stride).then(|| Node { op: Slice { stride, ..op.clone() }.into(), ..node.clone() })
}
