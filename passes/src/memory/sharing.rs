//! Chooses which tenants share storage.
//!
//! Three kinds of sharing, in this order:
//!
//! 1. A reshape is always a view.
//! 2. Other views (slices, parts of a split, operands written where they are joined, variables read or assigned where
//!    they are) save copies, but tie lives together. Views that have to do with each other are tried together, then one
//!    by one, the largest first; they are taken if the arena does not grow.
//! 3. A result is written over an operand that dies: from the same start, wherever kernels can and nothing is in the
//!    way; or, where a kernel writes faster than it reads, from some distance below, as far as the packing makes use of it.

use std::cmp::Reverse;
use std::collections::HashMap;

use redsc_ir::{Module, Op, ValueId};

use super::contents::Contents;
use super::inplace::may_overwrite;
use super::lifetime::Timeline;
use super::overlap::Overlap;
use super::solver::{Item, Overlap as Shared, Packing, pack};
use super::storage::{Growth, Join, Storage, overlaps};
use super::tenants::{Need, Tenants, Versions};
use super::views::{View, connected, find_views};

/// Search nodes for each trial packing.
const TRIAL_NODES: u64 = 2_000;

/// Which results are tied to the start of an operand that they may be written over. Ties leave less to search; without
/// them, some packings are lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ties {
    /// All that can be.
    All,
    /// Those that could not share storage otherwise.
    Needed,
}

/// The outcome.
#[derive(Clone)]
pub(super) struct Sharing {
    /// Before results are written over operands.
    pub(super) storage: Storage,
    /// By graph and node: whether the results are where they belong without doing anything.
    pub(super) views: Vec<Vec<bool>>,
}

/// What is decided about.
pub(super) struct Sharer<'a> {
    pub(super) module: &'a Module,
    pub(super) tenants: &'a Tenants,
    /// By graph and node: what its kernel allows.
    pub(super) needs: &'a [Vec<Need>],
    /// The node that runs at each tick, if it has no regions.
    pub(super) writers: HashMap<usize, (usize, usize)>,
    pub(super) alignment: usize,
}

/// Decides for all nodes of a module.
pub(super) fn share(sharer: &Sharer<'_>) -> Sharing {
    let (module, tenants) = (sharer.module, sharer.tenants);
    let views: Vec<Vec<bool>> = module.graphs.iter().map(|graph| vec![false; graph.nodes.len()]).collect();
    let storage = Storage::new(&tenants.list, Contents::of(module, tenants, &views));
    let mut sharing = Sharing { storage, views };
    sharer.unite_versions(&mut sharing.storage);
    sharer.keep_outputs(&mut sharing.storage);
    let is_reshape = |view: &View| matches!(module.graphs[view.graph].nodes[view.node].op, Op::Reshape(_));
    let (reshapes, optional): (Vec<View>, Vec<View>) =
        find_views(module, tenants).into_iter().partition(is_reshape);
    for view in &reshapes {
        sharer.apply(view, &mut sharing);
    }
    let together = connected(optional.clone(), &sharing.storage);
    let alone: Vec<Vec<View>> = optional.into_iter().map(|view| vec![view]).collect();
    // Neither way is always better: groups may pay only as a whole, and exclude what would pay more.
    let ways = [vec![together, alone.clone()], vec![alone]];
    let results = ways.into_iter().map(|stages| sharer.take_stages(stages, sharing.clone()));
    let best = results.min_by_key(|(_, cost)| *cost);
    best.map_or(sharing, |(sharing, _)| sharing)
}

/// The node that runs at each tick, if it has no regions.
pub(super) fn writers(module: &Module, timeline: &Timeline) -> HashMap<usize, (usize, usize)> {
    let mut writers = HashMap::new();
    for g in 0..module.graphs.len() {
        for (n, span) in timeline.nodes[g].iter().enumerate() {
            if let Some(span) = span.filter(|span| span.first == span.last) {
                writers.insert(span.first, (g, n));
            }
        }
    }
    writers
}

impl Sharer<'_> {
    /// The contents of a variable move only by being assigned.
    fn unite_versions(&self, storage: &mut Storage) {
        for variable in &self.tenants.variables {
            let Versions::Tracked(versions) = variable else { continue };
            for pair in versions.windows(2) {
                let join = Join { a: pair[0], b: pair[1], distance: 0 };
                storage.join_all(&[join], &|_, _, _| false);
            }
        }
    }

    /// What the last invocation left in an output is where the output is.
    fn keep_outputs(&self, storage: &mut Storage) {
        for &(left, output) in &self.tenants.left {
            storage.join_all(&[Join { a: output, b: left, distance: 0 }], &|_, _, _| false);
        }
    }

    /// Makes a node a view, unless it is one or something is in the way.
    fn apply(&self, view: &View, sharing: &mut Sharing) -> bool {
        if sharing.views[view.graph][view.node] {
            return false;
        }
        let before = sharing.storage.clone();
        sharing.views[view.graph][view.node] = true;
        let storage = &mut sharing.storage;
        storage.set_contents(Contents::of(self.module, self.tenants, &sharing.views));
        view.loosened.iter().for_each(|&(tenant, bytes)| storage.set_alignment(tenant, bytes));
        let is_done = storage.join_all(&view.joins, &|a, b, distance| self.may_overwrite(a, b, distance));
        if !is_done {
            sharing.storage = before;
            sharing.views[view.graph][view.node] = false;
        }
        is_done
    }

    /// Takes views stage by stage; returns what comes out and the arena it needs.
    fn take_stages(&self, stages: Vec<Vec<Vec<View>>>, mut sharing: Sharing) -> (Sharing, usize) {
        let mut least = self.cost(&sharing.storage);
        for mut groups in stages {
            // A large copy that goes can make the next smaller one the one that counts.
            groups.sort_by_key(|group| Reverse(group.iter().map(|view| view.bytes).max()));
            while self.take_views(&mut groups, &mut sharing, &mut least) {}
        }
        (sharing, least)
    }

    /// Takes every group, as far as it goes, by which the arena does not grow; says whether one made it smaller.
    fn take_views(&self, groups: &mut Vec<Vec<View>>, sharing: &mut Sharing, least: &mut usize) -> bool {
        let before = *least;
        groups.retain(|group| {
            let mut trial = sharing.clone();
            if group.iter().filter(|view| self.apply(view, &mut trial)).count() == 0 {
                return true;
            }
            let cost = self.cost(&trial.storage);
            let is_taken = cost <= *least;
            if is_taken {
                (*sharing, *least) = (trial, cost);
            }
            !is_taken
        });
        *least < before
    }

    /// Bytes of the arena once results are written over operands as well.
    fn cost(&self, storage: &Storage) -> usize {
        let mut storage = storage.clone();
        self.overwrite(&mut storage, Ties::All);
        self.pack(&storage, TRIAL_NODES).0.bytes
    }

    /// Packs what does not share storage; with each tenant's item and distance from its start.
    pub(super) fn pack(&self, storage: &Storage, budget: u64) -> (Packing, Vec<(usize, usize)>) {
        let (items, overlaps, places) = self.items(storage);
        (pack(&items, &overlaps, budget), places)
    }

    /// What is to be packed, what of it may overlap, and each tenant's item and distance from its start.
    pub(super) fn items(&self, storage: &Storage) -> (Vec<Item>, Vec<Shared>, Vec<(usize, usize)>) {
        let (items, places) = storage.items(self.alignment);
        let overlaps = overlaps(storage, &self.growths(), &places, self.alignment);
        (items, overlaps, places)
    }

    /// All results that may grow over an operand.
    fn growths(&self) -> Vec<Growth> {
        let mut growths = Vec::new();
        for (g, graph) in self.module.graphs.iter().enumerate() {
            for (n, node) in graph.nodes.iter().enumerate() {
                growths.extend(self.scratch_growth(g, n));
                let &[result] = &node.outputs[..] else { continue };
                let Some(result_tenant) = self.tenants.value(g, result) else { continue };
                for (index, id) in node.inputs.iter().enumerate() {
                    let Some(id) = *id else { continue };
                    let Some(operand) = self.tenants.value(g, id) else { continue };
                    let once = node.operands().filter(|&other| other == id).count() == 1;
                    let distance = match self.needs[g][n].overlap.filter(|_| index == 0 && once) {
                        Some(Overlap::Below(distance)) => distance,
                        _ if may_overwrite(&node.op, index, graph.ty(id), graph.ty(result)) => 0,
                        Some(Overlap::Start) | None => continue,
                    };
                    growths.push(Growth { operand, result: result_tenant, distance });
                }
            }
        }
        growths.dedup();
        growths
    }

    /// The scratch memory of a node over its first operand.
    fn scratch_growth(&self, g: usize, n: usize) -> Option<Growth> {
        let node = &self.module.graphs[g].nodes[n];
        let id = node.input(0)?;
        let once = node.operands().filter(|&other| other == id).count() == 1;
        let distance = self.needs[g][n].scratch_overlap.filter(|_| once)?;
        Some(Growth { operand: self.tenants.value(g, id)?, result: self.tenants.scratch[g][n]?, distance })
    }

    /// Writes results over the first operand that allows it from its start.
    pub(super) fn overwrite(&self, storage: &mut Storage, ties: Ties) {
        for (g, graph) in self.module.graphs.iter().enumerate() {
            for (n, node) in graph.nodes.iter().enumerate() {
                let &[result] = &node.outputs[..] else { continue };
                let Some(b) = self.tenants.value(g, result) else { continue };
                let overlap = self.needs[g][n].overlap;
                let is_candidate = |operand: &usize| {
                    let starts_there = *operand == 0
                        && match ties {
                            Ties::All => matches!(overlap, Some(Overlap::Start | Overlap::Below(0))),
                            Ties::Needed => overlap == Some(Overlap::Start),
                        };
                    let id = node.input(*operand);
                    let in_step =
                        |id: ValueId| may_overwrite(&node.op, *operand, graph.ty(id), graph.ty(result));
                    starts_there || ties == Ties::All && id.is_some_and(in_step)
                };
                let candidates = (0..node.inputs.len()).filter(is_candidate).filter_map(|i| node.input(i));
                for a in candidates.filter_map(|id| self.tenants.value(g, id)) {
                    let join = Join { a, b, distance: 0 };
                    if storage.join_all(&[join], &|a, b, distance| self.may_overwrite(a, b, distance)) {
                        break;
                    }
                }
            }
        }
    }

    /// Whether the node that makes tenant `b` may write it over tenant `a`, which it reads last.
    fn may_overwrite(&self, a: usize, b: usize, distance: isize) -> bool {
        let Some(&(g, n)) = self.tenants.list[b].span.and_then(|span| self.writers.get(&span.first)) else {
            return false;
        };
        let (graph, node) = (&self.module.graphs[g], &self.module.graphs[g].nodes[n]);
        let overlap = self.needs[g][n].overlap;
        let is_a = |id: ValueId| self.tenants.value(g, id) == Some(a);
        match (&node.op, &node.outputs[..]) {
            // An assignment copies its operand even to a place that overlaps it.
            (Op::AssignVariable(op), []) => {
                node.operands().any(is_a) && self.tenants.list[b].variable == Some(op.variable.index())
            }
            (op, &[result]) if distance == 0 && self.tenants.value(g, result) == Some(b) => {
                let inputs = node.inputs.iter().enumerate();
                let mut of_a =
                    inputs.filter_map(|(i, id)| id.filter(|&id| is_a(id)).map(|id| (i, id))).peekable();
                of_a.peek().is_some()
                    && of_a.all(|(i, id)| {
                        let starts = matches!(overlap, Some(Overlap::Start | Overlap::Below(0)));
                        (i == 0 && starts) || may_overwrite(op, i, graph.ty(id), graph.ty(result))
                    })
            }
            _ => false,
        }
    }
}
