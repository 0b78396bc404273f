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

/// The largest right shift for which a zero point, shifted by as much, still leaves room for a sum in 32 bits.
const MAX_RIGHT_SHIFT: i32 = 22;

/// The largest sum that a filter without weights is given: within the ranges of all kernels.
const MAX_CONSTANT_SUM: i32 = 1 << 22;

/// One filter of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldedFilter {
    /// Its weights.
    pub weights: Vec<i8>,
    /// Its bias for raw inputs.
    pub bias: i32,
    /// Its factor: a multiplier in `[2^30, 2^31)`.
    pub requant: Requant,
}

/// How sums become results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// All codes, zero point -128: negative results are cut off, however they are rounded. Right shifts up to 22.
    Relu,
    /// All codes; right shifts from 1 to 22.
    Linear,
    /// Any limits, any shifts.
    General,
}

/// A layer of 8-bit filters.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldedLayer {
    /// The filters; all have the same number of weights.
    pub filters: Vec<FoldedFilter>,
    /// Zero point of the result.
    pub output_offset: i32,
    /// Smallest and largest result.
    pub limits: [i32; 2],
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
    /// not constant, or if weights have a zero point.
    pub fn new(operands: &Operands<'_>, arithmetic: &MacArithmetic, order: FilterOrder) -> Option<Self> {
        let (weights, biases, quantized) = constants(operands, arithmetic)?;
        Self::fold(&weights, &biases, quantized, order)
    }

    /// As [`FoldedLayer::new`], but filters that no input changes keep their weights.
    pub fn unsimplified(
        operands: &Operands<'_>,
        arithmetic: &MacArithmetic,
        order: FilterOrder,
    ) -> Option<Self> {
        let (weights, biases, quantized) = constants(operands, arithmetic)?;
        Self::gather(&weights, &biases, quantized, order)
    }

    /// A layer whose results are 16-bit numbers with the zero point 0 and one factor for all: `biases` filters, one after
    /// the other.
    pub fn of_sums(weights: &[i8], biases: &[i32], requant: Requant, input_offset: i32) -> Self {
        let inputs = weights.len() / biases.len().max(1);
        let filters = biases.iter().zip(weights.chunks(inputs.max(1)));
        let filters = filters.map(|(&bias, w)| FoldedFilter::new(w.to_vec(), bias, requant, input_offset));
        let limits = [i16::MIN, i16::MAX].map(i32::from);
        FoldedLayer { filters: filters.collect(), output_offset: 0, limits }
    }

    fn fold(weights: &Data, biases: &[i32], quantized: &MacQuantized, order: FilterOrder) -> Option<Self> {
        let mut layer = Self::gather(weights, biases, quantized, order)?;
        layer.simplify();
        Some(layer)
    }

    fn gather(weights: &Data, biases: &[i32], quantized: &MacQuantized, order: FilterOrder) -> Option<Self> {
        let weights = weights.to_vec::<i8>();
        let count = quantized.requant.len();
        if count == 0 || biases.len() != count || !weights.len().is_multiple_of(count) {
            return None;
        }
        let inputs = weights.len() / count;
        let weights_of = |f: usize| -> Vec<i8> {
            match order {
                FilterOrder::Rows => weights[f * inputs..][..inputs].to_vec(),
                FilterOrder::Columns => weights[f..].iter().step_by(count).copied().collect(),
            }
        };
        let limits = [quantized.act_min, quantized.act_max];
        let mut layer = FoldedLayer { filters: Vec::new(), output_offset: quantized.output_offset, limits };
        for (f, &bias) in biases.iter().enumerate() {
            let filter = FoldedFilter::new(weights_of(f), bias, quantized.requant[f], quantized.input_offset);
            layer.filters.push(filter);
        }
        Some(layer)
    }

    /// Takes the weights from filters that no input changes.
    fn simplify(&mut self) {
        let inputs = self.inputs();
        let constants: Vec<Option<i32>> =
            self.filters.iter().map(|filter| self.constant_result(filter)).collect();
        for (f, constant) in constants.iter().enumerate() {
            if let Some(result) = constant {
                self.filters[f] = self.constant_filter(inputs, *result);
            }
        }
        self.unify(&constants);
    }

    /// Gives filters whose result is constant the factor that all others share, so that a kernel can do with one.
    fn unify(&mut self, constants: &[Option<i32>]) {
        let mut others = self.filters.iter().zip(constants).filter(|(_, constant)| constant.is_none());
        let Some(shared) = others.next().map(|(filter, _)| filter.requant) else { return };
        if others.any(|(filter, _)| filter.requant != shared) {
            return;
        }
        let sums: Option<Vec<Option<i32>>> = constants
            .iter()
            .map(|constant| match constant {
                Some(result) => self.sum_for(*result, shared).map(Some),
                None => Some(None),
            })
            .collect();
        for (filter, sum) in self.filters.iter_mut().zip(sums.unwrap_or_default()) {
            if let Some(bias) = sum {
                *filter = FoldedFilter { bias, requant: shared, ..FoldedFilter::zero(filter.weights.len()) };
            }
        }
    }

    /// A moderate sum that becomes `result` with that factor.
    fn sum_for(&self, result: i32, factor: Requant) -> Option<i32> {
        let real = f64::from(factor.multiplier) * f64::from(factor.shift - 31).exp2();
        let sum = (f64::from(result - self.output_offset) / real).round();
        let is_moderate = sum.abs() * f64::from(factor.shift.max(0)).exp2() < f64::from(MAX_CONSTANT_SUM);
        let becomes =
            |sum: i32| (factor.apply(sum) + self.output_offset).clamp(self.limits[0], self.limits[1]);
        (is_moderate && becomes(sum as i32) == result).then_some(sum as i32)
    }

    /// The factor that all filters share.
    pub fn uniform(&self) -> Option<Requant> {
        let first = self.filters.first()?.requant;
        self.filters.iter().all(|filter| filter.requant == first).then_some(first)
    }

    /// The result of a filter if no input changes it.
    fn constant_result(&self, filter: &FoldedFilter) -> Option<i32> {
        if filter.shifted_bound() > i64::from(i32::MAX) {
            return None;
        }
        let [low, high] = self.limits;
        let result = |sum: i64| (filter.requant.apply(sum as i32) + self.output_offset).clamp(low, high);
        let [least, greatest] = filter.range().map(result);
        (least == greatest).then_some(least)
    }

    /// A filter without weights that gives this result.
    fn constant_filter(&self, inputs: usize, result: i32) -> FoldedFilter {
        FoldedFilter { bias: 4 * (result - self.output_offset), ..FoldedFilter::zero(inputs) }
    }

    /// What limits, zero point and factors leave to do.
    pub fn finish(&self) -> Finish {
        let most_left = self.filters.iter().map(|filter| filter.requant.shift).max().unwrap_or(0);
        if self.max_right_shift() > MAX_RIGHT_SHIFT {
            return Finish::General;
        }
        match (self.limits, self.output_offset) {
            ([-128, 127], -128) if most_left <= 0 => Finish::Relu,
            ([-128 | -32768, 127 | 32767], _) if most_left < 0 => Finish::Linear,
            _ => Finish::General,
        }
    }

    /// Whether the sums of all filters keep within 31 bits, with room for a rounding.
    pub fn fits(&self) -> bool {
        self.filters.iter().all(|filter| filter.shifted_bound() < 1 << 30)
    }

    /// Whether the weights of pairs of filters fit 16-bit lanes as `256 · b + a`.
    pub fn lanes_fit(&self) -> bool {
        self.filters.chunks_exact(2).all(|pair| {
            let mut weights = pair[0].weights.iter().zip(&pair[1].weights);
            weights.all(|(&a, &b)| i16::try_from(256 * i32::from(b) + i32::from(a)).is_ok())
        })
    }

    /// Whether, besides, sums of filters of odd index, which are scaled by 256, keep within 31 bits.
    pub fn pairs_fit(&self) -> bool {
        let mut odd = self.filters.iter().skip(1).step_by(2);
        self.lanes_fit() && self.fits() && odd.all(|filter| filter.bound() < 1 << 23)
    }

    /// Weights of each filter.
    pub fn inputs(&self) -> usize {
        self.filters.first().map_or(0, |filter| filter.weights.len())
    }

    /// The largest right shift.
    fn max_right_shift(&self) -> i32 {
        self.filters.iter().map(|filter| -filter.requant.shift).max().unwrap_or(0)
    }
}

/// The weights, the biases and the arithmetic of an 8-bit layer whose weights have no zero point.
fn constants<'a>(
    operands: &Operands<'_>,
    arithmetic: &'a MacArithmetic,
) -> Option<(Data, Vec<i32>, &'a MacQuantized)> {
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
    Some((constant(1)?.clone(), biases, quantized))
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

    fn new(weights: Vec<i8>, bias: i32, requant: Requant, input_offset: i32) -> Self {
        if requant.multiplier == 0 {
            return FoldedFilter::zero(weights.len());
        }
        let sum: i32 = weights.iter().map(|&w| i32::from(w)).sum();
        FoldedFilter { bias: bias.wrapping_add(input_offset.wrapping_mul(sum)), weights, requant }
    }

    /// The smallest and the largest sum, for any inputs.
    fn range(&self) -> [i64; 2] {
        let sum = |of_negative: i64, of_positive: i64| -> i64 {
            let product = |&w: &i8| i64::from(w) * if w < 0 { of_negative } else { of_positive };
            i64::from(self.bias) + self.weights.iter().map(product).sum::<i64>()
        };
        [sum(127, -128), sum(-128, 127)]
    }

    /// Bound of the magnitude of the sum, for any inputs.
    pub fn bound(&self) -> i64 {
        let [low, high] = self.range();
        low.abs().max(high.abs())
    }

    /// Bound of the magnitude of the sum without the bias.
    pub fn bound_of_products(&self) -> i64 {
        self.weights.iter().map(|&w| 128 * i64::from(w).abs()).sum()
    }

    /// Bound of the magnitude of the sum after the left shift.
    pub fn shifted_bound(&self) -> i64 {
        self.bound().saturating_mul(1 << self.requant.shift.max(0))
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

    /// A layer of one filter with the weight 9.
    fn nine(bias: i32, quantized: &MacQuantized) -> FoldedLayer {
        FoldedLayer::fold(&Data::from_slice(&[9i8]), &[bias], quantized, FilterOrder::Rows).unwrap()
    }

    #[test]
    fn zero_points_are_folded() {
        let factor = Requant::from_real(0.01);
        let weights = Data::from_slice(&[1i8, 2, 3, -4, 5, -6]);
        let fold = |biases: &[i32], offset, order| {
            FoldedLayer::fold(&weights, biases, &quantized(vec![factor; 2], offset), order).unwrap()
        };
        let rows = fold(&[10, 20], 7, FilterOrder::Rows);
        assert_eq!(
            rows.filters[0],
            FoldedFilter { weights: vec![1, 2, 3], bias: 10 + 7 * 6, requant: factor }
        );
        assert_eq!(rows.filters[1].range(), [-15 - 10 * 127 - 5 * 128, -15 + 10 * 128 + 5 * 127]);
        assert_eq!(fold(&[0, 0], 0, FilterOrder::Columns).filters[1].weights, [2, -4, -6]);
    }

    #[test]
    fn filters_whose_result_is_constant_lose_their_weights() {
        let fold =
            |real: f64, bias| nine(bias, &quantized(vec![Requant::from_real(real)], 0)).filters.remove(0);
        assert_eq!(fold(1e-7, 5), FoldedFilter::zero(1));
        assert_eq!(fold(0.0, 5), FoldedFilter::zero(1));
        let constant = fold(1e-5, 1_000_000);
        assert_eq!(constant, FoldedFilter { bias: 40, ..FoldedFilter::zero(1) });
        assert_eq!(constant.requant.apply(constant.bias), 10);
        assert_eq!(fold(1e-8, 2_000_000_000).bias, 80);
        assert_eq!(fold(1e-2, 0).weights, [9]);
    }

    #[test]
    fn constant_filters_take_the_factor_of_the_others() {
        let fold = |factors: [f64; 3]| {
            let weights = Data::from_slice(&[9i8, 1, 8]);
            let quantized = quantized(factors.map(Requant::from_real).to_vec(), 0);
            FoldedLayer::fold(&weights, &[0, 5_000_000, 0], &quantized, FilterOrder::Rows).unwrap()
        };
        let layer = fold([0.01; 3]);
        assert_eq!(layer.uniform(), Some(Requant::from_real(0.01)));
        assert_eq!(layer.filters[1].weights, [0]);
        assert_eq!(layer.filters[1].requant.apply(layer.filters[1].bias) + 3, 127);
        assert_eq!(fold([0.01, 0.01, 0.02]).uniform(), None);
    }

    #[test]
    fn the_finish_follows_from_limits_and_factors() {
        let finish = |real: f64, output_offset, act_max| {
            let one = quantized(vec![Requant::from_real(real)], 0);
            nine(0, &MacQuantized { output_offset, act_max, ..one }).finish()
        };
        assert_eq!(finish(0.7, -128, 127), Finish::Relu);
        assert_eq!(finish(0.4, 0, 127), Finish::Linear);
        assert_eq!(finish(0.7, 0, 127), Finish::General);
        assert_eq!(finish(1.5, -128, 127), Finish::General);
        assert_eq!(finish(0.4, -128, 100), Finish::General);
    }
}
