//! From a recorded case to its results: compile the model to C, build the C, run all vectors, compare.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use redsc::driver::{self, Options, Quiet};
use redsc::{frontend, native};
use redsc_codegen::Artifact;
use redsc_ir::interp::Interpreter;
use redsc_ir::plan::Level;
use redsc_ir::{Data, Diagnostic, GraphId, Module, Node, Plan, Target};

use crate::golden::{self, Case, Sequence};
use crate::qemu::{self, BuildError, Core, Counts, Image};
use crate::{cc, tools};

/// The longest time that one model may take, all its vectors together.
const RUN_LIMIT: Duration = Duration::from_secs(900);

/// A model as C source.
pub struct Compiled {
    /// `model.c`, `model.h` and whatever else was emitted.
    pub artifacts: Vec<Artifact>,
    /// The module after the passes: what the C must compute.
    pub module: Module,
    /// The levels of a nested network; what each of them must compute.
    pub levels: Vec<Level>,
    /// The plan that the C follows.
    pub plan: Plan,
    tolerance: f64,
}

/// Why a case has no result.
#[derive(Debug)]
pub enum Problem {
    /// The model cannot be served, as diagnostics say.
    Unsupported(String),
    /// The core's memory is too small: a reason to skip.
    DoesNotFit(String),
    /// Something is broken.
    Failed(String),
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Problem::Failed(message)
    }
}

/// What a run of all vectors gave.
#[derive(Debug)]
pub struct Run {
    /// The outputs of each invocation.
    pub outputs: Vec<Vec<Data>>,
    /// Instructions of each invocation; zeros on the host.
    pub instructions: Vec<u64>,
    /// What `model_arena_bytes` said.
    pub arena_bytes: u64,
    /// The deepest stack in bytes, `main` of the rig included; 0 on the host.
    pub stack_bytes: u64,
    /// CRC-32 of each traced layer of all invocations.
    pub layers: Vec<u64>,
}

/// Codes of diagnostics that say that something is not supported, rather than wrong.
const UNSUPPORTED: [&str; 8] = ["E0203", "E0204", "E0206", "E0208", "E0210", "E0309", "E0401", "E0404"];

impl Problem {
    /// What diagnostics amount to.
    pub fn of(diagnostics: &[Diagnostic]) -> Problem {
        let line = |d: &Diagnostic| format!("{} {}: {}", d.code, d.location, d.message);
        let message = diagnostics.iter().map(line).collect::<Vec<_>>().join("\n");
        let unsupported = diagnostics.iter().all(|d| UNSUPPORTED.contains(&d.code));
        if unsupported { Problem::Unsupported(message) } else { Problem::Failed(message) }
    }
}

/// Reads a model.
///
/// # Errors
/// The front end's diagnostics.
pub fn load(case: &Case) -> Result<Module, Problem> {
    frontend::load(&case.bytes()?, &case.name).map_err(|diagnostics| Problem::of(&diagnostics))
}

/// Compiles a model with the default passes and options.
///
/// # Errors
/// See [`Problem`].
pub fn compile(case: &Case, target: &Target) -> Result<Compiled, Problem> {
    compile_module(load(case)?, &Options { target: target.clone(), ..Options::default() })
}

/// Compiles a module; `options` must keep the name `model`, which the rig's `main` uses.
///
/// # Errors
/// See [`Problem`].
pub fn compile_module(module: Module, options: &Options) -> Result<Compiled, Problem> {
    let compiled = driver::compile(module, options, &mut Quiet);
    compiled.map(Compiled::from).map_err(|failure| Problem::of(&failure.diagnostics))
}

/// Compiles a module to an object file for `host` or a target triple.
///
/// # Errors
/// See [`Problem`].
pub fn compile_object(module: Module, target: &str) -> Result<Compiled, Problem> {
    let options = driver::target(target).map(|target| Options { target, ..Options::default() });
    let compiled = options.and_then(|options| native::compile_object(module, &options, &mut Quiet));
    compiled.map(Compiled::from).map_err(|failure| Problem::of(&failure.diagnostics))
}

impl From<driver::Compiled> for Compiled {
    fn from(compiled: driver::Compiled) -> Self {
        Compiled {
            artifacts: compiled.artifacts,
            tolerance: golden::tolerance(&compiled.module),
            module: compiled.module,
            levels: compiled.levels,
            plan: compiled.plan,
        }
    }
}

impl Compiled {
    /// Writes the files into `dir` and returns those that are to be compiled.
    fn write(&self, dir: &Path) -> Result<Vec<PathBuf>, String> {
        let mut sources = Vec::new();
        for artifact in &self.artifacts {
            let path = dir.join(&artifact.name);
            tools::write(&path, &artifact.bytes)?;
            if artifact.name.ends_with(".c") || artifact.name.ends_with(".o") {
                sources.push(path);
            }
        }
        sources.push(redsc_rig::sources(dir).join("run_model.c"));
        Ok(sources)
    }

    /// Builds for the host under sanitizers, with further flags (see `rig/c/run_model.c`), and runs `sequences`.
    ///
    /// # Errors
    /// The compiler's or the program's messages.
    pub fn run_on_host(&self, dir: &Path, flags: &[&str], sequences: &[Sequence]) -> Result<Run, String> {
        let mut sources = self.write(dir)?;
        sources.extend(cc::rig_sources(dir));
        let program = cc::build(dir, &sources, &[cc::STRICT, flags].concat())?;
        write_inputs(dir, sequences)?;
        let finished = cc::run(&program, dir, RUN_LIMIT)?;
        read_run(dir, &finished.stdout, sequences)
    }

    /// Links with a cross compiler for Linux, runs `sequences` in an emulator of that machine.
    ///
    /// # Errors
    /// The compiler's or the program's messages.
    pub fn run_emulated(
        &self,
        dir: &Path,
        [compiler, emulator]: [&str; 2],
        sequences: &[Sequence],
    ) -> Result<Run, String> {
        let mut sources = self.write(dir)?;
        sources.extend(cc::rig_sources(dir));
        let program = dir.join("program");
        let mut command = Command::new(compiler);
        command.args(["-std=c99", "-O1", "-static", "-I"]).arg(dir).arg("-I").arg(redsc_rig::unpack(dir)?);
        command.args(sources).arg("-o").arg(&program).arg("-lm");
        cc::compile(&mut command)?;
        write_inputs(dir, sequences)?;
        let mut command = Command::new(emulator);
        command.arg(&program).current_dir(dir);
        let finished = tools::run(&mut command, RUN_LIMIT)?.success(emulator)?;
        read_run(dir, &finished.stdout, sequences)
    }

    /// Builds for an emulated core with `flags` (see [`qemu::build`]).
    ///
    /// # Errors
    /// See [`Problem`].
    pub fn build_for_core(&self, dir: &Path, core: Core, flags: &[&str]) -> Result<Image, Problem> {
        let mut all = vec!["-Wall", "-Wextra", "-Wconversion", "-Werror"];
        all.extend(flags);
        qemu::build(core, dir, &self.write(dir)?, &all).map_err(|error| match error {
            BuildError::DoesNotFit(message) => Problem::DoesNotFit(message),
            BuildError::Failed(message) => Problem::Failed(message),
        })
    }

    /// Compares a run with the recorded outputs.
    ///
    /// # Errors
    /// Every output that deviates: set, step, output, how much.
    pub fn check(&self, run: &Run, sequences: &[Sequence]) -> Result<(), String> {
        let steps =
            sequences.iter().flat_map(|s| s.steps.iter().enumerate().map(move |(i, step)| (&s.set, i, step)));
        let graph = &self.module.graphs[0];
        let mut deviations = Vec::new();
        for ((set, index, step), outputs) in steps.zip(&run.outputs) {
            for (i, (expected, actual)) in step.outputs.iter().zip(outputs).enumerate() {
                let elem = graph.ty(graph.outputs[i]).elem;
                if let Err(message) = golden::compare(elem, expected, actual, self.tolerance) {
                    deviations.push(format!("{set} step {index} output {i}: {message}"));
                }
            }
        }
        if deviations.is_empty() { Ok(()) } else { Err(deviations.join("\n")) }
    }
}

/// The first traced layer that is not what the interpreter computes, for models of integers: in floating point, the
/// last bits may differ.
///
/// # Errors
/// That layer, or the interpreter's own error.
pub fn check_layers(module: &Module, run: &Run, sequences: &[Sequence]) -> Result<(), String> {
    let mut traced = run.layers.iter();
    let mut result = Ok(());
    let mut compare = |graph: GraphId, node: &Node, position: usize, results: &[Data]| {
        for (data, value) in results.iter().zip(&node.outputs) {
            let right = traced.next() == Some(&u64::from(crc32fast::hash(data.bytes())));
            if !right && result.is_ok() {
                result = Err(format!("{graph} node {position} {}: {value} is wrong", node.location));
            }
        }
    };
    let mut interpreter = Interpreter::new(module);
    for sequence in sequences {
        interpreter.reset();
        for step in &sequence.steps {
            interpreter.invoke_traced(&step.inputs, &mut compare)?;
        }
    }
    result
}

/// Runs an image over `sequences`.
///
/// # Errors
/// What the program printed, if it failed.
pub fn run_on_core(image: &Image, dir: &Path, sequences: &[Sequence]) -> Result<Run, String> {
    write_inputs(dir, sequences)?;
    let finished = qemu::run(image, dir, RUN_LIMIT)?;
    read_run(dir, &finished.stdout, sequences)
}

/// Runs an image as [`run_on_core`] does and counts classes of instructions of each invocation.
///
/// # Errors
/// As [`run_on_core`]; and if there is no C compiler for the host, which the counting takes.
pub fn count_on_core(
    image: &Image,
    dir: &Path,
    sequences: &[Sequence],
) -> Result<(Run, Vec<Counts>), String> {
    write_inputs(dir, sequences)?;
    let (finished, counts) = qemu::run_counting(image, dir, RUN_LIMIT)?;
    Ok((read_run(dir, &finished.stdout, sequences)?, counts))
}

/// Writes `in.bin` (see `rig/c/run_model.c`). Sequences of one step share an initial state: what the first leaves behind
/// must not matter to the next.
fn write_inputs(dir: &Path, sequences: &[Sequence]) -> Result<(), String> {
    let stateless = sequences.iter().all(|s| s.steps.len() == 1);
    let counts: Vec<usize> =
        if stateless { vec![sequences.len()] } else { sequences.iter().map(|s| s.steps.len()).collect() };
    let mut bytes = (counts.len() as u32).to_le_bytes().to_vec();
    let mut steps = sequences.iter().flat_map(|s| &s.steps);
    for count in counts {
        bytes.extend((count as u32).to_le_bytes());
        for step in steps.by_ref().take(count) {
            step.inputs.iter().for_each(|input| bytes.extend(input.bytes()));
        }
    }
    tools::write(&dir.join("in.bin"), &bytes)
}

/// Reads what a run of `rig/c/run_model.c` left behind.
fn read_run(dir: &Path, stdout: &str, sequences: &[Sequence]) -> Result<Run, String> {
    let bytes = fs::read(dir.join("out.bin")).map_err(|e| format!("out.bin: {e}"))?;
    let mut rest = bytes.as_slice();
    let mut outputs = Vec::new();
    for step in sequences.iter().flat_map(|s| &s.steps) {
        let tensors = step.outputs.iter().map(|expected| {
            let (tensor, tail) = rest.split_at_checked(expected.bytes().len())?;
            rest = tail;
            Some(Data::from_bytes(tensor))
        });
        outputs.push(tensors.collect::<Option<Vec<Data>>>().ok_or("the outputs are smaller than recorded")?);
    }
    if !rest.is_empty() {
        return Err(format!("the outputs are {} bytes larger than recorded", rest.len()));
    }
    let last = |key: &str| tools::values(stdout, key).last().copied();
    Ok(Run {
        outputs,
        instructions: tools::values(stdout, "insns"),
        arena_bytes: last("arena").ok_or("the program did not print its arena")?,
        stack_bytes: last("stack").ok_or("the program did not run to its end")?,
        layers: tools::values(stdout, "layer"),
    })
}
