//! Every recorded model, compiled to portable C and built with the host's compiler, computes what was recorded: integers
//! byte for byte. The C is free of warnings, and address and undefined-behaviour sanitizers watch it.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc_ir::Target;
use redsc_tests::golden::{self, Case};
use redsc_tests::model::{self, Problem};
use redsc_tests::{cc, trials};

fn check(case: &Case) -> Result<(), Problem> {
    let target = Target::named("generic").ok_or_else(|| "there is no target `generic`".to_owned())?;
    let compiled = model::compile(case, target)?;
    let sequences = case.sequences()?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let run = compiled.run_on_host(dir.path(), &[], &sequences)?;
    Ok(compiled.check(&run, &sequences)?)
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
