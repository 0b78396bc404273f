//! Helpers with which passes look at and change operators without knowing each of them.

use std::collections::BTreeSet;

use redsc_ir::ops::{AttrMap, AttrValue};
use redsc_ir::{Graph, GraphId, Node, Op, ValueId, VarId};

/// The variables that an operator names, as operand, result or state.
pub(crate) fn variables(op: &Op) -> Vec<VarId> {
    let as_variable = |value| match value {
        AttrValue::Var(id) => Some(id),
        _ => None,
    };
    op.attributes().into_iter().filter_map(|(_, value)| as_variable(value)).collect()
}

/// The graphs that an operator runs.
pub(crate) fn regions(op: &Op) -> Vec<GraphId> {
    let as_graph = |value| match value {
        AttrValue::Graph(id) => Some(id),
        _ => None,
    };
    op.attributes().into_iter().filter_map(|(_, value)| as_graph(value)).collect()
}

/// The same operator with its variables and graphs renamed.
pub(crate) fn rename(
    op: &Op,
    variable: &dyn Fn(VarId) -> VarId,
    graph: &dyn Fn(GraphId) -> GraphId,
) -> Result<Op, String> {
    let renamed = |value| match value {
        AttrValue::Var(id) => AttrValue::Var(variable(id)),
        AttrValue::Graph(id) => AttrValue::Graph(graph(id)),
        other => other,
    };
    let attributes =
        op.attributes().into_iter().map(|(name, value)| (name.to_owned(), renamed(value))).collect();
    Op::build(op.mnemonic(), AttrMap(attributes))
}

/// How often each value is read, as an operand or as an output of the graph.
pub(crate) fn use_counts(graph: &Graph) -> Vec<usize> {
    let mut counts = vec![0; graph.values.len()];
    for id in graph.nodes.iter().flat_map(Node::operands).chain(graph.outputs.iter().copied()) {
        counts[id.index()] += 1;
    }
    counts
}

/// Removes the nodes at these positions and counts them.
pub(crate) fn remove_nodes(graph: &mut Graph, positions: &BTreeSet<usize>) -> usize {
    let mut position = 0;
    graph.nodes.retain(|_| {
        position += 1;
        !positions.contains(&(position - 1))
    });
    positions.len()
}

/// The operand and the result of a node that has one of each.
pub(crate) fn only_operand_and_result(node: &Node) -> Option<(ValueId, ValueId)> {
    match (&node.inputs[..], &node.outputs[..]) {
        (&[Some(operand)], &[result]) => Some((operand, result)),
        _ => None,
    }
}

/// Whether results depend on operands alone: no variable is read or written and no graph is run.
pub(crate) fn is_pure(op: &Op) -> bool {
    variables(op).is_empty() && regions(op).is_empty()
}
