//! Where in a text each part of a module stands.

use std::ops::Range;

use crate::entity::{GraphId, ValueId, VarId};

/// Byte ranges of the parts of a module that was read from text.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    pub(super) variables: Vec<Range<usize>>,
    pub(super) graphs: Vec<GraphSpans>,
}

/// Byte ranges of the parts of one graph.
#[derive(Clone, Debug, Default)]
pub(super) struct GraphSpans {
    pub(super) header: Range<usize>,
    pub(super) values: Vec<Range<usize>>,
    pub(super) nodes: Vec<Range<usize>>,
    pub(super) outputs: Range<usize>,
}

impl SourceMap {
    /// The declaration of a variable.
    pub fn variable(&self, id: VarId) -> Option<Range<usize>> {
        self.variables.get(id.index()).cloned()
    }

    /// The first line of a graph.
    pub fn graph(&self, id: GraphId) -> Option<Range<usize>> {
        self.graphs.get(id.index()).map(|g| g.header.clone())
    }

    /// The definition of a value.
    pub fn value(&self, graph: GraphId, id: ValueId) -> Option<Range<usize>> {
        self.graphs.get(graph.index())?.values.get(id.index()).cloned()
    }

    /// A node, by its position in the graph.
    pub fn node(&self, graph: GraphId, position: usize) -> Option<Range<usize>> {
        self.graphs.get(graph.index())?.nodes.get(position).cloned()
    }

    /// The list of a graph's outputs.
    pub fn outputs(&self, graph: GraphId) -> Option<Range<usize>> {
        self.graphs.get(graph.index()).map(|g| g.outputs.clone())
    }
}
