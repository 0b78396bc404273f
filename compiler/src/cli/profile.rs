//! `redsc profile`: makes the cost laws of a target.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use redsc_ir::kernels::Kernel;
use redsc_passes::cost::{Law, Laws};

use super::progress::eprint;
use crate::error::{Failure, Result};
use crate::profile::{self, Point, Settings, baseline, fit, text};
use crate::report::table;
use crate::{driver, io};

/// Arguments of `redsc profile`.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// The target by name.
    #[arg(long, value_name = "TARGET")]
    target: String,
    /// Only kernels whose C function has this in its name.
    #[arg(long, default_value = "", value_name = "NAME")]
    kernel: String,
    /// Random shapes for each kernel; a quarter of them checks the law.
    #[arg(long, default_value_t = 150, value_name = "N")]
    shapes: usize,
    /// Seed of the shapes.
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    seed: u64,
    /// The file of laws: written after each kernel; laws of other kernels in it are kept.
    #[arg(short, value_name = "OUT")]
    output: PathBuf,
    /// Skip kernels that have laws in OUT.
    #[arg(long)]
    resume: bool,
    /// Print how far multiplications times a constant and a random forest over shapes would be off.
    #[arg(long)]
    baselines: bool,
    /// Print the shapes whose predicted cost is off by more than this many percent.
    #[arg(long, value_name = "PERCENT")]
    show: Option<f64>,
}

/// Runs the command.
pub fn execute(args: &ProfileArgs) -> Result<()> {
    let target = driver::target(&args.target)?;
    let settings = Settings { target, seed: args.seed, shapes: args.shapes };
    let mut laws = known(args, &settings)?;
    let kernels: Vec<Kernel> =
        Kernel::ALL.iter().copied().filter(|kernel| wanted(args, &laws, *kernel)).collect();
    let bar = progress_bar(kernels.len());
    for kernel in kernels {
        bar.set_message(kernel.symbol());
        let points = profile::points(kernel, &settings).map_err(|e| failed(kernel, &e))?;
        let fitted = fit::laws(&points).map_err(|e| failed(kernel, &e))?;
        bar.suspend(|| report(args, &points, &fitted));
        laws.laws.extend(fitted);
        io::write_all(&[(args.output.clone(), text::text(&laws).into_bytes())])?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn progress_bar(kernels: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}/{duration}");
    ProgressBar::new(kernels as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Whether a kernel has a C function that was asked for and is not known yet.
fn wanted(args: &ProfileArgs, laws: &Laws, kernel: Kernel) -> bool {
    let name = match kernel {
        Kernel::View | Kernel::Fill => return false, // nothing, and a part of data movement
        Kernel::Inline => "inline",
        kernel => kernel.symbol(),
    };
    let variant = format!("{name}.");
    let is_known = || laws.laws.keys().any(|law| law == name || law.starts_with(&variant));
    name.contains(&args.kernel) && !(args.resume && is_known())
}

/// How far the laws of a kernel are off.
fn report(args: &ProfileArgs, points: &[Point], laws: &BTreeMap<String, Law>) {
    for (name, law) in laws {
        let Law { shapes, mean_error, worst_error, spread, .. } = law;
        let spread =
            if *spread > 0.0 { format!(", data move it by {:.1} %", 100.0 * spread) } else { String::new() };
        eprint(&format!(
            "{name}: {shapes} shapes, off by {mean_error:.2} %, at most {worst_error:.2} %{spread}"
        ));
    }
    if args.baselines {
        baselines(points, laws);
    }
    let Some(least) = args.show else { return };
    for point in points {
        let Some(law) = laws.get(&point.features.law(point.kernel)) else { continue };
        let error = fit::error(point, &law.units);
        if error > least {
            let features: Vec<_> = point.features.counts().collect();
            eprint(&format!("{error:.2} % of {}: {}\n    {features:?}", point.mean()[0], point.shape));
        }
    }
}

/// Law, multiplications and forest on the shapes kept back.
fn baselines(points: &[Point], laws: &BTreeMap<String, Law>) {
    let mut rows = Vec::new();
    for (name, law) in laws {
        let of_law: Vec<&Point> = points.iter().filter(|p| p.features.law(p.kernel) == *name).collect();
        let Ok(scores) = baseline::scores(&of_law, law) else { continue };
        for (predictor, score) in ["law", "MACs x constant", "random forest"].iter().zip(scores) {
            rows.push(vec![
                name.clone(),
                (*predictor).to_owned(),
                format!("{:.2}", score.rmspe),
                format!("{:.0}", score.within_5),
                format!("{:.0}", score.within_10),
            ]);
        }
    }
    let header = ["kernel", "predictor", "RMSPE %", "within 5 %", "within 10 %"];
    eprint(&table::with_numbers(&header, &[2, 3, 4], rows));
}

/// The laws in the output file, or none.
fn known(args: &ProfileArgs, settings: &Settings) -> Result<Laws> {
    let compiler = "arm-none-eabi-gcc 12.2 -O2".into();
    let empty = Laws { target: settings.target.name.clone(), compiler, laws: BTreeMap::new() };
    if !args.output.exists() {
        return Ok(empty);
    }
    let bytes = io::read(&args.output)?;
    let laws = Laws::from_toml(&String::from_utf8_lossy(&bytes)).map_err(|e| {
        let message = format!("{} is not a file of laws: {e}", args.output.display());
        Failure::new("E0522", message, "", "give another file, or remove this one")
    })?;
    Ok(Laws { laws: laws.laws, ..empty })
}

fn failed(kernel: Kernel, message: &str) -> Failure {
    Failure::new(
        "E0522",
        format!("`{}` cannot be measured: {message}", kernel.symbol()),
        "",
        "are arm-none-eabi-gcc, qemu-system-arm and a C compiler for the host installed?",
    )
}
