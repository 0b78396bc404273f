//! The memory plan of every recorded model passes the independent checker and takes no more RAM than the arena of
//! TensorFlow Lite Micro, where that was measured.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc_ir::Target;
use redsc_ir::verify::verify_plan;
use redsc_passes::{Config, Pipeline, PlanOptions, plan};
use redsc_tests::baseline::Baseline;
use redsc_tests::golden::{self, Case};
use redsc_tests::model::{self, Problem};
use redsc_tests::{tools, trials};

const CORE: &str = "cortex-m4";

fn check(case: &Case, baseline: &Baseline) -> Result<(), Problem> {
    let mut module = model::load(case)?;
    let run = Pipeline::default().run(&mut module, &Config::default(), &mut |_| {});
    run.map_err(|error| error.to_string())?;
    let target = Target::named(CORE).ok_or_else(|| format!("there is no target `{CORE}`"))?;
    let plan = plan(&module, target, &PlanOptions::default())
        .map_err(|errors| Problem::Unsupported(errors.iter().map(|e| format!("{e}\n")).collect()))?;
    verify_plan(&module, &plan).map_err(|diagnostics| format!("{diagnostics:#?}"))?;
    let (ours, bound) = (plan.arena_bytes as u64, plan.lower_bound);
    let theirs = baseline.smallest_arena(&case.name, CORE);
    let shown = theirs.map_or("not measured".into(), |bytes| bytes.to_string());
    tools::note(&format!("arena of {}: {ours} bytes (bound {bound}), TFLM: {shown}", case.name));
    match theirs {
        Some(bytes) if bytes < ours => Err(format!("{ours} bytes, TFLM takes {bytes}").into()),
        _ => Ok(()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let baseline = match Baseline::shared() {
        Ok(baseline) => std::sync::Arc::new(baseline),
        Err(message) => {
            tools::note(&message);
            return ExitCode::FAILURE;
        }
    };
    let cases = golden::fixtures().into_iter().chain(golden::shared_models());
    let trial = |case: Case| {
        let baseline = baseline.clone();
        Trial::ignorable_test(case.name.clone(), move || trials::outcome(&case, check(&case, &baseline)))
    };
    libtest_mimic::run(&arguments, cases.map(trial).collect()).exit_code()
}
