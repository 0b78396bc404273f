//! Nested subnetworks: one network, several widths, one copy of the weights.
//!
//! ```text
//! conv 1x8x8x64  ─►  depthwise 1x8x8x64  ─►  conv 1x8x8x64       the full network
//! conv 1x8x8x40  ─►  depthwise 1x8x8x40  ─►  conv 1x8x8x48       a level: the first channels of each
//! ```
//!
//! [`mod@importance`] says how much each unit matters; the units of each group are put into that order. [`knapsack`] chooses
//! for each budget how many units of each group stay, so that a level is part of the next one. `widths` states that
//! problem for a network; `cut` makes the network of a level, an ordinary module whose meaning is that of the
//! interpreter: what is cut off counts as the real number zero. [`prepare`] runs passes over all levels alike.

pub mod importance;
pub mod knapsack;

mod calibrate;
mod compensate;
mod cut;
mod prepare;
mod widths;

use redsc_ir::{Data, Module};

use crate::channels::{Group, Groups};
use crate::permute_channels::{orders, reorder};
use importance::{Variances, importance};
use knapsack::{Effort, Nesting, Solution};

pub use prepare::prepare;

/// What levels to make.
#[derive(Clone, Debug, PartialEq)]
pub struct NestOptions {
    /// Costs of the levels in percent of the full network's, ascending, below 100; the full network follows them.
    pub percent: Vec<f64>,
    /// How levels depend on each other.
    pub nesting: Nesting,
    /// Widths are multiples of this, or full.
    pub multiple: usize,
    /// Whether units are ranked by the activations on the samples, rather than by the weights.
    pub by_activations: bool,
    /// Whether the biases of levels are corrected on the samples.
    pub compensate: bool,
    /// The most bytes of values that may be live while a layer of a level runs.
    pub ram: Option<usize>,
    /// Limits of the search.
    pub effort: Effort,
}

/// A network and its levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// The dimensions that are cut.
    pub dimensions: Vec<Dimension>,
    /// The levels, the smallest first; the last one is the full network with its units in order.
    pub levels: Vec<Level>,
}

/// A group of units that may be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Where the first node that has it came from.
    pub location: String,
    /// Number of units.
    pub units: usize,
}

/// By value of the full network: the channels that a level keeps; `None` for all.
pub type Kept = Vec<Option<Vec<usize>>>;

/// One level.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The network, cut; node `i` is node `i` of the full network.
    pub module: Module,
    /// What it keeps.
    pub kept: Kept,
    /// By dimension: how many units stay.
    pub widths: Vec<usize>,
    /// What it costs, in the unit of the cost function.
    pub cost: u64,
    /// The share of all importance that it keeps, between 0 and 1.
    pub value: f64,
    /// No level within the same budget can keep more.
    pub bound: f64,
}

/// Why a network has no levels.
#[derive(Clone, Debug, PartialEq)]
pub enum NestError {
    /// No dimension can be cut.
    NothingToCut,
    /// The narrowest network that there is costs more than this level, in percent of the full one.
    TooSmall {
        /// What the level may cost.
        percent: f64,
        /// What the narrowest network costs.
        least: f64,
    },
    /// The dimensions hang together too much for the solver.
    TooWide,
    /// A calibration sample cannot be run.
    Calibration(String),
}

impl Default for NestOptions {
    fn default() -> Self {
        NestOptions {
            percent: Vec::new(),
            nesting: Nesting::default(),
            multiple: 4,
            by_activations: true,
            compensate: true,
            ram: None,
            effort: Effort::default(),
        }
    }
}

/// Makes the levels of a module. `samples` are inputs, one tensor for each graph input; without any, importance is
/// estimated from the weights and nothing is compensated.
///
/// # Errors
/// See [`NestError`].
pub fn nest(mut module: Module, samples: &[Vec<Data>], options: &NestOptions) -> Result<Nested, NestError> {
    let variances = match samples.is_empty() || !options.by_activations {
        true => Variances::estimated(module.entry()),
        false => calibrate::measure(&module, samples).map_err(NestError::Calibration)?,
    };
    let groups = Groups::of(module.entry());
    let mut scores = importance(module.entry(), &groups, &variances);
    reorder(module.entry_mut(), &groups, &orders(&groups, &scores));
    scores.iter_mut().for_each(|scores| scores.sort_unstable_by(|a, b| b.total_cmp(a)));

    let task = widths::Task::of(&module, &groups, &scores, options)?;
    let solutions = task.solve(options)?;
    let total = solutions.last().map_or(1, |full| full.value.max(1)) as f64;
    let level = |solution: &Solution| {
        let widths = task.widths(solution);
        let cuts = task.cuts(&widths);
        let (mut level_module, kept) = cut::cut(&module, &groups, &cuts);
        if options.compensate && !samples.is_empty() && cuts.iter().any(Option::is_some) {
            compensate::compensate(&module, &mut level_module, &kept, samples)
                .map_err(NestError::Calibration)?;
        }
        Ok(Level {
            module: level_module,
            kept,
            widths,
            cost: solution.cost + task.fixed_cost,
            value: solution.value as f64 / total,
            bound: solution.bound as f64 / total,
        })
    };
    let levels = solutions.iter().map(level).collect::<Result<_, NestError>>()?;
    let dimension = |(&group, location): (&usize, String)| {
        let Group { units, .. } = groups.groups[group];
        Dimension { location, units }
    };
    let locations = task.groups.iter().map(|&group| location(&module, &groups, group));
    Ok(Nested { dimensions: task.groups.iter().zip(locations).map(dimension).collect(), levels })
}

/// Where the first node with that group came from.
fn location(module: &Module, groups: &Groups, group: usize) -> String {
    let has = |id: &redsc_ir::ValueId| groups.segments(*id).iter().any(|segment| segment.group == group);
    let first = module.entry().nodes.iter().find(|node| node.outputs.iter().any(has));
    first.map(|node| node.location.clone()).unwrap_or_default()
}

impl std::fmt::Display for NestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NestError::NothingToCut => f.write_str("no dimension of this network can be cut"),
            NestError::TooSmall { percent, least } => {
                write!(f, "{percent} % cannot be reached: the narrowest network costs {least:.1} %")
            }
            NestError::TooWide => f.write_str("the widths of this network depend on each other too much"),
            NestError::Calibration(message) => write!(f, "a calibration sample cannot be run: {message}"),
        }
    }
}

impl std::error::Error for NestError {}
