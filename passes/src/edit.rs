//! Helpers with which passes look at and change operators without knowing each of them.

use redsc_ir::ops::{AttrMap, AttrValue};
use redsc_ir::{GraphId, Op, VarId};

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
