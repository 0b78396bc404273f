//! Every recorded model, compiled to portable C and built with the host's compiler, computes what was recorded: integers
//! byte for byte. The C is free of warnings, and address and undefined-behaviour sanitizers watch it.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc::driver::Options;
use redsc_tests::golden::{self, Case, Sequence};
use redsc_tests::model::{self, Compiled, Problem, Run};
use redsc_tests::{cc, trials};

fn check(case: &Case) -> Result<(), Problem> {
    let sequences = case.sequences()?;
    let (compiled, run) = run(case, &sequences, false)?;
    match compiled.check(&run, &sequences) {
        Ok(()) => Ok(()),
        Err(message) => Err(Problem::Failed(format!("{message}\n{}", wrong_layer(case, &sequences)?))),
    }
}

fn run(case: &Case, sequences: &[Sequence], trace: bool) -> Result<(Compiled, Run), Problem> {
    let flags: &[&str] = if trace { &["-DRIG_TRACE"] } else { &[] };
    let mut options = Options::default();
    options.c.trace = trace;
    let compiled = model::compile_module(model::load(case)?, &options)?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let run = compiled.run_on_host(dir.path(), flags, sequences)?;
    Ok((compiled, run))
}

/// Says which layer is the first to deviate from the interpreter.
fn wrong_layer(case: &Case, sequences: &[Sequence]) -> Result<String, Problem> {
    let (compiled, run) = run(case, sequences, true)?;
    if golden::has_floats(&compiled.module) {
        return Ok(String::new());
    }
    let layers = model::check_layers(&compiled.module, &run, sequences);
    Ok(layers.err().unwrap_or_else(|| "the interpreter computes the same".into()))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !cc::available() {
        return ExitCode::SUCCESS;
    }
    let cases = golden::fixtures().into_iter().chain(golden::shared_models());
    let trial =
        |case: Case| Trial::ignorable_test(case.name.clone(), move || trials::outcome(&case, check(&case)));
    libtest_mimic::run(&arguments, cases.map(trial).collect()).exit_code()
}
