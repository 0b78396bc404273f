//! `redsc inspect`: operators, shapes, quantization, costs and the memory plan.

use std::path::PathBuf;

use clap::Args;

use super::progress::{Reporter, print};
use super::{ModelArg, PassArgs, PatchArgs, TargetArg};
use crate::driver::{self, Options};
use crate::error::{Failure, Result};
use crate::{io, report};

/// Arguments of `redsc inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    target: TargetArg,
    /// Write a self-contained page with the graph and a picture of the arena over time.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the facts as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    patches: PatchArgs,
    #[command(flatten)]
    passes: PassArgs,
}

/// Runs the command.
pub fn execute(args: &InspectArgs) -> Result<()> {
    let mut reporter = Reporter::new(&args.passes);
    let mut module = reporter.stage("frontend", || args.model.load())?;
    let options = Options {
        target: driver::target(&args.target.target)?,
        passes: args.passes.passes.clone(),
        patches: args.patches.patches(),
        ram_budget: args.patches.ram,
        ..Options::default()
    };
    driver::optimize(&mut module, &options, &mut reporter)?;
    let choices = reporter.stage("patches", || {
        let choices = driver::frontier(&module, &options)?;
        driver::fit(&mut module, &options).map(|()| choices)
    })?;
    let plan = reporter.stage("plan", || driver::plan_in_memories(&module, &options))?;
    reporter.finish();
    let facts = report::facts::report(&module, &plan, &options.target).with_choices(choices);
    if let Some(path) = &args.html {
        let html = report::page::html(&module, &facts).map_err(internal)?;
        io::write_all(&[(path.clone(), html.into_bytes())])?;
    }
    if args.json {
        print(&serde_json::to_string_pretty(&facts).map_err(|e| internal(e.to_string()))?);
    } else {
        print(&report::text::full(&facts));
    }
    Ok(())
}

fn internal(message: String) -> Failure {
    Failure::new("E0516", format!("the report cannot be made: {message}"), "", "please report this model")
}
