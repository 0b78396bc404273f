//! Layers with weights or windows.

use redsc_ir::graph::Node;
use redsc_ir::ops::{
    Accumulate, Activation, Conv2d, DepthwiseConv2d, FullyConnected, Lstm, Padding, Pool2d, PoolKind, Svdf,
    TransposeConv2d,
};
use redsc_ir::{ElemType, Quant, Shape, TensorType, ValueId};
use redsc_schema::tflite::{self, ActivationFunctionType, BuiltinOperator, BuiltinOptions};

use super::graph::{ABSENT, GraphWriter};
use super::ops::{operands, results};
use crate::frontend::tflite::window;

type Written = Result<(), String>;

/// The function that the format fuses into an operator.
pub(super) fn fused(act: Activation) -> ActivationFunctionType {
    match act {
        Activation::None => ActivationFunctionType::None,
        Activation::Relu => ActivationFunctionType::Relu,
        Activation::Relu6 => ActivationFunctionType::Relu6,
        Activation::ReluN1To1 => ActivationFunctionType::ReluN1To1,
        Activation::Tanh => ActivationFunctionType::Tanh,
    }
}

pub(super) fn conv(w: &mut GraphWriter, node: &Node, op: &Conv2d) -> Written {
    expect_centered(op.accumulate)?;
    let (inputs, padding) = windowed(w, node, op.padding, op.stride, op.dilation)?;
    let options = tflite::Conv2DOptions {
        padding,
        stride_h: size(op.stride[0])?,
        stride_w: size(op.stride[1])?,
        dilation_h_factor: size(op.dilation[0])?,
        dilation_w_factor: size(op.dilation[1])?,
        fused_activation_function: fused(op.act),
        ..Default::default()
    };
    let options = BuiltinOptions::Conv2DOptions(Box::new(options));
    w.emit(BuiltinOperator::Conv2d, inputs, results(node), Some(options));
    Ok(())
}

pub(super) fn depthwise(w: &mut GraphWriter, node: &Node, op: &DepthwiseConv2d) -> Written {
    expect_centered(op.accumulate)?;
    let (inputs, padding) = windowed(w, node, op.padding, op.stride, op.dilation)?;
    let [_, _, _, from] = dims(w, node.input(0))?;
    let [_, _, _, to] = dims(w, node.input(1))?;
    let options = tflite::DepthwiseConv2DOptions {
        padding,
        stride_h: size(op.stride[0])?,
        stride_w: size(op.stride[1])?,
        dilation_h_factor: size(op.dilation[0])?,
        dilation_w_factor: size(op.dilation[1])?,
        depth_multiplier: size(to / from.max(1))?,
        fused_activation_function: fused(op.act),
    };
    let options = BuiltinOptions::DepthwiseConv2DOptions(Box::new(options));
    w.emit(BuiltinOperator::DepthwiseConv2d, inputs, results(node), Some(options));
    Ok(())
}

fn expect_centered(accumulate: Accumulate) -> Written {
    match accumulate {
        Accumulate::Centered => Ok(()),
        Accumulate::Raw => Err("zero points are folded into the bias; write the module before that".into()),
    }
}

/// Operands and padding scheme of a convolution, after a PAD where neither scheme fits.
fn windowed(
    w: &mut GraphWriter,
    node: &Node,
    padding: Padding,
    stride: [usize; 2],
    dilation: [usize; 2],
) -> Result<(Vec<i32>, tflite::Padding), String> {
    let mut inputs = operands(node);
    let [_, height, width, _] = dims(w, node.input(0))?;
    let [_, filter_height, filter_width, _] = dims(w, node.input(1))?;
    let filter = [filter_height, filter_width];
    if let Some(scheme) = scheme(padding, |s| window::padding(s, [height, width], filter, stride, dilation)) {
        return Ok((inputs, scheme));
    }
    inputs[0] = pad(w, inputs[0], node.input(0), padding)?;
    Ok((inputs, tflite::Padding::Valid))
}

/// The scheme that gives this padding.
fn scheme(padding: Padding, of: impl Fn(tflite::Padding) -> Option<Padding>) -> Option<tflite::Padding> {
    [tflite::Padding::Valid, tflite::Padding::Same].into_iter().find(|&scheme| of(scheme) == Some(padding))
}

/// Appends a PAD of height and width.
fn pad(w: &mut GraphWriter, x: i32, value: Option<ValueId>, padding: Padding) -> Result<i32, String> {
    let [batch, height, width, channels] = dims(w, value)?;
    let shape =
        [batch, height + padding.top + padding.bottom, width + padding.left + padding.right, channels];
    let ty = value.map(|value| w.ty(value).clone()).ok_or("there is no operand")?;
    let padded = w.add_tensor(&TensorType { shape: Shape::from(shape), ..ty });
    let cells = [0, 0, padding.top, padding.bottom, padding.left, padding.right, 0, 0];
    let cells = w.pairs(&cells)?;
    w.emit(BuiltinOperator::Pad, vec![x, cells], vec![padded], None);
    Ok(padded)
}

pub(super) fn transpose_conv(w: &mut GraphWriter, node: &Node, op: &TransposeConv2d) -> Written {
    let [_, height, width, _] = dims(w, node.input(0))?;
    let [_, filter_height, filter_width, _] = dims(w, node.input(1))?;
    let (input, filter) = ([height, width], [filter_height, filter_width]);
    let padding = scheme(op.padding, |s| window::cut(s, input, filter, op.stride, op.output));
    let padding = padding.ok_or("the padding is neither SAME nor VALID")?;
    let [x, weights, bias @ ..] = &operands(node)[..] else { return Err("operands are missing".into()) };
    let result = node.outputs.first().map(|&result| w.ty(result).shape.clone()).unwrap_or_default();
    let shape = w.integers(result.iter().copied())?;
    let inputs = [shape, *weights, *x].into_iter().chain(bias.iter().copied()).collect();
    let options = tflite::TransposeConvOptions {
        padding,
        stride_h: size(op.stride[0])?,
        stride_w: size(op.stride[1])?,
        fused_activation_function: fused(op.act),
        ..Default::default()
    };
    let options = BuiltinOptions::TransposeConvOptions(Box::new(options));
    w.emit(BuiltinOperator::TransposeConv, inputs, results(node), Some(options));
    Ok(())
}

pub(super) fn fully_connected(w: &mut GraphWriter, node: &Node, op: &FullyConnected) -> Written {
    expect_centered(op.accumulate)?;
    let options = tflite::FullyConnectedOptions {
        keep_num_dims: op.keep_dims,
        fused_activation_function: fused(op.act),
        ..Default::default()
    };
    let options = BuiltinOptions::FullyConnectedOptions(Box::new(options));
    let mut inputs = operands(node);
    inputs.resize(3, ABSENT);
    w.emit(BuiltinOperator::FullyConnected, inputs, results(node), Some(options));
    Ok(())
}

pub(super) fn pool(w: &mut GraphWriter, node: &Node, op: &Pool2d) -> Written {
    let [_, height, width, _] = dims(w, node.input(0))?;
    let of = |s| window::padding(s, [height, width], op.filter, op.stride, [1, 1]);
    let options = tflite::Pool2DOptions {
        padding: scheme(op.padding, of).ok_or("the padding is neither SAME nor VALID")?,
        stride_h: size(op.stride[0])?,
        stride_w: size(op.stride[1])?,
        filter_height: size(op.filter[0])?,
        filter_width: size(op.filter[1])?,
        fused_activation_function: fused(op.act),
    };
    let code = match op.kind {
        PoolKind::Average => BuiltinOperator::AveragePool2d,
        PoolKind::Max => BuiltinOperator::MaxPool2d,
    };
    w.emit(code, operands(node), results(node), Some(BuiltinOptions::Pool2DOptions(Box::new(options))));
    Ok(())
}

pub(super) fn svdf(w: &mut GraphWriter, node: &Node, op: &Svdf) -> Written {
    let mut inputs = operands(node);
    inputs.resize(4, ABSENT);
    inputs.push(w.state(op.state)?);
    let options = tflite::SvdfOptions {
        rank: size(op.rank)?,
        fused_activation_function: fused(op.act),
        ..Default::default()
    };
    let options = BuiltinOptions::SvdfOptions(Box::new(options));
    w.emit(BuiltinOperator::Svdf, inputs, results(node), Some(options));
    Ok(())
}

/// Operands before the states, which the format lists before the normalizations.
const BEFORE_STATES: usize = 18;

pub(super) fn lstm(w: &mut GraphWriter, node: &Node, op: &Lstm) -> Written {
    let mut inputs = operands(node);
    inputs.resize(BEFORE_STATES + 4, ABSENT);
    let states = [w.state(op.output_state)?, w.state(op.cell_state)?];
    inputs.splice(BEFORE_STATES..BEFORE_STATES, states);
    let options = tflite::UnidirectionalSequenceLstmOptions {
        time_major: op.time_major,
        fused_activation_function: fused(op.act),
        cell_clip: op.cell_clip,
        proj_clip: op.projection_clip,
        ..Default::default()
    };
    let intermediates = intermediates(w, node, op)?;
    let options = BuiltinOptions::UnidirectionalSequenceLstmOptions(Box::new(options));
    let code = BuiltinOperator::UnidirectionalSequenceLstm;
    w.emit(code, inputs, results(node), Some(options)).intermediates = intermediates;
    Ok(())
}

/// Empty tensors whose quantization is that of the four gates and of the hidden state.
fn intermediates(w: &mut GraphWriter, node: &Node, op: &Lstm) -> Result<Option<Vec<i32>>, String> {
    let elem = node.input(0).map(|x| w.ty(x).elem);
    if elem.is_none_or(ElemType::is_float) {
        return Ok(None);
    }
    let zero_point = i32::try_from(op.hidden_zero_point).map_err(|_| "the hidden zero point is too large")?;
    // Gates have 12 fractional bits; what is written here matters with normalizations alone.
    let gate = Quant::PerTensor { scale: 1.0 / 4096.0, zero_point: 0 };
    let hidden = Quant::PerTensor { scale: op.hidden_scale, zero_point };
    let mut add = |elem, quant| w.add_tensor(&TensorType { elem, shape: Shape::from([0]), quant });
    let mut tensors: Vec<i32> = (0..4).map(|_| add(ElemType::I16, gate.clone())).collect();
    tensors.push(add(ElemType::I8, hidden));
    Ok(Some(tensors))
}

fn dims(w: &GraphWriter, value: Option<ValueId>) -> Result<[usize; 4], String> {
    let shape = value.map(|value| &w.ty(value).shape).ok_or("an operand is missing")?;
    shape.0.as_slice().try_into().map_err(|_| format!("an operand of shape {shape} has not four dimensions"))
}

fn size(number: usize) -> Result<i32, String> {
    i32::try_from(number).map_err(|_| format!("{number} does not fit 32 bits"))
}
