//! Nested subnetworks of a model: reads calibration samples, chooses widths, makes the levels.

use std::path::PathBuf;

use redsc_ir::plan::Level;
use redsc_ir::target::Feature;
use redsc_ir::{Module, Target};
use redsc_passes::nest::knapsack::Nesting;
use redsc_passes::nest::{NestError, NestOptions, Nested};
use redsc_passes::select_kernels::sparse::SparseMode;
use redsc_passes::{Config, Pipeline};

use crate::calibration;
use crate::driver::{self, Options};
use crate::error::{Failure, Result};

/// Inputs of the extended kernels of cores with vectors come in chunks of as many.
const VECTOR_MULTIPLE: usize = 16;

/// Inputs of all other kernels come in quads.
const SCALAR_MULTIPLE: usize = 4;

/// Which levels to make, and from what.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Costs of the levels in percent of the full network's, ascending, below 100.
    pub percent: Vec<f64>,
    /// How levels depend on each other.
    pub nesting: Nesting,
    /// Calibration samples; without them, importance is estimated from the weights and nothing is compensated.
    pub calibration: Option<PathBuf>,
    /// Ranks units by their weights even if there are samples.
    pub by_weights: bool,
    /// Leaves biases alone even if there are samples.
    pub uncompensated: bool,
    /// Most samples that are run.
    pub samples: usize,
    /// Widths are multiples of this; what suits the target if absent.
    pub multiple: Option<usize>,
    /// Most bytes of live values while a layer of a level runs.
    pub ram: Option<usize>,
}

/// Makes the levels of a model as its front end reads it.
///
/// # Errors
/// If samples cannot be used, or if there are no such levels.
pub fn nest(mut module: Module, request: &Request, target: &Target) -> Result<Nested> {
    let name = module.name.clone();
    let cleanup = Pipeline::new(["eliminate-dead-channels"]).map_err(driver::pass_failure)?;
    cleanup.run(&mut module, &Config::default(), &mut |_| {}).map_err(driver::pass_failure)?;
    let samples = match &request.calibration {
        Some(path) => calibration::read(path, &module, request.samples)?,
        None => Vec::new(),
    };
    let options = NestOptions {
        percent: request.percent.clone(),
        nesting: request.nesting,
        multiple: request.multiple.unwrap_or_else(|| width_multiple(target)),
        by_activations: !request.by_weights,
        compensate: !request.uncompensated,
        ram: request.ram,
        ..NestOptions::default()
    };
    let nested = redsc_passes::nest::nest(module, &samples, &options);
    nested.map_err(|error| failure(&error).in_source(&name))
}

/// The levels after the passes, the smallest first, and a plan for each.
///
/// # Errors
/// If a pass fails or a level cannot be planned.
pub fn prepare(nested: &Nested, options: &Options) -> Result<Vec<Level>> {
    let mut modules: Vec<Module> = nested.levels.iter().map(|level| level.module.clone()).collect();
    redsc_passes::nest::prepare(&mut modules, &options.config).map_err(driver::pass_failure)?;
    let mut options = options.clone();
    options.plan.nested = true;
    // Levels share dense weights; a sparse format of each level's own would have to save more than all the others cost.
    if options.plan.sparse.mode == SparseMode::Auto {
        options.plan.sparse.mode = SparseMode::Off;
    }
    let level = |module| driver::plan(&module, &options).map(|plan| Level { module, plan });
    modules.into_iter().map(level).collect()
}

/// What widths should be multiples of.
fn width_multiple(target: &Target) -> usize {
    if target.has(Feature::Mve) { VECTOR_MULTIPLE } else { SCALAR_MULTIPLE }
}

fn failure(error: &NestError) -> Failure {
    let help = match error {
        NestError::NothingToCut => {
            "every dimension is an input, an output, or too narrow; see docs/subnetworks.md"
        }
        NestError::TooSmall { .. } => "ask for a higher percentage, or for smaller width multiples",
        NestError::TooWide => "try greater width multiples: --width-multiple 16",
        NestError::Calibration(_) => "check that the samples are inputs of this model",
    };
    Failure::new("E0518", error.to_string(), "", help)
}
