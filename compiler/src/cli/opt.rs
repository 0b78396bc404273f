//! `redsc opt`: run passes, print the textual IR.

use std::path::PathBuf;

use clap::Args;

use super::progress::{Reporter, print};
use super::{ModelArg, PassArgs};
use crate::driver::{self, Options};
use crate::error::Result;
use crate::io;

/// Arguments of `redsc opt`.
#[derive(Debug, Args)]
pub struct OptArgs {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    passes: PassArgs,
    /// Write the IR to this .reds file, large weights beside it, instead of printing it.
    #[arg(short, value_name = "OUT")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub fn execute(args: &OptArgs) -> Result<()> {
    let mut reporter = Reporter::new(&args.passes);
    let mut module = reporter.stage("frontend", || args.model.load())?;
    let options = Options { passes: args.passes.passes.clone(), ..Options::default() };
    driver::optimize(&mut module, &options, &mut reporter)?;
    reporter.finish();
    match &args.output {
        Some(path) => io::write_all(&driver::textual(&module, path)),
        None => {
            print(&redsc_ir::text::print(&module).text);
            Ok(())
        }
    }
}
