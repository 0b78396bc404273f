//! `redsc nest`: choose nested subnetworks, explain them, write them; and the options that other commands share with it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use redsc_ir::Module;
use redsc_ir::analysis::weight_bytes;
use redsc_ir::plan::Level;
use redsc_passes::nest::Nested;
use redsc_passes::nest::knapsack::Nesting;

use super::parse_bytes;
use super::progress::print;
use super::{ModelArg, TargetArg};
use crate::driver::{self, Options};
use crate::error::{Failure, Result};
use crate::nest::{self, Request};
use crate::report::table;
use crate::{export_tflite, io};

/// Options that choose nested subnetworks.
#[derive(Debug, Args)]
pub struct NestArgs {
    /// Build nested subnetworks at these percentages of the full network's cost; the full network is the last one.
    #[arg(long, value_delimiter = ',', value_name = "PERCENT", value_parser = parse_percent)]
    subnets: Vec<f64>,
    /// What costs are counted in.
    #[arg(long, value_enum, default_value_t = Cost::Macs, value_name = "UNIT", requires = "subnets")]
    cost: Cost,
    /// Calibration samples: array `x` of an .npz file; the first axis counts the samples.
    #[arg(long, value_name = "FILE.npz", requires = "subnets")]
    calib: Option<PathBuf>,
    /// Use at most this many calibration samples.
    #[arg(long, value_name = "N", default_value_t = 200, requires = "calib")]
    calib_samples: usize,
    /// What ranks units: `activations` if there are calibration samples, else `weights`.
    #[arg(long, value_enum, value_name = "SCORE", requires = "subnets")]
    importance: Option<Importance>,
    /// What makes up, on the calibration samples, for channels that levels lack.
    #[arg(long, value_enum, default_value_t = Compensation::Bias, value_name = "HOW", requires = "calib")]
    compensate: Compensation,
    /// How levels depend on each other.
    #[arg(long, value_enum, default_value_t = NestingArg::Joint, value_name = "ORDER", requires = "subnets")]
    nesting: NestingArg,
    /// Widths are multiples of N; by default of what the target's kernels like.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), requires = "subnets")]
    width_multiple: Option<u16>,
}

/// What costs are counted in.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Cost {
    /// Multiply-accumulate operations.
    Macs,
}

/// What ranks units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Importance {
    /// Norms of weights, scales taken in.
    Weights,
    /// Variances of activations on the calibration samples.
    Activations,
}

/// What makes up for channels that levels lack.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Compensation {
    /// Biases that restore the mean of each output channel.
    Bias,
    /// Nothing.
    None,
}

/// How levels depend on each other.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum NestingArg {
    /// The greatest sum of what all levels keep.
    Joint,
    /// The smallest level first.
    BottomUp,
    /// The largest level first.
    TopDown,
}

/// Arguments of `redsc nest`.
#[derive(Debug, Args)]
pub struct NestCommandArgs {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    target: TargetArg,
    #[command(flatten)]
    nest: NestArgs,
    /// Write each level to a file: NAME_0.tflite, NAME_1.tflite, … for NAME.tflite, or .reds.
    #[arg(short, value_name = "NAME")]
    output: Option<PathBuf>,
    /// Keep the bytes of live values of each level below the full network within this.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    ram: Option<usize>,
    /// Print the width of each dimension too.
    #[arg(long)]
    explain: bool,
}

impl NestArgs {
    /// What is asked for; `None` without `--subnets`.
    pub fn request(&self) -> Result<Option<Request>> {
        if self.subnets.is_empty() {
            return Ok(None);
        }
        let Cost::Macs = self.cost;
        if !self.subnets.is_sorted_by(|a, b| a < b) {
            return Err(unordered("percentages must ascend: 25,50,75"));
        }
        if self.importance == Some(Importance::Activations) && self.calib.is_none() {
            return Err(unordered("--importance activations needs samples: --calib FILE.npz"));
        }
        Ok(Some(Request {
            percent: self.subnets.clone(),
            nesting: match self.nesting {
                NestingArg::Joint => Nesting::Joint,
                NestingArg::BottomUp => Nesting::BottomUp,
                NestingArg::TopDown => Nesting::TopDown,
            },
            calibration: self.calib.clone(),
            by_weights: self.importance == Some(Importance::Weights),
            uncompensated: matches!(self.compensate, Compensation::None),
            samples: self.calib_samples.max(1),
            multiple: self.width_multiple.map(usize::from),
            ram: None,
        }))
    }
}

fn unordered(message: &str) -> Failure {
    Failure::new("E0518", "the subnetworks are not well described", "", message)
}

/// Runs the command.
pub fn execute(args: &NestCommandArgs) -> Result<()> {
    let Some(request) = args.nest.request()? else {
        return Err(unordered("say which levels to make: --subnets 25,50,75"));
    };
    let request = Request { ram: args.ram, ..request };
    let options = Options { target: driver::target(&args.target.target)?, ..Options::default() };
    let nested = nest::nest(driver::load(&args.model.model)?, &request, &options.target)?;
    if let Some(output) = &args.output {
        let modules: Vec<&Module> = nested.levels.iter().map(|level| &level.module).collect();
        io::write_all(&files(&modules, output)?)?;
    }
    let prepared = nest::prepare(&nested, &options)?;
    print(&levels_table(&nested, &prepared));
    if args.explain {
        print(&widths_table(&nested));
    }
    Ok(())
}

/// One file per level, in the format that the extension of `output` names.
pub(super) fn files(levels: &[&Module], output: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let extension = output.extension().and_then(OsStr::to_str).unwrap_or_default();
    let stem = output.file_stem().and_then(OsStr::to_str).unwrap_or("level");
    let mut files = Vec::new();
    for (k, module) in levels.iter().enumerate() {
        let path = output.with_file_name(format!("{stem}_{k}.{extension}"));
        match extension {
            "tflite" => {
                let bytes = export_tflite::write(module).map_err(|d| Failure::of(&module.name, d))?;
                files.push((path, bytes));
            }
            "reds" => files.extend(driver::textual(module, &path)),
            _ => {
                let message = format!("the extension of {} does not say what to emit", output.display());
                return Err(Failure::new("E0512", message, "", "use .tflite or .reds"));
            }
        }
    }
    Ok(files)
}

/// A line per level.
fn levels_table(nested: &Nested, prepared: &[Level]) -> String {
    let full = nested.levels.last().map_or(1, |level| level.cost.max(1));
    let rows = nested.levels.iter().zip(prepared).enumerate().map(|(k, (level, Level { plan, .. }))| {
        vec![
            k.to_string(),
            level.cost.to_string(),
            format!("{:.2} %", 100.0 * level.cost as f64 / full as f64),
            plan.arena_bytes.to_string(),
            level.module.graphs.iter().map(weight_bytes).sum::<usize>().to_string(),
            format!("{:.3} %", 100.0 * level.value),
            format!("{:.3} %", 100.0 * level.bound),
        ]
    });
    let header = ["level", "MACs", "of full", "RAM", "weights", "importance", "bound"];
    table::with_numbers(&header, &[1, 2, 3, 4, 5, 6], rows)
}

/// A line per dimension.
fn widths_table(nested: &Nested) -> String {
    let levels: Vec<String> = (0..nested.levels.len()).map(|k| format!("level {k}")).collect();
    let header: Vec<&str> = ["dimension"].into_iter().chain(levels.iter().map(String::as_str)).collect();
    let rows = nested.dimensions.iter().enumerate().map(|(d, dimension)| {
        let widths = nested.levels.iter().map(|level| level.widths[d].to_string());
        [dimension.location.clone()].into_iter().chain(widths).collect()
    });
    let numeric: Vec<usize> = (1..header.len()).collect();
    table::with_numbers(&header, &numeric, rows)
}

fn parse_percent(text: &str) -> std::result::Result<f64, String> {
    let percent: f64 =
        text.trim_end_matches('%').parse().map_err(|_| format!("`{text}` is not a percentage"))?;
    match percent > 0.0 && percent < 100.0 {
        true => Ok(percent),
        false => Err("percentages lie between 0 and 100; the full network is always there".into()),
    }
}
