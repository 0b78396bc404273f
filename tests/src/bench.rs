//! Measuring generated code against TensorFlow Lite Micro: what a model costs on a core, and how that compares.

pub mod plot;
pub mod report;

use redsc::driver::Options;
use redsc_ir::{ElemType, Module, analysis};
use redsc_passes::cost;

use crate::baseline::{Baseline, Row};
use crate::golden::Case;
use crate::model::{self, Problem};
use crate::qemu::{Core, Counts};

/// Flash of start-up code, semihosting and measuring `main` that the baseline's `flash_code` contains and ours does not.
pub const BASELINE_HARNESS_CODE: u64 = 1_653 + 900;

/// What one model costs on one core.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The model.
    pub model: String,
    /// The core.
    pub core: Core,
    /// Whether its weights are integers: only those count for the means.
    pub quantized: bool,
    /// Multiply-accumulate operations per inference.
    pub macs: u64,
    /// Our figures.
    pub ours: Figures,
    /// Our instructions by class.
    pub counts: Counts,
    /// The instructions that the cost laws predict, if there are laws for all kernels.
    pub predicted: Option<f64>,
    /// The stack that an inference needs, in bytes.
    pub stack: u64,
    /// Those of TFLM with CMSIS-NN, `-O2`, where known.
    pub theirs: Option<Figures>,
    /// The code that TFLM needs with its int8-only kernels, where known.
    pub theirs_int8_code: Option<u64>,
    /// The first output that is not as recorded.
    pub deviation: Option<String>,
}

/// The four figures that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Instructions per inference.
    pub instructions: u64,
    /// Static RAM in bytes, the arena included.
    pub ram: u64,
    /// Bytes of code in flash, libraries included, weights and other constants of the model excluded.
    pub code: u64,
    /// Bytes of constants; for TFLM, the model file.
    pub constants: u64,
}

/// A figure of [`Figures`] by name.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Heading in tables.
    pub name: &'static str,
    /// Column prefix in CSV files.
    pub column: &'static str,
    /// The figure.
    pub of: fn(&Figures) -> u64,
}

/// The figures in the order of reports.
pub const METRICS: [Metric; 4] = [
    Metric { name: "instructions", column: "insns", of: |f| f.instructions },
    Metric { name: "RAM", column: "ram", of: |f| f.ram },
    Metric { name: "code", column: "code", of: |f| f.code },
    Metric { name: "constants", column: "const", of: |f| f.constants },
];

impl Measurement {
    /// How far the predicted number of instructions is off, in percent.
    pub fn prediction_error(&self) -> Option<f64> {
        let counted = self.ours.instructions as f64;
        self.predicted.filter(|_| counted > 0.0).map(|predicted| 100.0 * (predicted / counted - 1.0))
    }

    /// Ours divided by theirs; smaller is better.
    pub fn ratio(&self, metric: Metric) -> Option<f64> {
        Some((metric.of)(&self.ours) as f64 / (metric.of)(self.theirs.as_ref()?) as f64)
    }
}

/// How models are built for a benchmark.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Options of the compiler without the target; the name must be `model`.
    pub compiler: Options,
    /// GCC's optimisation level, e.g. `-O2`.
    pub level: String,
}

/// Compiles, builds and runs one model; instructions are those of its first recorded inference.
///
/// # Errors
/// See [`Problem`]; a wrong output is not an error but noted.
pub fn measure(
    case: &Case,
    core: Core,
    settings: &Settings,
    baseline: &Baseline,
) -> Result<Measurement, Problem> {
    let module = model::load(case)?;
    let (macs, quantized) = (analysis::macs(&module), is_quantized(&module));
    let options = Options { target: core.target().clone(), ..settings.compiler.clone() };
    let compiled = model::compile_module(module, &options)?;
    let sequences = case.sequences()?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let image = compiled.build_for_core(dir.path(), core, &[&settings.level])?;
    let (run, counts) = model::count_on_core(&image, dir.path(), &sequences)?;
    let predicted = cost::module(&compiled.module, &compiled.plan, core.target());
    let cpu = core.target_name();
    let theirs = |kernels| baseline.get(&case.name, cpu, kernels, "O2").map(theirs);
    Ok(Measurement {
        model: case.name.clone(),
        core,
        quantized,
        macs,
        ours: Figures {
            instructions: run.instructions.first().copied().unwrap_or(0),
            ram: image.sizes.ram(),
            code: image.sizes.code(),
            constants: image.sizes.model_const,
        },
        counts: counts.first().copied().unwrap_or_default(),
        predicted: predicted.ok().map(|cost| cost.total.instructions),
        stack: run.stack_bytes,
        theirs: theirs("cmsis"),
        theirs_int8_code: theirs("cmsis-int8").map(|figures| figures.code),
        deviation: compiled.check(&run, &sequences).err().and_then(|e| e.lines().next().map(str::to_owned)),
    })
}

fn theirs(row: &Row) -> Figures {
    Figures {
        instructions: row.instructions,
        ram: row.arena + row.bss,
        code: row.code.saturating_sub(BASELINE_HARNESS_CODE),
        constants: row.model,
    }
}

/// Whether some constant tensor consists of 8-bit integers, as the weights of quantized networks do.
fn is_quantized(module: &Module) -> bool {
    let mut values = module.graphs.iter().flat_map(|graph| &graph.values);
    values.any(|value| value.data.is_some() && value.ty.elem == ElemType::I8)
}

/// Mean, extreme and size of a set of ratios.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Geometric mean.
    pub mean: f64,
    /// The largest ratio.
    pub worst: f64,
    /// The model that has it.
    pub worst_model: String,
    /// How many models there are.
    pub models: usize,
}

/// Summarizes a metric over the quantized models of a core that have a baseline; `None` if there are none.
pub fn summarize(measurements: &[Measurement], core: Core, metric: Metric) -> Option<Summary> {
    let counted = measurements.iter().filter(|m| m.core == core && m.quantized);
    let ratios: Vec<(f64, &str)> =
        counted.filter_map(|m| Some((m.ratio(metric)?, m.model.as_str()))).collect();
    let (worst, worst_model) = ratios.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let log_sum: f64 = ratios.iter().map(|(ratio, _)| ratio.ln()).sum();
    let mean = (log_sum / ratios.len() as f64).exp();
    Some(Summary { mean, worst, worst_model: worst_model.to_owned(), models: ratios.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(model: &str, ours: u64, quantized: bool) -> Measurement {
        let figures = |n| Figures { instructions: n, ram: n, code: n, constants: n };
        Measurement {
            model: model.into(),
            core: Core::M4,
            quantized,
            macs: 1,
            ours: figures(ours),
            stack: 0,
            theirs: Some(figures(100)),
            theirs_int8_code: None,
            deviation: None,
            counts: Counts::default(),
            predicted: None,
        }
    }

    #[test]
    fn means_are_geometric_and_leave_out_floating_point() {
        let all = [measurement("a", 25, true), measurement("b", 100, true), measurement("f", 900, false)];
        let summary = summarize(&all, Core::M4, METRICS[0]).unwrap();
        assert!((summary.mean - 0.5).abs() < 1e-12);
        assert_eq!((summary.worst, summary.worst_model.as_str(), summary.models), (1.0, "b", 2));
        assert_eq!(summarize(&all, Core::M55, METRICS[0]), None);
    }
}
