//! redsc-passes: from module to module, and from module to plan.
//!
//! # How to write a pass
//!
//! One file, one [`Pass`], one row in [`table`]. The module doc shows the IR before and after and says what the
//! pass needs, what it keeps and what it skips. A pass must leave every output byte of the interpreter unchanged
//! and must change nothing when it runs a second time; [`Pipeline`] verifies the module before and after it.
//!
//! # What is absent
//!
//! No I/O, no clock, no randomness: the same module and the same options give the same result everywhere. Limits
//! of searches are numbers of search nodes, never seconds. Facts about a module are recomputed, never stored in it.

pub mod cancel_transposes;
pub mod canonicalize;
pub mod channels;
mod codes;
pub mod cost;
pub mod dead_channels;
pub mod dead_code;
mod edit;
pub mod fold_constants;
pub mod fold_init;
pub mod fold_zero_points;
pub mod fuse_activations;
pub mod fuse_pad;
pub mod memory;
pub mod nest;
pub mod patch;
pub mod permute_channels;
pub mod pipeline;
mod plan;
pub mod schedule;
pub mod select_kernels;
pub mod table;
pub mod tabulate;

use redsc_ir::Module;

pub use pipeline::{Event, Pipeline, PipelineError};
pub use plan::{Arenas, Overlaps, PlanError, PlanOptions, plan};
pub use table::PASSES;

/// One transformation of a module.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// The name on the command line, e.g. `dead-code`.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Transforms the module and counts what it did; an error means that the module cannot be served.
    pub run: fn(&mut Module, &Config) -> Result<Stats, String>,
}

/// Limits that passes obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Search nodes that the scheduler may visit per graph before it settles for the best order found.
    pub schedule_nodes: u64,
}

/// What a pass did: named counters, in the order of the pass's own choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats(Vec<(&'static str, u64)>);

impl Default for Config {
    fn default() -> Self {
        Config { schedule_nodes: 200_000 }
    }
}

impl Stats {
    /// Adds `count` to the counter `name`, which appears even if it stays zero.
    pub fn add(&mut self, name: &'static str, count: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, total)) => *total += count,
            None => self.0.push((name, count)),
        }
    }

    /// The counters.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().copied()
    }
}

/// `removed-nodes: 2, removed-values: 3`
impl std::fmt::Display for Stats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counters: Vec<String> = self.iter().map(|(name, count)| format!("{name}: {count}")).collect();
        f.write_str(&counters.join(", "))
    }
}
