//! Whose bytes a tenant holds: the result of a view holds the bytes of its operands.

use std::collections::HashMap;

use redsc_ir::{Graph, Module, Node, Op, ValueId};

use super::inplace::as_view;
use super::tenants::{Tenants, Versions};

/// Consecutive bytes that some node, caller or constant has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    source: usize,
    /// First byte, counted from the start of the source.
    at: usize,
    bytes: usize,
}

/// For each tenant, what it consists of, in order.
#[derive(Clone, Debug)]
pub(super) struct Contents(Vec<Vec<Segment>>);

impl Contents {
    /// What tenants consist of if the nodes that are flagged, by graph and position, are views.
    pub(super) fn of(module: &Module, tenants: &Tenants, views: &[Vec<bool>]) -> Contents {
        let mut tracer = Tracer { tenants, views, sources: 0, known: vec![Vec::new(); tenants.list.len()] };
        for tenant in 0..tenants.list.len() {
            tracer.known[tenant] = tracer.fresh(tenants.list[tenant].bytes);
        }
        for (g, graph) in module.graphs.iter().enumerate() {
            tracer.trace(g, graph);
        }
        Contents(tracer.known)
    }

    /// Whether tenants hold the same bytes from `at_a` and `at_b` on.
    pub(super) fn are_equal(&self, a: usize, at_a: usize, b: usize, at_b: usize, bytes: usize) -> bool {
        cut(&self.0[a], at_a, bytes) == cut(&self.0[b], at_b, bytes)
    }
}

struct Tracer<'t> {
    tenants: &'t Tenants,
    views: &'t [Vec<bool>],
    sources: usize,
    known: Vec<Vec<Segment>>,
}

impl Tracer<'_> {
    /// Bytes that nothing else holds.
    fn fresh(&mut self, bytes: usize) -> Vec<Segment> {
        self.sources += 1;
        vec![Segment { source: self.sources, at: 0, bytes }]
    }

    /// Follows the bytes through the nodes of a graph.
    fn trace(&mut self, g: usize, graph: &Graph) {
        // By variable, for the entry graph: the assignments so far.
        let mut assigned: HashMap<usize, usize> = HashMap::new();
        for (node, &is_view) in graph.nodes.iter().zip(&self.views[g]) {
            match &node.op {
                Op::ReadVariable(op) if is_view => {
                    let version = self.version(g, op.variable.index(), assigned.get(&op.variable.index()));
                    let result = node.outputs.first().and_then(|&id| self.tenants.value(g, id));
                    self.copy(version, result);
                }
                Op::AssignVariable(op) => {
                    *assigned.entry(op.variable.index()).or_default() += 1;
                    let version = self.version(g, op.variable.index(), assigned.get(&op.variable.index()));
                    let operand = node.input(0).and_then(|id| self.tenants.value(g, id));
                    self.copy(operand.filter(|_| is_view), version);
                }
                _ if is_view => self.trace_view(g, graph, node),
                _ => {}
            }
        }
    }

    fn copy(&mut self, from: Option<usize>, to: Option<usize>) {
        if let (Some(from), Some(to)) = (from, to) {
            self.known[to] = self.known[from].clone();
        }
    }

    /// The tenant of a variable after so many assignments, if they can be told apart.
    fn version(&self, g: usize, variable: usize, assigned: Option<&usize>) -> Option<usize> {
        match &self.tenants.variables[variable] {
            Versions::Tracked(versions) if g == 0 => versions.get(assigned.copied().unwrap_or(0)).copied(),
            Versions::Tracked(_) | Versions::Lasting(_) => None,
        }
    }

    fn trace_view(&mut self, g: usize, graph: &Graph, node: &Node) {
        let parts = as_view(graph, node).unwrap_or_default();
        if let (Op::Concat(_), Some(result)) = (&node.op, node.outputs.first()) {
            let pieces = parts.iter().map(|part| self.contents_of(g, graph, part.part));
            let joined: Vec<Segment> = pieces.collect::<Vec<_>>().concat();
            if let Some(tenant) = self.tenants.value(g, *result).filter(|_| !joined.is_empty()) {
                self.known[tenant] = merged(joined);
            }
            return;
        }
        for part in parts {
            let whole = self.contents_of(g, graph, part.whole);
            if let Some(tenant) = self.tenants.value(g, part.part) {
                self.known[tenant] = cut(&whole, part.offset, graph.ty(part.part).bytes());
            }
        }
    }

    /// What a value consists of; a constant is new at each use.
    fn contents_of(&mut self, g: usize, graph: &Graph, id: ValueId) -> Vec<Segment> {
        match self.tenants.value(g, id) {
            Some(tenant) => self.known[tenant].clone(),
            None => self.fresh(graph.ty(id).bytes()),
        }
    }
}

/// The bytes from `at` on.
fn cut(segments: &[Segment], at: usize, bytes: usize) -> Vec<Segment> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for &segment in segments {
        let (low, high) = (at.max(start), (at + bytes).min(start + segment.bytes));
        if low < high {
            pieces.push(Segment { at: segment.at + low - start, bytes: high - low, ..segment });
        }
        start += segment.bytes;
    }
    pieces
}

/// Joins neighbours that were neighbours in their source.
fn merged(segments: Vec<Segment>) -> Vec<Segment> {
    let mut merged: Vec<Segment> = Vec::with_capacity(segments.len());
    for segment in segments {
        match merged.last_mut() {
            Some(last) if last.source == segment.source && last.at + last.bytes == segment.at => {
                last.bytes += segment.bytes;
            }
            _ => merged.push(segment),
        }
    }
    merged
}
