//! Layers as optimized kernels take them: constant weights by filter, the zero point of the input folded into the
//! biases, factors without special cases.
//!
//! Kernel selection asks here whether a layer keeps within the ranges of a kernel; code generation packs the same
//! numbers. Inputs outside of the image read as the pad value, as in [`Accumulate::Raw`](crate::ops::Accumulate::Raw).

use super::mac::{Accumulator, MacArithmetic, MacQuantized};
use crate::data::Data;
use crate::ops::Operands;
use crate::quant::Requant;
use crate::types::ElemType;

/// One filter of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldedFilter {
    /// Its weights.
    pub weights: Vec<i8>,
    /// Its bias for raw inputs.
    pub bias: i32,
    /// Its factor: a right shift by 1 or more, a multiplier in `[2^30, 2^31)`.
    pub requant: Requant,
}

/// A layer of 8-bit filters.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldedLayer {
    /// The filters; all have the same number of weights.
    pub filters: Vec<FoldedFilter>,
    /// Zero point of the result.
    pub output_offset: i32,
}

/// Which weights belong to a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterOrder {
    /// Filters one after the other.
    Rows,
    /// Filters interleaved: weight `i` of filter `f` follows weight `i` of filter `f − 1`.
    Columns,
}

impl FoldedLayer {
    /// The layer with operands `(x, w, bias?)` and that arithmetic; `None` if it is not 8 bit, if weights or bias are
    /// not constant, if weights have a zero point, or if a factor is 1/2 or more.
    pub fn new(operands: &Operands<'_>, arithmetic: &MacArithmetic, order: FilterOrder) -> Option<Self> {
        let MacArithmetic::Quantized(quantized) = arithmetic else { return None };
        let signed = [0, 1].map(|i| operands.get(i).map(|ty| ty.elem)) == [Some(ElemType::I8); 2];
        if !signed || quantized.weights_offset != 0 || quantized.accumulator != Accumulator::I32 {
            return None;
        }
        let constant = |index| operands.graph.constant(operands.node.input(index)?);
        let biases = match operands.get(2) {
            Some(_) => constant(2)?.to_vec(),
            None => vec![0; quantized.requant.len()],
        };
        Self::fold(constant(1)?, &biases, quantized, order)
    }

    fn fold(weights: &Data, biases: &[i32], quantized: &MacQuantized, order: FilterOrder) -> Option<Self> {
        let weights = weights.to_vec::<i8>();
        let count = quantized.requant.len();
        if count == 0 || biases.len() != count || weights.len() % count != 0 {
            return None;
        }
        let inputs = weights.len() / count;
        let filter = |f: usize| -> Vec<i8> {
            match order {
                FilterOrder::Rows => weights[f * inputs..][..inputs].to_vec(),
                FilterOrder::Columns => weights[f..].iter().step_by(count).copied().collect(),
            }
        };
        let folded =
            |f| FoldedFilter::new(filter(f), biases[f], quantized.requant[f], quantized.input_offset);
        let filters = (0..count).map(folded).collect::<Option<_>>()?;
        Some(FoldedLayer { filters, output_offset: quantized.output_offset })
    }

    /// Weights of each filter.
    pub fn inputs(&self) -> usize {
        self.filters.first().map_or(0, |filter| filter.weights.len())
    }

    /// The largest right shift.
    pub fn max_right_shift(&self) -> i32 {
        self.filters.iter().map(|filter| -filter.requant.shift).max().unwrap_or(0)
    }
}

impl FoldedFilter {
    /// A filter that adds nothing: its result is the zero point.
    pub fn zero(inputs: usize) -> Self {
        FoldedFilter {
            weights: vec![0; inputs],
            bias: 0,
            requant: Requant { multiplier: 1 << 30, shift: -1 },
        }
    }

    fn new(weights: Vec<i8>, bias: i32, requant: Requant, input_offset: i32) -> Option<Self> {
        let sum: i32 = weights.iter().map(|&w| i32::from(w)).sum();
        let bias = bias.wrapping_add(input_offset.wrapping_mul(sum));
        let filter = FoldedFilter { weights, bias, requant };
        if filter.vanishes() {
            return Some(FoldedFilter::zero(filter.weights.len()));
        }
        (requant.shift < 0).then_some(filter)
    }

    /// Bound of the magnitude of the sum, for any inputs.
    pub fn bound(&self) -> i64 {
        let weights: i64 = self.weights.iter().map(|&w| i64::from(w).abs()).sum();
        i64::from(self.bias).abs() + 128 * weights
    }

    /// Whether the result is the zero point whatever the inputs are.
    fn vanishes(&self) -> bool {
        let Requant { multiplier, shift } = self.requant;
        // A sum below a quarter of the last shift's divisor stays below a half however it is rounded.
        multiplier == 0 || (shift < -1 && self.bound() < 1i64 << (-shift - 2).min(40))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantized(requant: Vec<Requant>, input_offset: i32) -> MacQuantized {
        MacQuantized {
            input_offset,
            weights_offset: 0,
            pad_value: -input_offset,
            output_offset: 3,
            requant,
            act_min: -128,
            act_max: 127,
            accumulator: Accumulator::I32,
        }
    }

    #[test]
    fn zero_points_are_folded() {
        let factor = Requant::from_real(0.01);
        let weights = Data::from_slice(&[1i8, 2, 3, -4, 5, -6]);
        let layer = FoldedLayer::fold(&weights, &[10, 20], &quantized(vec![factor; 2], 7), FilterOrder::Rows)
            .unwrap();
        assert_eq!(
            layer.filters[0],
            FoldedFilter { weights: vec![1, 2, 3], bias: 10 + 7 * 6, requant: factor }
        );
        assert_eq!(layer.filters[1].bias, 20 - 7 * 5);
        assert_eq!(layer.filters[1].bound(), 15 + 128 * 15);
        let columns =
            FoldedLayer::fold(&weights, &[0, 0], &quantized(vec![factor; 2], 0), FilterOrder::Columns);
        assert_eq!(columns.unwrap().filters[1].weights, [2, -4, -6]);
    }

    #[test]
    fn factors_that_shift_left_are_refused_and_vanishing_ones_replaced() {
        let fold = |real: f64| {
            let requant = vec![Requant::from_real(real)];
            FoldedLayer::fold(&Data::from_slice(&[9i8]), &[5], &quantized(requant, 0), FilterOrder::Rows)
        };
        assert_eq!(fold(0.7), None);
        assert!(fold(0.4).is_some());
        assert_eq!(fold(1e-7).unwrap().filters[0], FoldedFilter::zero(1));
        assert_eq!(fold(0.0).unwrap().filters[0], FoldedFilter::zero(1));
    }
}
