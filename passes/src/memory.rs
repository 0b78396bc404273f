//! Static memory planning: a place in the arena for every value, variable and scratch buffer.
//!
//! Three steps, each with its own file: `lifetime` puts all nodes, those of regions included, on one time line;
//! `inplace` decides which values share storage, which leaves *buffers* with a size and a live range; [`solver`]
//! packs the buffers into the smallest arena.

pub mod bound;
mod inplace;
mod lifetime;
pub mod solver;

use redsc_ir::Module;
use redsc_ir::plan::{ALIGNMENT, Place};

use inplace::Buffers;
use lifetime::Timeline;
use solver::pack;

/// Where everything lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// By graph.
    pub graphs: Vec<GraphLayout>,
    /// Arena offset of each variable.
    pub variables: Vec<usize>,
    /// Size of the arena.
    pub arena_bytes: usize,
    /// No layout of these buffers is smaller.
    pub lower_bound: usize,
}

/// Where the values and scratch buffers of one graph live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphLayout {
    /// By value.
    pub places: Vec<Place>,
    /// Arena offset of the scratch memory of each node; 0 where there is none.
    pub scratch: Vec<usize>,
    /// For each node, whether nothing is left to do, because its results are views of its operands.
    pub views: Vec<bool>,
}

/// Places everything; `scratch` holds the bytes of scratch memory by graph and node, `budget` limits the search.
pub fn lay_out(module: &Module, scratch: &[Vec<usize>], budget: u64) -> Layout {
    let timeline = Timeline::of(module);
    let buffers = Buffers::of(module, &timeline, scratch);
    let packing = pack(&buffers.items, budget);
    let offset = |buffer: usize| packing.offsets[buffer];
    let graphs = module.graphs.iter().enumerate().map(|(g, graph)| GraphLayout {
        places: (0..graph.values.len()).map(|v| place(module, g, v, &buffers, &packing.offsets)).collect(),
        scratch: buffers.scratch[g].iter().map(|buffer| buffer.map_or(0, offset)).collect(),
        views: buffers.views[g].clone(),
    });
    Layout {
        graphs: graphs.collect(),
        variables: buffers.variables.iter().map(|&buffer| offset(buffer)).collect(),
        arena_bytes: packing.bytes,
        lower_bound: packing.lower_bound,
    }
}

/// The place of one value.
fn place(module: &Module, graph: usize, value: usize, buffers: &Buffers, offsets: &[usize]) -> Place {
    match buffers.values[graph][value] {
        Some(slot) => Place::Arena { offset: offsets[slot.buffer] + slot.offset },
        None if module.graphs[graph].values[value].data.is_some() => Place::Constant,
        None => Place::Unused,
    }
}

/// Buffers start at multiples of the alignment, so each takes a multiple of it.
fn aligned(bytes: usize) -> usize {
    bytes.next_multiple_of(ALIGNMENT)
}
