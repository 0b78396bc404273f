//! The ONNX front end on small models made here: what they compute, what is said of what is not served, and that damaged
//! files are refused calmly.

use redsc::frontend::{self, Bindings};
use redsc_ir::interp::Interpreter;
use redsc_ir::{Data, ElemType, Op, TensorType};
use redsc_onnx_schema::tensor_shape_proto::{Dimension, dimension};
use redsc_onnx_schema::type_proto::{Tensor, Value};
use redsc_onnx_schema::{
    AttributeProto, GraphProto, Message, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};

const FLOAT: i32 = 1;
const INT64: i32 = 7;

fn info(name: &str, elem: i32, dims: &[dimension::Value]) -> ValueInfoProto {
    let dim = dims.iter().map(|d| Dimension { value: Some(d.clone()), ..Dimension::default() }).collect();
    let tensor = Tensor { elem_type: Some(elem), shape: Some(TensorShapeProto { dim }) };
    let ty = TypeProto { value: Some(Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: Some(name.into()), r#type: Some(ty), ..ValueInfoProto::default() }
}

fn fixed(extents: &[i64]) -> Vec<dimension::Value> {
    extents.iter().map(|&extent| dimension::Value::DimValue(extent)).collect()
}

fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        dims: dims.to_vec(),
        data_type: Some(FLOAT),
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn node(op: &str, input: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        op_type: Some(op.into()),
        input: input.iter().map(|&name| name.into()).collect(),
        output: vec![output.into()],
        attribute,
        ..NodeProto::default()
    }
}

fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: Some(name.into()), ints: ints.to_vec(), ..AttributeProto::default() }
}

fn model(graph: GraphProto) -> Vec<u8> {
    let opset = OperatorSetIdProto { domain: None, version: Some(17) };
    let model = ModelProto {
        ir_version: Some(8),
        opset_import: vec![opset],
        graph: Some(graph),
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

/// A convolution with scale and ReLU behind it, over images of any number.
fn image_model() -> Vec<u8> {
    let batch = dimension::Value::DimParam("batch".into());
    let shape = [vec![batch.clone()], fixed(&[1, 2, 2])].concat();
    let result = [vec![batch], fixed(&[2, 2, 2])].concat();
    model(GraphProto {
        name: Some("image".into()),
        input: vec![info("x", FLOAT, &shape)],
        output: vec![info("y", FLOAT, &result)],
        initializer: vec![
            floats("w", &[2, 1, 1, 1], &[1.0, -1.0]),
            floats("b", &[2], &[0.5, 0.5]),
            floats("s", &[1, 2, 1, 1], &[2.0, 3.0]),
        ],
        node: vec![
            node("Conv", &["x", "w", "b"], "c", vec![ints("pads", &[0, 0, 0, 0])]),
            node("Mul", &["c", "s"], "m", vec![]),
            node("Relu", &["m"], "y", vec![]),
        ],
        ..GraphProto::default()
    })
}

#[test]
fn an_image_layer_computes_what_it_says() {
    let module = frontend::load(&image_model(), "image.onnx").unwrap();
    let input = Data::from_slice(&[1.0f32, -1.0, 2.0, 0.0]);
    let outputs = Interpreter::new(&module).invoke(&[input]).unwrap();
    assert_eq!(outputs[0].to_vec::<f32>(), [3.0, 0.0, 5.0, 1.0, 0.0, 4.5, 0.0, 1.5]);
    let has_scale = module.entry().nodes.iter().any(|node| matches!(node.op, Op::Binary(_)));
    assert!(!has_scale, "the scale belongs into the weights");
}

#[test]
fn symbolic_dimensions_are_bound() {
    let mut bindings = Bindings::default();
    bindings.shapes.insert("batch".into(), vec![3]);
    let module = frontend::load_bound(&image_model(), "image.onnx", &|_| None, &bindings).unwrap();
    let entry = module.entry();
    assert_eq!(entry.ty(entry.inputs[0]).shape.0, [3, 1, 2, 2]);
    bindings.shapes.insert("nothing".into(), vec![1]);
    let errors = frontend::load_bound(&image_model(), "image.onnx", &|_| None, &bindings).unwrap_err();
    assert!(errors[0].message.contains("`nothing`"), "{errors:?}");
}

#[test]
fn inputs_that_decide_shapes_are_asked_for() {
    let bytes = model(GraphProto {
        input: vec![info("x", FLOAT, &fixed(&[2, 3])), info("shape", INT64, &fixed(&[1]))],
        output: vec![info("y", FLOAT, &fixed(&[6]))],
        node: vec![node("Reshape", &["x", "shape"], "y", vec![]), node("Frobnicate", &["y"], "z", vec![])],
        ..GraphProto::default()
    });
    let errors = frontend::load(&bytes, "reshape.onnx").unwrap_err();
    assert!(errors[0].help.contains("--input-value shape=FILE.npy"), "{errors:?}");
    let mut bindings = Bindings::default();
    let shape = (TensorType::plain(ElemType::I64, [1]), Data::from_slice(&[6i64]));
    bindings.values.insert("shape".into(), shape);
    let errors = frontend::load_bound(&bytes, "reshape.onnx", &|_| None, &bindings).unwrap_err();
    let messages: Vec<&str> = errors.iter().map(|e| e.message.as_str()).collect();
    assert_eq!(messages, ["the operator Frobnicate is not supported"]);
}

#[test]
fn damaged_files_do_not_panic() {
    let bytes = image_model();
    for position in 0..bytes.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[position] ^= change;
            let _ = frontend::load(&damaged, "damaged.onnx");
        }
        let _ = frontend::load(&bytes[..position], "short.onnx");
    }
}
