//! The table behind 16-bit logistic and tanh.
//!
//! Both interpolate linearly in 256 samples of the logistic function, 24 to the unit, with 16 fractional bits. The
//! samples lie above the function by half of what a chord can lie below it, so that the error of the
//! interpolation is balanced.

use std::sync::OnceLock;

/// Samples to the unit.
const DENSITY: f64 = 24.0;

/// The argument of a table-driven function: `(x · multiplier + round) >> shift`, with 3 · 2^12 steps to the unit, so
/// that the table covers more than ±10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigmoidScale {
    /// Factor; 3 times a power of two for operands whose scale is a power of two.
    pub multiplier: i32,
    /// Rounding right shift, at most 31.
    pub shift: u32,
}

impl SigmoidScale {
    /// For operands with 12 fractional bits.
    pub const Q12: SigmoidScale = SigmoidScale { multiplier: 3, shift: 0 };

    /// For operands of scale `2^exponent`.
    pub fn of_power_of_two(exponent: i32) -> Result<Self, String> {
        match exponent.saturating_add(12) {
            left @ 0..=14 => Ok(SigmoidScale { multiplier: 3 << left, shift: 0 }),
            right @ -14..=-1 => Ok(SigmoidScale { multiplier: 3, shift: right.unsigned_abs() }),
            _ => Err(format!("a scale of 2^{exponent} is out of range")),
        }
    }

    /// For operands of any scale. Scales near `2^-12`, and up to `most_left` powers of two above it, are taken for the
    /// power of two.
    pub fn of_scale(scale: f32, most_left: i32) -> Result<Self, String> {
        let exponent = scale.ln() * (1.0 / 2f32.ln());
        let left = exponent.round() as i32 + 12;
        if (exponent - exponent.round()).abs() < 1e-3 && (0..=most_left).contains(&left) {
            return Ok(SigmoidScale { multiplier: 3 << left, shift: 0 });
        }
        let (mut factor, mut shift) = (f64::from(scale) * 3.0 * 4096.0, 0);
        while factor <= 32767.0 / 2.0 && shift < 31 {
            factor *= 2.0;
            shift += 1;
        }
        // The product with a 16-bit number and the rounding fit 32 bits.
        if factor.is_finite() && factor < 65535.0 {
            return Ok(SigmoidScale { multiplier: factor as i32, shift });
        }
        Err(format!("a scale of {scale} is out of range; expected less than 5"))
    }

    fn argument(self, x: i16) -> i32 {
        let round = if self.shift > 0 { 1 << (self.shift - 1) } else { 0 };
        i32::from(x).wrapping_mul(self.multiplier).wrapping_add(round) >> self.shift
    }
}

/// The samples: `logistic(i / 24)` with 16 fractional bits.
pub fn table() -> &'static [u16; 256] {
    static TABLE: OnceLock<[u16; 256]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = std::array::from_fn(sample);
        // The end of the table is where the functions saturate.
        table[255] = u16::MAX;
        table
    })
}

/// The samples minus 1/2, as kernels take them: both functions are odd there. Beyond the end, kernels take the argument
/// just before it; the last two samples are such that this makes no difference.
pub fn centered() -> [i16; 256] {
    table().map(|sample| (i32::from(sample) - (1 << 15)) as i16)
}

fn sample(i: usize) -> u16 {
    let s = 1.0 / (1.0 + (-(i as f64) / DENSITY).exp());
    let second_derivative = s * (1.0 - s) * (1.0 - 2.0 * s);
    let balanced = s - second_derivative / (16.0 * DENSITY * DENSITY);
    (balanced * 65536.0).round() as u16
}

/// The table at `argument ≥ 0`, interpolated between samples `2^bits` steps apart, with `16 + bits` fractional bits;
/// `None` beyond its end.
fn interpolate(argument: u32, bits: u32) -> Option<u32> {
    let index = (argument >> bits) as usize;
    if index >= 255 {
        return None;
    }
    let [low, high] = [table()[index], table()[index + 1]].map(u32::from);
    Some((low << bits) + (argument & ((1 << bits) - 1)) * (high - low))
}

/// `1 / (1 + e^−x)` with 15 fractional bits.
pub fn logistic(x: i16, scale: SigmoidScale) -> i16 {
    let argument = scale.argument(x);
    let positive = interpolate(argument.unsigned_abs(), 9).unwrap_or(0x7FFF << 10);
    let result = if argument >= 0 { positive + (1 << 9) } else { (1 << 25) - positive + (1 << 9) - 1 };
    (result >> 10) as i16
}

/// Hyperbolic tangent with 15 fractional bits: `2 · logistic(2x) − 1`.
pub fn tanh(x: i16, scale: SigmoidScale) -> i16 {
    let argument = scale.argument(x);
    let positive = interpolate(argument.unsigned_abs(), 8).unwrap_or(0xFFFF << 8) as i32 - (1 << 23);
    let result = if argument >= 0 { positive + (1 << 7) } else { -positive + (1 << 7) - 1 };
    (result >> 8) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_that_of_the_reference() {
        let bytes: Vec<u8> = table().iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(table()[..4], [32768, 33451, 34133, 34813]);
        assert_eq!(crc32fast::hash(&bytes), 0xb84f6ab4);
        assert_eq!(table()[254..], [65534, 65535]);
        assert_eq!(centered()[..2], [0, 683]);
    }

    #[test]
    fn functions_are_close_to_the_real_ones() {
        for x in (i16::MIN..=i16::MAX).step_by(17) {
            let real = f64::from(x) / 4096.0;
            let expected = 32768.0 / (1.0 + (-real).exp());
            assert!((f64::from(logistic(x, SigmoidScale::Q12)) - expected).abs() < 2.0, "logistic({real})");
            let expected = 32768.0 * real.tanh();
            assert!((f64::from(tanh(x, SigmoidScale::Q12)) - expected).abs() < 3.0, "tanh({real})");
        }
    }

    #[test]
    fn scales_of_powers_of_two() {
        assert_eq!(SigmoidScale::of_power_of_two(-12), Ok(SigmoidScale::Q12));
        assert_eq!(SigmoidScale::of_power_of_two(-11), Ok(SigmoidScale { multiplier: 6, shift: 0 }));
        assert_eq!(SigmoidScale::of_power_of_two(-15), Ok(SigmoidScale { multiplier: 3, shift: 3 }));
        assert!(SigmoidScale::of_power_of_two(9).is_err());
    }

    #[test]
    fn scales_that_are_no_powers_of_two() {
        assert_eq!(SigmoidScale::of_scale(1.0 / 4096.0, 0), Ok(SigmoidScale::Q12));
        assert_eq!(SigmoidScale::of_scale(1.0 / 2048.0, 1), Ok(SigmoidScale { multiplier: 6, shift: 0 }));
        assert_eq!(SigmoidScale::of_scale(0.0003, 0), Ok(SigmoidScale { multiplier: 30198, shift: 13 }));
        assert!(SigmoidScale::of_scale(6.0, 0).is_err());
    }
}
