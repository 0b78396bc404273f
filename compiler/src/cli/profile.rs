//! `redsc profile`: makes the cost laws of a target.

use std::path::PathBuf;

use clap::Args;
use redsc_ir::kernels::Kernel;
use redsc_passes::cost::Laws;

use super::progress::eprint;
use crate::driver;
use crate::error::{Failure, Result};
use crate::io;
use crate::profile::{self, Settings, fit, text};

/// Arguments of `redsc profile`.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// The target by name.
    #[arg(long, value_name = "TARGET")]
    target: String,
    /// Only kernels whose C function has this in its name.
    #[arg(long, default_value = "", value_name = "NAME")]
    kernel: String,
    /// Random shapes for each kernel.
    #[arg(long, default_value_t = 150, value_name = "N")]
    shapes: usize,
    /// Seed of the shapes.
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    seed: u64,
    /// The file of laws; those of other kernels in it are kept.
    #[arg(short, value_name = "OUT")]
    output: PathBuf,
    /// Print the shapes whose predicted cost is off by more than this many percent.
    #[arg(long, value_name = "PERCENT")]
    show: Option<f64>,
}

/// Runs the command.
pub fn execute(args: &ProfileArgs) -> Result<()> {
    let target = driver::target(&args.target)?;
    let settings = Settings { target, seed: args.seed, shapes: args.shapes };
    let mut laws = known(args, &settings)?;
    for &kernel in Kernel::ALL.iter().filter(|kernel| kernel.symbol().contains(&args.kernel)) {
        let points = profile::points(kernel, &settings).map_err(|e| failed(kernel, &e))?;
        let fitted = fit::laws(&points).map_err(|e| failed(kernel, &e))?;
        for (name, law) in &fitted {
            let (mean, worst) = (law.mean_error, law.worst_error);
            eprint(&format!(
                "{name}: {} shapes, mean error {mean:.3} %, worst {worst:.2} %, spread {:.3}",
                law.shapes, law.spread
            ));
        }
        for point in &points {
            let law = &fitted[&point.features.law(kernel)];
            let error = fit::error(point, &law.units);
            if args.show.is_some_and(|least| error > least) {
                eprint(&format!(
                    "{error:.2} % of {}: {}\n    {:?}",
                    point.mean()[0],
                    point.shape,
                    point.features.counts().collect::<Vec<_>>()
                ));
            }
        }
        laws.laws.extend(fitted);
    }
    io::write_all(&[(args.output.clone(), text::text(&laws).into_bytes())])
}

fn known(args: &ProfileArgs, settings: &Settings) -> Result<Laws> {
    let empty = Laws {
        target: settings.target.name.clone(),
        compiler: "arm-none-eabi-gcc -O2".into(),
        laws: Default::default(),
    };
    if !args.output.exists() {
        return Ok(empty);
    }
    let bytes = io::read(&args.output)?;
    let laws = Laws::from_toml(&String::from_utf8_lossy(&bytes)).map_err(|e| {
        Failure::new(
            "E0504",
            format!("{} is not a file of laws: {e}", args.output.display()),
            "",
            "give another file",
        )
    })?;
    Ok(Laws { laws: laws.laws, ..empty })
}

fn failed(kernel: Kernel, message: &str) -> Failure {
    Failure::new(
        "E0516",
        format!("`{}` cannot be measured: {message}", kernel.symbol()),
        "",
        "are cross compiler and emulator installed?",
    )
}
