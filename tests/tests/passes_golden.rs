//! Every recorded model still computes what was recorded after the default pipeline, and again after its units were put
//! into the order of their importance: integers byte for byte.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc_ir::Module;
use redsc_passes::{Config, Pipeline};
use redsc_tests::golden::{self, Case};
use redsc_tests::model::{self, Problem};
use redsc_tests::trials;

fn check(case: &Case) -> Result<(), Problem> {
    let mut module = model::load(case)?;
    let run = Pipeline::default().run(&mut module, &Config::default(), &mut |_| {});
    run.map_err(|error| error.to_string())?;
    compare(case, &module)?;
    let before = module.clone();
    let permute = Pipeline::new(["permute-channels"]).map_err(|error| error.to_string())?;
    let run = permute.run(&mut module, &Config::default(), &mut |_| {});
    run.map_err(|error| error.to_string())?;
    if module == before { Ok(()) } else { compare(case, &module) }
}

fn compare(case: &Case, module: &Module) -> Result<(), Problem> {
    for sequence in case.sequences()? {
        golden::check(module, &sequence).map_err(|error| format!("{}: {error}", sequence.set))?;
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
