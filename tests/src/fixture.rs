//! TFLite models made in memory, for tests of the front end.

use redsc_schema::planus::Builder;
pub use redsc_schema::tflite;
use redsc_schema::tflite::{BuiltinOperator, BuiltinOptions, TensorType};

/// A model under construction; everything is public, so that a test can break it.
pub struct Fixture {
    /// The model so far: the last subgraph is the one that grows.
    pub model: tflite::Model,
}

impl Default for Fixture {
    fn default() -> Self {
        Fixture::new()
    }
}

impl Fixture {
    /// A model with one empty subgraph and the empty buffer 0.
    pub fn new() -> Self {
        let mut fixture = Fixture { model: tflite::Model { version: 3, ..Default::default() } };
        fixture.model.buffers.get_or_insert_default().push(Default::default());
        fixture.subgraph();
        fixture
    }

    /// Starts another subgraph and returns its index.
    pub fn subgraph(&mut self) -> i32 {
        let subgraphs = self.model.subgraphs.get_or_insert_default();
        subgraphs.push(Default::default());
        subgraphs.len() as i32 - 1
    }

    /// The subgraph that grows.
    pub fn graph(&mut self) -> &mut tflite::SubGraph {
        self.model.subgraphs.as_mut().and_then(|s| s.last_mut()).expect("there is a subgraph from the start")
    }

    /// Adds a tensor that is computed or given, and returns its index.
    pub fn add(&mut self, tensor: tflite::Tensor) -> i32 {
        let tensors = self.graph().tensors.get_or_insert_default();
        tensors.push(tensor);
        tensors.len() as i32 - 1
    }

    /// Adds a tensor that the caller gives.
    pub fn input(&mut self, tensor: tflite::Tensor) -> i32 {
        let index = self.add(tensor);
        self.graph().inputs.get_or_insert_default().push(index);
        index
    }

    /// Adds a constant.
    pub fn constant(&mut self, mut tensor: tflite::Tensor, bytes: impl Into<Vec<u8>>) -> i32 {
        tensor.buffer = self.buffer(bytes);
        self.add(tensor)
    }

    /// Adds a constant list of 32-bit integers; the name is its contents.
    pub fn integers(&mut self, values: &[i32]) -> i32 {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(tensor(&format!("{values:?}"), TensorType::Int32, &[values.len()]), bytes)
    }

    /// Adds a buffer and returns its index.
    pub fn buffer(&mut self, bytes: impl Into<Vec<u8>>) -> u32 {
        let buffers = self.model.buffers.get_or_insert_default();
        buffers.push(tflite::Buffer { data: Some(bytes.into()), ..Default::default() });
        buffers.len() as u32 - 1
    }

    /// Appends an operator.
    pub fn op(
        &mut self,
        code: BuiltinOperator,
        inputs: &[i32],
        outputs: &[i32],
        options: Option<BuiltinOptions>,
    ) -> &mut tflite::Operator {
        let byte = (code as i32).min(BuiltinOperator::PlaceholderForGreaterOpCodes as i32) as i8;
        let code =
            tflite::OperatorCode { builtin_code: code, deprecated_builtin_code: byte, ..Default::default() };
        self.op_of(code, inputs, outputs, options)
    }

    /// Appends an operator with that code table.
    pub fn op_of(
        &mut self,
        code: tflite::OperatorCode,
        inputs: &[i32],
        outputs: &[i32],
        options: Option<BuiltinOptions>,
    ) -> &mut tflite::Operator {
        let codes = self.model.operator_codes.get_or_insert_default();
        codes.push(code);
        let operator = tflite::Operator {
            opcode_index: codes.len() as u32 - 1,
            inputs: Some(inputs.to_vec()),
            outputs: Some(outputs.to_vec()),
            builtin_options: options,
            ..Default::default()
        };
        let operators = self.graph().operators.get_or_insert_default();
        operators.push(operator);
        operators.last_mut().expect("it was just added")
    }

    /// Names the outputs of the subgraph that grows.
    pub fn outputs(&mut self, tensors: &[i32]) {
        self.graph().outputs = Some(tensors.to_vec());
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        redsc_schema::write_file(&mut Builder::new(), &self.model)
    }
}

/// A tensor without quantization.
pub fn tensor(name: &str, ty: TensorType, shape: &[usize]) -> tflite::Tensor {
    tflite::Tensor {
        name: Some(name.into()),
        type_: ty,
        shape: Some(shape.iter().map(|&extent| extent as i32).collect()),
        ..Default::default()
    }
}

/// An 8-bit tensor quantized per tensor.
pub fn int8(name: &str, shape: &[usize], scale: f32, zero_point: i64) -> tflite::Tensor {
    quantized(tensor(name, TensorType::Int8, shape), &[scale], &[zero_point], 0)
}

/// The tensor with that quantization.
pub fn quantized(
    tensor: tflite::Tensor,
    scales: &[f32],
    zero_points: &[i64],
    dimension: i32,
) -> tflite::Tensor {
    let parameters = tflite::QuantizationParameters {
        scale: Some(scales.to_vec()),
        zero_point: Some(zero_points.to_vec()),
        quantized_dimension: dimension,
        ..Default::default()
    };
    tflite::Tensor { quantization: Some(Box::new(parameters)), ..tensor }
}
