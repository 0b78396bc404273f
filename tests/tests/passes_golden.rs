//! Every recorded model still computes what was recorded after the default pipeline: integers byte for byte.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc_passes::{Config, Pipeline};
use redsc_tests::golden::{self, Case};
use redsc_tests::model::{self, Problem};
use redsc_tests::trials;

fn check(case: &Case) -> Result<(), Problem> {
    let mut module = model::load(case)?;
    let run = Pipeline::default().run(&mut module, &Config::default(), &mut |_| {});
    run.map_err(|error| error.to_string())?;
    for sequence in case.sequences()? {
        golden::check(&module, &sequence).map_err(|error| format!("{}: {error}", sequence.set))?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = golden::fixtures().into_iter().chain(golden::shared_models());
    let trial =
        |case: Case| Trial::ignorable_test(case.name.clone(), move || trials::outcome(&case, check(&case)));
    libtest_mimic::run(&arguments, cases.map(trial).collect()).exit_code()
}
