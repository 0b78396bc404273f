//! The command line: arguments and dispatch. Each subcommand is one file beside this one.

mod compile;
mod inspect;
mod listing;
mod nest;
mod opt;
mod profile;
mod progress;
mod run;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Show operators, shapes, quantization, costs and the memory plan.
    Inspect(inspect::InspectArgs),
    /// Run passes and print the textual IR.
    Opt(opt::OptArgs),
    /// Choose nested subnetworks and show or write them.
    Nest(nest::NestCommandArgs),
    /// Compile, run and compare with the reference interpreter.
    Verify(verify::VerifyArgs),
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
        Some(Command::Inspect(args)) => inspect::execute(&args),
        Some(Command::Opt(args)) => opt::execute(&args),
        Some(Command::Nest(args)) => nest::execute(&args),
        Some(Command::Verify(args)) => verify::execute(&args),
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
}
