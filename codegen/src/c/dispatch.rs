//! Which module emits which operator.

use redsc_ir::Op;

use super::call::Call;
use super::site::Site;
use super::{
    binary, conv, linear, movement, normalize, pick, pool, quantize, recurrent, reduce, resize, unary,
};

/// The kernel calls that a node becomes.
pub(super) fn calls(site: &Site<'_>) -> Result<Vec<Call>, String> {
    match &site.node.op {
        Op::Conv2d(op) => conv::conv2d(op, site),
        Op::DepthwiseConv2d(op) => conv::depthwise(op, site),
        Op::FullyConnected(op) => linear::fully_connected(op, site),
        Op::BatchMatmul(op) => linear::batch_matmul(op, site),
        Op::TransposeConv2d(op) => conv::transpose_conv2d(op, site),
        Op::Reshape(_) => movement::reshape(site),
        Op::Transpose(op) => movement::transpose(op, site),
        Op::Pad(op) => movement::pad(op, site),
        Op::Concat(op) => movement::concat(op, site),
        Op::Split(op) => movement::split(op, site),
        Op::Slice(op) => movement::slice(op, site),
        Op::Svdf(op) => recurrent::svdf(op, site),
        Op::Lstm(op) => recurrent::lstm(op, site),
        Op::Pool2d(op) => pool::pool2d(op, site),
        Op::Binary(op) => binary::binary(op, site),
        Op::Compare(op) => binary::compare(op, site),
        Op::Unary(op) => unary::unary(op, site),
        Op::LeakyRelu(op) => unary::leaky_relu(op, site),
        Op::Lut(op) => unary::lut(op, site),
        Op::Select(_) => pick::select(site),
        Op::Gather(op) => pick::gather(op, site),
        Op::Scatter(op) => pick::scatter(op, site),
        Op::Reduce(op) => reduce::reduce(op, site),
        Op::Softmax(op) => normalize::softmax(op, site),
        Op::LogSoftmax(op) => normalize::log_softmax(op, site),
        Op::Quantize(op) => quantize::quantize(op, site),
        Op::Dequantize(op) => quantize::dequantize(op, site),
        Op::Cast(op) => quantize::cast(op, site),
        Op::Resize2d(op) => resize::resize2d(op, site),
        Op::ReadVariable(_) | Op::AssignVariable(_) | Op::CallOnce(_) | Op::If(_) | Op::While(_) => {
            Err(format!("`{}` is no kernel", site.node.op.mnemonic()))
        }
    }
}
