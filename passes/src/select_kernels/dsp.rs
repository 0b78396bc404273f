//! Kernels for Arm cores with the DSP extension: which layers keep within their ranges, and their scratch memory.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{Conv2d, DepthwiseConv2d, FullyConnected, Operands};
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::{FilterOrder, FoldedLayer};
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::lines::{Lines, TOGETHER_DSP};
use redsc_ir::params::window::Window;
use redsc_ir::{Op, TensorType};

use super::{Choice, recurrent, wide};

/// The most lines of a depthwise window.
const DEPTHWISE_LINES: usize = 32;

/// The kernel for a node, if there is one that fits.
pub(super) fn select(operands: &Operands<'_>) -> Option<Choice> {
    let result = operands.graph.ty(*operands.node.outputs.first()?);
    match &operands.node.op {
        Op::Conv2d(op) => conv2d(op, operands, result).or_else(|| wide::dsp(operands)),
        Op::DepthwiseConv2d(op) => depthwise(op, operands, result).or_else(|| wide::dsp(operands)),
        Op::FullyConnected(op) => fully_connected(op, operands, result).or_else(|| wide::dsp(operands)),
        Op::Svdf(op) => recurrent::svdf_dsp(op, operands, result),
        Op::Unary(op) => wide::sigmoid(op, operands, Kernel::SigmoidS16Dsp),
        Op::Lstm(op) => recurrent::lstm_dsp(op, operands, result),
        _ => None,
    }
}

fn conv2d(op: &Conv2d, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = ConvParams::conv2d(op, operands, result).ok()?;
    if params.filter_channels != params.window.in_channels {
        return None;
    }
    let layer = FoldedLayer::new(operands, &params.arithmetic, FilterOrder::Rows)?;
    convolution(&params.window, &layer)
}

/// A depthwise convolution of one channel is a convolution.
fn depthwise(op: &DepthwiseConv2d, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = ConvParams::depthwise(op, operands, result).ok()?;
    let layer = FoldedLayer::new(operands, &params.arithmetic, FilterOrder::Columns)?;
    if params.window.in_channels == 1 {
        return convolution(&params.window, &layer);
    }
    let lines = Lines::new(&params.window, TOGETHER_DSP);
    let fits =
        params.filters_per_group == 1 && params.window.batches == 1 && lines.lines.taps <= DEPTHWISE_LINES;
    let scratch_bytes = 8 * lines.span() * lines.padded_positions(TOGETHER_DSP);
    (fits && layer.fits()).then_some(Choice::dense(Kernel::DepthwiseS8Dsp, scratch_bytes))
}

/// A layer with a factor for each output is a convolution with one tap.
fn fully_connected(op: &FullyConnected, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = FullyConnectedParams::new(op, operands, result).ok()?;
    let layer = FoldedLayer::new(operands, &params.arithmetic, FilterOrder::Rows)?;
    if layer.uniform().is_none() {
        return convolution(&params.as_window(), &layer);
    }
    let scratch_bytes = 8 * params.depth.div_ceil(4);
    layer.pairs_fit().then_some(Choice::dense(Kernel::FullyConnectedS8Dsp, scratch_bytes))
}

/// Large windows and large sums are added up kernel row by kernel row.
fn convolution(window: &Window, layer: &FoldedLayer) -> Option<Choice> {
    let whole = Choice::dense(Kernel::Conv2dS8Dsp, conv_scratch(window));
    if whole.scratch_bytes <= MAX_SCRATCH && layer.pairs_fit() {
        return Some(whole);
    }
    let inputs = window.x.taps * window.in_channels;
    let pairs = window.out_channels.div_ceil(2);
    let in_place = window.y.all_inside() && window.x.all_inside() && window.x.dilation == 1;
    let copies = if in_place { 0 } else { (3 * inputs).next_multiple_of(4) };
    let scratch_bytes = 24 * pairs + 24 * inputs.div_ceil(4) + copies;
    let rows = Choice::dense(Kernel::Conv2dRowsS8Dsp, scratch_bytes);
    // 128 times the weights of a kernel row stay below 2^23.
    (inputs <= 512 && layer.lanes_fit() && layer.fits()).then_some(rows)
}

/// Scratch memory beyond which a convolution does not widen whole windows.
const MAX_SCRATCH: usize = 6 << 10;

/// Three windows widened to 16 bit, and copies of them if they are not read in place.
fn conv_scratch(window: &Window) -> usize {
    let inputs = window.y.taps * window.x.taps * window.in_channels;
    let widened = 24 * inputs.div_ceil(4);
    let in_place = [&window.y, &window.x].iter().all(|a| a.taps == 1 && a.stride == 1 && a.input == a.output);
    if in_place { widened } else { widened + (3 * inputs).next_multiple_of(4) }
}
