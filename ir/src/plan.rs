//! The plan: everything that passes decide for the code generators, beside the graph itself.
//!
//! Execution order is the order of the nodes. The plan adds where each value lives and which kernel runs each node.

use crate::graph::Module;
use crate::kernels::Kernel;
use crate::sparse::Format;

/// Decisions for a whole module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// One plan per graph, in the module's order; all share one arena.
    pub graphs: Vec<GraphPlan>,
    /// Arena offset of each variable, in the module's order.
    pub variables: Vec<usize>,
    /// Size of the arena in bytes: values, scratch and variables.
    pub arena_bytes: usize,
    /// A proven lower bound of `arena_bytes` for this order and these in-place choices.
    pub lower_bound: usize,
    /// The parts of the arena, one after the other, if it is spread over several memories; empty if it is in one piece
    /// wherever the linker puts it.
    pub arenas: Vec<Arena>,
}

/// The part of the arena that is in one memory. Offsets count through all parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arena {
    /// The memory.
    pub memory: String,
    /// The linker section that lies there; the compiler's usual one if absent.
    pub section: Option<String>,
    /// Offset of its first byte.
    pub begin: usize,
    /// Size in bytes.
    pub bytes: usize,
    /// No packing of what is there is smaller.
    pub lower_bound: usize,
    /// Bytes that the memory has.
    pub capacity: usize,
}

impl Plan {
    /// The part of the arena that an offset is in, if the arena has parts.
    pub fn arena_at(&self, offset: usize) -> Option<(usize, &Arena)> {
        self.arenas.iter().enumerate().rfind(|(_, arena)| arena.begin <= offset)
    }
}

/// Decisions for one graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphPlan {
    /// Where each value lives, in the graph's order of values.
    pub places: Vec<Place>,
    /// How each node runs, in execution order.
    pub steps: Vec<Step>,
}

/// Where a value lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: nothing reads it.
    #[default]
    Unused,
    /// In flash, as a constant of the model.
    Constant,
    /// In the arena. Values that share storage (in-place results, views) have overlapping ranges.
    Arena {
        /// Distance from the start of the arena in bytes; a multiple of [`ALIGNMENT`] unless the value is a view.
        offset: usize,
    },
}

/// How a node runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The kernel.
    pub kernel: Kernel,
    /// Scratch memory of the kernel.
    pub scratch: Option<Scratch>,
    /// How its weights are stored; [`Format::Dense`] unless the kernel reads sparse weights.
    pub format: Format,
}

/// One operating point of a nested network. All levels have the same nodes in the same order, at different widths, and
/// share one arena, in which each has places of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The network at this width.
    pub module: Module,
    /// The decisions for it.
    pub plan: Plan,
}

/// A range of the arena that a kernel may overwrite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scratch {
    /// Distance from the start of the arena in bytes.
    pub offset: usize,
    /// Size in bytes.
    pub bytes: usize,
}

/// Alignment of values, variables and scratch in the arena, in bytes: enough for every element type and for aligned
/// vector accesses of the targets that profit from them.
pub const ALIGNMENT: usize = 16;
