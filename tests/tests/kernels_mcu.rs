//! Kernels on emulated cores compute what the interpreter computes: random 8-bit layers on images and
//! on sequences, and random modules.
//!
//! Set `REDSC_SEEDS=FIRST..END` to run other seeds than the usual ones, `REDSC_CORES=m3,m7` for other cores.

use std::ops::Range;

use redsc_codegen::{COptions, Optimize};
use redsc_ir::{Data, ElemType, Module, Op};
use redsc_passes::PlanOptions;
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

/// A random layer with one weight in twelve left.
fn thinned_layer_of_seed(seed: u64) -> Module {
    let mut module = random::layer_of_seed(seed);
    for graph in &mut module.graphs {
        let layers =
            graph.nodes.iter().filter(|node| matches!(node.op, Op::Conv2d(_) | Op::FullyConnected(_)));
        let weights: Vec<_> = layers.filter_map(|node| node.input(1)).collect();
        for id in weights {
            let value = &mut graph.values[id.index()];
            let Some(data) = value.data.as_ref().filter(|_| value.ty.elem == ElemType::I8) else { continue };
            let mut left = data.to_vec::<i8>();
            let is_kept = |i: usize| (i as u64 * 7 + seed + i as u64 / 5).is_multiple_of(12);
            left.iter_mut().enumerate().filter(|(i, _)| !is_kept(*i)).for_each(|(_, weight)| *weight = 0);
            value.data = Some(Data::from_slice(&left));
        }
    }
    module
}

/// Every kernel for sparse weights has its turn on a Cortex-M3 or a Cortex-M4, windows of several taps included.
#[test]
fn sparse_layers_select_sparse_kernels() {
    let mut chosen = std::collections::BTreeSet::new();
    for (seed, core) in (0..2 * BATCH).flat_map(|seed| [(seed, Core::M3), (seed, Core::M4)]) {
        let module = thinned_layer_of_seed(seed);
        let Ok(plan) = redsc_passes::plan(&module, core.target(), &PlanOptions::default()) else { continue };
        let graph = module.entry();
        for (node, step) in graph.nodes.iter().zip(&plan.graphs[0].steps) {
            let taps = node.input(1).map(|id| &graph.ty(id).shape.0).filter(|shape| shape.len() == 4);
            chosen.insert((step.kernel.symbol(), taps.is_some_and(|shape| shape[1] * shape[2] > 1)));
        }
    }
    for expected in [
        ("redsc_conv2d_sparse_s8", false),
        ("redsc_conv2d_sparse_s8", true),
        ("redsc_conv2d_sparse_s8_dsp", true),
        ("redsc_fully_connected_sparse_s8", false),
    ] {
        assert!(chosen.contains(&expected), "{expected:?} is not in {chosen:?}");
    }
}

#[test]
fn sparse_layers_compute_the_same_on_emulated_cores() {
    check(thinned_layer_of_seed);
}

#[test]
fn layers_with_state_compute_the_same_on_emulated_cores() {
    check(random::sequence_of_seed);
}

#[test]
fn modules_compute_the_same_on_emulated_cores() {
    check(random::module_of_seed);
}
