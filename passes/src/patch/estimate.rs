//! What splits would need, estimated from the sizes of values without a plan.

use redsc_ir::analysis::{self, LiveRange};
use redsc_ir::{Graph, Module, Plan, ValueId};

use super::choose::Patching;
use super::rows::{Reach, height, reach};
use super::split::{bands, needed_rows};
use super::{Stage, result, stages};
use crate::memory::overlap::Overlap;
use crate::memory::usual_overlap;

/// Most bands of a split.
const MOST_BANDS: usize = 32;

/// A split that has not been planned.
pub(super) struct Estimate {
    pub(super) patching: Patching,
    pub(super) macs: u64,
    pub(super) bytes: usize,
}

/// What is known of the network as a whole.
pub(super) struct Sizes<'m> {
    module: &'m Module,
    graph: &'m Graph,
    ranges: Vec<Option<LiveRange>>,
    /// By node.
    overlaps: Vec<Option<Overlap>>,
    /// By node.
    scratch: Vec<usize>,
    /// By node.
    macs: Vec<u64>,
    all_macs: u64,
}

impl<'m> Sizes<'m> {
    pub(super) fn of(module: &'m Module, plan: &Plan) -> Self {
        let graph = module.entry();
        let steps = plan.graphs[0].steps.iter();
        Sizes {
            module,
            graph,
            ranges: analysis::live_ranges(graph),
            overlaps: graph.nodes.iter().map(|node| usual_overlap(module, graph, node)).collect(),
            scratch: steps.map(|step| step.scratch.map_or(0, |scratch| scratch.bytes)).collect(),
            macs: graph.nodes.iter().map(|node| analysis::node_macs(module, graph, node)).collect(),
            all_macs: analysis::macs(module),
        }
    }

    /// All splits of all stages that the fullest step belongs to.
    pub(super) fn estimates(&self) -> Vec<Estimate> {
        let bytes = |id: ValueId| self.graph.ty(id).bytes();
        let needs: Vec<usize> = (0..self.graph.nodes.len()).map(|n| self.live_bytes(n, &bytes)).collect();
        let Some(fullest) = (0..needs.len()).max_by_key(|&n| needs[n]) else { return Vec::new() };
        let mut estimates = Vec::new();
        for stage in stages(self.module).into_iter().filter(|stage| stage.nodes.contains(&fullest)) {
            let outside = needs.iter().enumerate().filter(|(n, _)| !stage.nodes.contains(n));
            let outside = outside.map(|(_, &bytes)| bytes).max().unwrap_or(0);
            let height = height(self.graph, stage.output);
            let mut rows: Vec<usize> =
                (2..=height.min(MOST_BANDS)).map(|bands| height.div_ceil(bands)).collect();
            rows.dedup();
            estimates.extend(rows.into_iter().filter_map(|rows| self.estimate(&stage, rows, outside)));
        }
        estimates
    }

    /// What a split needs: its input and output, and whatever else lives in a band.
    fn estimate(&self, stage: &Stage, rows: usize, outside: usize) -> Option<Estimate> {
        let graph = self.graph;
        let nodes = &graph.nodes[stage.nodes.clone()];
        let reaches: Option<Vec<Reach>> = nodes.iter().map(|node| reach(self.module, graph, node)).collect();
        let reaches = reaches?;
        let mut macs = self.all_macs - self.macs[stage.nodes.clone()].iter().sum::<u64>();
        let (mut most, mut count) = (0, 0);
        for band in bands(height(graph, stage.output), rows) {
            let needed = needed_rows(graph, stage, &reaches, &band);
            let share = |id: ValueId, amount: u64| {
                let rows = needed.get(&id).map_or(0, |rows| rows.len()) as u64;
                amount * rows / (height(graph, id) as u64).max(1)
            };
            let of_band = |(n, node)| result(node).map_or(0, |id| share(id, self.macs[n]));
            macs += stage.nodes.clone().zip(nodes).map(of_band).sum::<u64>();
            let bytes = |id: ValueId| {
                let inside = id != stage.input && id != stage.output;
                if inside { share(id, graph.ty(id).bytes() as u64) as usize } else { 0 }
            };
            // The first band is at the border; the second one sees as many rows as any.
            if count == 1 {
                most = stage.nodes.clone().map(|n| self.live_bytes(n, &bytes)).max().unwrap_or(0);
            }
            count += 1;
        }
        let ends = graph.ty(stage.input).bytes() + graph.ty(stage.output).bytes();
        let patching = Patching { stage: stage.clone(), rows, bands: count };
        Some(Estimate { patching, macs, bytes: outside.max(ends + most) })
    }

    /// Bytes that are live while a node runs, scratch memory included, if values have so many; what may overlap counts
    /// once.
    fn live_bytes(&self, n: usize, bytes: &dyn Fn(ValueId) -> usize) -> usize {
        let tick = n + 1;
        let is_live = |id: &ValueId| {
            self.ranges[id.index()].is_some_and(|range| range.first <= tick && tick <= range.last)
        };
        let live = (0..self.graph.values.len()).map(ValueId::new).filter(is_live);
        let total = self.scratch[n] + live.map(bytes).sum::<usize>();
        let node = &self.graph.nodes[n];
        let (Some(from), Some(to)) = (node.input(0), result(node)) else { return total };
        if self.ranges[from.index()].is_none_or(|range| range.last != tick) {
            return total;
        }
        total
            - match self.overlaps[n] {
                Some(Overlap::Start) => bytes(from).min(bytes(to)),
                Some(Overlap::Below(distance)) => {
                    // The distance shrinks with the band.
                    let whole = self.graph.ty(to).bytes().max(1) as u64;
                    let distance = (distance as u64 * bytes(to) as u64 / whole) as usize;
                    bytes(from).min(bytes(to).saturating_sub(distance))
                }
                None => 0,
            }
    }
}
