//! The operators of the TFLite front end: one row and one small function each.
//!
//! To read one more operator, add a row to [`TABLE`] and write its function: it takes operands and options from the
//! [`OpReader`], defines the results and emits nodes. The number of operands and results is checked before; the
//! rules of the representation (shapes, element types) are checked by the verifier after.

mod compose;
mod control;
mod conv;
mod elementwise;
mod join;
mod linear;
mod pad;
mod pool;
mod quantize;
mod rearrange;
mod recurrent;
mod reduce;
mod reshape;
mod resize;
mod slice;

use std::ops::RangeInclusive;

use redsc_schema::tflite::BuiltinOperator;

use super::fault::Outcome;
use super::operator::OpReader;

/// How one operator is translated.
pub(super) struct Row {
    /// Its code in the file.
    pub(super) code: BuiltinOperator,
    /// How many operands it has, absent ones included.
    pub(super) operands: RangeInclusive<usize>,
    /// How many results it has.
    pub(super) results: RangeInclusive<usize>,
    /// Emits the nodes that stand for it.
    pub(super) translate: fn(&mut OpReader) -> Outcome,
}

/// Any number of operands or results.
const ANY: usize = usize::MAX;

const fn row(
    code: BuiltinOperator,
    operands: RangeInclusive<usize>,
    results: RangeInclusive<usize>,
    translate: fn(&mut OpReader) -> Outcome,
) -> Row {
    Row { code, operands, results, translate }
}

use BuiltinOperator as B;

/// Every operator that can be read, by family.
pub(super) const TABLE: &[Row] = &[
    row(B::Conv2d, 2..=3, 1..=1, conv::conv_2d),
    row(B::DepthwiseConv2d, 2..=3, 1..=1, conv::depthwise_conv_2d),
    row(B::TransposeConv, 3..=4, 1..=1, conv::transpose_conv),
    row(B::FullyConnected, 2..=3, 1..=1, linear::fully_connected),
    row(B::BatchMatmul, 2..=2, 1..=1, linear::batch_matmul),
    row(B::AveragePool2d, 1..=1, 1..=1, pool::average_pool_2d),
    row(B::MaxPool2d, 1..=1, 1..=1, pool::max_pool_2d),
    row(B::Add, 2..=2, 1..=1, elementwise::add),
    row(B::Sub, 2..=2, 1..=1, elementwise::sub),
    row(B::Mul, 2..=2, 1..=1, elementwise::mul),
    row(B::Div, 2..=2, 1..=1, elementwise::div),
    row(B::Maximum, 2..=2, 1..=1, elementwise::maximum),
    row(B::Minimum, 2..=2, 1..=1, elementwise::minimum),
    row(B::SquaredDifference, 2..=2, 1..=1, elementwise::squared_difference),
    row(B::Equal, 2..=2, 1..=1, elementwise::equal),
    row(B::NotEqual, 2..=2, 1..=1, elementwise::not_equal),
    row(B::Less, 2..=2, 1..=1, elementwise::less),
    row(B::LessEqual, 2..=2, 1..=1, elementwise::less_equal),
    row(B::Greater, 2..=2, 1..=1, elementwise::greater),
    row(B::GreaterEqual, 2..=2, 1..=1, elementwise::greater_equal),
    row(B::Abs, 1..=1, 1..=1, elementwise::abs),
    row(B::Neg, 1..=1, 1..=1, elementwise::neg),
    row(B::Exp, 1..=1, 1..=1, elementwise::exp),
    row(B::Log, 1..=1, 1..=1, elementwise::log),
    row(B::Sqrt, 1..=1, 1..=1, elementwise::sqrt),
    row(B::Rsqrt, 1..=1, 1..=1, elementwise::rsqrt),
    row(B::Square, 1..=1, 1..=1, elementwise::square),
    row(B::Relu, 1..=1, 1..=1, elementwise::relu),
    row(B::Relu6, 1..=1, 1..=1, elementwise::relu6),
    row(B::ReluN1To1, 1..=1, 1..=1, elementwise::relu_n1_to_1),
    row(B::Tanh, 1..=1, 1..=1, elementwise::tanh),
    row(B::Logistic, 1..=1, 1..=1, elementwise::logistic),
    row(B::LeakyRelu, 1..=1, 1..=1, elementwise::leaky_relu),
    row(B::Mean, 2..=2, 1..=1, reduce::mean),
    row(B::Sum, 2..=2, 1..=1, reduce::sum),
    row(B::ReduceMax, 2..=2, 1..=1, reduce::max),
    row(B::ReduceMin, 2..=2, 1..=1, reduce::min),
    row(B::Cumsum, 2..=2, 1..=1, compose::cumsum),
    row(B::Softmax, 1..=1, 1..=1, reduce::softmax),
    row(B::LogSoftmax, 1..=1, 1..=1, reduce::log_softmax),
    row(B::Quantize, 1..=1, 1..=1, quantize::quantize),
    row(B::Dequantize, 1..=1, 1..=1, quantize::dequantize),
    row(B::Cast, 1..=1, 1..=1, quantize::cast),
    row(B::Reshape, 1..=2, 1..=1, reshape::reshape),
    row(B::Squeeze, 1..=1, 1..=1, reshape::squeeze),
    row(B::ExpandDims, 2..=2, 1..=1, reshape::expand_dims),
    row(B::Transpose, 2..=2, 1..=1, reshape::transpose),
    row(B::Shape, 1..=1, 1..=1, reshape::shape),
    row(B::Rank, 1..=1, 1..=1, reshape::rank),
    row(B::Pad, 2..=2, 1..=1, pad::pad),
    row(B::Padv2, 3..=3, 1..=1, pad::pad),
    row(B::MirrorPad, 2..=2, 1..=1, pad::mirror_pad),
    row(B::Concatenation, 1..=ANY, 1..=1, join::concatenation),
    row(B::Pack, 1..=ANY, 1..=1, join::pack),
    row(B::Split, 2..=2, 1..=ANY, join::split),
    row(B::SplitV, 3..=3, 1..=ANY, join::split_v),
    row(B::Unpack, 1..=1, 1..=ANY, join::unpack),
    row(B::Slice, 3..=3, 1..=1, slice::slice),
    row(B::StridedSlice, 4..=4, 1..=1, slice::strided_slice),
    row(B::Tile, 2..=2, 1..=1, rearrange::tile),
    row(B::BroadcastTo, 2..=2, 1..=1, rearrange::broadcast_to),
    row(B::ReverseV2, 2..=2, 1..=1, rearrange::reverse),
    row(B::Gather, 2..=2, 1..=1, rearrange::gather),
    row(B::DepthToSpace, 1..=1, 1..=1, rearrange::depth_to_space),
    row(B::SpaceToDepth, 1..=1, 1..=1, rearrange::space_to_depth),
    row(B::ResizeBilinear, 2..=2, 1..=1, resize::bilinear),
    row(B::ResizeNearestNeighbor, 2..=2, 1..=1, resize::nearest_neighbor),
    row(B::Svdf, 5..=5, 1..=1, recurrent::svdf),
    row(B::UnidirectionalSequenceLstm, 20..=24, 1..=1, recurrent::unidirectional_sequence_lstm),
    row(B::VarHandle, 0..=0, 1..=1, control::var_handle),
    row(B::ReadVariable, 1..=1, 1..=1, control::read_variable),
    row(B::AssignVariable, 2..=2, 0..=0, control::assign_variable),
    row(B::CallOnce, 0..=0, 0..=0, control::call_once),
    row(B::If, 1..=ANY, 0..=ANY, control::if_),
    row(B::While, 1..=ANY, 1..=ANY, control::while_),
];

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn each_operator_has_one_row() {
        let mut codes: Vec<_> = TABLE.iter().map(|row| row.code).collect();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), TABLE.len());
    }
}
