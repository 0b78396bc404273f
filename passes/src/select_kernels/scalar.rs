//! Kernels in portable C for cores without vectors: which layers keep within their ranges, and their scratch memory.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{Conv2d, DepthwiseConv2d, FullyConnected, Operands};
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::{FilterOrder, FoldedLayer};
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::mac::MacArithmetic;
use redsc_ir::params::window::Axis;
use redsc_ir::{Op, TensorType};

use super::Choice;

/// Scratch memory beyond which a convolution does not copy whole windows.
const MAX_SCRATCH: usize = 2 << 10;

/// The kernel for a node, if there is one that fits.
pub(super) fn select(operands: &Operands<'_>) -> Option<Choice> {
    let result = operands.graph.ty(*operands.node.outputs.first()?);
    match &operands.node.op {
        Op::Conv2d(op) => conv2d(op, operands, result),
        Op::DepthwiseConv2d(op) => depthwise(op, operands, result),
        Op::FullyConnected(op) => fully_connected(op, operands, result),
        _ => None,
    }
}

fn conv2d(op: &Conv2d, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = ConvParams::conv2d(op, operands, result).ok()?;
    let window = &params.window;
    if params.filter_channels != window.in_channels || !fits(operands, &params.arithmetic, FilterOrder::Rows)
    {
        return None;
    }
    let single = |a: &Axis| a.taps == 1 && a.all_inside();
    let in_place = single(&window.y) && single(&window.x);
    let scratch_bytes = if in_place { 0 } else { 2 * window.y.taps * window.x.taps * window.in_channels };
    (scratch_bytes <= MAX_SCRATCH).then_some(Choice { scratch_bytes, ..Kernel::Conv2dTiledS8.into() })
}

fn depthwise(op: &DepthwiseConv2d, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = ConvParams::depthwise(op, operands, result).ok()?;
    let window = &params.window;
    let simple = params.filters_per_group == 1 && window.y.dilation == 1 && window.x.dilation == 1;
    if !simple || !fits(operands, &params.arithmetic, FilterOrder::Columns) {
        return None;
    }
    let scratch_bytes = window.y.taps * (window.x.taps + window.x.stride) * window.in_channels;
    Some(Choice { scratch_bytes, ..Kernel::DepthwiseTiledS8.into() })
}

fn fully_connected(op: &FullyConnected, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = FullyConnectedParams::new(op, operands, result).ok()?;
    fits(operands, &params.arithmetic, FilterOrder::Rows).then_some(Kernel::FullyConnectedTiledS8.into())
}

/// Whether inputs count as they are, sums keep below 2^30 and factors below 1/2, as given in the model.
fn fits(operands: &Operands<'_>, arithmetic: &MacArithmetic, order: FilterOrder) -> bool {
    let MacArithmetic::Quantized(quantized) = arithmetic else { return false };
    let factors = quantized.requant.iter().all(|factor| (-22..=-1).contains(&factor.shift));
    let Some(layer) = FoldedLayer::unsimplified(operands, arithmetic, order) else { return false };
    quantized.input_offset == 0 && factors && layer.filters.iter().all(|filter| filter.bound() < 1 << 30)
}
