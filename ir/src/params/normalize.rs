//! Constants of softmax and its logarithm.

use std::sync::OnceLock;

use super::binary::scale_and_zero;
use super::unary::input_radius;
use crate::fixed;
use crate::ops::{LogSoftmax, Operands, Softmax};
use crate::quant::Requant;
use crate::types::{ElemType, TensorType};

/// How softmax computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SoftmaxParams {
    /// Real numbers.
    Float {
        /// Factor of the logits.
        beta: f32,
    },
    /// Bytes: exponentials and the reciprocal of their sum in fixed point.
    FixedPoint(Logits),
    /// 16-bit codes: tables ([`exp_table`], [`reciprocal_table`]).
    Table {
        /// From differences of codes to tenths of the range `[-10, 0]`: steps of 10 / 65535.
        requant: Requant,
    },
}

/// How the logarithm of softmax computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LogSoftmaxParams {
    /// Real numbers.
    Float,
    /// Bytes.
    FixedPoint {
        /// The differences of the codes.
        logits: Logits,
        /// From the fixed-point argument back to differences of codes.
        reverse: Requant,
    },
}

/// Differences of codes to the largest one, as arguments of the exponential function in `Q5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logits {
    /// To `Q5`.
    pub requant: Requant,
    /// Smallest difference that counts; it is negative.
    pub diff_min: i32,
}

impl Logits {
    /// Integer bits of the arguments.
    pub const INTEGER_BITS: i32 = 5;

    fn new(x: &TensorType, beta: f32) -> Result<Self, String> {
        let scale = f64::from(beta) * f64::from(scale_and_zero(x)?.0);
        let factor = scale * f64::from(1u32 << (31 - Self::INTEGER_BITS));
        if factor <= 1.0 {
            return Err(format!("a scale of {scale} is too small"));
        }
        // Larger factors saturate: they leave nothing but the largest element.
        let requant = Requant::from_real(factor);
        Ok(Logits { requant, diff_min: -input_radius(Self::INTEGER_BITS, requant.shift) })
    }

    /// The exponentials of differences of codes 0, −1, −2, … in `Q0`, as far as softmax can see them: smaller ones add
    /// nothing to a sum with 12 integer bits, nor to a result, because the sum is at least 1. (Of rows that are long enough
    /// for the sum to wrap, all count.)
    pub fn terms(&self, depth: usize) -> Vec<i32> {
        let least = if depth < 1 << 12 { 1 << 11 } else { i32::MIN };
        let differences = (self.diff_min.max(-255)..=0).rev();
        let term = |difference| fixed::exp_on_negative_values(self.argument(difference), Self::INTEGER_BITS);
        differences.map(term).take_while(|&term| term >= least).collect()
    }

    /// The argument in `Q5` of a difference that counts.
    pub fn argument(&self, difference: i32) -> i32 {
        self.requant.apply(difference)
    }
}

impl SoftmaxParams {
    /// The arithmetic of `op` for this operand.
    pub fn new(op: &Softmax, operands: &Operands<'_>) -> Result<Self, String> {
        let x = operands.require(0, "operand")?;
        match x.elem {
            ElemType::F32 => Ok(SoftmaxParams::Float { beta: op.beta }),
            ElemType::I8 | ElemType::U8 => Ok(SoftmaxParams::FixedPoint(Logits::new(x, op.beta)?)),
            ElemType::I16 => {
                let scale = f64::from(scale_and_zero(x)?.0) * f64::from(op.beta);
                Ok(SoftmaxParams::Table { requant: Requant::from_real(scale / (10.0 / 65535.0)) })
            }
            other => Err(format!("softmax of {other} elements is not defined")),
        }
    }
}

impl LogSoftmaxParams {
    /// The arithmetic for this operand.
    pub fn new(_op: &LogSoftmax, operands: &Operands<'_>) -> Result<Self, String> {
        let x = operands.require(0, "operand")?;
        if x.elem == ElemType::F32 {
            return Ok(LogSoftmaxParams::Float);
        }
        let logits = Logits::new(x, 1.0)?;
        let steps = f64::from(31 - logits.requant.shift).exp2();
        let reverse = Requant::from_real(steps / f64::from(logits.requant.multiplier));
        Ok(LogSoftmaxParams::FixedPoint { logits, reverse })
    }
}

/// A function of 16-bit codes: 512 samples and the end point, between which [`interpolate`] draws lines.
pub type Table = [i16; 513];

/// `e^x` with 15 fractional bits for `x` from −10 to 0.
pub fn exp_table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| table(10.0 / 65535.0, i16::MAX, |x| f64::from(x).exp() as f32))
}

/// `1 / (1 + x)` with 15 fractional bits for `x` from 0 to 1.
pub fn reciprocal_table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| table(1.0 / 65535.0, i16::MIN, |x| 1.0 / (1.0 + x)))
}

/// Samples a function of real numbers, whose codes have that scale and zero point, into results with 15 fractional bits.
/// Each sample is moved by half of the error that the line to the next one has in its middle.
fn table(scale: f32, zero_point: i16, function: impl Fn(f32) -> f32) -> Table {
    let real = |code: i16| scale * (i32::from(code) - i32::from(zero_point)) as f32;
    let (start, end) = (real(i16::MIN), real(i16::MAX));
    let step = (end - start) / 512.0;
    let output_scale = 2.0f32 / 65535.0;
    let inverse = 65536.0 / (output_scale * 32767.0 - output_scale * -32768.0);
    let code = |x: f32| (function(x) * inverse).round();
    std::array::from_fn(|i| {
        if i == 512 {
            return code(end) as i16;
        }
        let at = start + i as f32 * step;
        let next = function(start + (i + 1) as f32 * step) * inverse;
        let middle_of_line = ((next + code(at)) / 2.0).round();
        let error = middle_of_line - code(at + step / 2.0);
        // The conversion saturates.
        (code(at) - (error / 2.0).round()) as i16
    })
}

/// The function of a table at a code.
pub fn interpolate(table: &Table, code: i16) -> i16 {
    let index = usize::from((code >> 7).wrapping_add(256) as u16);
    let (base, next) = (i32::from(table[index]), i32::from(table[index + 1]));
    let offset = i32::from(code & 0x7F);
    // The slope wraps as a 16-bit number; those of monotonous functions fit.
    (base + (((next - base) * offset + 64) >> 7)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_follow_the_real_functions() {
        for code in (i16::MIN..=i16::MAX).step_by(13) {
            let x = (f64::from(code) - 32767.0) * 10.0 / 65535.0;
            assert!((f64::from(interpolate(exp_table(), code)) - 32768.0 * x.exp()).abs() < 7.0, "e^{x}");
            let x = (f64::from(code) + 32768.0) / 65535.0;
            let expected = 32768.0 / (1.0 + x);
            assert!((f64::from(interpolate(reciprocal_table(), code)) - expected).abs() < 6.0, "1/(1+{x})");
        }
    }
}
