//! Every recorded model, compiled to native code for this machine, computes what was recorded: integers byte for byte.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc::driver::Quiet;
use redsc::native;
use redsc_ir::Module;
use redsc_ir::interp::Interpreter;
use redsc_tests::golden::{self, Case, Sequence};
use redsc_tests::model::{self, Problem};
use redsc_tests::trials;

fn check(case: &Case) -> Result<(), Problem> {
    let module = model::load(case)?;
    let (module, mut jit) = native::compile(module, &native::options(), &mut Quiet)
        .map_err(|failure| Problem::of(&failure.diagnostics))?;
    let tolerance = golden::tolerance(&module);
    let entry = module.entry();
    for sequence in case.sequences()? {
        jit.reset();
        for (index, step) in sequence.steps.iter().enumerate() {
            let outputs = jit.invoke(&step.inputs)?;
            for (output, (expected, actual)) in step.outputs.iter().zip(&outputs).enumerate() {
                let elem = entry.ty(entry.outputs[output]).elem;
                golden::compare(elem, expected, actual, tolerance).map_err(|message| {
                    let set = &sequence.set;
                    format!(
                        "{set} step {index} output {output}: {message}\n{}",
                        against_interpreter(&module, &sequence)
                    )
                })?;
            }
        }
    }
    Ok(())
}

/// Whether the interpreter computes on the module after the passes what was recorded.
fn against_interpreter(module: &Module, sequence: &Sequence) -> String {
    let mut interpreter = Interpreter::new(module);
    let same =
        sequence.steps.iter().all(|step| interpreter.invoke(&step.inputs).as_ref() == Ok(&step.outputs));
    format!("the interpreter computes {}", if same { "what was recorded" } else { "something else too" })
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = golden::fixtures().into_iter().chain(golden::shared_models());
    let trial =
        |case: Case| Trial::ignorable_test(case.name.clone(), move || trials::outcome(&case, check(&case)));
    libtest_mimic::run(&arguments, cases.map(trial).collect()).exit_code()
}
