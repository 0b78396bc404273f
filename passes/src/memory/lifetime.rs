//! When each node runs and each value must hold: one time line for a module and all its regions.
//!
//! A plain node takes one tick. A node with regions takes a tick to copy operands in, the ticks of its regions, and
//! a tick to copy results out, so everything that lives across it conflicts with everything inside it. A region
//! that several nodes run gets the hull of its runs. What `call_once` names runs before the first node, when the caller
//! has written the inputs.

use redsc_ir::{GraphId, Module, Op};

use crate::edit;

/// First and last tick, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: usize,
    pub(crate) last: usize,
}

/// Live ranges, by graph; `None` in graphs that never run and for values that nothing defines or reads.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// When each node runs.
    pub(crate) nodes: Vec<Vec<Option<Span>>>,
    /// When each value that is not constant must hold.
    pub(crate) values: Vec<Vec<Option<Span>>>,
    /// The whole invocation.
    pub(crate) all: Span,
}

impl Span {
    /// The smallest span that contains both.
    pub(crate) fn hull(self, other: Span) -> Span {
        Span { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

impl Timeline {
    /// The time line of a verified module.
    pub(crate) fn of(module: &Module) -> Timeline {
        let mut timeline = Timeline {
            nodes: module.graphs.iter().map(|g| vec![None; g.nodes.len()]).collect(),
            values: module.graphs.iter().map(|g| vec![None; g.values.len()]).collect(),
            all: Span { first: 0, last: 0 },
        };
        let end = timeline.run(module, GraphId(0), 0);
        timeline.all.last = end;
        timeline
    }

    /// Lets a graph run from tick `begin` on and returns the tick at which its outputs are taken.
    fn run(&mut self, module: &Module, id: GraphId, begin: usize) -> usize {
        let graph = module.graph(id);
        let mut tick = begin + 1;
        for node in graph.nodes.iter().filter(|node| matches!(node.op, Op::CallOnce(_))) {
            for region in edit::regions(&node.op) {
                tick = self.run(module, region, tick) + 1;
            }
        }
        for input in &graph.inputs {
            self.hold(module, id, input.index(), Span { first: begin, last: tick - 1 });
        }
        for (position, node) in graph.nodes.iter().enumerate() {
            let first = tick;
            if !matches!(node.op, Op::CallOnce(_)) {
                for region in edit::regions(&node.op) {
                    tick = self.run(module, region, tick);
                }
            }
            let span = Span { first, last: tick };
            extend(&mut self.nodes[id.index()][position], span);
            for operand in node.operands() {
                self.hold(module, id, operand.index(), span);
            }
            for output in &node.outputs {
                self.hold(module, id, output.index(), span);
            }
            tick += 1;
        }
        for output in &graph.outputs {
            self.hold(module, id, output.index(), Span { first: tick, last: tick });
        }
        tick
    }

    /// Makes a value live during `span`, unless it is constant.
    fn hold(&mut self, module: &Module, graph: GraphId, value: usize, span: Span) {
        if module.graph(graph).values[value].data.is_none() {
            extend(&mut self.values[graph.index()][value], span);
        }
    }
}

fn extend(known: &mut Option<Span>, span: Span) {
    *known = Some(known.map_or(span, |before| before.hull(span)));
}
