//! Benchmark: what the recorded models cost on emulated Cortex-M cores, beside TensorFlow Lite Micro with CMSIS-NN.
//!
//! `cargo run --release -p redsc-tests --bin bench -- --cores m4,m55 --models 'mlperf*' --csv out.csv --svg out.svg`

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use rayon::prelude::*;
use redsc::driver::Options;
use redsc_codegen::{COptions, Optimize};
use redsc_tests::baseline::Baseline;
use redsc_tests::bench::{self, Measurement, Settings, plot, report};
use redsc_tests::golden::{self, Case};
use redsc_tests::model::Problem;
use redsc_tests::qemu::{self, Core};
use redsc_tests::tools;

/// Measures models on emulated Cortex-M cores and compares with TFLM + CMSIS-NN.
#[derive(Parser)]
struct Arguments {
    /// Cores: m0, m3, m4, m7, m33, m55.
    #[arg(long, value_delimiter = ',', default_values_t = [Core::M4, Core::M55])]
    cores: Vec<Core>,
    /// Only models whose name matches; `*` stands for anything.
    #[arg(long, default_value = "*")]
    models: String,
    /// Measurements of TFLM; default: `$REDSC_SHARED/baseline/tflm_baseline.csv`.
    #[arg(long, value_name = "CSV")]
    baseline: Option<PathBuf>,
    /// What generated code is optimized for.
    #[arg(long, value_enum, default_value_t = Goal::Speed)]
    optimize: Goal,
    /// GCC's optimisation level; default: -Os for `--optimize size`, else -O2.
    #[arg(long, allow_hyphen_values = true)]
    level: Option<String>,
    /// Writes all figures.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draws the ratios.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Goal {
    Speed,
    Balanced,
    Size,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            tools::note(&message);
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was measured and right.
fn run(arguments: &Arguments) -> Result<bool, String> {
    if !qemu::available() {
        return Err("the benchmark needs the cross compiler and the emulator".into());
    }
    let baseline = match &arguments.baseline {
        Some(path) => Baseline::read(path)?,
        None => Baseline::shared()?,
    };
    let settings = settings(arguments);
    let all = golden::shared_models().into_iter().filter(|case| case.required).chain(golden::fixtures());
    let cases: Vec<Case> = all.filter(|case| matches(&arguments.models, &case.name)).collect();
    let jobs: Vec<(Core, &Case)> =
        arguments.cores.iter().flat_map(|&core| cases.iter().map(move |case| (core, case))).collect();
    let results: Vec<_> = jobs
        .into_par_iter()
        .map(|(core, case)| (core, case, bench::measure(case, core, &settings, &baseline)))
        .collect();
    let mut complete = true;
    let mut measurements: Vec<Measurement> = Vec::new();
    for (core, case, result) in results {
        match result {
            Ok(measurement) => measurements.push(measurement),
            Err(Problem::DoesNotFit(why)) => tools::note(&format!("{} on {}: {why}", case.name, core.name())),
            Err(Problem::Unsupported(why) | Problem::Failed(why)) => {
                complete = false;
                tools::note(&format!("{} on {}: {why}", case.name, core.name()));
            }
        }
    }
    write_reports(arguments, &measurements)?;
    Ok(complete && measurements.iter().all(|m| m.deviation.is_none()))
}

fn settings(arguments: &Arguments) -> Settings {
    let (optimize, level) = match arguments.optimize {
        Goal::Speed => (Optimize::Speed, "-O2"),
        Goal::Balanced => (Optimize::Balanced, "-O2"),
        Goal::Size => (Optimize::Size, "-Os"),
    };
    let level = arguments.level.clone().unwrap_or_else(|| level.into());
    let c = COptions { optimize, ..COptions::new("model") };
    Settings { compiler: Options { c, ..Options::default() }, level }
}

#[expect(clippy::print_stdout, reason = "the table is the program's result")]
fn write_reports(arguments: &Arguments, measurements: &[Measurement]) -> Result<(), String> {
    print!("{}", report::text(measurements));
    if let Some(path) = &arguments.csv {
        tools::write(path, report::csv(measurements).as_bytes())?;
    }
    if let Some(path) = &arguments.svg {
        match plot::svg(measurements).map_err(|e| e.to_string())? {
            Some(picture) => fs::write(path, picture).map_err(|e| format!("{}: {e}", path.display()))?,
            None => tools::note("no picture: no model has a baseline"),
        }
    }
    Ok(())
}

/// Whether `name` matches `pattern`, in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(tail, &rest[at..]))
        }),
    }
}
