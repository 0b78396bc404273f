//! Rules of the fully connected layer and of matrix products.

use super::check::{
    ARITHMETIC, broadcast, expect_clamp, expect_elem, expect_elements, expect_layer_quantized,
    expect_not_empty, expect_weights_quantized, extents,
};
use super::conv::{expect_layer_types, product};
use super::{BatchMatmul, FullyConnected, Inferred, OpRules, Operands};
use crate::quant::Quant;
use crate::types::{Shape, TensorType};

impl OpRules for FullyConnected {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(2, 3)?;
        let (x, w) = (operands.require(0, "input")?, operands.require(1, "weights")?);
        expect_not_empty(x, "the input")?;
        let [c_out, c_in] = extents(w, "the weights")?;
        expect_layer_types(operands, self.accumulate)?;
        expect_clamp(self.act)?;
        expect_fc_weights_quantized(w, c_out)?;
        if let Some(bias) = operands.get(2) {
            expect_elements(bias, c_out, "the bias")?;
        }
        Ok(vec![Inferred { shape: self.result_shape(x, c_in, c_out)?, elems: vec![x.elem] }])
    }

    fn macs(&self, operands: &Operands<'_>, results: &[&TensorType]) -> u64 {
        operands.get(1).and_then(|w| w.shape.last()).map_or(0, |&c_in| product(results, &[c_in]))
    }
}

impl FullyConnected {
    fn result_shape(&self, x: &TensorType, c_in: usize, c_out: usize) -> Result<Shape, String> {
        if self.keep_dims {
            return match x.shape.split_last() {
                Some((&last, leading)) if last == c_in => Ok(Shape([leading, &[c_out]].concat())),
                _ => Err(format!("the input has shape [{}]; expected {c_in} as its last extent", x.shape)),
            };
        }
        if !x.elements().is_multiple_of(c_in) {
            return Err(format!("the input has shape [{}]; expected a multiple of {c_in} elements", x.shape));
        }
        Ok(Shape(vec![x.elements() / c_in, c_out]))
    }
}

/// A single zero point may differ from 0 here: the kernel subtracts it.
fn expect_fc_weights_quantized(w: &TensorType, c_out: usize) -> Result<(), String> {
    match w.quant {
        Quant::PerTensor { .. } => expect_layer_quantized(w, "weights"),
        Quant::None | Quant::PerAxis { .. } => expect_weights_quantized(w, 0, c_out),
    }
}

/// Most dimensions of an operand of matrix products.
const MOST_DIMENSIONS: usize = 5;

impl OpRules for BatchMatmul {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(2, 2)?;
        let (a, b) = (operands.require(0, "first operand")?, operands.require(1, "second operand")?);
        expect_elem(a.elem, ARITHMETIC, "the first operand")?;
        expect_elem(b.elem, &[a.elem], "the second operand")?;
        expect_layer_quantized(a, "the first operand")?;
        expect_layer_quantized(b, "the second operand")?;
        operands.check_result(expect_layer_quantized)?;
        let (a_batches, [rows, depth]) = matrices(a, self.transpose_a, "the first operand")?;
        let (b_batches, [b_depth, columns]) = matrices(b, self.transpose_b, "the second operand")?;
        if depth != b_depth {
            return Err(format!("rows of {depth} elements meet columns of {b_depth}"));
        }
        let mut shape = broadcast(&a_batches, &b_batches)?;
        shape.0.extend([rows, columns]);
        Ok(vec![Inferred { shape, elems: vec![a.elem] }])
    }

    fn macs(&self, operands: &Operands<'_>, results: &[&TensorType]) -> u64 {
        let depth = operands.get(0).and_then(|a| a.shape.iter().nth_back(usize::from(self.transpose_a)));
        depth.map_or(0, |&depth| product(results, &[depth]))
    }
}

/// The extents before the matrices, and those of a matrix after transposition.
fn matrices(ty: &TensorType, transposed: bool, what: &str) -> Result<(Shape, [usize; 2]), String> {
    expect_not_empty(ty, what)?;
    match ty.shape.0.as_slice() {
        [batches @ .., rows, columns] if ty.shape.rank() <= MOST_DIMENSIONS => {
            let matrix = if transposed { [*columns, *rows] } else { [*rows, *columns] };
            Ok((Shape(batches.to_vec()), matrix))
        }
        _ => Err(format!("{what} has shape [{}]; expected 2 to {MOST_DIMENSIONS} dimensions", ty.shape)),
    }
}
