//! Random modules compute the same in the interpreter and as C, whatever the options; the same module gives the same C;
//! what the C looks like.
//!
//! Set `REDSC_SEEDS=FIRST..END` to run other seeds than the usual ones.

use std::fmt::Write;
use std::ops::Range;

use redsc_codegen::{Artifact, COptions, Optimize};
use redsc_ir::Module;
use redsc_tests::subject::{self, Machine, Subject, failures};
use redsc_tests::{cc, random};

/// Seeds of one run of the compiler.
const BATCH: u64 = 32;

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
    failures(Machine::Host, seeds.map(|seed| subject(random::module_of_seed(seed), seed)))
}

fn subject(module: Module, seed: u64) -> Result<Subject, String> {
    let target = Machine::Host.target()?;
    Subject::new(module, seed, target, &options(seed), seed % 2 == 1).map_err(|e| format!("seed {seed}: {e}"))
}

/// Every option meets every other one over the seeds.
fn options(seed: u64) -> COptions {
    COptions {
        optimize: if (seed / 2).is_multiple_of(3) { Optimize::Size } else { Optimize::Speed },
        weights_separate: (seed / 2).is_multiple_of(5),
        trace: (seed / 2).is_multiple_of(7),
        probe: false,
        arena_external: false,
        ..COptions::new("model")
    }
}

fn compile(module: &Module, options: &COptions, with_passes: bool) -> Result<Vec<Artifact>, String> {
    subject::compile(module, Machine::Host.target()?, options, with_passes)
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
    let failures = failures(Machine::Host, modules.zip(0..).map(|(module, seed)| subject(module, seed)));
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
