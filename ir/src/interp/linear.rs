//! Fully connected layers.

use super::Eval;
use super::mac::{Factor, Products, eval_layer};
use crate::data::Data;
use crate::ops::FullyConnected;
use crate::params::linear::FullyConnectedParams;

pub(super) fn eval_fully_connected(op: &FullyConnected, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let params = FullyConnectedParams::new(op, &cx.operands, cx.result_type(0))?;
    eval_layer(&params, &params.arithmetic, cx)
}

impl Products for FullyConnectedParams {
    fn channels(&self) -> usize {
        self.channels
    }

    fn sums<T: Factor>(&self, x: &[T], w: &[T], _pad: T) -> Vec<T::Sum> {
        let row = |x| w.chunks(self.depth).map(move |w| T::dot(x, w));
        x.chunks(self.depth).flat_map(row).collect()
    }
}
