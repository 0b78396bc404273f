//! Random modules compute the same in the interpreter and as C, whatever the options; the same module gives the same C;
//! what the C looks like.
//!
//! Many modules share one run of the compiler: each gets a prefix of its own, one `main` runs them all. Set
//! `REDSC_SEEDS=FIRST..END` to run other seeds than the usual ones.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use redsc_codegen::{Artifact, COptions, Optimize, emit_c};
use redsc_ir::interp::Interpreter;
use redsc_ir::{Data, Module, Target};
use redsc_passes::{Config, Pipeline, PlanOptions};
use redsc_tests::{cc, golden, random, tools};

/// Seeds of one run of the compiler.
const BATCH: u64 = 32;

/// Invocations of each module, one after another, so that state shows.
const STEPS: u64 = 3;

/// A module as C, and what it must compute.
struct Subject {
    seed: u64,
    module: Module,
    name: String,
    artifacts: Vec<Artifact>,
    steps: Vec<(Vec<Data>, Vec<Data>)>,
}

#[test]
fn random_modules_compute_the_same_as_c() {
    if !cc::available() {
        return;
    }
    let seeds = seeds();
    let batches: Vec<Range<u64>> =
        seeds.clone().step_by(BATCH as usize).map(|first| first..(first + BATCH).min(seeds.end)).collect();
    let failures: Vec<String> = batches.into_iter().flat_map(check_batch).collect();
    assert!(failures.is_empty(), "{} modules fail; the first:\n{}", failures.len(), failures[0]);
}

fn seeds() -> Range<u64> {
    let chosen = std::env::var("REDSC_SEEDS").ok();
    let parse = |text: &str| -> Option<Range<u64>> {
        let (first, end) = text.split_once("..")?;
        Some(first.parse().ok()?..end.parse().ok()?)
    };
    chosen.as_deref().and_then(parse).unwrap_or(0..3 * BATCH)
}

/// What goes wrong with the modules of these seeds.
fn check_batch(seeds: Range<u64>) -> Vec<String> {
    check_subjects(seeds.map(|seed| subject(seed).map_err(|e| format!("seed {seed}: {e}"))))
}

fn check_subjects(made: impl Iterator<Item = Result<Subject, String>>) -> Vec<String> {
    let (mut subjects, mut failures) = (Vec::new(), Vec::new());
    for result in made {
        match result {
            Ok(subject) => subjects.push(subject),
            Err(message) => failures.push(message),
        }
    }
    let dir = tempfile::tempdir().unwrap();
    match run_batch(dir.path(), &subjects) {
        Ok(outputs) => failures.extend(subjects.iter().zip(outputs).filter_map(|(s, o)| s.compare(&o).err())),
        Err(message) => failures.push(message),
    }
    failures
}

fn subject(seed: u64) -> Result<Subject, String> {
    subject_of(random::module_of_seed(seed), seed)
}

fn subject_of(module: Module, seed: u64) -> Result<Subject, String> {
    let mut interpreter = Interpreter::new(&module);
    let mut steps = Vec::new();
    for step in 0..STEPS {
        let inputs = random::inputs(&module, seed * STEPS + step);
        let outputs = interpreter.invoke(&inputs)?;
        steps.push((inputs, outputs));
    }
    let name = format!("m{seed}");
    let artifacts = compile(&module, &options(&name, seed), seed % 2 == 1)?;
    Ok(Subject { seed, module, name, artifacts, steps })
}

/// Every option meets every other one over the seeds.
fn options(name: &str, seed: u64) -> COptions {
    COptions {
        optimize: if (seed / 2).is_multiple_of(3) { Optimize::Size } else { Optimize::Speed },
        weights_separate: (seed / 2).is_multiple_of(5),
        trace: (seed / 2).is_multiple_of(7),
        probe: false,
        arena_external: false,
        ..COptions::new(name)
    }
}

fn compile(module: &Module, options: &COptions, with_passes: bool) -> Result<Vec<Artifact>, String> {
    let mut module = module.clone();
    if with_passes {
        let config = Config::default();
        Pipeline::default().run(&mut module, &config, &mut |_| {}).map_err(|e| e.to_string())?;
    }
    let target = Target::named("generic").ok_or("there is no target `generic`")?;
    let plan = redsc_passes::plan(&module, target, &PlanOptions::default());
    let plan = plan.map_err(|errors| errors.iter().map(|e| format!("{e}\n")).collect::<String>())?;
    emit_c(&module, &plan, target, options)
        .map_err(|errors| errors.iter().map(|e| format!("{e}\n")).collect::<String>())
}

impl Subject {
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

/// Runs all subjects in one program and returns the outputs of each, step by step.
fn run_batch(dir: &Path, subjects: &[Subject]) -> Result<Vec<Vec<Data>>, String> {
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
    let program = cc::build(dir, &sources, cc::STRICT)?;
    cc::run(&program, dir, Duration::from_secs(120))?;
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
    let mut text = String::from("#include <stdio.h>\n#include <stdlib.h>\n");
    for subject in subjects {
        let _ = writeln!(text, "#include \"{}.h\"", subject.name);
    }
    text.push_str("int main(void)\n{\n");
    text.push_str("    FILE *in = fopen(\"in.bin\", \"rb\"), *out = fopen(\"out.bin\", \"wb\");\n");
    text.push_str("    if (in == NULL || out == NULL) return 1;\n");
    for Subject { name, seed, .. } in subjects {
        if seed % 2 == 1 {
            let _ = writeln!(text, "    if ({name}_init() != 0) return 2;");
        }
        let _ = write!(
            text,
            "    for (int step = 0; step < {STEPS}; step++) {{
        for (unsigned i = 0; i < {name}_input_count(); i++)
            if (fread({name}_input(i), 1, {name}_input_bytes(i), in) != {name}_input_bytes(i)) return 3;
        if ({name}_invoke() != 0) return 4;
        for (unsigned i = 0; i < {name}_output_count(); i++)
            fwrite({name}_output(i), 1, {name}_output_bytes(i), out);
    }}\n"
        );
    }
    text.push_str("    fclose(in);\n    return fclose(out);\n}\n");
    text
}

/// Random modules have no LSTM: its operands hang together too much.
fn lstm(elem: &str, bias: &str, zero_point: i32, seed: u64) -> Module {
    let mut text = format!(
        "module \"lstm\"
var $0 : 2x3x{elem} q(0.0078125, {zero_point}) = random(seed {seed})
var $1 : 2x3xi16 q(0.00048828125, 0) = random(seed {seed})
graph @0(%0 : 2x4x5x{elem} q(0.02, {zero_point})) {{\n"
    );
    for gate in 0..4 {
        let _ = writeln!(text, "  %{} = const : 3x5xi8 q(0.011, 0) = random(seed {})", 1 + gate, seed + gate);
        let _ =
            writeln!(text, "  %{} = const : 3x3xi8 q(0.017, 0) = random(seed {})", 5 + gate, seed + 9 * gate);
        let _ = writeln!(text, "  %{} = const : 3x{bias} = [{}, -500, {}]", 9 + gate, 900 * gate, 37 * seed);
    }
    let absent = |count| vec!["_"; count].join(", ");
    let _ = write!(
        text,
        "  %13 = lstm(%0, %1, %2, %3, %4, %5, %6, %7, %8, {}, %9, %10, %11, %12, {})
    {{time_major = false, act = tanh, cell_clip = 8.0, projection_clip = 0.0, hidden_scale = 0.0078125,
     hidden_zero_point = {zero_point}, output_state = $0, cell_state = $1}}
    : 2x4x3x{elem} q(0.0078125, {zero_point})
  return %13
}}\n",
        absent(3),
        absent(6)
    );
    redsc_ir::text::parse(&text, &|_| None).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
}

#[test]
fn lstms_compute_the_same_as_c() {
    if !cc::available() {
        return;
    }
    let modules = (0..4).flat_map(|seed| [lstm("i8", "i32", -5, seed), lstm("i16", "i64", 0, seed)]);
    let failures = check_subjects(modules.zip(0..).map(|(module, seed)| subject_of(module, seed)));
    assert!(failures.is_empty(), "{}", failures[0]);
}

#[test]
fn the_same_module_gives_the_same_c() {
    for seed in 0..20 {
        let module = random::module_of_seed(seed);
        let emit = || compile(&module, &COptions::new("model"), true);
        assert_eq!(emit(), emit(), "seed {seed}");
    }
}

/// Two equal convolutions that share a function, a pooling, a view and a table.
const SMALL: &str = r#"
module "small"
var $0 "last" : 1x4xi8 q(0.5, -3) = zeros
graph @0 "main"(%0 "image" : 1x4x4x2xi8 q(0.5, -3)) {
  %1 = const : 2x1x1x2xi8 q(axis 0, [0.01, 0.02], [0, 0]) = [1, -2, 3, 4]
  %2 = const : 2xi32 = [10, -20]
  %3 "first" = conv2d(%0, %1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = relu,
    accumulate = centered} : 1x4x4x2xi8 q(0.5, -3) loc "CONV_2D #0"
  %4 "second" = conv2d(%3, %1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = relu,
    accumulate = centered} : 1x4x4x2xi8 q(0.5, -3) loc "CONV_2D #1"
  %5 "pooled" = max_pool2d(%4) {padding = [0, 0, 0, 0], filter = [2, 4], stride = [2, 4], act = none}
    : 1x2x1x2xi8 q(0.5, -3) loc "MAX_POOL_2D #2"
  %6 = reshape(%5) {shape = [1, 4]} : 1x4xi8 q(0.5, -3) loc "RESHAPE #3"
  %7 = read_variable() {variable = $0} : 1x4xi8 q(0.5, -3)
  %8 "sum" = add(%6, %7) {act = none} : 1x4xi8 q(0.5, -3) loc "ADD #4"
  assign_variable(%6) {variable = $0}
  return %8
}
"#;

#[test]
fn what_the_c_looks_like() {
    let module = redsc_ir::text::parse(SMALL, &|_| None).unwrap();
    for artifact in compile(&module, &COptions::new("small"), false).unwrap() {
        let text = String::from_utf8(artifact.bytes).unwrap();
        insta::assert_snapshot!(artifact.name, without_kernels(&text));
    }
}

/// Kernels have tests of their own; their text would move this snapshot for no good reason.
fn without_kernels(text: &str) -> String {
    let begin = text.find("/* ---- kernels").unwrap_or(text.len());
    let end = text.find("/* ---- constants").unwrap_or(begin);
    text[..begin].to_owned() + &text[end..]
}
