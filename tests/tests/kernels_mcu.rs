//! Kernels on emulated cores compute what the interpreter computes: random 8-bit layers on images and
//! on sequences, and random modules.
//!
//! Set `REDSC_SEEDS=FIRST..END` to run other seeds than the usual ones, `REDSC_CORES=m3,m7` for other cores.

use std::ops::Range;

use redsc_codegen::{COptions, Optimize};
use redsc_ir::Module;
use redsc_tests::qemu::{self, Core};
use redsc_tests::random;
use redsc_tests::subject::{Machine, Subject, failures};

/// Modules in one program.
const BATCH: u64 = 26;

fn seeds() -> Range<u64> {
    let chosen = std::env::var("REDSC_SEEDS").ok();
    let parse = |text: &str| -> Option<Range<u64>> {
        let (first, end) = text.split_once("..")?;
        Some(first.parse().ok()?..end.parse().ok()?)
    };
    chosen.as_deref().and_then(parse).unwrap_or(0..2 * BATCH)
}

fn cores() -> Vec<Core> {
    match std::env::var("REDSC_CORES") {
        Ok(list) => Core::parse_list(&list).unwrap_or_else(|message| panic!("{message}")),
        Err(_) => vec![Core::M3, Core::M4, Core::M55],
    }
}

/// Compares in batches; each has a goal and a level of its own.
fn check(make: fn(u64) -> Module) {
    if !qemu::available() {
        return;
    }
    let mut all = Vec::new();
    for core in cores() {
        for first in seeds().step_by(BATCH as usize) {
            let (optimize, level) = match first / BATCH % 3 {
                0 => (Optimize::Speed, "-O2"),
                1 => (Optimize::Size, "-Os"),
                _ => (Optimize::Balanced, "-O3"),
            };
            let options = COptions { optimize, ..COptions::new("model") };
            let subject = |seed| {
                Subject::new(make(seed), seed, core.target(), &options, true)
                    .map_err(|e| format!("seed {seed}: {e}"))
            };
            let batch = (first..(first + BATCH).min(seeds().end)).map(subject);
            let found = failures(Machine::Core(core, level), batch);
            all.extend(found.into_iter().map(|message| format!("{core} {level}: {message}")));
        }
    }
    let heads: Vec<&str> = all.iter().filter_map(|message| message.lines().next()).collect();
    assert!(all.is_empty(), "{} modules fail: {heads:#?}\nthe first:\n{}", all.len(), all[0]);
}

#[test]
fn layers_compute_the_same_on_emulated_cores() {
    check(random::layer_of_seed);
}

/// Here results take the place of operands.
#[test]
fn stacks_compute_the_same_on_emulated_cores() {
    check(random::stack_of_seed);
}

#[test]
fn wide_layers_compute_the_same_on_emulated_cores() {
    check(random::wide_layer_of_seed);
}

#[test]
fn layers_with_state_compute_the_same_on_emulated_cores() {
    check(random::sequence_of_seed);
}

#[test]
fn modules_compute_the_same_on_emulated_cores() {
    check(random::module_of_seed);
}
