//! `redsc MODEL -o OUT`: compile.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use redsc_codegen::c::{COptions, Optimize, identifier};
use redsc_ir::sparse::Format;
use redsc_passes::PlanOptions;
use redsc_passes::select_kernels::sparse::{Goal, SparseMode, SparseOptions};

use super::bindings::BindingArgs;
use super::nest::NestArgs;
use super::progress::{Reporter, print};
use super::sparse::SparseArg;
use super::{PassArgs, PatchArgs, TargetArg, parse_bytes};
use crate::driver::{self, Compiled, Options};
use crate::error::{Failure, Result};
use crate::export_tflite::Storage;
#[cfg(feature = "native")]
use crate::native;
use crate::{export_tflite, io, report};

/// Arguments of the default command.
#[derive(Debug, Args)]
pub struct CompileArgs {
    /// The model: .tflite, .onnx or .reds; the content decides, not the name.
    #[arg(value_name = "MODEL")]
    model: Option<PathBuf>,
    #[command(flatten)]
    bindings: BindingArgs,
    #[command(flatten)]
    target: TargetArg,
    /// Output file; its extension says what is emitted: .c or .o (with .h beside it), .reds or .tflite.
    #[arg(short, value_name = "OUT")]
    output: Option<PathBuf>,
    /// What to emit, whatever the extension of OUT.
    #[arg(long, value_enum, value_name = "KIND")]
    emit: Option<Emit>,
    /// C prefix; the stem of OUT if absent.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What kernels are chosen and compiled for.
    #[arg(long, value_enum, default_value_t = OptimizeArg::Speed, value_name = "GOAL")]
    optimize: OptimizeArg,
    #[command(flatten)]
    sparse: SparseArg,
    /// Where the constants go.
    #[arg(long, value_enum, default_value_t = Weights::Inline, value_name = "WHERE")]
    weights: Weights,
    /// Who owns the arena: `external` adds NAME_set_arena and no static buffer.
    #[arg(long, value_enum, default_value_t = Arena::Internal, value_name = "OWNER")]
    arena: Arena,
    /// Call NAME_trace_hook after each layer with its name, buffer and CRC-32.
    #[arg(long)]
    trace: bool,
    /// Call NAME_probe, which the application defines, with the number of each layer behind it.
    #[arg(long)]
    probe: bool,
    #[command(flatten)]
    patches: PatchArgs,
    /// Fail if the constants are larger than this.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    flash: Option<usize>,
    #[command(flatten)]
    nest: NestArgs,
    #[command(flatten)]
    passes: PassArgs,
    /// Print the summary per operator too.
    #[arg(short, long)]
    verbose: bool,
    /// Print no summary.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
}

/// What to emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// C source and header.
    C,
    /// Textual IR after the passes.
    Reds,
    /// TFLite, after the passes that `--passes` names.
    Tflite,
    /// Native object file and header.
    #[cfg(feature = "native")]
    Object,
    /// The functions of native code in Cranelift's textual form.
    #[cfg(feature = "native")]
    Clif,
}

/// What kernels are chosen and compiled for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum OptimizeArg {
    /// Fewest instructions: a function for each shape of layer (compile with -O2).
    Speed,
    /// Least code: one function for all layers of a kernel, loops not unrolled (compile with -Os).
    Size,
    /// Layers share functions where shapes only say how often loops run (compile with -O2).
    Balanced,
}

/// Where the constants go.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Weights {
    /// Into the C file.
    Inline,
    /// Into a file of their own, NAME_weights.c.
    Separate,
}

/// Who owns the arena.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Arena {
    /// The generated file has a static buffer.
    Internal,
    /// The application passes a buffer to NAME_set_arena.
    External,
}

/// Runs the command.
pub fn execute(args: &CompileArgs) -> Result<()> {
    let Some(model) = &args.model else { super::usage() };
    let kind = emitted_kind(args)?;
    let output = args.output.clone().unwrap_or_else(|| default_output(model, kind));
    let options = options(args, &output)?;
    let bindings = args.bindings.read()?;
    let mut reporter = Reporter::new(&args.passes);
    let module = reporter.stage("frontend", || driver::load_bound(model, &bindings))?;
    let compiled = match kind {
        Emit::C => {
            check_format(args.sparse.sparse)?;
            let compiled = driver::compile(module, &options, &mut reporter)?;
            io::write_all(&c_files(&compiled, &output))?;
            Some(compiled)
        }
        Emit::Reds => {
            let mut module = module;
            driver::optimize(&mut module, &options, &mut reporter)?;
            io::write_all(&driver::textual(&module, &output))?;
            None
        }
        #[cfg(feature = "native")]
        Emit::Object => {
            refuse_for_objects(args, &options)?;
            let compiled = native::compile_object(module, &options, &mut reporter)?;
            io::write_all(&c_files(&compiled, &output))?;
            Some(compiled)
        }
        #[cfg(feature = "native")]
        Emit::Clif => {
            let text = native::clif(module, &options, &mut reporter)?;
            io::write_all(&[(output.clone(), text.into_bytes())])?;
            None
        }
        Emit::Tflite => {
            let mut module = module;
            // The default passes prepare for C and leave what TFLite has no operators for.
            if options.passes.is_some() {
                driver::optimize(&mut module, &options, &mut reporter)?;
            }
            let storage = storage(args.sparse.sparse)?;
            let file = export_tflite::write_as(&module, storage).map_err(|d| Failure::of(&module.name, d))?;
            io::write_all(&[(output.clone(), file)])?;
            None
        }
    };
    reporter.finish();
    if let Some(compiled) = compiled.filter(|_| !args.quiet) {
        let facts = report::facts::report(&compiled.module, &compiled.plan, &options.target);
        print(&report::text::summary(&facts, &options.target, &output));
        if args.verbose {
            print(&report::text::operators(&facts));
        }
    }
    Ok(())
}

/// How the weights of a TFLite file are stored.
fn storage(mode: SparseMode) -> Result<Storage> {
    match mode {
        SparseMode::Auto | SparseMode::Off | SparseMode::Format(Format::Dense) => Ok(Storage::Dense),
        SparseMode::Format(Format::Dcsr) => Ok(Storage::Dcsr),
        SparseMode::Format(format) => Err(no_format(format, "a TFLite file holds auto, off or dcsr")),
    }
}

/// Refuses formats that no kernel reads.
fn check_format(mode: SparseMode) -> Result<()> {
    match mode {
        SparseMode::Auto | SparseMode::Off | SparseMode::Format(Format::Dense | Format::Pairs) => Ok(()),
        SparseMode::Format(format) => Err(no_format(format, "kernels read auto, off or pairs")),
    }
}

fn no_format(format: Format, help: &str) -> Failure {
    Failure::new("E0519", format!("weights cannot be emitted as `{format}`"), "", help)
}

/// The kind that `--emit` or the extension of OUT asks for.
fn emitted_kind(args: &CompileArgs) -> Result<Emit> {
    let kind = asked_kind(args)?;
    match kind {
        Emit::C => Ok(kind),
        _ if args.nest.request()?.is_none() => Ok(kind),
        _ => Err(Failure::new(
            "E0512",
            "nested subnetworks are emitted as C",
            "",
            "`redsc nest` writes each level as .tflite or .reds",
        )),
    }
}

fn asked_kind(args: &CompileArgs) -> Result<Emit> {
    if let Some(kind) = args.emit {
        return Ok(kind);
    }
    let Some(output) = &args.output else { return Ok(Emit::C) };
    match output.extension().and_then(OsStr::to_str) {
        Some("c") => Ok(Emit::C),
        Some("reds") => Ok(Emit::Reds),
        Some("tflite") => Ok(Emit::Tflite),
        #[cfg(feature = "native")]
        Some("o") => Ok(Emit::Object),
        #[cfg(feature = "native")]
        Some("clif") => Ok(Emit::Clif),
        _ => Err(Failure::new(
            "E0512",
            format!("the extension of {} does not say what to emit", output.display()),
            "",
            "use .c, .o, .reds or .tflite, or say --emit c, --emit object, --emit reds or --emit tflite",
        )),
    }
}

fn options(args: &CompileArgs, output: &Path) -> Result<Options> {
    let stem = output.file_stem().and_then(OsStr::to_str).unwrap_or("model");
    Ok(Options {
        target: driver::target(&args.target.target)?,
        passes: args.passes.passes.clone(),
        c: COptions {
            optimize: match args.optimize {
                OptimizeArg::Speed => Optimize::Speed,
                OptimizeArg::Size => Optimize::Size,
                OptimizeArg::Balanced => Optimize::Balanced,
            },
            weights_separate: matches!(args.weights, Weights::Separate),
            trace: args.trace,
            probe: args.probe,
            arena_external: matches!(args.arena, Arena::External),
            name: identifier(args.name.as_deref().unwrap_or(stem)),
            stem: stem.into(),
        },
        nest: args.nest.request()?,
        patches: args.patches.patches(),
        ram_budget: args.patches.ram,
        plan: PlanOptions {
            sparse: SparseOptions {
                mode: args.sparse.sparse,
                goal: match args.optimize {
                    OptimizeArg::Speed => Goal::Speed,
                    OptimizeArg::Size => Goal::Size,
                    OptimizeArg::Balanced => Goal::Balanced,
                },
            },
            ..PlanOptions::default()
        },
        flash_budget: args.flash,
        ..Options::default()
    })
}

/// Fails for options that change generated C only.
#[cfg(feature = "native")]
fn refuse_for_objects(args: &CompileArgs, options: &Options) -> Result<()> {
    let given = [
        (matches!(args.arena, Arena::External), "--arena external"),
        (matches!(args.weights, Weights::Separate), "--weights separate"),
        (options.nest.is_some(), "--subnets"),
        (args.trace, "--trace"),
        (args.probe, "--probe"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        None => Ok(()),
        Some((_, option)) => Err(Failure::new(
            "E0512",
            format!("{option} has no meaning for an object file"),
            "",
            "leave it out, or emit C",
        )),
    }
}

/// `model.tflite` becomes `model.c` in the current directory.
fn default_output(model: &Path, kind: Emit) -> PathBuf {
    let extension = match kind {
        Emit::C => "c",
        Emit::Reds => "reds",
        Emit::Tflite => "tflite",
        #[cfg(feature = "native")]
        Emit::Object => "o",
        #[cfg(feature = "native")]
        Emit::Clif => "clif",
    };
    PathBuf::from(model.file_stem().unwrap_or(OsStr::new("model"))).with_extension(extension)
}

/// The artifacts beside OUT.
fn c_files(compiled: &Compiled, output: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    compiled.artifacts.iter().map(|a| (output.with_file_name(&a.name), a.bytes.clone())).collect()
}
