//! Chooses which tenants share storage.
//!
//! Three kinds of sharing, in this order:
//!
//! 1. A reshape is always a view.
//! 2. Other views (slices, parts of a split, operands written where they are joined, variables read or assigned where
//!    they are) save copies, but tie lives together. Each is taken if the arena does not grow by it.
//! 3. A result is written over an operand that dies, wherever kernels can and nothing is in the way.

use std::collections::HashMap;

use redsc_ir::{Graph, Module, Node, Op};

use super::contents::Contents;
use super::inplace::{as_view, may_overwrite};
use super::lifetime::Timeline;
use super::solver::pack;
use super::storage::{Join, Storage};
use super::tenants::{Tenants, Versions};

/// Search nodes for each trial packing.
const TRIAL_NODES: u64 = 2_000;

/// The outcome.
pub(super) struct Sharing {
    pub(super) storage: Storage,
    /// By graph and node: whether the results are where they belong without doing anything.
    pub(super) views: Vec<Vec<bool>>,
}

/// Decides for all nodes of a module.
pub(super) fn share(module: &Module, timeline: &Timeline, tenants: &Tenants, alignment: usize) -> Sharing {
    let sharer = Sharer { module, tenants, writers: writers(module, timeline), alignment };
    let mut storage = Storage::new(&tenants.list, Contents::of(module, tenants));
    sharer.unite_versions(&mut storage);
    sharer.keep_outputs(&mut storage);
    let mut views: Vec<Vec<bool>> = module.graphs.iter().map(|g| vec![false; g.nodes.len()]).collect();
    let mut optional = Vec::new();
    for (g, graph) in module.graphs.iter().enumerate() {
        for (n, node) in graph.nodes.iter().enumerate() {
            let Some(view) = sharer.view(g, graph, n, node) else { continue };
            if matches!(node.op, Op::Reshape(_)) {
                views[g][n] = sharer.apply(&view, &mut storage);
            } else {
                optional.push((g, n, view));
            }
        }
    }
    let mut least = sharer.cost(&storage);
    for (g, n, view) in optional {
        let mut trial = storage.clone();
        if !sharer.apply(&view, &mut trial) {
            continue;
        }
        let cost = sharer.cost(&trial);
        if cost <= least {
            (storage, least) = (trial, cost);
            views[g][n] = true;
        }
    }
    sharer.overwrite(&mut storage);
    Sharing { storage, views }
}

/// The node that runs at each tick, if it has no regions.
fn writers(module: &Module, timeline: &Timeline) -> HashMap<usize, (usize, usize)> {
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

struct Sharer<'a> {
    module: &'a Module,
    tenants: &'a Tenants,
    writers: HashMap<usize, (usize, usize)>,
    alignment: usize,
}

/// A view and the tenants that need not be aligned for vector accesses because of it.
struct View {
    joins: Vec<Join>,
    /// Tenants and the size of their elements.
    loosened: Vec<(usize, usize)>,
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

    /// What must share storage for the node to have nothing to do.
    fn view(&self, g: usize, graph: &Graph, n: usize, node: &Node) -> Option<View> {
        match &node.op {
            Op::ReadVariable(_) | Op::AssignVariable(_) => self.view_of_variable(g, n, node),
            _ => self.view_of_values(g, graph, node),
        }
    }

    fn view_of_values(&self, g: usize, graph: &Graph, node: &Node) -> Option<View> {
        let mut view = View { joins: Vec::new(), loosened: Vec::new() };
        for part in as_view(graph, node)? {
            let (a, b) = (self.tenants.value(g, part.whole)?, self.tenants.value(g, part.part)?);
            view.joins.push(Join { a, b, distance: part.offset as isize });
            let bytes = graph.ty(part.part).elem.bytes();
            view.loosened.extend([(a, bytes), (b, bytes)]);
        }
        Some(view)
    }

    /// The version of the variable that a node of the entry graph reads or makes, and the value that equals it.
    fn view_of_variable(&self, g: usize, n: usize, node: &Node) -> Option<View> {
        let entry = self.module.graphs.first().filter(|_| g == 0)?;
        let (variable, value) = match &node.op {
            Op::ReadVariable(op) => (op.variable, *node.outputs.first()?),
            Op::AssignVariable(op) => (op.variable, node.input(0)?),
            _ => return None,
        };
        let assigns = |node: &&Node| matches!(&node.op, Op::AssignVariable(op) if op.variable == variable);
        let version = entry.nodes[..=n].iter().filter(assigns).count();
        let Versions::Tracked(versions) = &self.tenants.variables[variable.index()] else { return None };
        let a = *versions.get(version)?;
        let b = self.tenants.value(g, value)?;
        let joins = vec![Join { a, b, distance: 0 }];
        Some(View { joins, loosened: vec![(b, entry.ty(value).elem.bytes())] })
    }

    fn apply(&self, view: &View, storage: &mut Storage) -> bool {
        for &(tenant, bytes) in &view.loosened {
            storage.set_alignment(tenant, bytes);
        }
        storage.join_all(&view.joins, &|a, b, distance| self.may_overwrite(a, b, distance))
    }

    /// Bytes of the arena once results are written over operands as well.
    fn cost(&self, storage: &Storage) -> usize {
        let mut storage = storage.clone();
        self.overwrite(&mut storage);
        pack(&storage.items(self.alignment).0, TRIAL_NODES).bytes
    }

    /// Writes results over the first operand that allows it.
    fn overwrite(&self, storage: &mut Storage) {
        for (g, graph) in self.module.graphs.iter().enumerate() {
            for node in &graph.nodes {
                let &[result] = &node.outputs[..] else { continue };
                let Some(b) = self.tenants.value(g, result) else { continue };
                let is_candidate = |operand: &usize| {
                    let id = node.input(*operand);
                    id.is_some_and(|id| may_overwrite(&node.op, *operand, graph.ty(id), graph.ty(result)))
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
        let Some((g, n)) = self.tenants.list[b].span.and_then(|span| self.writers.get(&span.first)) else {
            return false;
        };
        let (graph, node) = (&self.module.graphs[*g], &self.module.graphs[*g].nodes[*n]);
        let &[result] = &node.outputs[..] else { return false };
        if distance != 0 || self.tenants.value(*g, result) != Some(b) {
            return false;
        }
        let mut operands = (0..node.inputs.len()).filter_map(|i| Some((i, node.input(i)?))).peekable();
        let mut of_a = operands.by_ref().filter(|&(_, id)| self.tenants.value(*g, id) == Some(a)).peekable();
        of_a.peek().is_some()
            && of_a.all(|(i, id)| may_overwrite(&node.op, i, graph.ty(id), graph.ty(result)))
    }
}
