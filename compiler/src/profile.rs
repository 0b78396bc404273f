//! Making cost laws: random layers for each kernel, their instructions counted, the laws fitted and checked.
//!
//! The formulas are those of [`redsc_passes::cost::features`]; here the cost of each feature is found. A sample is one
//! layer of random shape that selects the kernel; samples that share a C file are measured in one run. Every fourth
//! sample is kept back: the law is not fitted to it, and its errors are those that the file of laws reports.

pub mod baseline;
pub mod fit;
pub mod measure;
pub mod samples;
pub mod text;

use redsc_ir::Target;
use redsc_ir::kernels::Kernel;
use redsc_passes::cost::{Features, Layer, Units, features};

/// A layer whose cost was counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The kernel.
    pub kernel: Kernel,
    /// How often its loops turn.
    pub features: Features,
    /// What was counted, for each of several inputs: instructions, loads, stores, multiplications.
    pub counts: Vec<Units>,
    /// The layer, for people.
    pub shape: String,
    /// Extents of operands and results, for predictors that know nothing else.
    pub extents: Vec<f64>,
    /// Multiply-accumulate operations; elements of the result for layers without.
    pub macs: f64,
}

/// What is measured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The core.
    pub target: Target,
    /// Seed of the shapes.
    pub seed: u64,
    /// Shapes for each kernel.
    pub shapes: usize,
}

impl Point {
    /// The mean of all counts.
    pub fn mean(&self) -> Units {
        let mut mean = [0.0; 4];
        for counts in &self.counts {
            mean.iter_mut().zip(counts).for_each(|(m, c)| *m += c / self.counts.len() as f64);
        }
        mean
    }

    /// By which fraction of the mean the instructions differ between inputs, to either side.
    pub fn spread(&self) -> f64 {
        let mean = self.mean()[0];
        let off = self.counts.iter().map(|counts| (counts[0] - mean).abs());
        off.fold(0.0, f64::max) / mean.max(1.0)
    }
}

/// Counts `settings.shapes` random layers of one kernel; fewer if hardly any shape selects it on this target.
///
/// # Errors
/// If a batch cannot be built or run, or if the kernel has no formula.
pub fn points(kernel: Kernel, settings: &Settings) -> Result<Vec<Point>, String> {
    let mut points = Vec::new();
    for seed in (settings.seed..).take(4 + settings.shapes / 4) {
        let batch = samples::batch(kernel, &settings.target, seed, settings.shapes - points.len());
        if batch.is_empty() {
            break;
        }
        points.extend(count(kernel, &batch, settings)?);
        if points.len() >= settings.shapes {
            break;
        }
    }
    Ok(points)
}

fn count(kernel: Kernel, batch: &samples::Batch, settings: &Settings) -> Result<Vec<Point>, String> {
    let counts = measure::steps(batch, &settings.target)?;
    let mut points = Vec::new();
    // A copy between a variable and a value that share their place takes nothing.
    let taken = |counts: &Vec<Units>| counts.iter().any(|count| count[0] > 0.0);
    for (step, counts) in counts.into_iter().enumerate().skip(1).filter(|(_, counts)| taken(counts)) {
        let operands = batch.operands(step);
        let layer = Layer::of(&operands, kernel)?;
        let features = features::of(&layer, kernel)?;
        let (extents, macs) = (batch.extents(step), batch.macs(step));
        points.push(Point { kernel, features, counts, shape: batch.describe(step), extents, macs });
    }
    Ok(points)
}
