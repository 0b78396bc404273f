//! Which stage to split, and into how many bands.
//!
//! What a split would need is estimated from the sizes of values; the estimates that no other one beats in both RAM and
//! work are split and planned for real.

use std::collections::HashSet;

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::plan::Step;
use redsc_ir::{Module, Node, Plan, Target, analysis};

use super::Stage;
use super::estimate::{Estimate, Sizes};
use super::split::split;
use crate::{Arenas, PlanError, PlanOptions, cost, plan};

/// A stage and the rows of its output in a band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patching {
    /// What is split.
    pub stage: Stage,
    /// Rows of its output that are made together.
    pub rows: usize,
    /// How many bands that gives.
    pub bands: usize,
}

/// A way to run a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What is split, if anything.
    pub patching: Option<Patching>,
    /// Multiply-accumulate operations of an invocation.
    pub macs: u64,
    /// Instructions of an invocation, predicted; a guess for kernels that have no law on the target.
    pub instructions: u64,
    /// Size of the arena.
    pub arena_bytes: usize,
}

/// Most variants that are planned to see what they really need.
const MOST_PLANS: usize = 10;

/// Search nodes for the plans of variants.
const TRIAL_NODES: u64 = 5_000;

/// Work that may be done twice without being asked for less RAM: one part in so many.
const FREE_SHARE: u64 = 50;

/// RAM that must be saved to split without being asked for it: one part in so many.
const LEAST_GAIN: usize = 10;

/// How many percent of RAM one percent of work is worth if nobody asks for less RAM.
const WORK_WEIGHT: f64 = 5.0;

/// Splits a stage such that the arena fits into `budget` bytes with the least work; without a budget, only if much is
/// saved for almost no work. If nothing fits, takes the smallest arena. Returns what was split.
///
/// # Errors
/// As [`plan`].
pub fn fit(
    module: &mut Module,
    target: &Target,
    options: &PlanOptions,
    budget: Option<usize>,
) -> Result<Option<Patching>, Vec<PlanError>> {
    let whole = plan(module, target, &trial(options))?;
    if budget.is_some_and(|budget| whole.arena_bytes <= budget) {
        return Ok(None);
    }
    let macs = analysis::macs(module);
    let most_macs = if budget.is_some() { u64::MAX } else { macs + macs / FREE_SHARE };
    let mut variants = measured(module, target, options, &whole, most_macs, budget)?;
    if budget.is_none() {
        let instructions = instructions(module, &whole, target);
        variants.retain(|variant| variant.instructions <= instructions + instructions / FREE_SHARE);
    }
    variants.sort_by_key(|variant| (variant.instructions, variant.arena_bytes));
    let best = match budget {
        Some(budget) => {
            let fits = variants.iter().find(|variant| variant.arena_bytes <= budget);
            fits.or(variants.iter().min_by_key(|v| (v.arena_bytes, v.instructions)))
        }
        None => variants.iter().min_by(|a, b| price(a).total_cmp(&price(b))),
    };
    let Some(best) = best else { return Ok(None) };
    let gain = if budget.is_some() { 1 } else { whole.arena_bytes / LEAST_GAIN };
    let Some(patching) = best.patching.clone().filter(|_| best.arena_bytes + gain <= whole.arena_bytes)
    else {
        return Ok(None);
    };
    split(module, &patching.stage, patching.rows).map_err(|message| internal(&message))?;
    Ok(Some(patching))
}

/// What RAM and work are worth together.
fn price(variant: &Variant) -> f64 {
    (variant.arena_bytes as f64).ln() + WORK_WEIGHT * (variant.macs as f64).ln()
}

/// Ways to run a module of which none is better than another in both RAM and work: first the one with the least work.
///
/// # Errors
/// As [`plan`].
pub fn frontier(
    module: &Module,
    target: &Target,
    options: &PlanOptions,
) -> Result<Vec<Variant>, Vec<PlanError>> {
    let whole = plan(module, target, &trial(options))?;
    let mut variants = measured(module, target, options, &whole, u64::MAX, None)?;
    variants.push(Variant {
        patching: None,
        macs: analysis::macs(module),
        instructions: instructions(module, &whole, target),
        arena_bytes: whole.arena_bytes,
    });
    variants.sort_by_key(|variant| (variant.instructions, variant.arena_bytes));
    let mut least = usize::MAX;
    variants.retain(|variant| {
        let is_better = variant.arena_bytes < least;
        least = least.min(variant.arena_bytes);
        is_better
    });
    Ok(variants)
}

/// Plans the most promising splits of at most so much work.
fn measured(
    module: &Module,
    target: &Target,
    options: &PlanOptions,
    whole: &Plan,
    most_macs: u64,
    budget: Option<usize>,
) -> Result<Vec<Variant>, Vec<PlanError>> {
    let mut variants = Vec::new();
    for estimate in promising(module, whole, most_macs, budget) {
        let mut trial_module = module.clone();
        let Patching { stage, rows, .. } = &estimate.patching;
        split(&mut trial_module, stage, *rows).map_err(|message| internal(&message))?;
        let planned = plan(&trial_module, target, &trial(options))?;
        let is_enough = budget.is_some_and(|budget| planned.arena_bytes <= budget);
        variants.push(Variant {
            patching: Some(estimate.patching),
            macs: analysis::macs(&trial_module),
            instructions: instructions(&trial_module, &planned, target),
            arena_bytes: planned.arena_bytes,
        });
        if is_enough {
            break;
        }
    }
    Ok(variants)
}

/// Estimates that no other one beats in both RAM and work, by ascending work; those that are likely to meet a budget.
fn promising(module: &Module, whole: &Plan, most_macs: u64, budget: Option<usize>) -> Vec<Estimate> {
    let mut estimates = Sizes::of(module, whole).estimates();
    estimates.retain(|e| e.macs <= most_macs && e.bytes < whole.arena_bytes);
    estimates.sort_by_key(|e| (e.macs, e.bytes));
    let mut least = usize::MAX;
    estimates.retain(|e| {
        let is_better = e.bytes < least;
        least = least.min(e.bytes);
        is_better
    });
    if let Some(budget) = budget {
        // Estimates may be a little high.
        let near = estimates.iter().position(|e| e.bytes <= budget + budget / 8);
        let first = near.unwrap_or(estimates.len().saturating_sub(1)).min(estimates.len());
        estimates.drain(..first);
        estimates.truncate(MOST_PLANS);
        return estimates;
    }
    thin_out(estimates)
}

/// A few of many estimates, evenly spread.
fn thin_out(estimates: Vec<Estimate>) -> Vec<Estimate> {
    let count = estimates.len();
    let kept: HashSet<usize> = match count {
        0..=MOST_PLANS => (0..count).collect(),
        many => (0..MOST_PLANS).map(|i| i * (many - 1) / (MOST_PLANS - 1)).collect(),
    };
    estimates.into_iter().enumerate().filter(|(index, _)| kept.contains(index)).map(|(_, e)| e).collect()
}

/// Instructions of an invocation, as far as kernels have laws on the target; a guess for the others.
fn instructions(module: &Module, plan: &Plan, target: &Target) -> u64 {
    let graph = module.entry();
    let of_step = |(node, step): (&Node, &Step)| {
        let cost = cost::step(&Operands { module, graph, node }, step.kernel, target);
        cost.map_or_else(|_| guess(module, node, step.kernel), |cost| cost.instructions as u64)
    };
    graph.nodes.iter().zip(&plan.graphs[0].steps).map(of_step).sum()
}

/// A few instructions for each product, some for each result and some for the call.
fn guess(module: &Module, node: &Node, kernel: Kernel) -> u64 {
    let graph = module.entry();
    if kernel == Kernel::View {
        return 0;
    }
    let results: usize = node.outputs.iter().map(|&id| graph.ty(id).elements()).sum();
    3 * analysis::node_macs(module, graph, node) + 20 * results as u64 + 200
}

fn trial(options: &PlanOptions) -> PlanOptions {
    let memory_nodes = options.memory_nodes.min(TRIAL_NODES);
    PlanOptions { memory_nodes, arenas: Arenas::One, ..options.clone() }
}

fn internal(message: &str) -> Vec<PlanError> {
    vec![PlanError {
        code: "E0508",
        location: String::new(),
        message: format!("patch-wise execution: {message}"),
    }]
}
