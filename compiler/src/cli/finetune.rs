//! `redsc finetune`: train nested subnetworks jointly on samples, with labels or without.

use std::path::{Path, PathBuf};

use clap::{Args, value_parser};
use indicatif::{ProgressBar, ProgressStyle};
use redsc_ir::Module;
use redsc_passes::nest::Level;

use super::nest::{NestArgs, files};
use super::progress::print;
use super::{ModelArg, TargetArg};
use crate::error::Result;
use crate::report::table;
use crate::tune::{Dataset, Recipe, Tuner};
use crate::{calibration, driver, io, nest};

/// Arguments of `redsc finetune`.
#[derive(Debug, Args)]
pub struct FinetuneArgs {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    target: TargetArg,
    #[command(flatten)]
    nest: NestArgs,
    /// Training samples: arrays `x` and, if there are labels, `y` of an .npz file.
    #[arg(long, value_name = "FILE.npz")]
    data: PathBuf,
    /// Train on at most N samples, spread evenly over the file.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Learn from the network's own answers only, even where there are labels.
    #[arg(long)]
    ignore_labels: bool,
    /// Samples with labels on which the accuracy of each level is shown in the end; they never choose or stop anything.
    #[arg(long, value_name = "FILE.npz")]
    test: Option<PathBuf>,
    /// Passes over the samples.
    #[arg(long, value_name = "N", default_value_t = 10)]
    epochs: usize,
    /// How many of them, the last ones, compute with codes instead of real numbers.
    #[arg(long, value_name = "N", default_value_t = 2)]
    quantized_epochs: usize,
    /// Samples of one step.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..))]
    batch: u32,
    /// The highest learning rate; it falls to zero along a cosine.
    #[arg(long, value_name = "RATE", default_value_t = 1e-3)]
    rate: f64,
    /// Share of the network's own former answers in what is learned, 0 to 1; without labels it is 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    distill: f64,
    /// Temperature of distillation.
    #[arg(long, value_name = "T", default_value_t = 2.0)]
    temperature: f64,
    /// What the loss of each level counts, the smallest level first; by default the root of its share of the weights.
    #[arg(long, value_delimiter = ',', value_name = "WEIGHT")]
    level_weights: Option<Vec<f64>>,
    /// Seed of the order of samples.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Save each epoch here; where the file exists already, go on from there.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Write each level to a file: NAME_0.tflite, NAME_1.tflite, … for NAME.tflite, or .reds.
    #[arg(short, value_name = "NAME")]
    output: PathBuf,
}

/// Runs the command.
pub fn execute(args: &FinetuneArgs) -> Result<()> {
    let module = driver::load(&args.model.model)?;
    let most = args.limit.unwrap_or(usize::MAX).max(1);
    let mut data = dataset(&args.data, &module, most)?;
    if args.ignore_labels {
        data.labels = None;
    }
    let test = args.test.as_deref().map(|path| dataset(path, &module, usize::MAX)).transpose()?;
    let levels = levels(args, module)?;
    let mut tuner = Tuner::new(levels)?;
    let before = test.as_ref().map(|test| tuner.accuracy(test)).transpose()?.flatten();
    let bar = ProgressBar::new(0).with_style(style());
    tuner.train(&data, &recipe(args, &data), args.checkpoint.as_deref(), &mut |progress| {
        bar.set_length(progress.steps as u64);
        bar.set_position(progress.step as u64);
        bar.set_message(format!("epoch {}, loss {:.4}", progress.epoch + 1, progress.loss));
    })?;
    bar.finish();
    let modules = tuner.modules()?;
    io::write_all(&files(&modules.iter().collect::<Vec<&Module>>(), &args.output)?)?;
    let after = test.as_ref().map(|test| tuner.accuracy(test)).transpose()?.flatten();
    if let (Some(before), Some(after)) = (before, after) {
        print(&accuracy_table(&before, &after));
    }
    Ok(())
}

/// The levels to train: those of `--subnets`, or the network alone.
fn levels(args: &FinetuneArgs, module: Module) -> Result<Vec<Level>> {
    match args.nest.request()? {
        Some(request) => {
            let target = driver::target(&args.target.target)?;
            Ok(nest::nest(module, &request, &target)?.levels)
        }
        None => Ok(vec![Level {
            kept: vec![None; module.entry().values.len()],
            module,
            widths: Vec::new(),
            cost: 0,
            value: 1.0,
            bound: 1.0,
        }]),
    }
}

fn dataset(path: &Path, module: &Module, most: usize) -> Result<Dataset> {
    let inputs = calibration::read(path, module, most)?;
    Ok(Dataset {
        inputs: inputs.into_iter().filter_map(|sample| sample.into_iter().next()).collect(),
        labels: calibration::labels(path, most)?,
    })
}

fn recipe(args: &FinetuneArgs, data: &Dataset) -> Recipe {
    Recipe {
        epochs: args.epochs,
        quantized_epochs: args.quantized_epochs.min(args.epochs),
        batch: args.batch as usize,
        rate: args.rate,
        distillation: if data.labels.is_some() { args.distill.clamp(0.0, 1.0) } else { 1.0 },
        temperature: args.temperature.max(0.1),
        level_weights: args.level_weights.clone(),
        seed: args.seed,
    }
}

fn accuracy_table(before: &[f64], after: &[f64]) -> String {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let rows = before.iter().zip(after).enumerate();
    let rows =
        rows.map(|(level, (&before, &after))| vec![level.to_string(), percent(before), percent(after)]);
    table::with_numbers(&["level", "accuracy before", "after"], &[1, 2], rows)
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
