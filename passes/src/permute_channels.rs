//! Put the units of each layer in the order of their importance.
//!
//! ```text
//! %3 = conv2d(%0, w: rows A B C) : 1x8x8x3xi8                %3 = conv2d(%0, w: rows C A B) : 1x8x8x3xi8
//! %4 = depthwise_conv2d(%3, w: columns A B C)           =>   %4 = depthwise_conv2d(%3, w: columns C A B)
//! %5 = conv2d(%4, w: input channels A B C)                   %5 = conv2d(%4, w: input channels C A B)
//! ```
//!
//! A subnetwork keeps the first units of each layer, so the most important ones have to come first. `channels` knows
//! which channels of different values move together; scales, biases and constant operands move with them. Importance
//! is estimated from the weights ([`importance`]); ties keep their order.
//!
//! Keeps: every output byte of integer networks; sums of real numbers are added in another order. The order of inputs
//! and outputs.
//! Skips: units that a node without rules or the caller sees.

use redsc_ir::{Graph, Module};

use crate::channels::{Groups, select};
use crate::nest::importance::{Variances, importance};
use crate::{Config, Pass, Stats};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "permute-channels",
    summary: "put the most important units of each layer first",
    run: permute_channels,
};

fn permute_channels(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    for name in ["groups", "moved-units"] {
        stats.add(name, 0);
    }
    for graph in &mut module.graphs {
        let groups = Groups::of(graph);
        let scores = importance(graph, &groups, &Variances::estimated(graph));
        let orders = orders(&groups, &scores);
        let moved = |(position, &unit): (usize, &usize)| position != unit;
        let units =
            orders.iter().flatten().map(|order| order.iter().enumerate().filter(|&at| moved(at)).count());
        stats.add("groups", groups.groups.iter().filter(|group| group.is_free).count() as u64);
        stats.add("moved-units", units.sum::<usize>() as u64);
        reorder(graph, &groups, &orders);
    }
    Ok(stats)
}

/// For each group whose units move: the units, the most important one first.
pub fn orders(groups: &Groups, scores: &[Vec<f64>]) -> Vec<Option<Vec<usize>>> {
    let order = |(group, scores): (&crate::channels::Group, &Vec<f64>)| {
        let mut units: Vec<usize> = (0..group.units).collect();
        units.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        (group.is_free && !units.is_sorted()).then_some(units)
    };
    groups.groups.iter().zip(scores).map(order).collect()
}

/// Moves the units of a graph into the orders given by group.
pub fn reorder(graph: &mut Graph, groups: &Groups, orders: &[Option<Vec<usize>>]) {
    select::apply(graph, &groups.select(orders), &|_, _, _| None);
}
