//! Compute at compile time what depends on constants alone.
//!
//! ```text
//! %1 = const : 4xf16 = […]                    %1 = const : 4xf32 = […]
//! %2 = dequantize(%1) : 4xf32           =>    %2 = add(%0, %1) {act = none} : 4xf32
//! %3 = add(%0, %2) {act = none} : 4xf32
//! ```
//!
//! The reference interpreter computes the results, so they are what the network would have computed.
//!
//! Keeps: operators that read or write state or run graphs.
//! Skips: what the interpreter cannot compute; that becomes an error where it matters.

use std::collections::BTreeSet;

use redsc_ir::interp::eval_node;
use redsc_ir::{Data, Graph, Module, Node};

use crate::{Config, Pass, Stats, edit};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "fold-constants",
    summary: "compute at compile time what depends on constants alone",
    run: fold_constants,
};

fn fold_constants(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut folded = 0;
    for g in 0..module.graphs.len() {
        let mut removed = BTreeSet::new();
        for position in 0..module.graphs[g].nodes.len() {
            let graph = &module.graphs[g];
            let node = &graph.nodes[position];
            let Some(results) = evaluate(module, graph, node) else { continue };
            let outputs = node.outputs.clone();
            for (output, data) in outputs.iter().zip(results) {
                module.graphs[g].values[output.index()].data = Some(data);
            }
            removed.insert(position);
        }
        folded += edit::remove_nodes(&mut module.graphs[g], &removed);
    }
    let mut stats = Stats::default();
    stats.add("folded", folded as u64);
    Ok(stats)
}

/// The results of a node whose operands are all constant.
fn evaluate(module: &Module, graph: &Graph, node: &Node) -> Option<Vec<Data>> {
    if node.outputs.is_empty() || !edit::is_pure(&node.op) {
        return None;
    }
    let contents: Vec<Option<Data>> =
        node.inputs.iter().map(|input| input.and_then(|id| graph.constant(id).cloned())).collect();
    let is_known = node.inputs.iter().zip(&contents).all(|(input, data)| input.is_none() || data.is_some());
    if !is_known {
        return None;
    }
    eval_node(module, graph, node, &contents).ok()
}
