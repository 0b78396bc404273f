//! Rule `E0122`: attributes are of a size with which rules and kernels can calculate.

use super::findings::{Findings, Part};
use crate::entity::GraphId;
use crate::graph::Module;
use crate::ops::AttrValue;

pub(super) fn check(module: &Module, findings: &mut Findings<'_>) {
    for (index, graph) in module.graphs.iter().enumerate() {
        for (position, node) in graph.nodes.iter().enumerate() {
            for (name, value) in node.op.attributes() {
                if let Some(odd) = out_of_range(&value) {
                    let part = Part::Node(GraphId::new(index), position);
                    findings.add("E0122", part, format!("attribute `{name}`: {odd} is out of range"));
                }
            }
        }
    }
}

/// The first number in the attribute that is too large or not finite.
fn out_of_range(value: &AttrValue) -> Option<String> {
    match value {
        AttrValue::Int(x) => i32::try_from(*x).is_err().then(|| x.to_string()),
        AttrValue::Float(x) => (!x.is_finite()).then(|| x.to_string()),
        AttrValue::Word(_) | AttrValue::Var(_) | AttrValue::Graph(_) => None,
        AttrValue::List(items) => items.iter().find_map(out_of_range),
    }
}
