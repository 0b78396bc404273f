//! Rules `E0140` and `E0141`: operands and results are what the operator's own rules say.

use super::findings::{Findings, Part};
use crate::entity::GraphId;
use crate::graph::{Graph, Module};
use crate::ops::{Inferred, Operands};
use crate::types::{ElemType, TensorType};

pub(super) fn check(module: &Module, findings: &mut Findings<'_>) {
    for (index, graph) in module.graphs.iter().enumerate() {
        for (position, node) in graph.nodes.iter().enumerate() {
            let part = Part::Node(GraphId::new(index), position);
            match node.op.rules().infer(&Operands { module, graph, node }) {
                Ok(inferred) => check_results(graph, &node.outputs, &inferred, part, findings),
                Err(message) => findings.add("E0140", part, message),
            }
        }
    }
}

fn check_results(
    graph: &Graph,
    outputs: &[crate::ValueId],
    inferred: &[Inferred],
    part: Part,
    findings: &mut Findings<'_>,
) {
    if outputs.len() != inferred.len() {
        let message = format!("there are {} results, not {}", inferred.len(), outputs.len());
        findings.add("E0141", part, message);
    }
    for (index, (&output, expected)) in outputs.iter().zip(inferred).enumerate() {
        if let Some(problem) = mismatch(graph.ty(output), expected) {
            findings.add("E0141", part, format!("result {index} {problem}"));
        }
    }
}

fn mismatch(actual: &TensorType, expected: &Inferred) -> Option<String> {
    if actual.shape != expected.shape {
        let as_type = |shape| TensorType::plain(actual.elem, shape);
        let (is, should) = (as_type(actual.shape.clone()), as_type(expected.shape.clone()));
        return Some(format!("is {is}, but the operands give {should}"));
    }
    if !expected.elems.contains(&actual.elem) {
        let allowed: Vec<&str> = expected.elems.iter().copied().map(ElemType::name).collect();
        return Some(format!("has elements of type {}, but may have {}", actual.elem, allowed.join(", ")));
    }
    None
}
