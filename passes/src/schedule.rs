//! Order operators for the least peak of live memory.
//!
//! ```text
//! %1 = conv2d(%0, …) : 1x32x32x64xi8      (large)        %1 = conv2d(%0, …) : 1x32x32x64xi8
//! %2 = conv2d(%0, …) : 1x32x32x64xi8      (large)        %3 = average_pool2d(%1) : 1x1x1x64xi8
//! %3 = average_pool2d(%1) : 1x1x1x64xi8   (small)   =>   %2 = conv2d(%0, …) : 1x32x32x64xi8
//! %4 = average_pool2d(%2) : 1x1x1x64xi8                  %4 = average_pool2d(%2) : 1x1x1x64xi8
//! %5 = add(%3, %4) : 1x1x1x64xi8                         %5 = add(%3, %4) : 1x1x1x64xi8
//! ```
//!
//! `model` says what an order costs: values that will share storage count once, an elementwise result takes the place
//! of an operand that dies, and what reads a variable in place runs before the variable is assigned. `search` finds an order of least cost for this model, exactly if its budget suffices. The
//! order is taken if the model finds it better than the present one and the memory planner does not find it worse.
//!
//! Keeps: the order of everything that uses the same variable, except reads among each other; `call_once` stays ahead.
//! Skips: graphs whose present order is as good as any.

mod model;
mod search;

use redsc_ir::{GraphId, Module};

use crate::memory::{lay_out, usual_needs};
use crate::{Config, Pass, Stats};
use model::Model;

/// The row of the table.
pub const PASS: Pass =
    Pass { name: "schedule", summary: "order operators for the least peak of live memory", run: schedule };

/// Search nodes for the plans that orders are compared by.
const TRIAL_NODES: u64 = 10_000;

fn schedule(module: &mut Module, config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    for counter in ["moved-nodes", "live-bytes-before", "live-bytes-after", "live-bytes-bound"] {
        stats.add(counter, 0);
    }
    for graph in 0..module.graphs.len() {
        schedule_graph(module, GraphId::new(graph), config, &mut stats);
    }
    Ok(stats)
}

fn schedule_graph(module: &mut Module, id: GraphId, config: &Config, stats: &mut Stats) {
    let model = Model::of(module, id);
    let present: Vec<usize> = (0..module.graph(id).nodes.len()).collect();
    let before = model.peak(&present);
    let found = search::best_order(&model, config.schedule_nodes);
    let mut after = before;
    if (found.peak < before || !model.allows(&present)) && apply_if_not_worse(module, id, &found.order) {
        after = found.peak;
        let moved = found.order.iter().zip(&present).filter(|(new, old)| new != old).count();
        stats.add("moved-nodes", moved as u64);
    }
    if id.index() == 0 {
        stats.add("live-bytes-before", before as u64);
        stats.add("live-bytes-after", after as u64);
        stats.add("live-bytes-bound", found.bound.min(after) as u64);
    }
}

/// Reorders a graph, unless the arena would grow by it.
fn apply_if_not_worse(module: &mut Module, id: GraphId, order: &[usize]) -> bool {
    let before = arena_bytes(module);
    let old = module.graphs[id.index()].nodes.clone();
    module.graphs[id.index()].nodes = order.iter().map(|&position| old[position].clone()).collect();
    let is_better = arena_bytes(module) <= before;
    if !is_better {
        module.graphs[id.index()].nodes = old;
    }
    is_better
}

/// The arena with what kernels usually need; which ones there will be depends on the target.
fn arena_bytes(module: &Module) -> usize {
    lay_out(module, &usual_needs(module), TRIAL_NODES).arena_bytes
}
