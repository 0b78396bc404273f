//! Which values share storage.

use redsc_ir::{Module, Op};

use super::aligned;
use super::lifetime::{Span, Timeline};
use super::solver::Item;

/// Storage of a value: a buffer and a distance from its start in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) buffer: usize,
    pub(crate) offset: usize,
}

/// The buffers of a module and who lives in them.
pub(crate) struct Buffers {
    /// Size and live range of each buffer.
    pub(crate) items: Vec<Item>,
    /// By graph and value; `None` for constants and for values that nothing mentions.
    pub(crate) values: Vec<Vec<Option<Slot>>>,
    /// By variable.
    pub(crate) variables: Vec<usize>,
    /// By graph and node.
    pub(crate) scratch: Vec<Vec<Option<usize>>>,
    /// By graph and node: whether the node is free, because its results are views of its operands.
    pub(crate) views: Vec<Vec<bool>>,
}

impl Buffers {
    /// One buffer for each variable, each scratch memory and each group of values that are views of each other.
    pub(crate) fn of(module: &Module, timeline: &Timeline, scratch: &[Vec<usize>]) -> Buffers {
        let mut buffers = Buffers {
            items: Vec::new(),
            values: module.graphs.iter().map(|g| vec![None; g.values.len()]).collect(),
            variables: Vec::new(),
            scratch: Vec::new(),
            views: module.graphs.iter().map(|g| vec![false; g.nodes.len()]).collect(),
        };
        for variable in &module.variables {
            let buffer = buffers.add(variable.ty.bytes(), timeline.all);
            buffers.variables.push(buffer);
        }
        for (g, bytes) in scratch.iter().enumerate() {
            let spans = bytes.iter().zip(&timeline.nodes[g]);
            let of_nodes = spans
                .map(|(&bytes, span)| span.filter(|_| bytes > 0).map(|span| buffers.add(bytes, span)))
                .collect();
            buffers.scratch.push(of_nodes);
        }
        for g in 0..module.graphs.len() {
            buffers.add_views(module, timeline, g);
            buffers.add_values(module, timeline, g);
        }
        buffers
    }

    fn add(&mut self, bytes: usize, span: Span) -> usize {
        self.items.push(Item { first: span.first, last: span.last, bytes: aligned(bytes) });
        self.items.len() - 1
    }

    /// Gives a reshaped value the storage of its operand, which then lives as long as both.
    fn add_views(&mut self, module: &Module, timeline: &Timeline, g: usize) {
        let graph = &module.graphs[g];
        for (position, node) in graph.nodes.iter().enumerate() {
            let (Op::Reshape(_), Some(operand), [result]) = (&node.op, node.input(0), &node.outputs[..])
            else {
                continue;
            };
            let (Some(from), Some(to)) =
                (timeline.values[g][operand.index()], timeline.values[g][result.index()])
            else {
                continue;
            };
            let bytes = graph.ty(operand).bytes();
            let slot = match self.values[g][operand.index()] {
                Some(slot) => slot,
                None => Slot { buffer: self.add(bytes, from), offset: 0 },
            };
            let item = &mut self.items[slot.buffer];
            (item.first, item.last) = (item.first.min(to.first), item.last.max(to.last));
            self.values[g][operand.index()] = Some(slot);
            self.values[g][result.index()] = Some(slot);
            self.views[g][position] = true;
        }
    }

    /// A buffer of its own for every other value that needs storage.
    fn add_values(&mut self, module: &Module, timeline: &Timeline, g: usize) {
        for (v, value) in module.graphs[g].values.iter().enumerate() {
            if let (None, Some(span)) = (self.values[g][v], timeline.values[g][v]) {
                let buffer = self.add(value.ty.bytes(), span);
                self.values[g][v] = Some(Slot { buffer, offset: 0 });
            }
        }
    }
}
