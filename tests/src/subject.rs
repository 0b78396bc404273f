//! Modules as C, many in one program: the same inputs must give what the interpreter computed, on the host under
//! sanitizers or on an emulated core.
//!
//! Each module gets a prefix of its own, and one `main` runs them all.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use redsc_codegen::{Artifact, COptions, emit_c};
use redsc_ir::interp::Interpreter;
use redsc_ir::{Data, Module, Target};
use redsc_passes::{Config, Pipeline, PlanOptions};

use crate::qemu::{self, BuildError, Core};
use crate::{cc, golden, random, tools};

/// Invocations of each module, one after another, so that state shows.
pub const STEPS: u64 = 3;

const RUN_LIMIT: Duration = Duration::from_secs(120);

/// A module as C, and what it must compute.
pub struct Subject {
    seed: u64,
    module: Module,
    name: String,
    artifacts: Vec<Artifact>,
    steps: Vec<(Vec<Data>, Vec<Data>)>,
}

/// Where subjects run.
#[derive(Clone, Copy, Debug)]
pub enum Machine {
    /// Here, under sanitizers.
    Host,
    /// An emulated core, with that optimisation level of GCC.
    Core(Core, &'static str),
}

impl Machine {
    /// What modules are compiled for.
    ///
    /// # Errors
    /// If redsc does not know the target.
    pub fn target(self) -> Result<&'static Target, String> {
        match self {
            Machine::Host => Target::named("generic").ok_or_else(|| "there is no target `generic`".into()),
            Machine::Core(core, _) => Ok(core.target()),
        }
    }
}

/// Runs the passes if asked to, plans and emits C.
///
/// # Errors
/// All diagnostics.
pub fn compile(
    module: &Module,
    target: &Target,
    options: &COptions,
    with_passes: bool,
) -> Result<Vec<Artifact>, String> {
    let mut module = module.clone();
    if with_passes {
        let config = Config::default();
        Pipeline::default().run(&mut module, &config, &mut |_| {}).map_err(|e| e.to_string())?;
    }
    let plan = redsc_passes::plan(&module, target, &PlanOptions::default());
    let plan = plan.map_err(|errors| errors.iter().map(|e| format!("{e}\n")).collect::<String>())?;
    emit_c(&module, &plan, target, options)
        .map_err(|errors| errors.iter().map(|e| format!("{e}\n")).collect::<String>())
}

impl Subject {
    /// A module with random inputs, which depend on the seed; `options` may have any name.
    ///
    /// # Errors
    /// What the interpreter or the compiler says.
    pub fn new(
        module: Module,
        seed: u64,
        target: &Target,
        options: &COptions,
        with_passes: bool,
    ) -> Result<Self, String> {
        let mut interpreter = Interpreter::new(&module);
        let mut steps = Vec::new();
        for step in 0..STEPS {
            let inputs = random::inputs(&module, seed * STEPS + step);
            let outputs = interpreter.invoke(&inputs)?;
            steps.push((inputs, outputs));
        }
        let name = format!("m{seed}");
        let options = COptions { name: name.clone(), stem: name.clone(), ..options.clone() };
        let artifacts = compile(&module, target, &options, with_passes)?;
        Ok(Subject { seed, module, name, artifacts, steps })
    }

    /// Compares the outputs of all steps.
    fn compare(&self, actual: &[Data]) -> Result<(), String> {
        let expected = self.steps.iter().flat_map(|(_, outputs)| outputs);
        let graph = self.module.entry();
        let types = graph.outputs.iter().map(|&v| graph.ty(v).elem).cycle();
        for (index, ((expected, actual), elem)) in expected.zip(actual).zip(types).enumerate() {
            golden::compare(elem, expected, actual, 1e-4).map_err(|e| {
                let text = redsc_ir::text::print(&self.module).text;
                format!("seed {}, output {index} over all steps: {e}\n{text}", self.seed)
            })?;
        }
        Ok(())
    }
}

/// What goes wrong with some subjects, or on the way to them.
///
/// # Panics
/// If there is no directory for temporary files.
pub fn failures(machine: Machine, made: impl Iterator<Item = Result<Subject, String>>) -> Vec<String> {
    let (mut subjects, mut failures) = (Vec::new(), Vec::new());
    for result in made {
        match result {
            Ok(subject) => subjects.push(subject),
            Err(message) => failures.push(message),
        }
    }
    let dir = tempfile::tempdir().expect("temporary files can be written");
    match run(machine, dir.path(), &subjects) {
        Ok(outputs) => failures.extend(subjects.iter().zip(outputs).filter_map(|(s, o)| s.compare(&o).err())),
        Err(message) => failures.push(message),
    }
    failures
}

/// Runs all subjects in one program and returns the outputs of each, step by step.
fn run(machine: Machine, dir: &Path, subjects: &[Subject]) -> Result<Vec<Vec<Data>>, String> {
    let mut sources = Vec::new();
    for artifact in subjects.iter().flat_map(|s| &s.artifacts) {
        let path = dir.join(&artifact.name);
        tools::write(&path, &artifact.bytes)?;
        if artifact.name.ends_with(".c") {
            sources.push(path);
        }
    }
    let inputs = subjects.iter().flat_map(|s| &s.steps).flat_map(|(inputs, _)| inputs);
    let inputs: Vec<u8> = inputs.flat_map(|data| data.bytes().iter().copied()).collect();
    tools::write(&dir.join("in.bin"), &inputs)?;
    let main = dir.join("main.c");
    tools::write(&main, main_c(subjects).as_bytes())?;
    sources.push(main);
    match machine {
        Machine::Host => {
            sources.extend(cc::rig_sources(dir));
            cc::run(&cc::build(dir, &sources, cc::STRICT)?, dir, RUN_LIMIT)?;
        }
        Machine::Core(core, level) => {
            let flags = ["-Wall", "-Wextra", "-Wconversion", "-Werror", level];
            let image = qemu::build(core, dir, &sources, &flags).map_err(|error| match error {
                BuildError::DoesNotFit(message) | BuildError::Failed(message) => message,
            })?;
            qemu::run(&image, dir, RUN_LIMIT)?;
        }
    }
    let bytes = std::fs::read(dir.join("out.bin")).map_err(|e| e.to_string())?;
    let mut rest = bytes.as_slice();
    let mut take = |expected: &Data| {
        let (head, tail) = rest.split_at(expected.bytes().len().min(rest.len()));
        rest = tail;
        Data::from_bytes(head)
    };
    let outputs_of = |s: &Subject| s.steps.iter().flat_map(|(_, outputs)| outputs).map(&mut take).collect();
    Ok(subjects.iter().map(outputs_of).collect())
}

/// Runs every model over its part of `in.bin`; odd ones are initialised, even ones start by themselves.
fn main_c(subjects: &[Subject]) -> String {
    let mut text = String::from("#include \"rig.h\"\n");
    for subject in subjects {
        let _ = writeln!(text, "#include \"{}.h\"", subject.name);
    }
    text.push_str("int main(void)\n{\n");
    text.push_str("    const int in = rig_open_read(\"in.bin\"), out = rig_open_write(\"out.bin\");\n");
    for Subject { name, seed, .. } in subjects {
        if seed % 2 == 1 {
            let _ = writeln!(text, "    if ({name}_init() != 0) return 2;");
        }
        let _ = write!(
            text,
            "    for (int step = 0; step < {STEPS}; step++) {{
        for (unsigned i = 0; i < {name}_input_count(); i++)
            rig_read(in, {name}_input(i), {name}_input_bytes(i));
        if ({name}_invoke() != 0) return 4;
        for (unsigned i = 0; i < {name}_output_count(); i++)
            rig_write(out, {name}_output(i), {name}_output_bytes(i));
    }}\n"
        );
    }
    text.push_str("    return 0;\n}\n");
    text
}
