//! Layers that multiply and accumulate: from widened operands to stored results.
//!
//! A layer only says which products it adds up ([`Products`]); offsets, biases, requantization and clamps are the
//! same for all of them and live here.

use super::Eval;
use super::eval::pack_ints;
use crate::data::Data;
use crate::params::mac::{Accumulator, MacArithmetic, MacQuantized};
use crate::types::ElemType;

/// A number that layers multiply: a widened integer with its offset added, or a float.
pub(super) trait Factor: Copy {
    /// What products add up to.
    type Sum: Copy + Default;

    /// Whether products with this number vanish.
    fn is_zero(self) -> bool;
    /// `sum + a · b`
    fn multiply_add(sum: Self::Sum, a: Self, b: Self) -> Self::Sum;
    /// The sum of two sums.
    fn add(a: Self::Sum, b: Self::Sum) -> Self::Sum;
    /// The sum of the products of two vectors of one length.
    fn dot(a: &[Self], b: &[Self]) -> Self::Sum;
}

/// 8-bit numbers with their offset, and 16-bit numbers; sums are exact, narrower accumulators truncate them.
impl Factor for i16 {
    type Sum = i64;

    fn is_zero(self) -> bool {
        self == 0
    }

    fn multiply_add(sum: i64, a: i16, b: i16) -> i64 {
        sum.wrapping_add(i64::from(i32::from(a) * i32::from(b)))
    }

    fn add(a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }

    fn dot(a: &[i16], b: &[i16]) -> i64 {
        // One factor is an 8-bit number with its offset, so that so many products fit 32 bits.
        const CHUNK: usize = 128;
        let narrow = |(a, b): (&[i16], &[i16])| {
            let products = a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b));
            i64::from(products.fold(0i32, i32::wrapping_add))
        };
        a.chunks(CHUNK).zip(b.chunks(CHUNK)).map(narrow).sum()
    }
}

impl Factor for f32 {
    type Sum = f32;

    fn is_zero(self) -> bool {
        self == 0.0
    }

    fn multiply_add(sum: f32, a: f32, b: f32) -> f32 {
        sum + a * b
    }

    fn add(a: f32, b: f32) -> f32 {
        a + b
    }

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        // Independent partial sums let the compiler use vectors.
        const LANES: usize = 8;
        let mut lanes = [0.0f32; LANES];
        let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
        let (a_rest, b_rest) = (a_chunks.remainder(), b_chunks.remainder());
        for (a, b) in a_chunks.zip(b_chunks) {
            for lane in 0..LANES {
                lanes[lane] += a[lane] * b[lane];
            }
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        lanes.iter().sum::<f32>() + rest
    }
}

/// Which products a layer adds up.
pub(super) trait Products {
    /// Number of output channels.
    fn channels(&self) -> usize;

    /// The sums of all outputs, channels innermost; `pad` is what inputs outside of the image read as.
    fn sums<T: Factor>(&self, x: &[T], w: &[T], pad: T) -> Vec<T::Sum>;
}

/// Evaluates a layer with operands `(x, w, bias?)`.
pub(super) fn eval_layer(
    layer: &impl Products,
    arithmetic: &MacArithmetic,
    cx: &Eval<'_>,
) -> Result<Vec<Data>, String> {
    let result = match arithmetic {
        MacArithmetic::Quantized(quantized) => eval_quantized(layer, quantized, cx)?,
        MacArithmetic::Float { act_min, act_max } => {
            let bias = if cx.input(2).is_some() { cx.elements::<f32>(2)? } else { Vec::new() };
            let sums = layer.sums(&cx.elements::<f32>(0)?, &cx.elements::<f32>(1)?, 0.0);
            let finish = |(i, sum): (usize, f32)| {
                let bias = bias.get(i % layer.channels()).copied().unwrap_or(0.0);
                (sum + bias).max(*act_min).min(*act_max)
            };
            Data::from_slice(&sums.into_iter().enumerate().map(finish).collect::<Vec<_>>())
        }
    };
    Ok(vec![result])
}

fn eval_quantized(layer: &impl Products, q: &MacQuantized, cx: &Eval<'_>) -> Result<Data, String> {
    let x = widen(&cx.ints(0)?, q.input_offset);
    let w = widen(&cx.ints(1)?, q.weights_offset);
    let bias = biases(cx, 2)?;
    let sums = layer.sums(&x, &w, (q.pad_value + q.input_offset) as i16);
    let channels = layer.channels().max(1);
    let mut stored = Vec::with_capacity(sums.len());
    for outputs in sums.chunks(channels) {
        let finish =
            |(channel, &sum): (usize, &i64)| q.finish(channel, sum, bias.get(channel).copied().unwrap_or(0));
        stored.extend(outputs.iter().enumerate().map(finish));
    }
    pack_ints(cx.result_type(0).elem, &stored)
}

impl MacQuantized {
    /// The stored result of an output channel with the given sum of products.
    pub(super) fn finish(&self, channel: usize, sum: i64, bias: i64) -> i32 {
        let requant = self.requant[channel];
        let scaled = match self.accumulator {
            Accumulator::I32 => requant.apply((sum as i32).wrapping_add(bias as i32)),
            Accumulator::I64 => requant.apply64(sum.wrapping_add(bias)),
        };
        scaled.wrapping_add(self.output_offset).max(self.act_min).min(self.act_max)
    }
}

/// Numbers with their offset: within 16 bits, because only 8-bit numbers have one.
pub(super) fn widen(values: &[i32], offset: i32) -> Vec<i16> {
    values.iter().map(|&value| (value + offset) as i16).collect()
}

/// The biases in operand `index`; empty if it is absent.
pub(super) fn biases(cx: &Eval<'_>, index: usize) -> Result<Vec<i64>, String> {
    match cx.operands.get(index) {
        None => Ok(Vec::new()),
        Some(ty) if ty.elem == ElemType::I64 => cx.elements::<i64>(index),
        Some(_) => Ok(cx.ints(index)?.into_iter().map(i64::from).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_products_do_not_wrap() {
        let (a, b) = (vec![i16::MIN; 1000], vec![255i16; 1000]);
        assert_eq!(i16::dot(&a, &b), -32768 * 255 * 1000);
        assert_eq!(f32::dot(&[1.0; 19], &[2.0; 19]), 38.0);
    }
}
