//! The ONNX file format: message types generated from `onnx.proto`.
//!
//! A crate of its own, because the generated code is long and changes rarely. Decoding keeps the contents of tensors
//! as slices of the file.

pub use prost::{self, Message, bytes::Bytes};

#[allow(missing_docs, clippy::all, reason = "generated; documented by the ONNX project")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/onnx.rs"));
}

pub use generated::*;

#[cfg(test)]
mod tests {
    use super::{GraphProto, Message, ModelProto, NodeProto, attribute_proto, tensor_proto};

    #[test]
    fn written_models_read_back() {
        let node = NodeProto { op_type: Some("Relu".into()), ..NodeProto::default() };
        let graph = GraphProto { node: vec![node], ..GraphProto::default() };
        let model = ModelProto { ir_version: Some(8), graph: Some(graph), ..ModelProto::default() };
        assert_eq!(ModelProto::decode(model.encode_to_vec().as_slice()), Ok(model));
    }

    #[test]
    fn members_have_the_numbers_of_the_format() {
        assert_eq!(tensor_proto::DataType::Bfloat16 as i32, 16);
        assert_eq!(attribute_proto::AttributeType::Graphs as i32, 10);
    }
}
