//! Native code for this machine: compile a model and run it in this process.

use redsc_codegen::native::Jit;
use redsc_ir::{Data, Module, Target};
use redsc_passes::{Arenas, Config, Overlaps, PlanOptions};

use crate::driver::{self, Observer, Options};
use crate::error::{Failure, Result};

/// Compiles a module for this machine, with the passes of `options`.
///
/// # Errors
/// Everything that cannot be served, all of it at once for each stage.
pub fn compile(mut module: Module, options: &Options, observer: &mut dyn Observer) -> Result<(Module, Jit)> {
    driver::optimize(&mut module, options, observer)?;
    observer.begin("plan");
    let plan = driver::plan(&module, options)?;
    observer.end("plan");
    observer.begin("codegen");
    let jit = Jit::new(&module, &plan).map_err(|diagnostics| Failure::of(&module.name, diagnostics))?;
    observer.end("codegen");
    Ok((module, jit))
}

/// The options that suit native code: results apart from operands, and little time for savings of memory.
pub fn options() -> Options {
    let usual = Options::default();
    Options {
        target: Target::named("host").cloned().unwrap_or_else(|| usual.target.clone()),
        config: Config { schedule_nodes: 1_000, ..usual.config },
        plan: PlanOptions { memory_nodes: 1_000, arenas: Arenas::One, overlaps: Overlaps::Never },
        ..usual
    }
}

/// Runs a module once per element of `steps`.
pub(crate) fn run(module: &Module, steps: &[Vec<Data>]) -> Result<Vec<Vec<Data>>> {
    let (_, mut jit) = compile(module.clone(), &options(), &mut driver::Quiet)?;
    let mut invoke = |inputs: &Vec<Data>| jit.invoke(inputs);
    steps.iter().map(&mut invoke).collect::<std::result::Result<_, String>>().map_err(|message| {
        Failure::new("E0510", message, "native engine", "please report this model: it passed verification")
    })
}
