//! State, control flow and recurrent layers.

use redsc_tests::fixture::{Fixture, int8, quantized, tensor, tflite};
use tflite::{ActivationFunctionType, BuiltinOperator, BuiltinOptions, TensorType};

use crate::{errors, text};

/// A state tensor.
fn state(tensor: tflite::Tensor) -> tflite::Tensor {
    tflite::Tensor { is_variable: true, ..tensor }
}

#[test]
fn svdf_state_becomes_a_variable() {
    let mut f = Fixture::new();
    let x = f.input(int8("x", &[1, 3], 0.5, 1));
    let features = f.constant(int8("features", &[4, 3], 0.25, 0), vec![1u8; 12]);
    let time = tensor("time", TensorType::Int16, &[4, 2]);
    let time = f.constant(quantized(time, &[0.25], &[0], 0), vec![0u8; 16]);
    let memory = quantized(tensor("state", TensorType::Int16, &[1, 8]), &[0.125], &[0], 0);
    let memory = f.add(state(memory));
    let y = f.add(int8("y", &[1, 2], 0.5, 1));
    let options = tflite::SvdfOptions { rank: 2, ..Default::default() };
    let options = BuiltinOptions::SvdfOptions(Box::new(options));
    f.op(BuiltinOperator::Svdf, &[x, features, time, -1, memory], &[y], Some(options));
    f.outputs(&[y]);
    insta::assert_snapshot!(text(&f), @r#"
    var $0 "state" : 1x8xi16 q(0.125, 0) = zeros
    graph @0(%0 "x" : 1x3xi8 q(0.5, 1)) {
      %1 "features" = const : 4x3xi8 q(0.25, 0) = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
      %2 "time" = const : 4x2xi16 q(0.25, 0) = [0, 0, 0, 0, 0, 0, 0, 0]
      %3 "y" = svdf(%0, %1, %2, _) {rank = 2, act = none, state = $0} : 1x2xi8 q(0.5, 1) loc "SVDF #0"
      return %3
    }
    "#);
}

#[test]
fn lstm_takes_states_and_the_hidden_quantization_from_their_places() {
    let mut f = Fixture::new();
    let int16 =
        |name, shape: &[usize], scale| quantized(tensor(name, TensorType::Int16, shape), &[scale], &[0], 0);
    let x = f.input(int8("x", &[1, 2, 3], 0.5, 1));
    let mut operands = vec![x];
    operands.extend((0..4).map(|_| f.constant(int8("wi", &[2, 3], 0.25, 0), vec![1u8; 6])));
    operands.extend((0..4).map(|_| f.constant(int8("wh", &[2, 2], 0.25, 0), vec![1u8; 4])));
    operands.extend([-1; 3]);
    operands.extend((0..4).map(|_| {
        let bias = quantized(tensor("b", TensorType::Int32, &[2]), &[0.125], &[0], 0);
        f.constant(bias, vec![0u8; 8])
    }));
    operands.extend([-1; 2]);
    operands.push(f.add(state(int8("h", &[1, 2], 0.5, -3))));
    operands.push(f.add(state(int16("c", &[1, 2], 0.00024414063))));
    operands.extend([-1; 4]);
    let hidden = f.add(int8("hidden", &[], 0.75, -5));
    let gates: Vec<i32> = (0..4).map(|_| f.add(int16("gate", &[], 0.01))).collect();
    let y = f.add(int8("y", &[1, 2, 2], 0.5, -3));
    let options = tflite::UnidirectionalSequenceLstmOptions {
        fused_activation_function: ActivationFunctionType::Tanh,
        cell_clip: 10.0,
        ..Default::default()
    };
    let options = BuiltinOptions::UnidirectionalSequenceLstmOptions(Box::new(options));
    let lstm = f.op(BuiltinOperator::UnidirectionalSequenceLstm, &operands, &[y], Some(options));
    lstm.intermediates = Some([gates.as_slice(), &[hidden]].concat());
    f.outputs(&[y]);
    insta::assert_snapshot!(text(&f), @r#"
    var $0 "h" : 1x2xi8 q(0.5, -3) = [-3, -3]
    var $1 "c" : 1x2xi16 q(0.00024414063, 0) = zeros
    graph @0(%0 "x" : 1x2x3xi8 q(0.5, 1)) {
      %1 "wi" = const : 2x3xi8 q(0.25, 0) = [1, 1, 1, 1, 1, 1]
      %2 "wi" = const : 2x3xi8 q(0.25, 0) = [1, 1, 1, 1, 1, 1]
      %3 "wi" = const : 2x3xi8 q(0.25, 0) = [1, 1, 1, 1, 1, 1]
      %4 "wi" = const : 2x3xi8 q(0.25, 0) = [1, 1, 1, 1, 1, 1]
      %5 "wh" = const : 2x2xi8 q(0.25, 0) = [1, 1, 1, 1]
      %6 "wh" = const : 2x2xi8 q(0.25, 0) = [1, 1, 1, 1]
      %7 "wh" = const : 2x2xi8 q(0.25, 0) = [1, 1, 1, 1]
      %8 "wh" = const : 2x2xi8 q(0.25, 0) = [1, 1, 1, 1]
      %9 "b" = const : 2xi32 q(0.125, 0) = [0, 0]
      %10 "b" = const : 2xi32 q(0.125, 0) = [0, 0]
      %11 "b" = const : 2xi32 q(0.125, 0) = [0, 0]
      %12 "b" = const : 2xi32 q(0.125, 0) = [0, 0]
      %13 "y" = lstm(%0, %1, %2, %3, %4, %5, %6, %7, %8, _, _, _, %9, %10, %11, %12, _, _, _, _, _, _) {time_major = false, act = tanh, cell_clip = 10.0, projection_clip = 0.0, hidden_scale = 0.75, hidden_zero_point = -5, output_state = $0, cell_state = $1} : 1x2x2xi8 q(0.5, -3) loc "UNIDIRECTIONAL_SEQUENCE_LSTM #0"
      return %13
    }
    "#);
}

#[test]
fn a_state_tensor_that_is_read_becomes_a_read() {
    let mut f = Fixture::new();
    let memory = f.add(state(int8("state", &[4], 0.5, 1)));
    let y = f.add(int8("y", &[4], 0.5, 1));
    f.op(BuiltinOperator::Relu, &[memory], &[y], None);
    f.outputs(&[y]);
    insta::assert_snapshot!(text(&f), @r#"
    var $0 "state" : 4xi8 q(0.5, 1) = [1, 1, 1, 1]
    graph @0() {
      %0 "state" = read_variable() {variable = $0} : 4xi8 q(0.5, 1) loc "RELU #0"
      %1 "y" = relu(%0) : 4xi8 q(0.5, 1) loc "RELU #0"
      return %1
    }
    "#);
}

fn handle(f: &mut Fixture, container: Option<&str>, name: &str) -> i32 {
    let handle = f.add(tensor("handle", TensorType::Resource, &[]));
    let options =
        tflite::VarHandleOptions { container: container.map(String::from), shared_name: Some(name.into()) };
    let options = BuiltinOptions::VarHandleOptions(Box::new(options));
    f.op(BuiltinOperator::VarHandle, &[], &[handle], Some(options));
    handle
}

/// A model that sets variable `v` in its first invocation and adds its input to it in each.
fn accumulator(initial: tflite::Tensor) -> Fixture {
    let mut f = Fixture::new();
    let options =
        BuiltinOptions::CallOnceOptions(Box::new(tflite::CallOnceOptions { init_subgraph_index: 1 }));
    f.op(BuiltinOperator::CallOnce, &[], &[], Some(options));
    let x = f.input(int8("x", &[2], 0.5, 1));
    let v = handle(&mut f, None, "v");
    let (old, new) = (f.add(int8("old", &[2], 0.5, 1)), f.add(int8("new", &[2], 0.5, 1)));
    f.op(BuiltinOperator::ReadVariable, &[v], &[old], None);
    f.op(BuiltinOperator::Add, &[old, x], &[new], None);
    f.op(BuiltinOperator::AssignVariable, &[v, new], &[], None);
    f.outputs(&[new]);
    f.subgraph();
    let bytes = vec![3u8; initial.shape.as_ref().map_or(1, |shape| shape.iter().product::<i32>() as usize)];
    let initial = f.constant(initial, bytes);
    let v = handle(&mut f, Some(""), "v");
    f.op(BuiltinOperator::AssignVariable, &[v, initial], &[], None);
    f
}

#[test]
fn resources_are_shared_by_name_across_subgraphs() {
    insta::assert_snapshot!(text(&accumulator(int8("initial", &[2], 0.5, 1))), @r#"
    var $0 "v" : 2xi8 q(0.5, 1) = [1, 1]
    graph @0(%0 "x" : 2xi8 q(0.5, 1)) {
      call_once() {graph = @1} loc "CALL_ONCE #0"
      %1 "old" = read_variable() {variable = $0} : 2xi8 q(0.5, 1) loc "READ_VARIABLE #2"
      %2 "new" = add(%1, %0) {act = none} : 2xi8 q(0.5, 1) loc "ADD #3"
      assign_variable(%2) {variable = $0} loc "ASSIGN_VARIABLE #4"
      return %2
    }
    graph @1() {
      %0 "initial" = const : 2xi8 q(0.5, 1) = [3, 3]
      assign_variable(%0) {variable = $0} loc "ASSIGN_VARIABLE #1"
      return
    }
    "#);
}

#[test]
fn a_variable_has_one_type() {
    insta::assert_snapshot!(errors(&accumulator(int8("initial", &[3], 0.5, 1))), @r"error[E0209]: subgraph 1, ASSIGN_VARIABLE #1: variable `v` holds 2xi8 here and 3xi8 there");
}

#[test]
fn regions_are_read_when_an_operator_refers_to_them() {
    let mut f = Fixture::new();
    let condition = f.input(tensor("condition", TensorType::Bool, &[]));
    let x = f.input(int8("x", &[2], 0.5, 1));
    let y = f.add(int8("y", &[2], 0.5, 1));
    let options = tflite::IfOptions { then_subgraph_index: 3, else_subgraph_index: 2 };
    f.op(BuiltinOperator::If, &[condition, x], &[y], Some(BuiltinOptions::IfOptions(Box::new(options))));
    f.outputs(&[y]);
    f.subgraph();
    f.op_of(custom("never run"), &[], &[], None);
    for code in [BuiltinOperator::Relu, BuiltinOperator::Abs] {
        f.subgraph();
        let (x, y) = (f.input(int8("x", &[2], 0.5, 1)), f.add(int8("y", &[2], 0.5, 1)));
        f.op(code, &[x], &[y], None);
        f.outputs(&[y]);
    }
    insta::assert_snapshot!(text(&f), @r#"
    graph @0(%0 "condition" : bool, %1 "x" : 2xi8 q(0.5, 1)) {
      %2 "y" = if(%0, %1) {then_graph = @1, else_graph = @2} : 2xi8 q(0.5, 1) loc "IF #0"
      return %2
    }
    graph @1(%0 "x" : 2xi8 q(0.5, 1)) {
      %1 "y" = abs(%0) : 2xi8 q(0.5, 1) loc "ABS #0"
      return %1
    }
    graph @2(%0 "x" : 2xi8 q(0.5, 1)) {
      %1 "y" = relu(%0) : 2xi8 q(0.5, 1) loc "RELU #0"
      return %1
    }
    "#);
}

fn custom(name: &str) -> tflite::OperatorCode {
    tflite::OperatorCode {
        builtin_code: BuiltinOperator::Custom,
        deprecated_builtin_code: BuiltinOperator::Custom as i8,
        custom_code: Some(name.into()),
        ..Default::default()
    }
}

#[test]
fn recursion_is_refused() {
    let mut f = Fixture::new();
    let call = |index| {
        let options = tflite::CallOnceOptions { init_subgraph_index: index };
        Some(BuiltinOptions::CallOnceOptions(Box::new(options)))
    };
    f.op(BuiltinOperator::CallOnce, &[], &[], call(1));
    f.subgraph();
    f.op(BuiltinOperator::CallOnce, &[], &[], call(2));
    f.subgraph();
    f.op(BuiltinOperator::CallOnce, &[], &[], call(1));
    f.op(BuiltinOperator::CallOnce, &[], &[], call(9));
    insta::assert_snapshot!(errors(&f), @r"
    error[E0202]: subgraph 2, CALL_ONCE #1: there is no subgraph 9
    error[E0209]: subgraph 0: subgraphs run each other in a circle
    ");
}
