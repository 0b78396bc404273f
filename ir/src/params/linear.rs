//! Constants of fully connected layers.

use super::mac::MacArithmetic;
use crate::ops::{FullyConnected, Operands};
use crate::types::TensorType;

/// Constants of a fully connected layer: `rows` vectors of `depth` inputs times weights `[channels, depth]`.
#[derive(Clone, Debug, PartialEq)]
pub struct FullyConnectedParams {
    /// Number of vectors.
    pub rows: usize,
    /// Inputs of each.
    pub depth: usize,
    /// Outputs of each.
    pub channels: usize,
    /// What is done with the products.
    pub arithmetic: MacArithmetic,
}

impl FullyConnectedParams {
    /// Constants of `fully_connected`.
    pub fn new(op: &FullyConnected, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let input = operands.require(0, "input")?;
        let weights = operands.require(1, "weights")?;
        let &[channels, depth] = weights.shape.0.as_slice() else {
            return Err(format!("the weights need 2 dimensions, not {}", weights.shape.rank()));
        };
        let elements = input.elements();
        if depth == 0 || !elements.is_multiple_of(depth) {
            return Err(format!("{elements} inputs are not rows of {depth}"));
        }
        let rows = elements / depth;
        if rows.checked_mul(channels) != Some(result.elements()) {
            return Err(format!("{rows} rows of {channels} outputs do not fill the result {}", result.shape));
        }
        let arithmetic = MacArithmetic::new(operands, result, channels, op.act, op.accumulate)?;
        Ok(FullyConnectedParams { rows, depth, channels, arithmetic })
    }
}
