//! Checks one pass, or a pipeline, on modules.

use redsc_ir::Module;
use redsc_ir::diag::render;
use redsc_ir::interp::Interpreter;
use redsc_ir::text::{parse, print};
use redsc_passes::{Config, Pipeline};

use crate::golden::compare;
use crate::random::inputs;

/// Invocations that are compared, so that state has time to differ.
const STEPS: u64 = 4;

/// Runs a pass on a module text and returns the text after it, followed by the pass's statistics as comments.
///
/// # Panics
/// If the pass changes what the module computes or finds more to do in a second run, or if the module is not valid
/// or does not read back from its text, before or after the pass.
pub fn check_pass(pass: &str, text: &str) -> String {
    let before = parse(text, &|_| None).unwrap_or_else(|e| panic!("{}", render(&e, pass, Some(text), false)));
    let mut after = before.clone();
    let statistics = run(&[pass], &mut after);
    let printed = print(&after);
    same_behaviour(&before, &after);

    let side_file = |_: &str| Some(printed.weights.clone());
    let read_back = parse(&printed.text, &side_file).unwrap_or_else(|e| panic!("{e:?}\n{}", printed.text));
    assert_eq!(print(&read_back), printed, "the text does not read back");
    let mut again = read_back;
    run(&[pass], &mut again);
    assert_eq!(print(&again).text, printed.text, "the pass finds more to do in a second run");
    format!("{}// {}\n", printed.text, statistics.join("; "))
}

/// Runs passes and returns their statistics.
///
/// # Panics
/// If a pass fails or breaks the module.
pub fn run(passes: &[&str], module: &mut Module) -> Vec<String> {
    let pipeline = Pipeline::new(passes.iter().copied()).unwrap_or_else(|e| panic!("{e}"));
    let statistics = pipeline.run(module, &Config::default(), &mut |_| {});
    let statistics = statistics.unwrap_or_else(|e| panic!("{e}\n{e:?}\n{}", print(module).text));
    statistics.iter().map(|(_, stats)| stats.to_string()).collect()
}

/// Compares the outputs of two modules on made-up inputs, over several invocations.
///
/// # Panics
/// If an output differs; floating-point outputs by more than rounding.
pub fn same_behaviour(before: &Module, after: &Module) {
    let (mut old, mut new) = (Interpreter::new(before), Interpreter::new(after));
    for step in 0..STEPS {
        let inputs = inputs(before, step);
        let expected = old.invoke(&inputs).unwrap_or_else(|e| panic!("before: {e}"));
        let actual = new.invoke(&inputs).unwrap_or_else(|e| panic!("after: {e}\n{}", print(after).text));
        for (index, (expected, actual)) in expected.iter().zip(&actual).enumerate() {
            let elem = before.entry().ty(before.entry().outputs[index]).elem;
            if let Err(difference) = compare(elem, expected, actual, 1e-6) {
                panic!("step {step}, output {index}: {difference}\n{}", print(after).text);
            }
        }
    }
}
