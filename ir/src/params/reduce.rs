//! Constants of reductions.

use super::binary::scale_and_zero;
use crate::ops::{Operands, Reduce, ReduceKind};
use crate::quant::Requant;
use crate::types::{ElemType, TensorType};

/// How a reduction computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReduceParams {
    /// Maximum and minimum: numbers and codes alike are compared as they are.
    Selection,
    /// Mean and sum of codes.
    Quantized(QuantizedReduction),
    /// Sum or product of plain integers, wrapping.
    Integer,
    /// Product of floats.
    FloatProduct,
    /// Sum of floats, divided by `divisor`.
    Float {
        /// The number of elements for the mean, else 1.
        divisor: f32,
    },
}

/// Constants of means and sums of codes; see [`QuantizedReduction::apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantizedReduction {
    /// Minus the zero points of all summands.
    pub sum_offset: i32,
    /// Factor of the sum; that of a mean accounts for the number of elements, and its mantissa may be short.
    pub requant: Requant,
    /// Zero point of the result.
    pub output_offset: i32,
    /// Smallest stored result.
    pub act_min: i32,
    /// Largest stored result.
    pub act_max: i32,
}

impl ReduceParams {
    /// The arithmetic of `op` for this operand and this result.
    pub fn new(op: &Reduce, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let x = operands.require(0, "operand")?;
        let is_integer = matches!(x.elem, ElemType::I32 | ElemType::I64);
        let is_mean = match op.kind {
            ReduceKind::Max | ReduceKind::Min => return Ok(ReduceParams::Selection),
            ReduceKind::Sum | ReduceKind::Product if is_integer => return Ok(ReduceParams::Integer),
            ReduceKind::Product => return Ok(ReduceParams::FloatProduct),
            ReduceKind::Mean => true,
            ReduceKind::Sum => false,
        };
        let count: usize = op.axes.iter().filter_map(|&axis| x.shape.get(axis)).product();
        let divisor = if is_mean { count.max(1) } else { 1 };
        if x.elem == ElemType::F32 {
            return Ok(ReduceParams::Float { divisor: divisor as f32 });
        }
        let (act_min, act_max) = result
            .elem
            .quantized_range()
            .ok_or_else(|| format!("{} is not a quantized type", result.elem))?;
        let ((x_scale, x_zero), (y_scale, y_zero)) = (scale_and_zero(x)?, scale_and_zero(result)?);
        let factor = Requant::from_real(f64::from(x_scale) / f64::from(y_scale));
        Ok(ReduceParams::Quantized(QuantizedReduction {
            sum_offset: (count as i32).wrapping_mul(-x_zero),
            requant: if is_mean { divided(factor, divisor as u64) } else { factor },
            output_offset: y_zero,
            act_min,
            act_max,
        }))
    }
}

/// The factor divided by a positive count: the mantissa is shifted left as far as the count allows, so that the
/// quotient, rounded towards zero, keeps its precision.
fn divided(factor: Requant, count: u64) -> Requant {
    let shift = (count.ilog2() as i32).min(32).min(31 + factor.shift);
    let mantissa = (i128::from(factor.multiplier) << shift) / i128::from(count);
    Requant { multiplier: mantissa as i32, shift: factor.shift - shift }
}

impl QuantizedReduction {
    /// The code of the result of a sum of codes.
    pub fn apply(&self, sum: i32) -> i32 {
        let y = self.requant.apply(sum.wrapping_add(self.sum_offset)).wrapping_add(self.output_offset);
        y.clamp(self.act_min, self.act_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_divide_the_mantissa() {
        let one = Requant::from_real(1.0);
        assert_eq!(divided(one, 1), one);
        assert_eq!(divided(one, 4), Requant { multiplier: 1 << 30, shift: -1 });
        assert_eq!(divided(one, 3), Requant { multiplier: 715_827_882, shift: 0 });
    }
}
