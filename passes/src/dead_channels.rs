//! Remove channels that nothing depends on, and channels that always hold the same number.
//!
//! ```text
//! %3 = conv2d(%0, w: 16x3x3x8) : 1x8x8x16xi8     (filter 5 is zero)      … w: 15x3x3x8 : 1x8x8x15xi8
//! %4 = relu(%3) : 1x8x8x16xi8                                      =>    %4 = relu(%3) : 1x8x8x15xi8
//! %7 = conv2d(%4, w: 4x1x1x16, b)                                        … w: 4x1x1x15, b + (k − z) · w[…, 5]
//! ```
//!
//! A channel is an index of the last dimension. `channels` finds which channels of different values stand and fall
//! together, from the layers that make them to the layers that read them, through depthwise convolutions, pooling,
//! elementwise operators, concatenations and reshapes. Such a group goes if every layer that reads it either has only
//! zeros for it or finds the same number in it always, which `constants` knows: then the layer's bias takes over its
//! share. What goes can make more channels go, in both directions, so the pass repeats until nothing is left to do.
//!
//! Keeps: every output byte; inputs, outputs and variables; at least one channel of each value.
//! Skips: layers whose weights are not constant or have a zero point, grouped convolutions, operators that mix channels.

mod channels;
mod constants;
mod layer;
mod rewrite;

use redsc_ir::{GraphId, Module};

use crate::{Config, Pass, Stats};
use channels::Channels;
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
    let kept = Channels::of(graph, &constants).kept();
    let removed: usize =
        kept.iter().flatten().map(|kept| kept.iter().filter(|&&is_kept| !is_kept).count()).sum();
    if removed == 0 {
        return false;
    }
    let weights = rewrite::apply(&mut module.graphs[id.index()], &kept, &constants);
    stats.add("removed-channels", removed as u64);
    stats.add("removed-weights", weights as u64);
    true
}
