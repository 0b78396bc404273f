//! Fully connected layers and matrix products.

use super::Eval;
use super::eval::pack_ints;
use super::mac::{Factor, Products, eval_layer, widen};
use crate::data::Data;
use crate::ops::{BatchMatmul, FullyConnected};
use crate::params::linear::{BatchMatmulParams, FullyConnectedParams};
use crate::params::mac::MacArithmetic;

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

pub(super) fn eval_batch_matmul(op: &BatchMatmul, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let params = BatchMatmulParams::new(op, &cx.operands, cx.result_type(0))?;
    let result = match &params.arithmetic {
        MacArithmetic::Quantized(q) => {
            let (a, b) = (widen(&cx.ints(0)?, q.input_offset), widen(&cx.ints(1)?, q.weights_offset));
            let stored: Vec<i32> = multiply(&params, &a, &b).iter().map(|&sum| q.finish(0, sum, 0)).collect();
            pack_ints(cx.result_type(0).elem, &stored)?
        }
        MacArithmetic::Float { .. } => {
            Data::from_slice(&multiply(&params, &cx.elements::<f32>(0)?, &cx.elements::<f32>(1)?))
        }
    };
    Ok(vec![result])
}

/// The sums of all results.
fn multiply<T: Factor>(params: &BatchMatmulParams, a: &[T], b: &[T]) -> Vec<T::Sum> {
    let [outer, middle, inner] = params.batches;
    let mut results = vec![T::Sum::default(); outer * middle * inner * params.rows * params.columns];
    for (index, results) in results.chunks_mut(params.rows * params.columns).enumerate() {
        let batch = [index / inner / middle, index / inner % middle, index % inner];
        let start = |distances: [usize; 3]| batch.iter().zip(distances).map(|(i, d)| i * d).sum::<usize>();
        let (a, b) = (&a[start(params.a.batches)..], &b[start(params.b.batches)..]);
        for (row, sums) in results.chunks_mut(params.columns).enumerate() {
            for depth in 0..params.depth {
                let x = a[row * params.a.row + depth * params.a.column];
                let line = b[depth * params.b.row..].iter().step_by(params.b.column);
                for (sum, &y) in sums.iter_mut().zip(line) {
                    *sum = T::multiply_add(*sum, x, y);
                }
            }
        }
    }
    results
}
