//! Compile a model from `build.rs`: model in, static library and a safe Rust module out.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), redsc_build::Error> {
//!     redsc_build::Builder::new("model.tflite").target("cortex-m4").compile("model")
//! }
//! ```
//!
//! ```ignore
//! // src/main.rs
//! mod model {
//!     include!(concat!(env!("OUT_DIR"), "/model.rs"));
//! }
//!
//! let mut network = model::Model::take().expect("the network is in use");
//! network.input_0().copy_from_slice(&samples);
//! network.invoke()?;
//! let scores = network.output_0();
//! ```

mod bindings;

use std::path::{Path, PathBuf};

use redsc::driver::{self, Options, Quiet};
use redsc_codegen::c::{COptions, Optimize};

/// Why a model could not be compiled; its text is meant for the person who builds.
pub struct Error(String);

/// Compiles one model in a build script.
#[derive(Clone, Debug)]
pub struct Builder {
    model: PathBuf,
    target: Option<String>,
    optimize: Optimize,
    ram_budget: Option<usize>,
}

impl Builder {
    /// A builder for the model file at `model`, relative to the package.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Builder { model: model.into(), target: None, optimize: Optimize::Speed, ram_budget: None }
    }

    /// The target, as on the command line of `redsc`; without it the one that fits Cargo's `TARGET` best.
    pub fn target(mut self, target: &str) -> Self {
        self.target = Some(target.to_owned());
        self
    }

    /// What kernels are chosen and compiled for; speed without it.
    pub fn optimize(mut self, optimize: Optimize) -> Self {
        self.optimize = optimize;
        self
    }

    /// Fails the build if the arena is larger than `bytes`.
    pub fn ram(mut self, bytes: usize) -> Self {
        self.ram_budget = Some(bytes);
        self
    }

    /// Compiles the model into the static library `name` and writes `$OUT_DIR/name.rs`, `name.c` and `name.h`.
    ///
    /// # Errors
    /// What `redsc` finds wrong with the model, or what the C compiler finds wrong with its environment.
    pub fn compile(self, name: &str) -> Result<(), Error> {
        let out_dir = PathBuf::from(variable("OUT_DIR")?);
        tell_cargo(&format!("rerun-if-changed={}", self.model.display()));
        let target_name = match &self.target {
            Some(target) => target.clone(),
            None => target_for(&variable("TARGET")?).to_owned(),
        };
        let options = Options {
            target: driver::target(&target_name).map_err(Error::from_failure)?,
            c: COptions { optimize: self.optimize, ..COptions::new(name) },
            ram_budget: self.ram_budget,
            ..Options::default()
        };
        let module = driver::load(&self.model).map_err(Error::from_failure)?;
        let compiled = driver::compile(module, &options, &mut Quiet).map_err(Error::from_failure)?;
        let mut files: Vec<(PathBuf, Vec<u8>)> =
            compiled.artifacts.iter().map(|a| (out_dir.join(&a.name), a.bytes.clone())).collect();
        let sources: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).filter(|p| is_c(p)).collect();
        let rust = bindings::rust_module(compiled.module.entry(), &options.c.name);
        files.push((out_dir.join(format!("{name}.rs")), rust.into_bytes()));
        redsc::io::write_all(&files).map_err(Error::from_failure)?;
        let mut build = cc::Build::new();
        build.files(sources).opt_level(2);
        for flag in options.target.cflags.iter().filter(|_| target_name.starts_with("cortex")) {
            build.flag(flag);
        }
        build.try_compile(name).map_err(|e| Error(e.to_string()))
    }
}

impl Error {
    fn from_failure(failure: redsc::error::Failure) -> Self {
        Error(failure.render(false))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// As [`Display`](std::fmt::Display): Cargo shows what `main` returns in this form.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Error {}

/// The redsc target that fits a Rust target triple best.
fn target_for(triple: &str) -> &'static str {
    match triple.split('-').next().unwrap_or_default() {
        "thumbv6m" => "cortex-m0plus",
        "thumbv7m" => "cortex-m3",
        "thumbv7em" => "cortex-m4",
        "thumbv8m.main" => "cortex-m33",
        arch if arch.starts_with("riscv32") => "riscv32",
        _ => "generic",
    }
}

fn variable(name: &str) -> Result<String, Error> {
    tell_cargo(&format!("rerun-if-env-changed={name}"));
    std::env::var(name).map_err(|_| Error(format!("{name} is not set: call this from a build script")))
}

/// Cargo listens to the standard output of build scripts.
#[expect(clippy::print_stdout, reason = "this is how build scripts talk to Cargo")]
fn tell_cargo(instruction: &str) {
    println!("cargo::{instruction}");
}

fn is_c(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "c")
}
