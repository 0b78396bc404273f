//! Kernels for 16-bit activations and 8-bit weights on Arm cores with the DSP and the vector extension.

use redsc_ir::Op;
use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{DepthwiseConv2d, Operands, Unary};
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::FilterOrder;
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::mac::MacArithmetic;
use redsc_ir::params::unary::UnaryParams;
use redsc_ir::params::wide::WideLayer;
use redsc_ir::params::window::Window;

use super::Choice;

/// The kernel for cores with the DSP extension, if there is one that fits.
pub(super) fn dsp(operands: &Operands<'_>) -> Option<Choice> {
    let (window, inputs) = match &operands.node.op {
        Op::DepthwiseConv2d(op) => return depthwise(op, operands, Kernel::DepthwiseS16Dsp),
        _ => layer(operands)?,
    };
    let in_place = single_tap(&window) && inputs.is_multiple_of(4);
    let scratch_bytes = if in_place { 0 } else { 2 * inputs.next_multiple_of(4) };
    Some(Choice::dense(Kernel::Conv2dS16Dsp, scratch_bytes))
}

/// The kernel for cores with the vector extension, if there is one that fits.
pub(super) fn mve(operands: &Operands<'_>) -> Option<Choice> {
    let (window, inputs) = match &operands.node.op {
        Op::DepthwiseConv2d(op) => return depthwise(op, operands, Kernel::DepthwiseS16Mve),
        _ => layer(operands)?,
    };
    let scratch_bytes = if single_tap(&window) { 0 } else { 2 * inputs + 32 };
    Some(Choice::dense(Kernel::Conv2dS16Mve, scratch_bytes))
}

/// `kernel`, if a function is one of 16-bit codes that goes by the table of the logistic function.
pub(super) fn sigmoid(op: &Unary, operands: &Operands<'_>, kernel: Kernel) -> Option<Choice> {
    let result = operands.graph.ty(*operands.node.outputs.first()?);
    match UnaryParams::new(op, operands, result).ok()? {
        UnaryParams::LogisticTable(_) | UnaryParams::TanhTable(_) => Some(kernel.into()),
        UnaryParams::Plain
        | UnaryParams::Clamp(_)
        | UnaryParams::Abs(_)
        | UnaryParams::Rsqrt(_)
        | UnaryParams::Logistic(_)
        | UnaryParams::Tanh(_) => None,
    }
}

/// `kernel`, if a depthwise convolution fits. It reads behind the end of the input, which must not be a constant.
fn depthwise(op: &DepthwiseConv2d, operands: &Operands<'_>, kernel: Kernel) -> Option<Choice> {
    let result = operands.graph.ty(*operands.node.outputs.first()?);
    let params = ConvParams::depthwise(op, operands, result).ok()?;
    WideLayer::new(operands, &params.arithmetic, FilterOrder::Columns)?;
    let is_constant = operands.graph.constant(operands.node.input(0)?).is_some();
    (params.filters_per_group == 1 && !is_constant).then_some(kernel.into())
}

/// The window of a layer whose sums fit, and the inputs under it.
fn layer(operands: &Operands<'_>) -> Option<(Window, usize)> {
    let result = operands.graph.ty(*operands.node.outputs.first()?);
    let (window, arithmetic): (Window, MacArithmetic) = match &operands.node.op {
        Op::Conv2d(op) => {
            let params = ConvParams::conv2d(op, operands, result).ok()?;
            let one_group = params.filter_channels == params.window.in_channels;
            one_group.then_some((params.window, params.arithmetic))?
        }
        Op::FullyConnected(op) => {
            let params = FullyConnectedParams::new(op, operands, result).ok()?;
            (params.as_window(), params.arithmetic)
        }
        _ => return None,
    };
    let layer = WideLayer::new(operands, &arithmetic, FilterOrder::Rows)?;
    Some((window, layer.filters.first()?.weights.len()))
}

/// Whether a window has one tap and never leaves the image.
fn single_tap(window: &Window) -> bool {
    [&window.y, &window.x].iter().all(|axis| axis.taps == 1 && axis.all_inside())
}
