//! Convolutions.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{Conv2d, DepthwiseConv2d, TransposeConv2d};
use redsc_ir::params::conv::{ConvParams, TransposeConvParams};
use redsc_ir::params::mac::MacArithmetic;
use redsc_ir::params::window::Window;

use super::call::{Call, Struct};
use super::mac;
use super::packed;
use super::site::Site;
use super::sparse;

/// 2-D convolution.
pub(super) fn conv2d(op: &Conv2d, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = ConvParams::conv2d(op, &site.operands(), site.result(0)?)?;
    if sparse::is_sparse(site.kernel()) {
        return sparse::conv2d(site, &params);
    }
    if let Some(calls) = packed::conv2d(site, &params)? {
        return Ok(calls);
    }
    let c_type = mac::c_type(&params.arithmetic, ["redsc_conv2d_t", "redsc_conv2d_f32_t"]);
    let shape =
        Struct::new(c_type).nested("window", window(&params.window)).int("kernel_c", params.filter_channels);
    if site.kernel() == Kernel::Conv2dF32Fpu {
        return mac::packed_floats(site, &params.arithmetic, shape);
    }
    mac::layer(site, &params.arithmetic, padded(shape, &params.arithmetic))
}

/// Depthwise 2-D convolution.
pub(super) fn depthwise(op: &DepthwiseConv2d, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = ConvParams::depthwise(op, &site.operands(), site.result(0)?)?;
    if let Some(calls) = packed::depthwise(site, &params)? {
        return Ok(calls);
    }
    let c_type = mac::c_type(&params.arithmetic, ["redsc_depthwise_t", "redsc_depthwise_f32_t"]);
    let shape = Struct::new(c_type)
        .nested("window", window(&params.window))
        .int("depth_multiplier", params.filters_per_group);
    mac::layer(site, &params.arithmetic, padded(shape, &params.arithmetic))
}

/// Transposed 2-D convolution: the window slides over the result.
pub(super) fn transpose_conv2d(op: &TransposeConv2d, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = TransposeConvParams::new(op, &site.operands(), site.result(0)?)?;
    let c_type =
        mac::c_type(&params.arithmetic, ["redsc_transpose_conv2d_t", "redsc_transpose_conv2d_f32_t"]);
    let shape = Struct::new(c_type).nested("window", window(&params.window));
    mac::layer(site, &params.arithmetic, shape)
}

/// Adds what cells outside of the image read as; real numbers are 0 there.
fn padded(shape: Struct, arithmetic: &MacArithmetic) -> Struct {
    match arithmetic {
        MacArithmetic::Quantized(quantized) => shape.int("pad_value", quantized.pad_value),
        MacArithmetic::Float { .. } => shape,
    }
}

/// The C struct of a window.
pub(super) fn window(window: &Window) -> Struct {
    let (y, x) = (&window.y, &window.x);
    Struct::new("redsc_window_t")
        .int("batches", window.batches)
        .int("in_h", y.input)
        .int("in_w", x.input)
        .int("in_c", window.in_channels)
        .int("out_h", y.output)
        .int("out_w", x.output)
        .int("out_c", window.out_channels)
        .int("kernel_h", y.taps)
        .int("kernel_w", x.taps)
        .int("stride_h", y.stride)
        .int("stride_w", x.stride)
        .int("dilation_h", y.dilation)
        .int("dilation_w", x.dilation)
        .int("pad_top", y.before)
        .int("pad_left", x.before)
}
