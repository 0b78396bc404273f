//! Kernels for Arm cores with the vector extension: which layers keep within their ranges, and their scratch memory.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{BinaryKind, Conv2d, DepthwiseConv2d, FullyConnected, Operands};
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::{FilterOrder, FoldedLayer};
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::lines::{Lines, TOGETHER_MVE};
use redsc_ir::params::window::Window;
use redsc_ir::{ElemType, Op, TensorType};

use super::{Choice, recurrent, wide};

/// The most taps of a depthwise window along either axis.
const DEPTHWISE_TAPS: usize = 3;

/// The kernel for a node, if there is one that fits. Kernels of layers read behind the end of the input, so it must not
/// be a constant.
pub(super) fn select(operands: &Operands<'_>) -> Option<Choice> {
    let result = operands.graph.ty(*operands.node.outputs.first()?);
    if let Op::Binary(op) = &operands.node.op {
        return binary(op.kind, operands, result);
    }
    if operands.graph.constant(operands.node.input(0)?).is_some() {
        return None;
    }
    match &operands.node.op {
        Op::Conv2d(op) => conv2d(op, operands, result).or_else(|| wide::mve(operands)),
        Op::DepthwiseConv2d(op) => depthwise(op, operands, result).or_else(|| wide::mve(operands)),
        Op::FullyConnected(op) => fully_connected(op, operands, result).or_else(|| wide::mve(operands)),
        Op::Svdf(op) => recurrent::svdf_mve(op, operands, result),
        Op::Unary(op) => wide::sigmoid(op, operands, Kernel::SigmoidS16Mve),
        Op::Lstm(op) => recurrent::lstm_mve(op, operands, result),
        _ => None,
    }
}

/// Elementwise arithmetic of 8-bit codes.
fn binary(kind: BinaryKind, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let elems = [operands.get(0)?.elem, operands.get(1)?.elem, result.elem];
    if elems != [ElemType::I8; 3] {
        return None;
    }
    let kernel = match kind {
        BinaryKind::Add | BinaryKind::Sub | BinaryKind::SquaredDifference => Kernel::SumS8Mve,
        BinaryKind::Mul => Kernel::ProductS8Mve,
        BinaryKind::Maximum | BinaryKind::Minimum => Kernel::ExtremumS8Mve,
        BinaryKind::Div
        | BinaryKind::Power
        | BinaryKind::Modulo
        | BinaryKind::Remainder
        | BinaryKind::BitAnd
        | BinaryKind::BitOr
        | BinaryKind::BitXor
        | BinaryKind::ShiftLeft
        | BinaryKind::ShiftRight => return None,
    };
    Some(kernel.into())
}

fn conv2d(op: &Conv2d, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = ConvParams::conv2d(op, operands, result).ok()?;
    if params.filter_channels != params.window.in_channels {
        return None;
    }
    let layer = FoldedLayer::new(operands, &params.arithmetic, FilterOrder::Rows)?;
    layer.fits().then(|| convolution(&params.window))
}

/// A depthwise convolution of one channel is a convolution.
fn depthwise(op: &DepthwiseConv2d, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = ConvParams::depthwise(op, operands, result).ok()?;
    let layer = FoldedLayer::new(operands, &params.arithmetic, FilterOrder::Columns)?;
    if !layer.fits() {
        return None;
    }
    if params.window.in_channels == 1 {
        return Some(convolution(&params.window));
    }
    let lines = Lines::new(&params.window, TOGETHER_MVE);
    let simple = params.filters_per_group == 1 && params.window.batches == 1;
    (simple && vectors_fit(&lines))
        .then(|| Choice::dense(Kernel::DepthwiseS8Mve, 64 * depthwise_positions(&lines)))
}

/// Whether vectors of 4 x 4 cells hold the windows of one result, or of 2 x 2 results at distance 1.
fn vectors_fit(lines: &Lines) -> bool {
    let axes = [&lines.lines, &lines.positions];
    let stride = axes[0].stride;
    let fits = axes.iter().all(|a| a.taps <= DEPTHWISE_TAPS && a.dilation == 1 && a.stride == stride);
    fits && (stride == 2 || stride == 1 && axes.iter().all(|a| a.output >= 2))
}

/// Padded positions of the interleaved lines.
fn depthwise_positions(lines: &Lines) -> usize {
    let axis = &lines.positions;
    let windows = match axis.stride {
        1 => axis.output + 2,
        _ => 2 * axis.output.next_multiple_of(4) + 2,
    };
    windows.max(axis.before + axis.input)
}

/// A layer with a factor for each output is a convolution with one tap.
fn fully_connected(op: &FullyConnected, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = FullyConnectedParams::new(op, operands, result).ok()?;
    let layer = FoldedLayer::new(operands, &params.arithmetic, FilterOrder::Rows)?;
    if !layer.fits() {
        return None;
    }
    if layer.uniform().is_none() {
        return Some(convolution(&params.as_window()));
    }
    let copied = params.rows > 1 && params.depth % 4 != 0;
    let scratch_bytes = if copied { params.depth.next_multiple_of(16) } else { 0 };
    Some(Choice::dense(Kernel::FullyConnectedS8Mve, scratch_bytes))
}

/// Large windows are added up kernel row by kernel row.
fn convolution(window: &Window) -> Choice {
    let whole = Choice::dense(Kernel::Conv2dS8Mve, conv_scratch(window));
    if whole.scratch_bytes <= MAX_SCRATCH || !window.in_channels.is_multiple_of(4) {
        return whole;
    }
    let inputs = window.x.taps * window.in_channels;
    let in_place = window.y.all_inside() && window.x.all_inside() && window.x.dilation == 1;
    let copies = if in_place { 0 } else { 2 * (inputs.next_multiple_of(16) + 16) };
    let scratch_bytes = 32 * window.out_channels.div_ceil(4) + copies;
    Choice::dense(Kernel::Conv2dRowsS8Mve, scratch_bytes)
}

/// Scratch memory beyond which a convolution does not copy whole windows.
const MAX_SCRATCH: usize = 2 << 10;

/// Two windows, each with room for a vector behind it, unless pixels are read in place.
fn conv_scratch(window: &Window) -> usize {
    let inputs = window.y.taps * window.x.taps * window.in_channels;
    let single = |a: &redsc_ir::params::window::Axis| {
        a.taps == 1 && a.before == 0 && a.output.saturating_sub(1) * a.stride < a.input
    };
    let in_place = single(&window.y) && single(&window.x) && window.in_channels.is_multiple_of(4);
    if in_place { 0 } else { 2 * (inputs.next_multiple_of(16) + 16) }
}
