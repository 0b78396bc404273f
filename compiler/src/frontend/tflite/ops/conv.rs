//! CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV.

use redsc_ir::ops::{Accumulate, Conv2d, DepthwiseConv2d, TransposeConv2d};
use redsc_ir::{Op, ValueId};

use super::super::fault::{HYBRID, Outcome, Problem, damaged, form};
use super::super::operator::{OpReader, clamp, options, positive};
use super::super::window::{cut, padding};

/// `(x, w, bias?)`
pub(super) fn conv_2d(op: &mut OpReader) -> Outcome {
    let options = options!(op, Conv2DOptions)?;
    let layer = Layer::read(op)?;
    let stride = strides(options.stride_h, options.stride_w)?;
    let dilation = dilations(options.dilation_h_factor, options.dilation_w_factor)?;
    let padding =
        padding(options.padding, layer.input, layer.filter, stride, dilation).ok_or_else(too_large)?;
    let act = clamp(options.fused_activation_function)?;
    layer.emit(op, Conv2d { padding, stride, dilation, act, accumulate: Accumulate::Centered })
}

/// `(x, w, bias?)`; the depth multiplier follows from the shapes.
pub(super) fn depthwise_conv_2d(op: &mut OpReader) -> Outcome {
    let options = options!(op, DepthwiseConv2DOptions)?;
    let layer = Layer::read(op)?;
    let stride = strides(options.stride_h, options.stride_w)?;
    let dilation = dilations(options.dilation_h_factor, options.dilation_w_factor)?;
    let padding =
        padding(options.padding, layer.input, layer.filter, stride, dilation).ok_or_else(too_large)?;
    let act = clamp(options.fused_activation_function)?;
    layer.emit(op, DepthwiseConv2d { padding, stride, dilation, act, accumulate: Accumulate::Centered })
}

/// `(shape of the result, w, x, bias?)`
pub(super) fn transpose_conv(op: &mut OpReader) -> Outcome {
    let options = options!(op, TransposeConvOptions)?;
    let declared = op.constant_integers(0)?;
    let (w, x, bias) = (op.operand(1)?, op.operand(2)?, op.optional(3)?);
    reject_hybrid(op, x, w)?;
    let [_, height, width, _] = op.dims(x, "the input")?;
    let [_, filter_height, filter_width, _] = op.dims(w, "the filter")?;
    let stride = strides(options.stride_h, options.stride_w)?;
    let act = clamp(options.fused_activation_function)?;

    let result = op.result(0)?;
    let output: [usize; 4] = op.dims(result, "the result")?;
    if declared.is_some_and(|shape| shape != output.map(|extent| extent as i64)) {
        return Err(damaged("the shape operand and the declared shape of the result differ"));
    }
    let output = [output[1], output[2]];
    let padding = cut(options.padding, [height, width], [filter_height, filter_width], stride, output)
        .ok_or_else(too_large)?;
    op.emit_node(
        TransposeConv2d { padding, stride, output, act },
        [Some(x), Some(w)].into_iter().chain(bias.map(Some)).collect(),
        vec![result],
    );
    Ok(())
}

/// Operands of a convolution and the extents `[height, width]` that matter for padding.
struct Layer {
    x: ValueId,
    w: ValueId,
    bias: Option<ValueId>,
    input: [usize; 2],
    filter: [usize; 2],
}

impl Layer {
    fn read(op: &mut OpReader) -> Outcome<Self> {
        let (x, w, bias) = (op.operand(0)?, op.operand(1)?, op.optional(2)?);
        reject_hybrid(op, x, w)?;
        let [_, height, width, _] = op.dims(x, "the input")?;
        let [_, filter_height, filter_width, _] = op.dims(w, "the filter")?;
        Ok(Layer { x, w, bias, input: [height, width], filter: [filter_height, filter_width] })
    }

    fn emit(self, op: &mut OpReader, conv: impl Into<Op>) -> Outcome {
        let result = op.result(0)?;
        let inputs = [Some(self.x), Some(self.w)].into_iter().chain(self.bias.map(Some)).collect();
        op.emit_node(conv, inputs, vec![result]);
        Ok(())
    }
}

/// Fails if weights are integers where activations are real numbers.
pub(super) fn reject_hybrid(op: &OpReader, x: ValueId, w: ValueId) -> Outcome {
    let (x, w) = (op.ty(x).elem, op.ty(w).elem);
    if !x.is_float() || w.is_float() {
        return Ok(());
    }
    let message =
        format!("{x} activations with {w} weights (dynamic range quantization) are not supported yet");
    Err(Problem::new(HYBRID, message).help(
        "quantize the activations too, with a representative data set, or convert without quantization",
    ))
}

fn too_large() -> Problem {
    form("the window is empty or too large")
}

fn strides(height: i32, width: i32) -> Outcome<[usize; 2]> {
    Ok([positive(height, "the stride")?, positive(width, "the stride")?])
}

fn dilations(height: i32, width: i32) -> Outcome<[usize; 2]> {
    Ok([positive(height, "the dilation")?, positive(width, "the dilation")?])
}
