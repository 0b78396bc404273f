//! Layers with 16-bit activations as optimized kernels take them: constant weights by filter, sums that are known to fit 32
//! bits, factors of 16 bits.

use super::folded::FilterOrder;
use super::mac::{Accumulator, MacArithmetic};
use crate::ops::Operands;
use crate::types::ElemType;

/// The least right shift of a factor: the product with the 16-bit mantissa is shifted right by 16 before it is rounded.
const LEAST_SHIFT: i32 = 1;

/// One filter of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct WideFilter {
    /// Its weights.
    pub weights: Vec<i8>,
    /// Its bias.
    pub bias: i32,
    /// The mantissa of its factor, 15 bits.
    pub mantissa: i32,
    /// How far `(sum · mantissa) >> 16` is shifted right, with rounding: 1 to 30.
    pub shift: i32,
}

/// A layer of 8-bit filters over 16-bit codes.
#[derive(Clone, Debug, PartialEq)]
pub struct WideLayer {
    /// The filters; all have the same number of weights.
    pub filters: Vec<WideFilter>,
    /// Smallest and largest result.
    pub limits: [i32; 2],
}

impl WideLayer {
    /// The layer with operands `(x, w, bias?)` and that arithmetic; `None` if it is not of 16-bit codes with 64-bit sums,
    /// if weights or bias are not constant, or if a sum or factor is out of range.
    pub fn new(operands: &Operands<'_>, arithmetic: &MacArithmetic, order: FilterOrder) -> Option<Self> {
        let MacArithmetic::Quantized(q) = arithmetic else { return None };
        let elems = [0, 1].map(|i| operands.get(i).map(|ty| ty.elem));
        let is_wide = elems == [Some(ElemType::I16), Some(ElemType::I8)];
        if !is_wide || q.accumulator != Accumulator::I64 || q.output_offset != 0 || q.input_offset != 0 {
            return None;
        }
        let constant = |index| operands.graph.constant(operands.node.input(index)?);
        let count = q.requant.len();
        let weights = constant(1)?.to_vec::<i8>();
        let biases = match operands.get(2) {
            Some(_) => constant(2)?.to_vec::<i64>(),
            None => vec![0; count],
        };
        if count == 0 || biases.len() != count || !weights.len().is_multiple_of(count) {
            return None;
        }
        let inputs = weights.len() / count;
        let filter = |f: usize| {
            let weights: Vec<i8> = match order {
                FilterOrder::Rows => weights[f * inputs..][..inputs].to_vec(),
                FilterOrder::Columns => weights[f..].iter().step_by(count).copied().collect(),
            };
            let reach: i64 = weights.iter().map(|&w| i64::from(w).abs() << 15).sum();
            let fits = biases[f].saturating_abs().saturating_add(reach) <= i64::from(i32::MAX);
            let requant = q.requant[f];
            let mantissa = ((i64::from(requant.multiplier) + (1 << 15)) >> 16).min(0x7FFF) as i32;
            let shift = if mantissa == 0 { LEAST_SHIFT } else { -1 - requant.shift };
            let bias = biases[f] as i32;
            (fits && (LEAST_SHIFT..=30).contains(&shift)).then_some(WideFilter {
                weights,
                bias,
                mantissa,
                shift,
            })
        };
        let filters = (0..count).map(filter).collect::<Option<Vec<_>>>()?;
        Some(WideLayer { filters, limits: [q.act_min, q.act_max] })
    }
}

impl WideFilter {
    /// A filter whose result is 0.
    pub fn zero(inputs: usize) -> Self {
        WideFilter { weights: vec![0; inputs], bias: 0, mantissa: 0, shift: LEAST_SHIFT }
    }
}
