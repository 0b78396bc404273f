//! What is wrong with a model is said at once, with its place and what would help.

use redsc_tests::fixture::{Fixture, int8, tensor, tflite};
use tflite::{ActivationFunctionType, BuiltinOperator, BuiltinOptions, TensorType};

use crate::errors;

fn float(name: &str, shape: &[usize]) -> tflite::Tensor {
    tensor(name, TensorType::Float32, shape)
}

#[test]
fn everything_at_once() {
    let mut f = Fixture::new();
    let x = f.input(float("x", &[1, 4]));
    let w = f.constant(int8("weights", &[3, 4], 0.25, 0), vec![1u8; 12]);
    let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(|name| f.add(float(name, &[1, 3])));
    let axis = f.input(tensor("axis", TensorType::Int32, &[1]));
    f.op(BuiltinOperator::FullyConnected, &[x, w, -1], &[a], None);
    f.op(BuiltinOperator::Elu, &[a], &[b], None);
    let custom = tflite::OperatorCode {
        builtin_code: BuiltinOperator::Custom,
        deprecated_builtin_code: 32,
        custom_code: Some("SignalWindow".into()),
        ..Default::default()
    };
    f.op_of(custom, &[b], &[c], None);
    f.op(BuiltinOperator::Mean, &[c, axis], &[d], None);
    let tanh =
        tflite::AddOptions { fused_activation_function: ActivationFunctionType::Tanh, pot_scale_int16: true };
    f.op(BuiltinOperator::Add, &[d, c], &[e], Some(BuiltinOptions::AddOptions(Box::new(tanh))));
    f.outputs(&[e]);

    let diagnostics = redsc::frontend::load(&f.bytes(), "model.tflite").unwrap_err();
    insta::assert_snapshot!(redsc_ir::diag::render(&diagnostics, "model.tflite", None, false));
}

#[test]
fn order_and_indices() {
    let mut f = Fixture::new();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| f.add(float(name, &[2])));
    let constant = f.constant(float("constant", &[1]), [0; 4]);
    f.op(BuiltinOperator::Relu, &[constant], &[d], None);
    f.op(BuiltinOperator::Relu, &[b], &[a], None);
    f.op(BuiltinOperator::Relu, &[a], &[b], None);
    f.op(BuiltinOperator::Relu, &[d], &[c], None);
    f.op(BuiltinOperator::Relu, &[d], &[c], None);
    f.op(BuiltinOperator::Relu, &[d], &[constant], None);
    f.op(BuiltinOperator::Relu, &[99], &[-1], None);
    f.op(BuiltinOperator::Relu, &[-1], &[b], None);
    f.op(BuiltinOperator::Relu, &[d, d], &[], None);
    f.graph().operators.as_mut().unwrap()[2].opcode_index = 1234;
    f.outputs(&[c, 77]);
    insta::assert_snapshot!(errors(&f), @r"
    error[E0209]: RELU #1, tensor `b`: read before anything computes it
    error[E0202]: operator #2: the operator code is missing or cannot be read
    error[E0209]: RELU #4, tensor `c`: computed more than once, or after it is read
    error[E0209]: RELU #5, tensor `constant`: computed more than once, or after it is read
    error[E0202]: RELU #6: there is no tensor -1
    error[E0208]: RELU #7: operand 0 is missing
    error[E0208]: RELU #8: it has 2 operands instead of 1
    error[E0202]: outputs: there is no tensor 77
    ");
}

#[test]
fn shapes_that_contradict_each_other() {
    let mut f = Fixture::new();
    let x = f.input(float("x", &[2, 3]));
    let y = [(); 12].map(|()| f.add(float("y", &[2, 3])));
    let (five, minus, twice) = (f.integers(&[5]), f.integers(&[-1]), f.integers(&[1, 1]));
    let (zeros, huge) = (f.integers(&[0, 0]), f.integers(&[i32::MAX, i32::MIN]));
    f.op(BuiltinOperator::Reshape, &[x, five], &[y[0]], None);
    f.op(BuiltinOperator::Mean, &[x, five], &[y[1]], None);
    f.op(BuiltinOperator::ExpandDims, &[x, minus], &[y[2]], None);
    f.op(BuiltinOperator::Pad, &[x, twice], &[y[3]], None);
    f.op(BuiltinOperator::Slice, &[x, twice, huge], &[y[4]], None);
    f.op(BuiltinOperator::StridedSlice, &[x, zeros, huge, zeros], &[y[5]], None);
    f.op(BuiltinOperator::Split, &[five, x], &[y[6], y[7]], None);
    f.op(BuiltinOperator::SplitV, &[x, huge, zeros], &[y[8], y[9]], None);
    f.op(BuiltinOperator::AveragePool2d, &[x], &[y[10]], None);
    f.op(BuiltinOperator::Unpack, &[x], &[y[11]], None);
    insta::assert_snapshot!(errors(&f), @r"
    error[E0202]: RESHAPE #0: shape [5] is asked for, but the result is declared 2x3
    error[E0208]: MEAN #1: there is no dimension 5 in a tensor of rank 2
    error[E0202]: EXPAND_DIMS #2: the result is declared 2x3
    error[E0208]: PAD #3: 2 numbers of padding cells do not fit rank 2
    error[E0208]: SLICE #4: begin 1 and size 2147483647 leave an extent of 2
    error[E0208]: STRIDED_SLICE #5: a stride is 0
    error[E0208]: SPLIT #6: there is no dimension 5 in a tensor of rank 2
    error[E0208]: SPLIT_V #7: there must be one axis
    error[E0208]: AVERAGE_POOL_2D #8: the input has 2 dimensions instead of 4
    error[E0202]: UNPACK #9: an extent of 2 cannot become 1 results
    ");
}

#[test]
fn other_files() {
    let onnx = b"\x08\x08\x12\x07pytorch";
    let text: String = [&b""[..], onnx, b"hello", b"\x1c\0\0\0TFL3", &[0; 64]]
        .into_iter()
        .flat_map(|bytes| redsc::frontend::load(bytes, "file").unwrap_err())
        .map(|error| format!("{error}\n"))
        .collect();
    insta::assert_snapshot!(text, @r"
    error[E0201]: the file is empty
    error[E0202]: the model has no graph
    error[E0201]: this is not a model that redsc reads
    error[E0202]: the root table cannot be read
    error[E0201]: this is not a model that redsc reads
    ");
}

#[test]
fn text_is_read_too() {
    let text = "module \"\"\ngraph @0(%0 : 2xi8) {\n  return %0\n}\n";
    let module = redsc::frontend::load(text.as_bytes(), "dir/model.reds").unwrap();
    assert_eq!(module.name, "model");
}
