//! Errors under construction: each knows the part of the module that is to blame.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::diag::Diagnostic;
use crate::entity::{GraphId, ValueId, VarId};
use crate::graph::Module;
use crate::text::{Numbers, SourceMap};

/// A part of a module that an error can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Module,
    Variable(VarId),
    Graph(GraphId),
    Outputs(GraphId),
    Value(GraphId, ValueId),
    /// A node by its position.
    Node(GraphId, usize),
}

/// Collects errors and says where they are.
pub(super) struct Findings<'m> {
    module: &'m Module,
    map: &'m SourceMap,
    /// Names of the values by graph, made when the first error of the graph needs them.
    numbers: Vec<OnceCell<Numbers>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'m> Findings<'m> {
    pub(super) fn new(module: &'m Module, map: &'m SourceMap) -> Self {
        let numbers = vec![OnceCell::new(); module.graphs.len()];
        Findings { module, map, numbers, diagnostics: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Adds an error.
    pub(super) fn add(&mut self, code: &'static str, part: Part, message: impl Into<String>) {
        let mut diagnostic = Diagnostic::new(code, message).at(self.location(part));
        diagnostic.span = self.span(part);
        self.diagnostics.push(diagnostic);
    }

    /// The errors, each once: a checker may pass the same part of a module more than once.
    pub(super) fn finish(mut self) -> Result<(), Vec<Diagnostic>> {
        let mut seen = HashSet::new();
        self.diagnostics.retain(|d| seen.insert((d.code, d.location.clone(), d.message.clone())));
        if self.diagnostics.is_empty() { Ok(()) } else { Err(self.diagnostics) }
    }

    fn span(&self, part: Part) -> Option<std::ops::Range<usize>> {
        match part {
            Part::Module => None,
            Part::Variable(id) => self.map.variable(id),
            Part::Graph(id) => self.map.graph(id),
            Part::Outputs(id) => self.map.outputs(id),
            Part::Value(graph, id) => self.map.value(graph, id),
            Part::Node(graph, position) => self.map.node(graph, position),
        }
    }

    /// `graph @0 "main", conv2d #3 "CONV_2D #0"`
    pub(super) fn location(&self, part: Part) -> String {
        match part {
            Part::Module => String::new(),
            Part::Variable(id) => {
                let name = self.module.variables.get(id.index()).map_or("", |v| &v.name);
                named(format!("variable {id}"), name)
            }
            Part::Graph(id) => self.graph(id),
            Part::Outputs(id) => format!("{}, outputs", self.graph(id)),
            Part::Value(graph, id) => {
                let value = self.module.graphs.get(graph.index()).and_then(|g| g.values.get(id.index()));
                format!(
                    "{}, {}",
                    self.graph(graph),
                    named(format!("value {}", self.value(graph, id)), value.map_or("", |v| &v.name))
                )
            }
            Part::Node(graph, position) => {
                let node = self.module.graphs.get(graph.index()).and_then(|g| g.nodes.get(position));
                let (mnemonic, location) = node.map_or(("node", ""), |n| (n.op.mnemonic(), &n.location));
                format!("{}, {}", self.graph(graph), named(format!("node {position} {mnemonic}"), location))
            }
        }
    }

    /// The name that the text of the module gives to a value.
    pub(super) fn value(&self, graph: GraphId, id: ValueId) -> String {
        match (self.numbers.get(graph.index()), self.module.graphs.get(graph.index())) {
            (Some(numbers), Some(graph)) => numbers.get_or_init(|| Numbers::of_graph(graph)).name(id),
            _ => id.to_string(),
        }
    }

    fn graph(&self, id: GraphId) -> String {
        let name = self.module.graphs.get(id.index()).map_or("", |g| &g.name);
        named(format!("graph {id}"), name)
    }
}

fn named(what: String, name: &str) -> String {
    if name.is_empty() { what } else { format!("{what} \"{name}\"") }
}
