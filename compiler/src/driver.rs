//! From a model to artifacts: front end, passes, plan, code generation. Nothing else knows this order.

use std::path::{Path, PathBuf};

use redsc_codegen::{Artifact, COptions, emit_c, emit_nested_c};
use redsc_ir::plan::Level;
use redsc_ir::text::{self, PrintOptions};
use redsc_ir::{Diagnostic, Module, Plan, Target};
use redsc_passes::{Arenas, Config, Event, Pipeline, PipelineError, PlanOptions, patch};

use crate::error::{Failure, Result};
use crate::frontend::{self, Bindings};
use crate::{io, nest};

/// What to compile for, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The core.
    pub target: Target,
    /// Passes by name; the default pipeline if absent.
    pub passes: Option<Vec<String>>,
    /// Limits of the passes.
    pub config: Config,
    /// What the planner optimizes.
    pub plan: PlanOptions,
    /// C prefix, file names, and how the C looks.
    pub c: COptions,
    /// Nested subnetworks to build; without any, the network is an ordinary one.
    pub nest: Option<nest::Request>,
    /// Whether part of the network may run in bands of rows.
    pub patches: Patches,
    /// Largest arena in bytes that is acceptable.
    pub ram_budget: Option<usize>,
    /// Largest constants (weights and tables) in bytes that are acceptable.
    pub flash_budget: Option<usize>,
}

/// Whether part of the network may run in bands of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patches {
    /// As far as the RAM budget asks for it; without one, if it costs almost nothing.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// A compiled model.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The module after the passes.
    pub module: Module,
    /// The plan that the code follows.
    pub plan: Plan,
    /// All levels of a nested network, the full one last; nothing for an ordinary network.
    pub levels: Vec<Level>,
    /// Files by name.
    pub artifacts: Vec<Artifact>,
}

/// Looks on while a model is compiled: prints, times, draws progress bars.
pub trait Observer {
    /// A stage begins: `frontend`, a pass, `plan`, `codegen`.
    fn begin(&mut self, _stage: &'static str) {}
    /// A stage has ended.
    fn end(&mut self, _stage: &'static str) {}
    /// A pass has ended; `module` is its result.
    fn pass(&mut self, _event: &Event<'_>) {}
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Observer for Quiet {}

impl Default for Options {
    fn default() -> Self {
        Options {
            target: Target::builtin()[0].clone(),
            passes: None,
            config: Config::default(),
            plan: PlanOptions::default(),
            c: COptions::new("model"),
            nest: None,
            patches: Patches::Auto,
            ram_budget: None,
            flash_budget: None,
        }
    }
}

/// Reads a model file. A `.reds` file may name a side file with weights, which lies in the same directory.
pub fn load(path: &Path) -> Result<Module> {
    load_bound(path, &Bindings::default())
}

/// As [`load`], with what the user says about inputs.
pub fn load_bound(path: &Path, bindings: &Bindings) -> Result<Module> {
    let bytes = io::read(path)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    let side_file = |name: &str| {
        let plain = Path::new(name).file_name()? == name;
        if plain { io::read(&directory.join(name)).ok() } else { None }
    };
    let source_name = path.display().to_string();
    frontend::load_bound(&bytes, &source_name, &side_file, bindings).map_err(|diagnostics| Failure {
        diagnostics,
        source_name,
        source_text: text::is_text(&bytes).then(|| String::from_utf8_lossy(&bytes).into_owned()),
    })
}

/// A target by name, or from a file if `name` is a path that ends in `.toml`.
pub fn target(name: &str) -> Result<Target> {
    if Path::new(name).extension().is_some_and(|e| e == "toml") {
        let text = String::from_utf8_lossy(&io::read(Path::new(name))?).into_owned();
        return Target::from_toml(&text).map_err(|e| {
            let help = "`redsc targets` lists the built-in targets; docs/targets.md describes the file";
            Failure::new("E0504", format!("{name} is not a target file: {e}"), "", help)
        });
    }
    Target::named(name).cloned().or_else(|| triple(name)).ok_or_else(|| {
        let known: Vec<&str> = Target::builtin().iter().map(|t| t.name.as_str()).collect();
        let help = format!(
            "the targets are {}; or give the path of a .toml file or a triple such as \
             aarch64-unknown-linux-gnu",
            known.join(", ")
        );
        Failure::new("E0505", format!("there is no target `{name}`"), "", &help)
    })
}

#[cfg(feature = "native")]
fn triple(name: &str) -> Option<Target> {
    crate::native::target(name)
}

#[cfg(not(feature = "native"))]
fn triple(_name: &str) -> Option<Target> {
    None
}

/// Runs the passes of `options` over `module`.
pub fn optimize(module: &mut Module, options: &Options, observer: &mut dyn Observer) -> Result<()> {
    let pipeline = match &options.passes {
        Some(names) => Pipeline::new(names.iter().map(String::as_str)).map_err(pass_failure)?,
        None => Pipeline::default(),
    };
    let mut watch = |event: Event<'_>| {
        match event {
            Event::Begin(pass) => observer.begin(pass.name),
            Event::End(pass, ..) => observer.end(pass.name),
        }
        observer.pass(&event);
    };
    pipeline.run(module, &options.config, &mut watch).map(|_| ()).map_err(pass_failure)
}

/// Compiles `module`: passes, plan, C.
///
/// # Errors
/// Everything that cannot be served, all of it at once for each stage; a budget that is exceeded.
pub fn compile(module: Module, options: &Options, observer: &mut dyn Observer) -> Result<Compiled> {
    let name = module.name.clone();
    compile_stages(module, options, observer).map_err(|failure| failure.in_source(&name))
}

fn compile_stages(mut module: Module, options: &Options, observer: &mut dyn Observer) -> Result<Compiled> {
    if let Some(request) = &options.nest {
        return compile_nested(module, request, options, observer);
    }
    optimize(&mut module, options, observer)?;
    observer.begin("plan");
    fit(&mut module, options)?;
    let plan = plan_in_memories(&module, options)?;
    observer.end("plan");
    check_budgets(&module, &plan, options)?;
    observer.begin("codegen");
    let artifacts = emit_c(&module, &plan, &options.target, &options.c).map_err(|d| Failure::of("", d))?;
    observer.end("codegen");
    Ok(Compiled { module, plan, levels: Vec::new(), artifacts })
}

/// As [`compile_stages`], with nested subnetworks.
fn compile_nested(
    module: Module,
    request: &nest::Request,
    options: &Options,
    observer: &mut dyn Observer,
) -> Result<Compiled> {
    observer.begin("nest");
    let nested = nest::nest(module, request, &options.target)?;
    let levels = nest::prepare(&nested, options)?;
    observer.end("nest");
    let Some(Level { module, plan }) = levels.last().cloned() else {
        return Err(Failure::new("E0518", "there are no levels", "", "ask for some: --subnets 25,50,75"));
    };
    check_budgets(&module, &plan, options)?;
    observer.begin("codegen");
    let artifacts = emit_nested_c(&levels, &options.target, &options.c).map_err(|d| Failure::of("", d))?;
    observer.end("codegen");
    Ok(Compiled { module, plan, levels, artifacts })
}

/// Lets part of the module run in bands of rows, if that is allowed and pays; see [`patch`].
pub fn fit(module: &mut Module, options: &Options) -> Result<()> {
    if options.patches == Patches::Auto {
        patch::fit(module, &options.target, &options.plan, options.ram_budget).map_err(plan_failure)?;
    }
    Ok(())
}

/// What running part of the module in bands of rows offers: RAM against work.
pub fn frontier(module: &Module, options: &Options) -> Result<Vec<patch::Variant>> {
    patch::frontier(module, &options.target, &options.plan).map_err(plan_failure)
}

/// Decides where everything lives and which kernels run, for a module that has been through the passes.
pub fn plan(module: &Module, options: &Options) -> Result<Plan> {
    redsc_passes::plan(module, &options.target, &options.plan).map_err(plan_failure)
}

/// As [`plan`], with an arena in each memory that the target names, unless the application brings the arena.
pub fn plan_in_memories(module: &Module, options: &Options) -> Result<Plan> {
    let arenas = if options.c.arena_external { Arenas::One } else { Arenas::PerMemory };
    let options = Options { plan: PlanOptions { arenas, ..options.plan.clone() }, ..options.clone() };
    plan(module, &options)
}

pub(crate) fn check_budgets(module: &Module, plan: &Plan, options: &Options) -> Result<()> {
    let constants = redsc_ir::analysis::Summary::of(module).weight_bytes;
    let checks = [
        ("RAM", plan.arena_bytes, options.ram_budget, "arena"),
        ("flash", constants, options.flash_budget, "constants"),
    ];
    let over = checks.into_iter().filter_map(|(what, bytes, budget, part)| {
        let budget = budget.filter(|&b| bytes > b)?;
        Some(Diagnostic {
            code: "E0506",
            message: format!(
                "the {part} take {bytes} bytes, {} more than the {what} budget of {budget}",
                bytes - budget
            ),
            location: String::new(),
            span: None,
            help: format!("`redsc inspect --html` shows what takes the {what}"),
        })
    });
    let diagnostics: Vec<Diagnostic> = over.collect();
    if diagnostics.is_empty() { Ok(()) } else { Err(Failure::of("", diagnostics)) }
}

fn plan_failure(errors: Vec<redsc_passes::PlanError>) -> Failure {
    let diagnostic = |e: redsc_passes::PlanError| Diagnostic {
        help: match e.code {
            "E0506" => "--ram BYTES makes the arena smaller; docs/targets.md describes memories".into(),
            _ => "docs/operators.md lists what each operator supports".into(),
        },
        code: e.code,
        message: e.message,
        location: e.location,
        span: None,
    };
    Failure::of("", errors.into_iter().map(diagnostic).collect())
}

pub(crate) fn pass_failure(error: PipelineError) -> Failure {
    let message = error.to_string();
    match error {
        PipelineError::UnknownPass(_) => {
            Failure::new("E0507", message, "", "`redsc passes` lists the passes")
        }
        PipelineError::InvalidInput(diagnostics) => Failure::of("", diagnostics),
        PipelineError::Failed { .. } => Failure::new("E0508", message, "", ""),
        PipelineError::Broken { diagnostics, .. } => {
            let mut failure =
                Failure::new("E0509", message, "", "this is a bug of the pass: please report the model");
            failure.diagnostics.extend(diagnostics);
            failure
        }
    }
}

/// The files of the textual form: OUT.reds and, for large constants, OUT.weights beside it.
pub fn textual(module: &Module, output: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let side_file = output.with_extension("weights");
    let weights_name = side_file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let printed = text::print_with(module, &PrintOptions { weights_name, ..PrintOptions::default() });
    let mut files = vec![(output.to_path_buf(), printed.text.into_bytes())];
    if !printed.weights.is_empty() {
        files.push((side_file, printed.weights));
    }
    files
}
