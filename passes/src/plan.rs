//! From module to plan: a kernel for each node and a place for each value.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::plan::{GraphPlan, Scratch, Step};
use redsc_ir::target::MemoryKind;
use redsc_ir::{Graph, Module, Op, Plan, Target};

use crate::memory::overlap::{overlap, scratch_overlap};
use crate::memory::{self, Layout, Need, Room};
use crate::select_kernels::sparse::SparseOptions;
use crate::select_kernels::{Choice, select_kernel};

/// What the planner may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    /// Search nodes that the memory planner may visit before it settles for the best layout found.
    pub memory_nodes: u64,
    /// Whether the arena may be spread over the memories of the target.
    pub arenas: Arenas,
    /// How weights with zeros are stored, and what for.
    pub sparse: SparseOptions,
    /// Whether results of windows may lie over their operands.
    pub overlaps: Overlaps,
    /// Whether the module is a level of a nested network: where levels share weights, vector kernels read flattened images
    /// from scratch memory.
    pub nested: bool,
}

/// Whether results of windows may lie over their operands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlaps {
    /// As far as the order of the kernels allows.
    #[default]
    AsKernelsAllow,
    /// Never: the code that runs computes results in an order of its own.
    Never,
}

/// How many arenas there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arenas {
    /// One, wherever it will be.
    #[default]
    One,
    /// One for each memory that the target names.
    PerMemory,
}

/// A node that cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// Code of the diagnostic: `E0309` if something is not supported, `E0506` if memory does not suffice.
    pub code: &'static str,
    /// Where the node came from, e.g. `CONV_2D #3`.
    pub location: String,
    /// What is not supported.
    pub message: String,
}

impl Default for PlanOptions {
    fn default() -> Self {
        PlanOptions {
            memory_nodes: 1_000_000,
            arenas: Arenas::One,
            sparse: SparseOptions::default(),
            nested: false,
            overlaps: Overlaps::default(),
        }
    }
}

/// Plans a verified module in the order of its nodes; reports every node that cannot be served.
pub fn plan(module: &Module, target: &Target, options: &PlanOptions) -> Result<Plan, Vec<PlanError>> {
    let mut errors = Vec::new();
    let mut choices = Vec::with_capacity(module.graphs.len());
    for graph in &module.graphs {
        choices.push(select_for_graph(module, graph, target, &options.sparse, &mut errors));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    if options.nested {
        choices.iter_mut().zip(&module.graphs).for_each(|(choices, graph)| add_gathers(graph, choices));
    }
    let needs: Vec<Vec<Need>> = module
        .graphs
        .iter()
        .zip(&choices)
        .map(|(graph, choices)| needs(module, graph, choices, options.overlaps))
        .collect();
    let overread = choices.iter().flatten().map(|choice| choice.kernel.overread()).max().unwrap_or(0);
    let room = Room { memories: target.memories(MemoryKind::Ram), slack: overread };
    if options.arenas == Arenas::One || room.memories.is_empty() {
        let mut layout = memory::lay_out(module, &needs, options.memory_nodes);
        layout.arena_bytes += overread;
        return Ok(assemble(&choices, layout));
    }
    let layout = memory::lay_out_in(module, &needs, options.memory_nodes, &room);
    layout.map(|layout| assemble(&choices, layout)).map_err(|bytes| vec![left_over(target, bytes)])
}

fn left_over(target: &Target, bytes: usize) -> PlanError {
    let message =
        format!("{bytes} bytes of work memory do not fit the memories of `{}` any more", target.name);
    PlanError { code: "E0506", location: String::new(), message }
}

/// What the kernels of one graph need and allow.
fn needs(module: &Module, graph: &Graph, choices: &[Choice], overlaps: Overlaps) -> Vec<Need> {
    let need = |(node, choice): (_, &Choice)| {
        let operands = Operands { module, graph, node };
        let apart = overlaps == Overlaps::Never;
        Need {
            scratch_bytes: choice.scratch_bytes,
            overlap: overlap(&operands, choice.kernel.access()).filter(|_| !apart),
            scratch_overlap: scratch_overlap(&operands, choice.kernel, choice.scratch_bytes),
        }
    };
    graph.nodes.iter().zip(choices).map(need).collect()
}

/// Scratch memory for two windows of fully connected layers with the convolution kernel, each with room for a vector
/// behind it.
fn add_gathers(graph: &Graph, choices: &mut [Choice]) {
    for (node, choice) in graph.nodes.iter().zip(choices) {
        let is_gathered = choice.kernel == Kernel::Conv2dS8Mve && matches!(node.op, Op::FullyConnected(_));
        let depth = node.input(1).and_then(|weights| graph.ty(weights).shape.last().copied());
        if let Some(depth) = depth.filter(|_| is_gathered) {
            choice.scratch_bytes = choice.scratch_bytes.max(2 * (depth.next_multiple_of(16) + 16));
        }
    }
}

/// The kernels of one graph, in the order of its nodes; what has none is reported.
fn select_for_graph(
    module: &Module,
    graph: &Graph,
    target: &Target,
    sparse: &SparseOptions,
    errors: &mut Vec<PlanError>,
) -> Vec<Choice> {
    let mut choices = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        match select_kernel(&Operands { module, graph, node }, target, sparse) {
            Ok(choice) => choices.push(choice),
            Err(message) => {
                errors.push(PlanError { code: "E0309", location: node.location.clone(), message })
            }
        }
    }
    choices
}

/// Joins the two halves of a plan.
fn assemble(choices: &[Vec<Choice>], layout: Layout) -> Plan {
    let graphs = choices.iter().zip(layout.graphs).map(|(choices, graph)| {
        let steps = choices.iter().zip(&graph.scratch).zip(&graph.views);
        let steps = steps.map(|((choice, &offset), &is_view)| Step {
            kernel: if is_view { Kernel::View } else { choice.kernel },
            scratch: (choice.scratch_bytes > 0).then_some(Scratch { offset, bytes: choice.scratch_bytes }),
            format: choice.format,
        });
        GraphPlan { steps: steps.collect(), places: graph.places }
    });
    Plan {
        graphs: graphs.collect(),
        variables: layout.variables,
        arena_bytes: layout.arena_bytes,
        lower_bound: layout.lower_bound,
        arenas: layout.arenas,
    }
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

impl std::error::Error for PlanError {}
