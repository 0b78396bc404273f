//! Constants of fully connected layers and of matrix products.

use super::mac::MacArithmetic;
use super::window::{Axis, Window};
use crate::ops::{BatchMatmul, FullyConnected, Operands};
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

    /// The convolution with one tap that does the same: a row is a pixel.
    pub fn as_window(&self) -> Window {
        let axis =
            |extent| Axis { input: extent, output: extent, taps: 1, stride: 1, dilation: 1, before: 0 };
        let (in_channels, out_channels) = (self.depth, self.channels);
        Window { batches: 1, y: axis(1), x: axis(self.rows), in_channels, out_channels }
    }
}

/// Constants of matrix products: for each batch, `rows` rows of `a` meet `columns` columns of `b`.
///
/// The arithmetic is that of a layer with inputs `a`, weights `b`, one factor and no bias.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchMatmulParams {
    /// Extents of the batches in the result, outermost first.
    pub batches: [usize; 3],
    /// Rows of each result.
    pub rows: usize,
    /// Products that add up to an element.
    pub depth: usize,
    /// Columns of each result.
    pub columns: usize,
    /// Where the elements of the first operand are.
    pub a: Matrices,
    /// Where the elements of the second operand are.
    pub b: Matrices,
    /// What is done with the products.
    pub arithmetic: MacArithmetic,
}

/// How matrices lie in memory: distances in elements, after transposition and broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matrices {
    /// Distance of neighbouring batches; 0 where one serves all.
    pub batches: [usize; 3],
    /// Distance of neighbouring rows.
    pub row: usize,
    /// Distance of neighbouring columns.
    pub column: usize,
}

impl BatchMatmulParams {
    /// Constants of `batch_matmul`.
    pub fn new(op: &BatchMatmul, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let (a, b) = (operands.require(0, "first operand")?, operands.require(1, "second operand")?);
        let arithmetic = MacArithmetic::of_products(a, b, result)?;
        let [_, _, _, _, depth] = five(a, op.transpose_a)?;
        let [_, _, _, b_depth, _] = five(b, op.transpose_b)?;
        let [outer, middle, inner, rows, columns] = five(result, false)?;
        if depth != b_depth {
            return Err(format!("rows of {depth} elements meet columns of {b_depth}"));
        }
        let batches = [outer, middle, inner];
        let (a, b) = (Matrices::of(a, op.transpose_a)?, Matrices::of(b, op.transpose_b)?);
        Ok(BatchMatmulParams { batches, rows, depth, columns, a, b, arithmetic })
    }
}

impl Matrices {
    fn of(ty: &TensorType, transposed: bool) -> Result<Self, String> {
        let [outer, middle, inner, rows, columns] = five(ty, false)?;
        let matrix = rows * columns;
        let distance = |extent: usize, distance: usize| if extent == 1 { 0 } else { distance };
        let batches = [
            distance(outer, middle * inner * matrix),
            distance(middle, inner * matrix),
            distance(inner, matrix),
        ];
        let (row, column) = if transposed { (1, columns) } else { (columns, 1) };
        Ok(Matrices { batches, row, column })
    }
}

/// Five extents, missing outer ones 1, the last two in the order of the product.
fn five(ty: &TensorType, transposed: bool) -> Result<[usize; 5], String> {
    let rank = ty.shape.rank();
    let missing = 5usize.checked_sub(rank).filter(|_| rank >= 2);
    let missing = missing.ok_or_else(|| format!("matrices need 2 to 5 dimensions, not {rank}"))?;
    if i32::try_from(ty.elements()).is_err() {
        return Err(format!("the shape [{}] is too large", ty.shape));
    }
    let mut extents = [1; 5];
    extents[missing..].copy_from_slice(&ty.shape);
    if transposed {
        extents.swap(3, 4);
    }
    Ok(extents)
}
