//! Every recorded model computes in the interpreter what was recorded: integers byte for byte.

use std::collections::HashMap;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use redsc_ir::interp::Interpreter;
use redsc_ir::{Module, verify};
use redsc_tests::golden::{self, Case, Sequence};
use redsc_tests::model::{self, Problem};
use redsc_tests::trials;

fn check(case: &Case) -> Result<(), Problem> {
    let module = model::load(case)?;
    verify::verify(&module).map_err(|errors| format!("{errors:?}"))?;
    let sequences = case.sequences()?;
    let failed = |sequence: &Sequence| {
        golden::check(&module, sequence).err().map(|error| format!("{}: {error}", sequence.set))
    };
    let failures: Vec<String> = sequences.iter().filter_map(failed).collect();
    if failures.is_empty() {
        return Ok(());
    }
    let deviation = sequences.first().map(|s0| first_deviation(case, &module, s0)).transpose()?.flatten();
    Err(format!("{}\n{}", failures.join("\n"), deviation.unwrap_or_default()).into())
}

/// The first operator of the entry graph whose result in the last step of the first set is not the recorded one.
fn first_deviation(case: &Case, module: &Module, sequence: &Sequence) -> Result<Option<String>, String> {
    let mut found = HashMap::new();
    let mut interpreter = Interpreter::new(module);
    for step in &sequence.steps {
        interpreter.invoke_traced(&step.inputs, &mut |graph, node, _, results| {
            if let (0, Some(first)) = (graph.index(), results.first()) {
                // An operator may become several nodes; the last one has its result.
                found.insert(node.location.clone(), crc32fast::hash(first.bytes()));
            }
        })?;
    }
    let layers = case.layers()?;
    let deviates = layers.iter().find(|layer| {
        let crc = found.get(&format!("{} #{}", layer.kind, layer.op));
        crc.is_some_and(|&crc| crc != layer.crc32)
    });
    Ok(deviates.map(|layer| format!("the first layer that deviates is {} #{}", layer.kind, layer.op)))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = golden::fixtures().into_iter().chain(golden::shared_models());
    let trial =
        |case: Case| Trial::ignorable_test(case.name.clone(), move || trials::outcome(&case, check(&case)));
    libtest_mimic::run(&arguments, cases.map(trial).collect()).exit_code()
}
