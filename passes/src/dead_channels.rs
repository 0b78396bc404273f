//! Remove channels that nothing depends on, and channels that always hold the same number.
//!
//! ```text
//! %3 = conv2d(%0, w: 16x3x3x8) : 1x8x8x16xi8     (filter 5 is zero)      … w: 15x3x3x8 : 1x8x8x15xi8
//! %4 = relu(%3) : 1x8x8x16xi8                                      =>    %4 = relu(%3) : 1x8x8x15xi8
//! %7 = conv2d(%4, w: 4x1x1x16, b)                                        … w: 4x1x1x15, b + (k − z) · w[…, 5]
//! ```
//!
//! A channel is an index of the last dimension; `channels` knows which channels of different values stand and fall
//! together. Such a unit goes if every layer that reads it either has only zeros for it or finds the same number in it
//! always, which `constants` knows: then the layer's bias takes over its share. What goes can make more channels go, in
//! both directions, so the pass repeats until nothing is left to do.
//!
//! Keeps: every output byte; inputs, outputs and variables; at least one channel of each value.
//! Skips: layers whose weights are not constant or have a zero point, grouped convolutions, operators that mix channels.

mod constants;

use redsc_ir::{Graph, GraphId, Module};

use crate::channels::layer::{Layer, is_variable, number};
use crate::channels::select;
use crate::channels::ties::{Ties, extent};
use crate::{Config, Pass, Stats};
use constants::Constants;

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "eliminate-dead-channels",
    summary: "remove channels that nothing depends on or that never change",
    run: eliminate_dead_channels,
};

fn eliminate_dead_channels(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    stats.add("removed-channels", 0);
    stats.add("removed-weights", 0);
    for g in 0..module.graphs.len() {
        while eliminate_once(module, GraphId::new(g), &mut stats) {}
    }
    Ok(stats)
}

/// One round over a graph; says whether anything was removed.
fn eliminate_once(module: &mut Module, id: GraphId, stats: &mut Stats) -> bool {
    let graph = module.graph(id);
    let constants = Constants::of(module, graph);
    let kept = used(graph, &constants).kept();
    let removed: usize = (graph.values.iter().zip(&kept))
        .filter_map(|(value, kept)| Some(value.ty.shape.last()? - kept.as_ref()?.len()))
        .sum();
    if removed == 0 {
        return false;
    }
    let holds = |layer: &Layer<'_>, id, channel| number(layer.input.elem, constants.get(id, channel)?);
    let weights = select::apply(&mut module.graphs[id.index()], &kept, &holds);
    stats.add("removed-channels", removed as u64);
    stats.add("removed-weights", weights as u64);
    true
}

/// The units of a graph; those stay that a layer needs.
fn used<'g>(graph: &'g Graph, constants: &Constants) -> Ties<'g> {
    let mut ties = Ties::of(graph);
    for node in &graph.nodes {
        let (Some(layer), Some(operand)) = (Layer::of(graph, node), node.input(0)) else { continue };
        for channel in (0..extent(graph, operand)).filter(|_| is_variable(graph, operand)) {
            let absorbs = constants.get(operand, channel).is_some_and(|code| layer.can_absorb(code));
            if !absorbs && !layer.ignores(channel) {
                ties.keep(operand, channel);
            }
        }
    }
    ties
}
