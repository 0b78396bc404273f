//! C on the host: compile with the system's compiler, under sanitizers, and run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::tools::{self, Finished};

/// All that generated C and kernels must survive: warnings are errors, undefined behaviour and bad accesses abort.
pub const STRICT: &[&str] = &[
    "-std=c99",
    "-O1",
    "-g1",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
];

const COMPILE_LIMIT: Duration = Duration::from_secs(300);

/// The system's C compiler: `$CC`, or the first of `gcc`, `cc`, `clang` that is installed.
pub fn compiler() -> Option<String> {
    let chosen = env::var("CC").ok().filter(|cc| !cc.is_empty());
    chosen.or_else(|| ["gcc", "cc", "clang"].into_iter().find(|cc| tools::find(cc).is_some()).map(Into::into))
}

/// Whether there is a C compiler; says so if not (see [`tools::available`]).
///
/// # Panics
/// If there is none and tools are required.
pub fn available() -> bool {
    compiler().is_some() || tools::available(&["gcc"])
}

/// Compiles and links `sources` into `dir/program`.
///
/// # Errors
/// The compiler's command and its messages.
pub fn build(dir: &Path, sources: &[PathBuf], flags: &[&str]) -> Result<PathBuf, String> {
    let cc = compiler().ok_or("no C compiler installed")?;
    let program = dir.join("program");
    let rig = crate::unpack(dir)?;
    let mut command = Command::new(cc);
    command.args(flags).arg("-I").arg(dir).arg("-I").arg(rig);
    command.args(sources).arg("-o").arg(&program).arg("-lm");
    compile(&mut command)?;
    Ok(program)
}

/// Compiles `source` into a shared library for the host.
///
/// # Errors
/// As [`build`].
pub fn shared_library(dir: &Path, source: &Path) -> Result<PathBuf, String> {
    let cc = compiler().ok_or("no C compiler installed")?;
    let library = source.with_extension("so");
    let mut command = Command::new(cc);
    command.current_dir(dir).args(["-shared", "-fPIC", "-O2", "-fvisibility=hidden"]);
    command.arg(source).arg("-o").arg(&library);
    compile(&mut command)?;
    Ok(library)
}

/// Runs a compiler.
///
/// # Errors
/// The command and the compiler's messages.
pub fn compile(command: &mut Command) -> Result<Finished, String> {
    let shown = format!("{command:?}");
    tools::run(command, COMPILE_LIMIT)?.success(&shown)
}

/// The rig's sources for a program on the host that is built in `dir` (see `rig/c/rig.h`).
pub fn rig_sources(dir: &Path) -> Vec<PathBuf> {
    ["host.c", "report.c"].map(|name| crate::sources(dir).join(name)).to_vec()
}

/// Runs a program in `dir`.
///
/// # Errors
/// What it printed, if it fails (sanitizer reports included) or runs longer than `limit`.
pub fn run(program: &Path, dir: &Path, limit: Duration) -> Result<Finished, String> {
    let mut command = Command::new(program);
    command.current_dir(dir);
    tools::run(&mut command, limit)?.success(&program.display().to_string())
}
