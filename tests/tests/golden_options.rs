//! The options of the C back end do not change what a model computes: our own models under each of them, on the host
//! under sanitizers.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc::driver::Options;
use redsc_codegen::{COptions, Optimize};
use redsc_tests::golden::{self, Case};
use redsc_tests::model::{self, Problem};
use redsc_tests::{cc, trials};

/// A set of options and the flags that the rig's `main` needs for it.
#[derive(Clone)]
struct Variant {
    name: &'static str,
    c: COptions,
    flags: &'static [&'static str],
}

fn variants() -> Vec<Variant> {
    let plain = COptions::new("model");
    let variant = |name, c, flags| Variant { name, c, flags };
    vec![
        variant("balanced", COptions { optimize: Optimize::Balanced, ..plain.clone() }, &[]),
        variant("size", COptions { optimize: Optimize::Size, ..plain.clone() }, &[]),
        variant("weights_separate", COptions { weights_separate: true, ..plain.clone() }, &[]),
        variant(
            "arena_external",
            COptions { arena_external: true, ..plain.clone() },
            &["-DRIG_EXTERNAL_ARENA"],
        ),
        variant("trace", COptions { trace: true, ..plain }, &["-DRIG_TRACE"]),
    ]
}

fn check(case: &Case, variant: &Variant) -> Result<(), Problem> {
    let options = Options { c: variant.c.clone(), ..Options::default() };
    let compiled = model::compile_module(model::load(case)?, &options)?;
    let sequences = case.sequences()?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let run = compiled.run_on_host(dir.path(), variant.flags, &sequences)?;
    compiled.check(&run, &sequences)?;
    if variant.c.trace && !golden::has_floats(&compiled.module) {
        model::check_layers(&compiled.module, &run, &sequences)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !cc::available() {
        return ExitCode::SUCCESS;
    }
    let mut trials = Vec::new();
    for variant in variants() {
        for case in golden::fixtures() {
            let (name, variant) = (format!("{}::{}", variant.name, case.name), variant.clone());
            let run = move || trials::outcome(&case, check(&case, &variant));
            trials.push(Trial::ignorable_test(name, run));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
