//! Patch-wise execution: part of a network runs band by band of rows, so that its large values never exist as a whole.
//!
//! ```text
//!                                                       %a = slice(%0) rows 0..5
//!                                                       %b = conv2d(%a) {padding = [1, 0, 1, 1]} : 1x4x8x16xi8
//! %1 = conv2d(%0) {padding = [1, 1, 1, 1]} : 1x8x8x16   %c = max_pool2d(%b) : 1x2x4x16xi8
//! %2 = max_pool2d(%1) : 1x4x4x16xi8                =>   %d = slice(%0) rows 3..8
//!                                                       %e = conv2d(%d) {padding = [0, 1, 1, 1]} : 1x4x8x16xi8
//!                                                       %f = max_pool2d(%e) : 1x2x4x16xi8
//!                                                       %2 = concat(%c, %f) rows
//! ```
//!
//! The rewritten network computes the same bytes with the operators that there are: bands of rows of an image lie
//! together in memory, so that slices and concatenation are views; only where a band touches the border of the image is
//! there any padding. Rows that two bands see are computed twice, which is the price. [`stages`] finds what can be split,
//! [`split`] does it, [`frontier`] weighs RAM against work and [`fit`] decides. The idea is that of MCUNetV2 (Lin et
//! al., 2021, section 3.1), with bands instead of tiles.

mod choose;
mod estimate;
mod rows;
mod split;

use std::ops::Range;

use redsc_ir::{Graph, Module, Node, ValueId};

pub use choose::{Patching, Variant, fit, frontier};
pub use split::split;

/// Nodes of the entry graph that can run band by band: all that they read is one image and constants, and nobody else
/// reads what they compute but one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Their positions.
    pub nodes: Range<usize>,
    /// The image that goes in.
    pub input: ValueId,
    /// The image that comes out.
    pub output: ValueId,
}

/// Everything that can be split, whether it pays or not; stages of one node are left out.
pub fn stages(module: &Module) -> Vec<Stage> {
    let graph = module.entry();
    let cuts = cuts(graph);
    let mut stages = Vec::new();
    for (begin, &input) in cuts.iter().enumerate() {
        let Some(input) = input.filter(|&id| rows::is_image(graph, id)) else { continue };
        for (end, cut) in cuts.iter().enumerate().skip(begin + 1) {
            if !rows::can_be_split(module, graph, &graph.nodes[end - 1]) {
                break;
            }
            let output = cut.filter(|&id| rows::height(graph, id) >= 2 && id != input);
            if let Some(output) = output.filter(|_| end - begin >= 2) {
                stages.push(Stage { nodes: begin..end, input, output });
            }
        }
    }
    stages
}

/// Before each node and after the last one: the only value that is live there, if there is just one.
fn cuts(graph: &Graph) -> Vec<Option<ValueId>> {
    let producers = graph.producers();
    let mut last_use = vec![None; graph.values.len()];
    for (position, node) in graph.nodes.iter().enumerate() {
        node.operands().for_each(|id| last_use[id.index()] = Some(position));
    }
    graph.outputs.iter().for_each(|id| last_use[id.index()] = Some(graph.nodes.len()));
    let is_live = |id: &ValueId, at: usize| {
        let is_there = producers[id.index()].map_or(graph.inputs.contains(id), |producer| producer < at);
        is_there && last_use[id.index()].is_some_and(|last| last >= at)
    };
    let only = |at: usize| {
        let ids = (0..graph.values.len()).map(ValueId::new);
        let mut live = ids.filter(|id| graph.constant(*id).is_none() && is_live(id, at));
        live.next().filter(|_| live.next().is_none())
    };
    (0..=graph.nodes.len()).map(only).collect()
}

/// The only result of a node.
fn result(node: &Node) -> Option<ValueId> {
    match node.outputs[..] {
        [result] => Some(result),
        _ => None,
    }
}
