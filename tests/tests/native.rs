//! Native code computes what the interpreter computes, on random modules; object files do so on other machines, with the
//! instructions that they were written for.

use proptest::prelude::*;
use redsc::driver::Quiet;
use redsc::native;
use redsc_ir::interp::Interpreter;
use redsc_ir::{Data, Module};
use redsc_tests::golden::{self, Sequence, Step};
use redsc_tests::model;
use redsc_tests::random::{RandomModule, inputs, module_of_seed, modules};
use redsc_tests::{cc, tools};

/// Invocations of each module.
const STEPS: u64 = 2;

/// Inputs with the outputs of the interpreter; nothing if the module does not run.
fn expected(module: &Module) -> Option<Sequence> {
    let mut interpreter = Interpreter::new(module);
    let mut step = |seed: u64| {
        let inputs = inputs(module, seed);
        let outputs = interpreter.invoke(&inputs).ok()?;
        Some(Step { inputs, outputs })
    };
    let steps: Option<Vec<Step>> = (0..STEPS).map(&mut step).collect();
    Some(Sequence { set: "random".into(), steps: steps? })
}

/// Compares the outputs of a step.
fn compare(module: &Module, expected: &[Data], actual: &[Data]) -> Result<(), String> {
    let graph = module.entry();
    let pairs = expected.iter().zip(actual).zip(&graph.outputs);
    pairs.enumerate().try_for_each(|(output, ((expected, actual), &id))| {
        let outcome = golden::compare(graph.ty(id).elem, expected, actual, 1e-4);
        outcome.map_err(|message| format!("output {output}: {message}"))
    })
}

/// Runs a module without floats, whose rounding differs, as native code.
fn check(module: &Module, threads: usize) -> Result<(), String> {
    if golden::has_floats(module) {
        return Ok(());
    }
    let Some(sequence) = expected(module) else { return Ok(()) };
    let compiled = native::compile(module.clone(), &native::options(), &mut Quiet);
    let mut jit = match compiled {
        Ok((_, jit)) => jit,
        // What no target runs, and what only generated C serves.
        Err(failure) if failure.diagnostics.iter().all(|d| ["E0309", "E0404"].contains(&d.code)) => {
            return Ok(());
        }
        Err(failure) => return Err(failure.render(false)),
    };
    jit.set_threads(threads)?;
    sequence.steps.iter().try_for_each(|step| compare(module, &step.outputs, &jit.invoke(&step.inputs)?))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_modules_run_as_the_interpreter_says(random in modules()) {
        let RandomModule { module } = random;
        check(&module, 1).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn threads_change_nothing() {
    for seed in 0..40 {
        check(&module_of_seed(seed), 3).unwrap();
    }
}

/// A model of ours with convolutions, and one that knows states.
fn models() -> Vec<golden::Case> {
    let cases = golden::fixtures();
    cases.into_iter().filter(|case| case.name.contains("int8")).take(6).collect()
}

#[test]
fn object_files_offer_the_interface_of_c() {
    if !cc::available() {
        return;
    }
    for case in models() {
        let sequences = case.sequences().unwrap();
        let compiled = model::compile_object(model::load(&case).unwrap(), "host").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let run = compiled.run_on_host(dir.path(), &[], &sequences).unwrap();
        compiled.check(&run, &sequences).unwrap_or_else(|message| panic!("{}: {message}", case.name));
    }
}

#[test]
fn object_files_run_on_other_machines() {
    let machines = [
        ("aarch64-unknown-linux-gnu", ["aarch64-linux-gnu-gcc", "qemu-aarch64"]),
        ("riscv64gc-unknown-linux-gnu", ["riscv64-linux-gnu-gcc", "qemu-riscv64"]),
    ];
    for (target, programs) in machines {
        if !tools::available(&programs) {
            continue;
        }
        for case in models() {
            let sequences = case.sequences().unwrap();
            let compiled = model::compile_object(model::load(&case).unwrap(), target).unwrap();
            let dir = tempfile::tempdir().unwrap();
            let run = compiled.run_emulated(dir.path(), programs, &sequences).unwrap();
            compiled.check(&run, &sequences).unwrap_or_else(|message| panic!("{target}: {message}"));
        }
    }
}

#[test]
fn sums_of_products_become_the_instructions_meant_for_them() {
    if !cfg!(target_arch = "x86_64") || !tools::available(&["objdump"]) {
        return;
    }
    let case = models().into_iter().next().unwrap();
    let expected = [("host", ["vpdpbusd", "pmaddwd"]), ("x86_64-unknown-linux-gnu", ["pmaddwd", "pmaddwd"])];
    for (target, instructions) in expected {
        let compiled = model::compile_object(model::load(&case).unwrap(), target).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let object = compiled.artifacts.iter().find(|artifact| artifact.name.ends_with(".o")).unwrap();
        let path = dir.path().join("model.o");
        tools::write(&path, &object.bytes).unwrap();
        let mut command = std::process::Command::new("objdump");
        let listing = tools::run(command.arg("-d").arg(&path), std::time::Duration::from_secs(60)).unwrap();
        let found = instructions.iter().any(|name| listing.stdout.contains(name));
        assert!(found, "{target}: none of {instructions:?}");
    }
}
