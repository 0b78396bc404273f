//! Files old and new: operator codes, buffers, quantization, options.

use redsc_tests::fixture::{Fixture, int8, quantized, tensor, tflite};
use tflite::{BuiltinOperator, BuiltinOptions, TensorType};

use crate::{errors, load, text};

fn relu() -> Fixture {
    let mut f = Fixture::new();
    let x = f.input(int8("x", &[2], 0.5, 1));
    let y = f.add(int8("y", &[2], 0.5, 1));
    f.op(BuiltinOperator::Relu, &[x], &[y], None);
    f.outputs(&[y]);
    f
}

#[test]
fn old_files_have_the_operator_code_in_a_byte() {
    let mut old = relu();
    let codes = old.model.operator_codes.as_mut().unwrap();
    codes[0].builtin_code = BuiltinOperator::Add;
    assert_eq!(codes[0].deprecated_builtin_code, 19);
    assert_eq!(load(&old), load(&relu()));
}

#[test]
fn metadata_signatures_and_dynamic_dimensions_do_not_matter() {
    let mut f = relu();
    let version = f.buffer(*b"1.14.0\0\0");
    f.model.metadata =
        Some(vec![tflite::Metadata { name: Some("min_runtime_version".into()), buffer: version }]);
    f.model.description = Some("made by a test".into());
    f.model.signature_defs = Some(vec![Default::default()]);
    f.graph().tensors.as_mut().unwrap()[0].shape_signature = Some(vec![-1]);
    assert_eq!(load(&f), load(&relu()));
}

#[test]
fn missing_options_are_the_defaults() {
    let mut f = Fixture::new();
    let x = f.input(int8("x", &[1, 4], 0.5, 1));
    let y = f.add(int8("y", &[1, 4], 0.00390625, -128));
    f.op(BuiltinOperator::Softmax, &[x], &[y], None);
    f.outputs(&[y]);
    insta::assert_snapshot!(text(&f), @r#"
    graph @0(%0 "x" : 1x4xi8 q(0.5, 1)) {
      %1 "y" = softmax(%0) {beta = 1.0} : 1x4xi8 q(0.00390625, -128) loc "SOFTMAX #0"
      return %1
    }
    "#);
}

/// A model that returns a constant of four bytes.
fn constant(change: impl FnOnce(&mut tflite::Buffer)) -> Fixture {
    let mut f = Fixture::new();
    let c = f.constant(int8("c", &[4], 0.5, 1), [1, 2, 3, 4]);
    change(&mut f.model.buffers.as_mut().unwrap()[1]);
    f.outputs(&[c]);
    f
}

#[test]
fn contents_may_lie_behind_the_tables() {
    let at = |offset| {
        let external = tflite::Buffer { data: None, offset, size: 4 };
        constant(|buffer| *buffer = external).bytes()
    };
    let offset = at(u64::MAX).len() as u64;
    let bytes = [at(offset), vec![1, 2, 3, 4]].concat();
    let module = redsc::frontend::load(&bytes, "fixture").unwrap();
    assert_eq!(module.graphs, load(&constant(|_| {})).graphs);

    let beyond = redsc::frontend::load(&at(offset + 1), "fixture").unwrap_err();
    insta::assert_snapshot!(crate::lines(&beyond), @r"error[E0207]: outputs, tensor `c`: the contents lie beyond the end of the file");
}

#[test]
fn contents_must_fit_the_type() {
    let short = constant(|buffer| buffer.data = Some(vec![1, 2, 3]));
    let none = constant(|buffer| buffer.data = None);
    insta::assert_snapshot!([errors(&short), errors(&none)].concat(), @r"
    error[E0207]: outputs, tensor `c`: the contents have 3 bytes, but the type needs 4
    error[E0209]: outputs, tensor `c`: read before anything computes it
    ");
}

#[test]
fn equal_buffers_are_shared() {
    let mut f = Fixture::new();
    let a = f.constant(int8("a", &[4], 0.5, 1), [1, 2, 3, 4]);
    let b = f.add(tflite::Tensor { buffer: 1, ..int8("b", &[2, 2], 0.5, 1) });
    f.outputs(&[a, b]);
    let module = load(&f);
    let contents: Vec<_> = module.entry().outputs.iter().map(|&id| module.entry().constant(id)).collect();
    let addresses: Vec<_> = contents.iter().map(|data| data.unwrap().bytes().as_ptr()).collect();
    assert_eq!(addresses[0], addresses[1]);
}

#[test]
fn quantization_in_its_forms() {
    let int32 = |shape: &[usize]| tensor("b", TensorType::Int32, shape);
    let float = tensor("f", TensorType::Float32, &[2]);
    let mut f = Fixture::new();
    let tensors = [
        // Biases may carry the quantized dimension of the weights.
        quantized(int32(&[2]), &[0.5, 0.25], &[0, 0], 3),
        quantized(int32(&[2]), &[0.5, 0.25], &[], 0),
        quantized(tensor("w", TensorType::Int8, &[2, 4]), &[0.5, 0.25], &[7], 0),
        // Float tensors may carry what was observed before quantization.
        quantized(float, &[0.5], &[3], 0),
        int8("s", &[2], 1e-10, -128),
    ];
    let tensors = tensors.map(|tensor| f.constant(tensor, vec![0u8; 8]));
    f.graph().tensors.as_mut().unwrap()[4].shape = Some(vec![8]);
    f.outputs(&tensors);
    insta::assert_snapshot!(text(&f), @r#"
    graph @0() {
      %0 "b" = const : 2xi32 q(axis 0, [0.5, 0.25], 0) = [0, 0]
      %1 "b" = const : 2xi32 q(axis 0, [0.5, 0.25], 0) = [0, 0]
      %2 "w" = const : 2x4xi8 q(axis 0, [0.5, 0.25], 7) = [0, 0, 0, 0, 0, 0, 0, 0]
      %3 "f" = const : 2xf32 = [0.0, 0.0]
      %4 "s" = const : 8xi8 q(1e-10, -128) = [0, 0, 0, 0, 0, 0, 0, 0]
      return %0, %1, %2, %3, %4
    }
    "#);
}

#[test]
fn quantization_that_makes_no_sense() {
    let int8 = |name| tensor(name, TensorType::Int8, &[2, 4]);
    let mut f = Fixture::new();
    let custom = tflite::QuantizationParameters {
        details: Some(tflite::QuantizationDetails::CustomQuantization(Default::default())),
        ..Default::default()
    };
    let tensors = [
        quantized(int8("zero"), &[0.0], &[0], 0),
        quantized(int8("negative"), &[-0.5], &[0], 0),
        quantized(int8("not a number"), &[f32::NAN], &[0], 0),
        quantized(int8("infinite"), &[f32::INFINITY], &[0], 0),
        quantized(int8("zero point"), &[0.5], &[128], 0),
        quantized(int8("wide zero point"), &[0.5], &[1 << 40], 0),
        quantized(int8("counts"), &[0.5, 0.5], &[1, 2, 3], 0),
        quantized(int8("dimension"), &[0.5, 0.5], &[0, 0], 2),
        quantized(int8("extent"), &[0.5, 0.5], &[0, 0], 1),
        tflite::Tensor { quantization: Some(Box::new(custom)), ..int8("custom") },
    ];
    let tensors = tensors.map(|tensor| f.constant(tensor, vec![0u8; 8]));
    f.outputs(&tensors);
    insta::assert_snapshot!(errors(&f), @r"
    error[E0206]: outputs, tensor `zero`: scale 0 is not a positive number
    error[E0206]: outputs, tensor `negative`: scale -0.5 is not a positive number
    error[E0206]: outputs, tensor `not a number`: scale NaN is not a positive number
    error[E0206]: outputs, tensor `infinite`: scale inf is not a positive number
    error[E0206]: outputs, tensor `zero point`: zero point 128 is not an i8 number
    error[E0206]: outputs, tensor `wide zero point`: zero point 1099511627776 is not an i8 number
    error[E0206]: outputs, tensor `counts`: there are 3 zero points for 2 scales
    error[E0206]: outputs, tensor `dimension`: the quantized dimension 2 is not one of 2x4
    error[E0206]: outputs, tensor `extent`: there are 2 scales for dimension 1 of extent 4
    error[E0206]: outputs, tensor `custom`: custom, blockwise and multi-axis quantization are not supported
    ");
}

#[test]
fn types_and_shapes_that_are_not_supported() {
    let mut f = Fixture::new();
    let sparse = tflite::Tensor { sparsity: Some(Default::default()), ..int8("sparse", &[8], 0.5, 0) };
    let elsewhere = tflite::Tensor { external_buffer: 1, ..int8("elsewhere", &[8], 0.5, 0) };
    let unknown = tflite::Tensor { shape: Some(vec![-1, 8]), ..int8("unknown", &[8], 0.5, 0) };
    let tensors = [
        tensor("int4", TensorType::Int4, &[16]),
        tensor("string", TensorType::String, &[1]),
        sparse,
        elsewhere,
        unknown,
        tensor("huge", TensorType::Int8, &[1 << 20, 1 << 20, 1 << 20, 1 << 20]),
        tensor("deep", TensorType::Int8, &[1; 9]),
    ];
    let tensors = tensors.map(|tensor| f.constant(tensor, vec![0u8; 8]));
    f.outputs(&tensors);
    insta::assert_snapshot!(errors(&f), @r"
    error[E0204]: outputs, tensor `int4`: element type INT4 is not supported
    error[E0204]: outputs, tensor `string`: element type STRING is not supported
    error[E0204]: outputs, tensor `sparse`: sparse contents are not supported yet
    error[E0207]: outputs, tensor `elsewhere`: the contents are in another file
    error[E0205]: outputs, tensor `unknown`: the shape is not known at compile time
    error[E0205]: outputs, tensor `huge`: shape 1048576x1048576x1048576x1048576 is too large
    error[E0205]: outputs, tensor `deep`: 9 dimensions are more than 8
    ");
}

#[test]
fn options_of_another_operator_are_damage() {
    let mut f = relu();
    let options = Some(BuiltinOptions::AddOptions(Default::default()));
    let x = f.graph().inputs.as_ref().unwrap()[0];
    let y = f.add(int8("p", &[2], 0.5, 1));
    f.op(BuiltinOperator::Softmax, &[x], &[y], options);
    insta::assert_snapshot!(errors(&f), @r"error[E0202]: SOFTMAX #1: the options are not SoftmaxOptions");
}
