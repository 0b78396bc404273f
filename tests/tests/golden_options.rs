//! The options of the C back end do not change what a model computes: our own models under each of them, on the host
//! under sanitizers.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc::driver::Options;
use redsc_codegen::{COptions, Optimize};
use redsc_ir::Target;
use redsc_tests::golden::{self, Case};
use redsc_tests::model::{self, Problem, Run};
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
    let target = Target::named("generic").ok_or_else(|| "there is no target `generic`".to_owned())?;
    let options = Options { target: target.clone(), c: variant.c.clone(), ..Options::default() };
    let compiled = model::compile_module(model::load(case)?, &options)?;
    let sequences = case.sequences()?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let run = compiled.run_on_host(dir.path(), variant.flags, &sequences)?;
    compiled.check(&run, &sequences)?;
    if variant.c.trace { Ok(check_trace(&run)?) } else { Ok(()) }
}

/// Every output of every invocation is the result of some traced layer.
fn check_trace(run: &Run) -> Result<(), String> {
    let traced = |data: &redsc_ir::Data| run.layers.contains(&u64::from(crc32fast::hash(data.bytes())));
    match run.outputs.iter().flatten().filter(|data| !traced(data)).count() {
        0 => Ok(()),
        missing => Err(format!("{missing} outputs are not among the {} traced layers", run.layers.len())),
    }
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
