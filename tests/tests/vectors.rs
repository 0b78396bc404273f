//! The recorded vectors can be read: every model has some, and they have the same number of tensors throughout.

use redsc_ir::{Data, ElemType};
use redsc_tests::golden::{self, Case};

fn check(case: &Case) -> Result<(), String> {
    let sequences = case.sequences()?;
    let mut steps = sequences.iter().flat_map(|sequence| &sequence.steps);
    let first = steps.next().ok_or("no vectors")?;
    let counts = (first.inputs.len(), first.outputs.len());
    if steps.any(|step| (step.inputs.len(), step.outputs.len()) != counts) {
        return Err("the number of tensors varies".into());
    }
    if counts.1 == 0 { Err("no outputs".into()) } else { Ok(()) }
}

#[test]
fn all_records_are_readable() {
    let cases = golden::fixtures().into_iter().chain(golden::shared_models());
    let failures: Vec<String> =
        cases.filter_map(|case| check(&case).err().map(|e| format!("{}: {e}", case.name))).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn floats_are_compared_relative_to_the_peak() {
    let expected = Data::from_slice(&[100.0f32, 0.0]);
    let near = Data::from_slice(&[100.0005f32, 0.0005]);
    assert_eq!(golden::compare(ElemType::F32, &expected, &near, 1e-5), Ok(()));
    let far = Data::from_slice(&[100.0f32, 0.002]);
    let message = golden::compare(ElemType::F32, &expected, &far, 1e-5).unwrap_err();
    assert!(message.starts_with("1 of 2 elements differ"), "{message}");
}

#[test]
fn integers_must_be_equal() {
    let (expected, actual) = (Data::from_slice(&[1i8, -2]), Data::from_slice(&[1i8, -3]));
    let message = golden::compare(ElemType::I8, &expected, &actual, 1.0).unwrap_err();
    assert_eq!(message, "1 of 2 elements differ, at most by 1; first: [1] is -3 instead of -2");
}
