//! Which module emits which operator.

use redsc_ir::Op;

use super::call::Call;
use super::site::Site;
use super::{conv, linear, movement, recurrent};

/// The kernel calls that a node becomes.
pub(super) fn calls(site: &Site<'_>) -> Result<Vec<Call>, String> {
    match &site.node.op {
        Op::Conv2d(op) => conv::conv2d(op, site),
        Op::DepthwiseConv2d(op) => conv::depthwise(op, site),
        Op::FullyConnected(op) => linear::fully_connected(op, site),
        Op::TransposeConv2d(op) => conv::transpose_conv2d(op, site),
        Op::Reshape(_) => movement::reshape(site),
        Op::Transpose(op) => movement::transpose(op, site),
        Op::Pad(op) => movement::pad(op, site),
        Op::Concat(op) => movement::concat(op, site),
        Op::Split(op) => movement::split(op, site),
        Op::Slice(op) => movement::slice(op, site),
        Op::Svdf(op) => recurrent::svdf(op, site),
        Op::Lstm(op) => recurrent::lstm(op, site),
        Op::Pool2d(_)
        | Op::Binary(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Lut(_)
        | Op::Reduce(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Cast(_)
        | Op::Resize2d(_)
        | Op::ReadVariable(_)
        | Op::AssignVariable(_)
        | Op::CallOnce(_)
        | Op::If(_)
        | Op::While(_) => Err(format!("there is no C for `{}`", site.node.op.mnemonic())),
    }
}
