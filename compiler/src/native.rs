//! Native code for this machine: compile a model and run it in this process.

use redsc_codegen::native::{Jit, check_target, emit_clif, emit_object};
use redsc_ir::{Data, Module, Target};
use redsc_passes::select_kernels::sparse::{SparseMode, SparseOptions};
use redsc_passes::{Arenas, Config, Overlaps, PlanOptions};

use crate::driver::{self, Compiled, Observer, Options};
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

/// As [`driver::compile`], to an object file with its header.
///
/// # Errors
/// As [`compile`]; nested subnetworks.
pub fn compile_object(
    mut module: Module,
    options: &Options,
    observer: &mut dyn Observer,
) -> Result<Compiled> {
    let options = suited(options);
    driver::optimize(&mut module, &options, observer)?;
    let plan = driver::plan(&module, &options)?;
    driver::check_budgets(&module, &plan, &options)?;
    observer.begin("codegen");
    let artifacts = emit_object(&module, &plan, &options.target, &options.c)
        .map_err(|diagnostics| Failure::of(&module.name, diagnostics))?;
    observer.end("codegen");
    Ok(Compiled { module, plan, levels: Vec::new(), artifacts })
}

/// The functions of a model as Cranelift's textual form.
///
/// # Errors
/// As [`compile`].
pub fn clif(mut module: Module, options: &Options, observer: &mut dyn Observer) -> Result<String> {
    let options = suited(options);
    driver::optimize(&mut module, &options, observer)?;
    let plan = driver::plan(&module, &options)?;
    emit_clif(&module, &plan, &options.target).map_err(|diagnostics| Failure::of(&module.name, diagnostics))
}

/// The target of native code for `host` or a triple such as `aarch64-unknown-linux-gnu`.
pub(crate) fn target(name: &str) -> Option<Target> {
    check_target(name).ok()?;
    let host = Target::named("host")?;
    Some(Target { name: name.into(), summary: format!("Native code for {name}"), ..host.clone() })
}

/// The options that suit native code: results apart from operands, and little time for savings of memory.
pub fn options() -> Options {
    let usual = Options::default();
    let target = Target::named("host").cloned().unwrap_or_else(|| usual.target.clone());
    suited(&Options { target, ..usual })
}

fn suited(options: &Options) -> Options {
    let usual = options.clone();
    Options {
        config: Config { schedule_nodes: 1_000 },
        plan: PlanOptions {
            memory_nodes: 1_000,
            arenas: Arenas::One,
            sparse: SparseOptions { mode: SparseMode::Off, ..SparseOptions::default() },
            overlaps: Overlaps::Never,
            nested: false,
        },
        ..usual
    }
}

/// Runs a module once per element of `steps`, on so many threads.
pub(crate) fn run(module: &Module, steps: &[Vec<Data>], threads: usize) -> Result<Vec<Vec<Data>>> {
    let (_, mut jit) = compile(module.clone(), &options(), &mut driver::Quiet)?;
    jit.set_threads(threads)
        .map_err(|message| Failure::new("E0510", message, "native engine", "ask for fewer threads"))?;
    let mut invoke = |inputs: &Vec<Data>| jit.invoke(inputs);
    steps.iter().map(&mut invoke).collect::<std::result::Result<_, String>>().map_err(|message| {
        Failure::new("E0510", message, "native engine", "please report this model: it passed verification")
    })
}
