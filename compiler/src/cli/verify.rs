//! `redsc verify`: compile, run, compare with the reference interpreter.

use clap::Args;

use super::progress::{Reporter, print};
use super::{ModelArg, PassArgs, TargetArg};
use crate::driver::{self, Options};
use crate::error::{Failure, Result};
use crate::report::table;
use crate::verify;

/// Arguments of `redsc verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    target: TargetArg,
    /// Invocations to compare, each on other random inputs.
    #[arg(long, default_value_t = 5, value_name = "N")]
    steps: usize,
    /// Seed of the random inputs.
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    seed: u64,
    #[command(flatten)]
    passes: PassArgs,
}

/// Runs the command.
pub fn execute(args: &VerifyArgs) -> Result<()> {
    let mut reporter = Reporter::new(&args.passes);
    let module = reporter.stage("frontend", || args.model.load())?;
    let options = Options {
        target: driver::target(&args.target.target)?,
        passes: args.passes.passes.clone(),
        ..Options::default()
    };
    let checks = verify::verify(&module, &options, args.steps, args.seed, &mut reporter)?;
    reporter.finish();
    let rows = checks.iter().map(|c| vec![c.what.clone(), c.verdict(), c.detail.clone()]);
    print(&table::plain(&["compared with the interpreter", "result", "detail"], rows));
    match checks.iter().find(|c| !c.equal) {
        None => Ok(()),
        Some(check) => Err(Failure::new(
            "E0515",
            format!("{} differs from the reference interpreter", check.what),
            check.detail.clone(),
            "please report the model; --passes bisects which pass is at fault",
        )),
    }
}
