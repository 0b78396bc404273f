//! Bring operators into one normal form, so that later passes and kernels see fewer cases.
//!
//! ```text
//! %2 = reshape(%0) {shape = [4, 4]} : 4x4xi8             %1 = reshape(%0) {shape = [16]} : 16xi8
//! %3 = reshape(%2) {shape = [16]} : 16xi8           =>   return %1
//! %4 = slice(%3) {begin = [0], …} : 16xi8
//! return %4
//! ```
//!
//! * What changes nothing goes: reshape, transpose, slice, pad, concat, split, cast, quantize, resize and pooling
//!   whose result equals their operand in type and contents.
//! * A transpose that moves only dimensions of extent 1, and a maximum or minimum over such, becomes a reshape.
//! * A reshape of a reshape reads what the first one reads.
//! * A dilation along one tap becomes 1, as does the stride of a slice that takes one element.
//! * A depthwise convolution of one channel becomes a convolution, if it computes with integers.
//! * Of a commutative operator's operands, the constant one comes second.
//!
//! Keeps: every output byte. Names of values that disappear are lost.
//! Skips: a change of quantization without a change of codes, because the type carries meaning.

mod conv;
mod identity;
mod layout;

use std::collections::BTreeSet;

use redsc_ir::ops::{Binary, BinaryKind};
use redsc_ir::{Graph, Module, Node, Op, ValueId};

use crate::{Config, Pass, Stats, edit};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "canonicalize",
    summary: "remove operators that do nothing and bring the others into one normal form",
    run: canonicalize,
};

fn canonicalize(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    stats.add("removed", 0);
    stats.add("rewritten", 0);
    for graph in &mut module.graphs {
        loop {
            let removed = remove_identities(graph);
            let rewritten = (0..graph.nodes.len()).filter(|&position| rewrite(graph, position)).count();
            stats.add("removed", removed as u64);
            stats.add("rewritten", rewritten as u64);
            if removed + rewritten == 0 {
                break;
            }
        }
    }
    Ok(stats)
}

/// Lets the readers of results that equal an operand read the operand.
fn remove_identities(graph: &mut Graph) -> usize {
    let mut removed = BTreeSet::new();
    for position in 0..graph.nodes.len() {
        if let Some((operand, result)) = identity::same_as_operand(graph, &graph.nodes[position]) {
            graph.replace_uses(result, operand);
            removed.insert(position);
        }
    }
    edit::remove_nodes(graph, &removed)
}

/// Rewrites one node in place, if some rule applies.
fn rewrite(graph: &mut Graph, position: usize) -> bool {
    let node = &graph.nodes[position];
    if let Some(node) = layout::as_reshape(graph, node)
        .or_else(|| layout::merged_reshape(graph, node))
        .or_else(|| layout::without_idle_strides(node))
        .or_else(|| constant_second(graph, node))
        .or_else(|| conv::without_idle_dilation(graph, node))
    {
        graph.nodes[position] = node;
        return true;
    }
    conv::depthwise_of_one_channel(graph, position)
}

/// `c + x` becomes `x + c`.
fn constant_second(graph: &Graph, node: &Node) -> Option<Node> {
    let (Op::Binary(op), &[Some(a), Some(b)]) = (&node.op, &node.inputs[..]) else { return None };
    let is_constant = |id: ValueId| graph.constant(id).is_some();
    (is_commutative(op) && is_constant(a) && !is_constant(b))
        .then(|| Node { inputs: vec![Some(b), Some(a)], ..node.clone() })
}

fn is_commutative(op: &Binary) -> bool {
    match op.kind {
        BinaryKind::Add
        | BinaryKind::Mul
        | BinaryKind::Maximum
        | BinaryKind::Minimum
        | BinaryKind::SquaredDifference => true,
        BinaryKind::BitAnd | BinaryKind::BitOr | BinaryKind::BitXor => true,
        BinaryKind::Sub
        | BinaryKind::Div
        | BinaryKind::Power
        | BinaryKind::Modulo
        | BinaryKind::Remainder
        | BinaryKind::ShiftLeft
        | BinaryKind::ShiftRight => false,
    }
}
