//! Static memory planning: a place in the arena for every value, variable and scratch buffer.
//!
//! Each step has its own file: `lifetime` puts all nodes, those of regions included, on one time line; `tenants` lists who
//! needs storage and when; `contents` knows which of them hold the same bytes; `sharing` decides which share storage (in
//! place, as views), by the rules in `inplace` and under the watch of `storage`; [`solver`] packs what is left into the
//! smallest arena, and [`bound`] says how small it could be.

mod arenas;
pub mod bound;
mod contents;
mod inplace;
mod lifetime;
pub mod overlap;
mod sharing;
pub mod solver;
mod storage;
mod tenants;
mod traffic;
mod views;

pub(crate) use inplace::{as_view, may_overwrite};
pub use tenants::Need;

use redsc_ir::access::Access;
use redsc_ir::ops::Operands;
use redsc_ir::params::lines::TOGETHER_DSP;
use redsc_ir::plan::{ALIGNMENT, Arena, Place};
use redsc_ir::target::Memory;
use redsc_ir::{Graph, Module, Node, Op};

use arenas::{Load, Part};
use lifetime::Timeline;
use overlap::{Overlap, overlap};
use sharing::{Sharer, Sharing, Ties, share, writers};
use solver::Packing;
use tenants::Tenants;

/// Where everything lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// By graph.
    pub graphs: Vec<GraphLayout>,
    /// Arena offset of each variable.
    pub variables: Vec<usize>,
    /// Size of the arena.
    pub arena_bytes: usize,
    /// No layout with the same sharing is smaller.
    pub lower_bound: usize,
    /// The parts of the arena, if there are several memories.
    pub arenas: Vec<Arena>,
}

/// The memories of a target, and what kernels read behind the end of an operand.
#[derive(Clone, Debug)]
pub struct Room<'m> {
    /// Sorted by the cost of an access.
    pub memories: Vec<&'m Memory>,
    /// Bytes that stay free at the end of each.
    pub slack: usize,
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

/// Places everything in one arena; `needs` says by graph and node what kernels need and allow, `budget` limits the search.
pub fn lay_out(module: &Module, needs: &[Vec<Need>], budget: u64) -> Layout {
    let timeline = Timeline::of(module);
    let tenants = Tenants::of(module, &timeline, needs, ALIGNMENT);
    let writers = writers(module, &timeline);
    let sharer = Sharer { module, tenants: &tenants, needs, writers, alignment: ALIGNMENT };
    let sharing = share(&sharer);
    let (packing, homes) = best_packing(&sharer, &sharing, budget);
    let offset = |tenant: usize| packing.offsets[homes[tenant].0] + homes[tenant].1;
    let layout = layout(module, &tenants, &sharing, &offset);
    Layout { arena_bytes: packing.bytes, lower_bound: packing.lower_bound, ..layout }
}

/// Places everything in several memories; otherwise as [`lay_out`].
///
/// # Errors
/// How many bytes are left over, if the memories do not suffice.
pub fn lay_out_in(
    module: &Module,
    needs: &[Vec<Need>],
    budget: u64,
    room: &Room<'_>,
) -> Result<Layout, usize> {
    let timeline = Timeline::of(module);
    let tenants = Tenants::of(module, &timeline, needs, ALIGNMENT);
    let writers = writers(module, &timeline);
    let sharer = Sharer { module, tenants: &tenants, needs, writers, alignment: ALIGNMENT };
    let sharing = share(&sharer);
    let mut storage = sharing.storage.clone();
    sharer.overwrite(&mut storage, Ties::All);
    let (items, overlaps, homes) = sharer.items(&storage);
    let mut traffic = vec![0; items.len()];
    for (bytes, &(home, _)) in traffic::traffic(module, &tenants).iter().zip(&homes) {
        traffic[home] += bytes;
    }
    let load = Load { items: &items, overlaps: &overlaps, traffic: &traffic, slack: room.slack };
    let parts = load.spread(&room.memories, budget)?;
    let mut offsets = vec![0; items.len()];
    let mut arenas: Vec<Arena> = Vec::with_capacity(parts.len());
    for part in &parts {
        let begin = arenas.last().map_or(0, |arena| arena.begin + arena.bytes);
        for (&item, offset) in part.members.iter().zip(&part.packing.offsets) {
            offsets[item] = begin + offset;
        }
        arenas.push(arena(part, begin, room.slack));
    }
    let offset = |tenant: usize| offsets[homes[tenant].0] + homes[tenant].1;
    let layout = layout(module, &tenants, &sharing, &offset);
    let arena_bytes = arenas.iter().map(|arena| arena.bytes).sum();
    let lower_bound = arenas.iter().map(|arena| arena.lower_bound).sum();
    Ok(Layout { arena_bytes, lower_bound, arenas, ..layout })
}

fn arena(part: &Part<'_>, begin: usize, slack: usize) -> Arena {
    let memory = part.memory;
    Arena {
        memory: memory.name.clone(),
        section: memory.section.clone(),
        begin,
        bytes: (part.packing.bytes + slack).next_multiple_of(ALIGNMENT),
        lower_bound: part.packing.lower_bound,
        capacity: memory.bytes,
    }
}

/// Where the offsets of tenants put values, variables and scratch memory.
fn layout(module: &Module, tenants: &Tenants, sharing: &Sharing, offset: &dyn Fn(usize) -> usize) -> Layout {
    let graphs = module.graphs.iter().enumerate().map(|(g, graph)| {
        let place = |(value, tenant): (&redsc_ir::Value, &Option<usize>)| match tenant {
            Some(tenant) => Place::Arena { offset: offset(*tenant) },
            None if value.data.is_some() => Place::Constant,
            None => Place::Unused,
        };
        GraphLayout {
            places: graph.values.iter().zip(&tenants.values[g]).map(place).collect(),
            scratch: tenants.scratch[g].iter().map(|tenant| tenant.map_or(0, offset)).collect(),
            views: sharing.views[g].clone(),
        }
    });
    Layout {
        graphs: graphs.collect(),
        variables: (0..module.variables.len()).map(|v| tenants.variable(v).map_or(0, offset)).collect(),
        arena_bytes: 0,
        lower_bound: 0,
        arenas: Vec::new(),
    }
}

/// The better one of two: results tied to operands that they are written over, or free to lie below them.
fn best_packing(sharer: &Sharer<'_>, sharing: &Sharing, budget: u64) -> (Packing, Vec<(usize, usize)>) {
    let mut storage = sharing.storage.clone();
    sharer.overwrite(&mut storage, Ties::Needed);
    // What is not tied can do whatever ties can, so this bound holds for both.
    let (mut loose, loose_homes) = sharer.pack(&storage, budget / 2);
    sharer.overwrite(&mut storage, Ties::All);
    let (mut tied, tied_homes) = sharer.pack(&storage, budget - budget / 2);
    let bound = loose.lower_bound.min(tied.lower_bound);
    (loose.lower_bound, tied.lower_bound) = (bound, bound);
    if loose.bytes < tied.bytes { (loose, loose_homes) } else { (tied, tied_homes) }
}

/// What orders of nodes are compared by, as kernels are not chosen yet: no scratch memory, and the usual overlaps.
pub(crate) fn usual_needs(module: &Module) -> Vec<Vec<Need>> {
    let of_graph = |graph: &Graph| {
        let need = |node| Need { overlap: usual_overlap(module, graph, node), ..Need::default() };
        graph.nodes.iter().map(need).collect()
    };
    module.graphs.iter().map(of_graph).collect()
}

/// The overlap that kernels allow which keep the lines that they have read.
pub(crate) fn usual_overlap(module: &Module, graph: &Graph, node: &Node) -> Option<Overlap> {
    let access = match &node.op {
        Op::DepthwiseConv2d(_) => Access::Channels { together: TOGETHER_DSP },
        _ => Access::Pixels { together: TOGETHER_DSP, buffered: true },
    };
    overlap(&Operands { module, graph, node }, access)
}
