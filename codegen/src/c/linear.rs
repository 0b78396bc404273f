//! Fully connected layers.

use redsc_ir::ops::FullyConnected;
use redsc_ir::params::linear::FullyConnectedParams;

use super::call::{Call, Struct};
use super::mac;
use super::site::Site;

/// Fully connected layer.
pub(super) fn fully_connected(op: &FullyConnected, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = FullyConnectedParams::new(op, &site.operands(), site.result(0)?)?;
    let c_type = mac::c_type(&params.arithmetic, ["redsc_fully_connected_t", "redsc_fully_connected_f32_t"]);
    let shape =
        Struct::new(c_type).int("rows", params.rows).int("in_c", params.depth).int("out_c", params.channels);
    mac::layer(site, &params.arithmetic, shape)
}
