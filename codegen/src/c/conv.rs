//! Convolutions.

use redsc_ir::ops::{Conv2d, DepthwiseConv2d};
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::mac::{MacArithmetic, MacQuantized};
use redsc_ir::params::window::Window;

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::site::Site;

/// 2-D convolution.
pub(super) fn conv2d(op: &Conv2d, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = ConvParams::conv2d(op, &site.operands(), site.result(0)?)?;
    layer(site, &params, "redsc_conv2d", "kernel_c", params.filter_channels)
}

/// Depthwise 2-D convolution.
pub(super) fn depthwise(op: &DepthwiseConv2d, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = ConvParams::depthwise(op, &site.operands(), site.result(0)?)?;
    layer(site, &params, "redsc_depthwise", "depth_multiplier", params.filters_per_group)
}
