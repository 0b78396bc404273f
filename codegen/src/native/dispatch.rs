//! Which module emits which operator.

use redsc_ir::Op;

use super::unit::Layer;
use super::{
    binary, control, conv, linear, lstm, movement, normalize, pooling, quantize, recurrent, reduce, resize,
    unary,
};

/// The functions that a node becomes.
pub(super) fn emit(layer: &mut Layer<'_, '_>) -> Result<(), String> {
    match &layer.site.node.op {
        Op::Conv2d(op) => conv::conv2d(op, layer),
        Op::DepthwiseConv2d(op) => conv::depthwise(op, layer),
        Op::TransposeConv2d(op) => conv::transpose_conv2d(op, layer),
        Op::FullyConnected(op) => linear::fully_connected(op, layer),
        Op::BatchMatmul(op) => linear::batch_matmul(op, layer),
        Op::Reshape(_) => movement::reshape(layer),
        Op::Transpose(op) => movement::transpose(op, layer),
        Op::Pad(op) => movement::pad(op, layer),
        Op::Concat(op) => movement::concat(op, layer),
        Op::Split(op) => movement::split(op, layer),
        Op::Slice(op) => movement::slice(op, layer),
        Op::Svdf(op) => recurrent::svdf(op, layer),
        Op::Lstm(op) => lstm::lstm(op, layer),
        Op::Pool2d(op) => pooling::pool2d(op, layer),
        Op::Binary(op) => binary::binary(op, layer),
        Op::Compare(op) => binary::compare(op, layer),
        Op::Unary(op) => unary::unary(op, layer),
        Op::LeakyRelu(op) => unary::leaky_relu(op, layer),
        Op::Lut(_) => unary::lut(layer),
        Op::Select(_) | Op::Gather(_) | Op::Scatter(_) => Err("it has no native code".into()),
        Op::Reduce(op) => reduce::reduce(op, layer),
        Op::Softmax(op) => normalize::softmax(op, layer),
        Op::LogSoftmax(op) => normalize::log_softmax(op, layer),
        Op::Quantize(_) => quantize::quantize(layer),
        Op::Dequantize(_) => quantize::dequantize(layer),
        Op::Cast(_) => quantize::cast(layer),
        Op::Resize2d(op) => resize::resize2d(op, layer),
        Op::ReadVariable(op) => control::read_variable(op, layer),
        Op::AssignVariable(op) => control::assign_variable(op, layer),
        Op::If(op) => control::if_else(op, layer),
        Op::While(op) => control::while_loop(op, layer),
        Op::CallOnce(_) => Err("it is no layer".into()),
    }
}
