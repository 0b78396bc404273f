//! Rules of structure: handles, definitions, uses.

use super::findings::{Findings, Part};
use crate::entity::{GraphId, ValueId};
use crate::graph::{Graph, Module};
use crate::ops::AttrValue;

/// Who defines a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Definition {
    Nothing,
    Input,
    Constant,
    Node(usize),
}

pub(super) fn check(module: &Module, findings: &mut Findings<'_>) {
    if module.graphs.is_empty() {
        findings.add("E0113", Part::Module, "the module has no graph");
    }
    for (index, graph) in module.graphs.iter().enumerate() {
        let id = GraphId::new(index);
        check_graph(id, graph, findings);
        check_handles(module, id, graph, findings);
    }
}

fn check_graph(id: GraphId, graph: &Graph, findings: &mut Findings<'_>) {
    let mut definitions = vec![Definition::Nothing; graph.values.len()];
    for (index, value) in graph.values.iter().enumerate() {
        if value.data.is_some() {
            definitions[index] = Definition::Constant;
        }
    }
    for &input in &graph.inputs {
        define(&mut definitions, input, Definition::Input, (id, Part::Graph(id)), findings);
    }
    for (position, node) in graph.nodes.iter().enumerate() {
        let part = Part::Node(id, position);
        for operand in node.operands() {
            check_use(&definitions, operand, (id, part), findings);
        }
        for &output in &node.outputs {
            define(&mut definitions, output, Definition::Node(position), (id, part), findings);
        }
    }
    for &output in &graph.outputs {
        check_use(&definitions, output, (id, Part::Outputs(id)), findings);
    }
}

fn define(
    definitions: &mut [Definition],
    value: ValueId,
    definition: Definition,
    (graph, part): (GraphId, Part),
    findings: &mut Findings<'_>,
) {
    let Some(known) = definitions.get_mut(value.index()) else {
        findings.add("E0112", part, format!("the value with handle {value} does not exist"));
        return;
    };
    let before = match known {
        Definition::Nothing => {
            *known = definition;
            return;
        }
        Definition::Input => "an input".into(),
        Definition::Constant => "a constant".into(),
        Definition::Node(position) => format!("the result of node {position}"),
    };
    // The second definition is to blame, unless it is an input: then the constant is.
    let part = if definition == Definition::Input { Part::Value(graph, value) } else { part };
    let name = findings.value(graph, value);
    findings.add("E0110", part, format!("{name} is already {before}"));
}

fn check_use(
    definitions: &[Definition],
    value: ValueId,
    (graph, part): (GraphId, Part),
    findings: &mut Findings<'_>,
) {
    match definitions.get(value.index()) {
        None => findings.add("E0112", part, format!("the value with handle {value} does not exist")),
        Some(Definition::Nothing) => {
            let name = findings.value(graph, value);
            findings.add("E0111", part, format!("{name} is used before it is defined"));
        }
        Some(Definition::Input | Definition::Constant | Definition::Node(_)) => {}
    }
}

/// Handles in attributes.
fn check_handles(module: &Module, id: GraphId, graph: &Graph, findings: &mut Findings<'_>) {
    for (position, node) in graph.nodes.iter().enumerate() {
        for (name, value) in node.op.attributes() {
            let (known, handle) = match value {
                AttrValue::Var(variable) => {
                    (module.variables.get(variable.index()).is_some(), variable.to_string())
                }
                AttrValue::Graph(region) => (module.graphs.get(region.index()).is_some(), region.to_string()),
                AttrValue::Int(_) | AttrValue::Float(_) | AttrValue::Word(_) | AttrValue::List(_) => continue,
            };
            if !known {
                findings.add(
                    "E0112",
                    Part::Node(id, position),
                    format!("attribute `{name}`: there is no {handle}"),
                );
            }
        }
    }
}
