//! Constants of convolutions.
//!
//! A transposed convolution is described by the window of the convolution that it transposes: its *result* plays the
//! part of the window's input and its operand the part of the window's output.

use super::mac::MacArithmetic;
use super::window::{Window, nhwc};
use crate::ops::{Accumulate, Conv2d, DepthwiseConv2d, Operands, TransposeConv2d};
use crate::types::TensorType;

/// Constants of a 2-D convolution, depthwise or not.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvParams {
    /// The window that slides over the input.
    pub window: Window,
    /// Input channels of one filter: all of them, fewer in a grouped and 1 in a depthwise convolution.
    pub filter_channels: usize,
    /// Output channels that read the same input channels: all of them, fewer in a grouped convolution, and the
    /// channel multiplier of a depthwise convolution.
    pub filters_per_group: usize,
    /// What is done with the products.
    pub arithmetic: MacArithmetic,
}

/// Constants of a transposed 2-D convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct TransposeConvParams {
    /// The window that slides over the result; see the module.
    pub window: Window,
    /// What is done with the products.
    pub arithmetic: MacArithmetic,
}

impl ConvParams {
    /// Constants of `conv2d` with weights `[c_out, kh, kw, c_in / groups]`.
    pub fn conv2d(op: &Conv2d, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let input = operands.require(0, "input")?;
        let weights = operands.require(1, "weights")?;
        let [filters, kh, kw, filter_channels] = nhwc(weights, "the filter")?;
        let window = Window::new(input, result, [kh, kw], op.stride, op.dilation, op.padding)?;
        let channels = window.in_channels;
        let divides = filter_channels > 0 && channels.is_multiple_of(filter_channels) && channels > 0;
        let groups = if divides { channels / filter_channels } else { 0 };
        if groups == 0 || !filters.is_multiple_of(groups) || filters != window.out_channels {
            let of = window.out_channels;
            return Err(format!(
                "{filters} filters of {filter_channels} channels do not map {channels} channels to {of}"
            ));
        }
        let arithmetic = MacArithmetic::new(operands, result, filters, op.act, op.accumulate)?;
        Ok(ConvParams { window, filter_channels, filters_per_group: filters / groups, arithmetic })
    }

    /// Constants of `depthwise_conv2d` with weights `[1, kh, kw, c_out]`.
    pub fn depthwise(
        op: &DepthwiseConv2d,
        operands: &Operands<'_>,
        result: &TensorType,
    ) -> Result<Self, String> {
        let input = operands.require(0, "input")?;
        let weights = operands.require(1, "weights")?;
        let [_, kh, kw, filters] = nhwc(weights, "the filter")?;
        let window = Window::new(input, result, [kh, kw], op.stride, op.dilation, op.padding)?;
        let channels = window.in_channels;
        if channels == 0 || !filters.is_multiple_of(channels) || filters != window.out_channels {
            let of = window.out_channels;
            return Err(format!("{filters} depthwise filters do not map {channels} channels to {of}"));
        }
        let arithmetic = MacArithmetic::new(operands, result, filters, op.act, op.accumulate)?;
        Ok(ConvParams { window, filter_channels: 1, filters_per_group: filters / channels, arithmetic })
    }
}

impl TransposeConvParams {
    /// Constants of `transpose_conv2d` with weights `[c_out, kh, kw, c_in]`.
    pub fn new(op: &TransposeConv2d, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let input = operands.require(0, "input")?;
        let weights = operands.require(1, "weights")?;
        let [filters, kh, kw, filter_channels] = nhwc(weights, "the filter")?;
        let window = Window::new(result, input, [kh, kw], op.stride, [1, 1], op.padding)?;
        let (from, to) = (window.out_channels, window.in_channels);
        if filters != to || filter_channels != from {
            return Err(format!(
                "{filters} filters of {filter_channels} channels do not map {from} channels to {to}"
            ));
        }
        let arithmetic = MacArithmetic::new(operands, result, filters, op.act, Accumulate::Centered)?;
        Ok(TransposeConvParams { window, arithmetic })
    }
}
