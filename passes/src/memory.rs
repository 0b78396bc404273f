//! Static memory planning: a place in the arena for every value, variable and scratch buffer.
//!
//! Each step has its own file: `lifetime` puts all nodes, those of regions included, on one time line; `tenants` lists who
//! needs storage and when; `contents` knows which of them hold the same bytes; `sharing` decides which share storage (in
//! place, as views), by the rules in `inplace` and under the watch of `storage`; [`solver`] packs what is left into the
//! smallest arena, and [`bound`] says how small it could be.

pub mod bound;
mod contents;
mod inplace;
mod lifetime;
mod sharing;
pub mod solver;
mod storage;
mod tenants;
mod views;

pub(crate) use inplace::{as_view, may_overwrite};
use redsc_ir::Module;
use redsc_ir::plan::{ALIGNMENT, Place};

use lifetime::Timeline;
use sharing::share;
use solver::pack;
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
    let tenants = Tenants::of(module, &timeline, scratch, ALIGNMENT);
    let sharing = share(module, &timeline, &tenants, ALIGNMENT);
    let (items, homes) = sharing.storage.items(ALIGNMENT);
    let packing = pack(&items, budget);
    let offset = |tenant: usize| packing.offsets[homes[tenant].0] + homes[tenant].1;
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
        arena_bytes: packing.bytes,
        lower_bound: packing.lower_bound,
    }
}
