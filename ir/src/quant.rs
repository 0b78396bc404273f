//! Quantization and its fixed-point arithmetic: the one copy in Rust.
//!
//! The arithmetic is TensorFlow Lite's: a real factor is a 31-bit mantissa and a power of two, and a product is
//! rounded twice, once by [`saturating_rounding_doubling_high_mul`] and once by [`rounding_divide_by_pot`].

/// What the integers of a tensor stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Quant {
    /// Plain numbers.
    #[default]
    None,
    /// One scale and zero point for the whole tensor: `real = scale · (q − zero_point)`.
    PerTensor {
        /// Real value of one step; finite and positive.
        scale: f32,
        /// The integer that stands for zero.
        zero_point: i32,
    },
    /// One scale and zero point for each index of `axis`.
    PerAxis {
        /// The quantized dimension.
        axis: usize,
        /// One scale for each index.
        scales: Vec<f32>,
        /// One zero point for each index.
        zero_points: Vec<i32>,
    },
}

impl Quant {
    /// Scale and zero point of a per-tensor quantization.
    pub fn per_tensor(&self) -> Option<(f32, i32)> {
        match self {
            Quant::PerTensor { scale, zero_point } => Some((*scale, *zero_point)),
            Quant::None | Quant::PerAxis { .. } => None,
        }
    }

    /// One scale per output channel: a per-tensor scale is repeated.
    pub fn channel_scales(&self, channels: usize) -> Option<Vec<f32>> {
        match self {
            Quant::None => None,
            Quant::PerTensor { scale, .. } => Some(vec![*scale; channels]),
            Quant::PerAxis { scales, .. } => (scales.len() == channels).then(|| scales.clone()),
        }
    }
}

/// A non-negative real factor in fixed point: `multiplier · 2^(shift − 31)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requant {
    /// Mantissa in `[2^30, 2^31)`, or 0 for the factor 0.
    pub multiplier: i32,
    /// Power of two; positive shifts left.
    pub shift: i32,
}

impl Requant {
    /// The closest fixed-point factor, made as TensorFlow Lite's `QuantizeMultiplier` makes it from a double.
    ///
    /// Factors below 2^-32 become 0; factors of 2^30 and more saturate. A factor that is not finite or is negative
    /// becomes 0: the verifier keeps such scales out of valid modules.
    pub fn from_real(factor: f64) -> Self {
        if !factor.is_finite() || factor <= 0.0 {
            return Requant { multiplier: 0, shift: 0 };
        }
        let (mantissa, mut shift) = frexp(factor);
        let mut fixed = (mantissa * (1i64 << 31) as f64).round() as i64;
        if fixed == 1 << 31 {
            fixed /= 2;
            shift += 1;
        }
        if shift < -31 {
            return Requant { multiplier: 0, shift: 0 };
        }
        if shift > 30 {
            return Requant { multiplier: i32::MAX, shift: 30 };
        }
        Requant { multiplier: fixed as i32, shift }
    }

    /// `x` times this factor, rounded twice (TensorFlow Lite's `MultiplyByQuantizedMultiplier`).
    pub fn apply(self, x: i32) -> i32 {
        let shifted = x.wrapping_shl(self.shift.max(0) as u32);
        rounding_divide_by_pot(
            saturating_rounding_doubling_high_mul(shifted, self.multiplier),
            (-self.shift).max(0),
        )
    }

    /// `x` times this factor for 64-bit accumulators of 16-bit layers: a 16-bit reduced multiplier and one rounding.
    ///
    /// `x` must lie in `[-2^47, 2^47)`, as the accumulators of valid layers do.
    pub fn apply64(self, x: i64) -> i32 {
        let reduced: i32 =
            if self.multiplier < 0x7FFF_0000 { (self.multiplier + (1 << 15)) >> 16 } else { 0x7FFF };
        let total_shift = 15 - self.shift;
        let product = x.wrapping_mul(i64::from(reduced)).wrapping_add(1i64 << (total_shift - 1));
        (product >> total_shift) as i32
    }
}

/// `(a·b·2 + 2^31) >> 32` with the one overflowing case saturated.
///
/// Rounds half up for products of either sign, as the reference does.
pub fn saturating_rounding_doubling_high_mul(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    let product = i64::from(a) * i64::from(b);
    let nudge = if product >= 0 { 1i64 << 30 } else { 1 - (1i64 << 30) };
    ((product + nudge) / (1i64 << 31)) as i32
}

/// `x / 2^exponent`, rounded to nearest with halves away from zero; `exponent` in `0..=31`.
pub fn rounding_divide_by_pot(x: i32, exponent: i32) -> i32 {
    let mask = ((1i64 << exponent) - 1) as i32;
    let remainder = x & mask;
    let threshold = (mask >> 1) + i32::from(x < 0);
    (x >> exponent) + i32::from(remainder > threshold)
}

/// Splits a positive finite number into a mantissa in `[0.5, 1)` and a power of two.
fn frexp(x: f64) -> (f64, i32) {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as i32;
    if exponent == 0 {
        let (mantissa, shift) = frexp(x * (1u64 << 54) as f64);
        return (mantissa, shift - 54);
    }
    (f64::from_bits((bits & !(0x7FF << 52)) | (1022 << 52)), exponent - 1022)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_normalised() {
        assert_eq!(Requant::from_real(1.0), Requant { multiplier: 1 << 30, shift: 1 });
        assert_eq!(Requant::from_real(0.5), Requant { multiplier: 1 << 30, shift: 0 });
        assert_eq!(Requant::from_real(0.0), Requant { multiplier: 0, shift: 0 });
        assert_eq!(Requant::from_real(1e-20), Requant { multiplier: 0, shift: 0 });
    }

    #[test]
    fn products_round_half_up_and_quotients_half_away() {
        assert_eq!(saturating_rounding_doubling_high_mul(3, 1 << 30), 2);
        assert_eq!(saturating_rounding_doubling_high_mul(-3, 1 << 30), -1);
        assert_eq!(rounding_divide_by_pot(3, 1), 2);
        assert_eq!(rounding_divide_by_pot(-3, 1), -2);
        assert_eq!(rounding_divide_by_pot(i32::MIN, 31), -1);
    }

    #[test]
    fn unit_factor_is_the_identity() {
        let one = Requant::from_real(1.0);
        for x in [-1_000_000, -1, 0, 1, 7, 123_456_789] {
            assert_eq!(one.apply(x), x);
        }
    }
}
