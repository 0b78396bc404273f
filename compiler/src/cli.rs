//! The command line: arguments and dispatch. Each subcommand is one file beside this one.

mod bindings;
mod calibrate;
mod compile;
mod compress;
mod finetune;
mod inspect;
mod listing;
mod nest;
mod opt;
mod predict;
mod profile;
mod progress;
mod run;
mod sparse;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::driver::Patches;
use crate::error::Result;

/// Compiles neural networks (.tflite, .onnx, .reds) to small, fast C for microcontrollers.
#[derive(Debug, Parser)]
#[command(
    name = "redsc",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
        redsc model.tflite --target cortex-m55 -o model.c    write model.c and model.h\n  \
        redsc inspect model.tflite --html report.html        show graph, costs and memory plan\n  \
        redsc run model.tflite --input x.npy --output-dir .  run it, write out_0.npy, …\n  \
        redsc verify model.tflite                            compile, run, compare with the interpreter"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    compile: compile::CompileArgs,

    /// When to colour diagnostics.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile a model (the same as giving the model alone).
    Compile(compile::CompileArgs),
    /// Run a model on .npy inputs and write its outputs.
    Run(run::RunArgs),
    /// Show the bytes of weights in each sparse format; write them as delta-compressed sparse rows.
    Compress(compress::CompressArgs),
    /// Show operators, shapes, quantization, costs and the memory plan.
    Inspect(inspect::InspectArgs),
    /// Train nested subnetworks jointly, or a network alone.
    Finetune(finetune::FinetuneArgs),
    /// Run passes and print the textual IR.
    Opt(opt::OptArgs),
    /// Choose nested subnetworks and show or write them.
    Nest(nest::NestCommandArgs),
    /// Compile, run and compare with the reference interpreter.
    Verify(verify::VerifyArgs),
    /// Predict instructions, cycles, time and energy of a model, or of all models of a folder.
    Predict(predict::PredictArgs),
    /// Fit the constants of a board file to measured latencies.
    Calibrate(calibrate::CalibrateArgs),
    /// Measure kernels on an emulated core and write their cost laws.
    Profile(profile::ProfileArgs),
    /// List the targets.
    Targets,
    /// List the passes.
    Passes,
    /// Print a completion script.
    Completions {
        /// The shell to complete in.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// When to colour diagnostics.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The target option, shared by the subcommands that compile.
#[derive(Debug, Args)]
struct TargetArg {
    /// Target by name (`redsc targets` lists them) or the path of a .toml file.
    #[arg(long, default_value = "generic", value_name = "TARGET")]
    target: String,
}

/// Options of the pass pipeline, shared by the subcommands that run it.
#[derive(Debug, Args)]
struct PassArgs {
    /// Run these passes instead of the default ones (`redsc passes` lists them).
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    passes: Option<Vec<String>>,

    /// Print the textual IR after this pass (`all`: after every pass) to stderr.
    #[arg(long, value_name = "PASS")]
    print_after: Vec<String>,

    /// Print how long each stage took.
    #[arg(long)]
    timings: bool,

    /// Print what each pass did.
    #[arg(long)]
    stats: bool,
}

/// What decides whether part of the network runs in bands of rows.
#[derive(Debug, Args)]
struct PatchArgs {
    /// Largest acceptable arena; as much of the network as needed runs in bands of rows to keep within it.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    ram: Option<usize>,

    /// Whether part of the network may run in bands of rows: without a budget, only if it costs almost nothing.
    #[arg(long, value_enum, default_value_t = PatchesArg::Auto, value_name = "WHEN")]
    patches: PatchesArg,
}

/// Whether part of the network may run in bands of rows.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PatchesArg {
    /// If the RAM budget asks for it or it costs almost nothing.
    Auto,
    /// Never.
    Off,
}

impl PatchArgs {
    fn patches(&self) -> Patches {
        match self.patches {
            PatchesArg::Auto => Patches::Auto,
            PatchesArg::Off => Patches::Off,
        }
    }
}

/// Parses the command line, does what it says and returns the exit status: 0 done, 1 the input cannot be served,
/// 2 usage (clap exits by itself).
pub fn main() -> u8 {
    let cli = Cli::parse();
    let color = cli.color.enabled();
    match dispatch(cli) {
        Ok(()) => 0,
        Err(failure) => {
            progress::eprint(&failure.render(color));
            1
        }
    }
}

fn dispatch(cli: Cli) -> Result<()> {
    match cli.command {
        None => compile::execute(&cli.compile),
        Some(Command::Compile(args)) => compile::execute(&args),
        Some(Command::Run(args)) => run::execute(&args),
        Some(Command::Compress(args)) => compress::execute(&args),
        Some(Command::Inspect(args)) => inspect::execute(&args),
        Some(Command::Finetune(args)) => finetune::execute(&args),
        Some(Command::Opt(args)) => opt::execute(&args),
        Some(Command::Nest(args)) => nest::execute(&args),
        Some(Command::Verify(args)) => verify::execute(&args),
        Some(Command::Predict(args)) => predict::execute(&args),
        Some(Command::Calibrate(args)) => calibrate::execute(&args),
        Some(Command::Profile(args)) => profile::execute(&args),
        Some(Command::Targets) => listing::targets(),
        Some(Command::Passes) => listing::passes(),
        Some(Command::Completions { shell }) => listing::completions(shell),
    }
}

/// Neither a model nor a subcommand: a usage error.
fn usage() -> ! {
    use clap::CommandFactory;
    Cli::command()
        .error(clap::error::ErrorKind::MissingRequiredArgument, "a model or a subcommand is required")
        .exit()
}

impl Color {
    fn enabled(self) -> bool {
        use std::io::IsTerminal;
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::env::var_os("NO_COLOR").is_none() && std::io::stderr().is_terminal(),
        }
    }
}

/// A file argument that names a model.
#[derive(Debug, Args)]
struct ModelArg {
    /// The model: .tflite, .onnx or .reds; the content decides, not the name.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    #[command(flatten)]
    bindings: bindings::BindingArgs,
}

impl ModelArg {
    /// Reads the model.
    fn load(&self) -> Result<redsc_ir::Module> {
        crate::driver::load_bound(&self.model, &self.bindings.read()?)
    }
}

/// `65536`, `64k`, `1M`: powers of 1024.
fn parse_bytes(text: &str) -> std::result::Result<usize, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        _ => return Err(format!("`{text}` is not a number of bytes such as 65536 or 64k")),
    };
    let number: usize =
        digits.parse().map_err(|_| format!("`{text}` is not a number of bytes such as 65536 or 64k"))?;
    number.checked_mul(factor).ok_or_else(|| format!("`{text}` is too large"))
}
