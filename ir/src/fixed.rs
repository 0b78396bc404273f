//! Functions of fixed-point numbers, as TensorFlow Lite's integer kernels compute them.
//!
//! `Qm` is a 32-bit integer with `m` integer bits, a sign and `31 − m` fractional bits. The product of a `Qa` and a
//! `Qb` is a `Q(a + b)`. The approximations (a Taylor polynomial with a barrel shifter for `e^x`, Newton's method for
//! reciprocals) and all their roundings are those of the gemmlowp library and of TensorFlow Lite's own additions, so
//! that results agree to the last bit.

use crate::quant::{rounding_divide_by_pot, saturating_rounding_doubling_high_mul as mul};

/// 1 in `Q0`, as near as it gets.
const ONE_Q0: i32 = i32::MAX;
/// 1 in `Q2`.
const ONE_Q2: i32 = 1 << 29;

/// `x · 2^exponent`: saturates to the left, rounds to the right.
pub fn multiply_by_pot(x: i32, exponent: i32) -> i32 {
    if exponent <= 0 {
        return rounding_divide_by_pot(x, -exponent);
    }
    let wide = i64::from(x) << exponent.min(32);
    wide.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// A number with `from` integer bits as one with `to` integer bits.
pub fn rescale(x: i32, from: i32, to: i32) -> i32 {
    multiply_by_pot(x, from - to)
}

/// `(a + b) / 2`, halves away from zero.
fn rounding_half_sum(a: i32, b: i32) -> i32 {
    let sum = i64::from(a) + i64::from(b);
    ((sum + if sum >= 0 { 1 } else { -1 }) / 2) as i32
}

/// `e^a` in `Q0` for `a ≤ 0` with `integer_bits` (0 to 5) integer bits.
pub fn exp_on_negative_values(a: i32, integer_bits: i32) -> i32 {
    /// `e^−2^k` in `Q0` for `k` from −2 to 4.
    const FACTORS: [(i32, i32); 7] = [
        (-2, 1_672_461_947),
        (-1, 1_302_514_674),
        (0, 790_015_084),
        (1, 290_630_308),
        (2, 39_332_535),
        (3, 720_401),
        (4, 242),
    ];
    if a == 0 {
        return ONE_Q0;
    }
    let fraction_bits = 31 - integer_bits;
    let quarter = 1 << (fraction_bits - 2);
    // Split a into a part in [−1/4, 0) and minus a sum of powers of two.
    let small = (a & (quarter - 1)) - quarter;
    let rest = small.wrapping_sub(a);
    let start = exp_near_zero(rescale(small, integer_bits, 0));
    let applies = |exponent: i32| integer_bits > exponent && rest & (1 << (fraction_bits + exponent)) != 0;
    FACTORS.iter().filter(|(exponent, _)| applies(*exponent)).fold(start, |product, &(_, f)| mul(product, f))
}

/// `e^a` in `Q0` for `a` in `[−1/4, 0)` in `Q0`: four terms of the Taylor series around −1/8.
fn exp_near_zero(a: i32) -> i32 {
    const EXP_OF_MINUS_EIGHTH: i32 = 1_895_147_668;
    const THIRD: i32 = 715_827_883;
    let x = a + (1 << 28);
    let x2 = mul(x, x);
    let x3 = mul(x2, x);
    let x4 = mul(x2, x2);
    let x4_over_4 = rounding_divide_by_pot(x4, 2);
    let higher = rounding_divide_by_pot(mul(x4_over_4 + x3, THIRD) + x2, 1);
    EXP_OF_MINUS_EIGHTH + mul(EXP_OF_MINUS_EIGHTH, x + higher)
}

/// `2 / (1 + a)` in `Q2` for `a` in `[0, 1)` in `Q0`: three steps of Newton's method.
fn two_over_one_plus(a: i32) -> i32 {
    const START: i32 = 1_515_870_810; // 48/17 in Q2
    const SLOPE: i32 = -1_010_580_540; // −32/17 in Q2
    let half_denominator = rounding_half_sum(a, ONE_Q0);
    let mut x = START.wrapping_add(mul(half_denominator, SLOPE));
    for _ in 0..3 {
        let error = ONE_Q2.wrapping_sub(mul(half_denominator, x));
        x = x.wrapping_add(rescale(mul(x, error), 4, 2));
    }
    x
}

/// `1 / (1 + a)` in `Q0` for `a` in `[0, 1)` in `Q0`.
pub fn one_over_one_plus(a: i32) -> i32 {
    // Half of a Q2 is the same integer read as Q1.
    rescale(two_over_one_plus(a), 1, 0)
}

/// `(1 − a) / (1 + a)` in `Q0` for `a` in `[0, 1)` in `Q0`.
fn one_minus_over_one_plus(a: i32) -> i32 {
    rescale(two_over_one_plus(a).wrapping_sub(ONE_Q2), 2, 0)
}

/// `1 / (1 + e^−a)` in `Q0` for `a` with `integer_bits` integer bits.
pub fn logistic(a: i32, integer_bits: i32) -> i32 {
    if a == 0 {
        return 1 << 30;
    }
    let magnitude = if a > 0 { a.wrapping_neg() } else { a };
    let positive = one_over_one_plus(exp_on_negative_values(magnitude, integer_bits));
    if a > 0 { positive } else { ONE_Q0.wrapping_sub(positive) }
}

/// Hyperbolic tangent in `Q0` for `a` with `integer_bits` integer bits.
pub fn tanh(a: i32, integer_bits: i32) -> i32 {
    if a == 0 {
        return 0;
    }
    let magnitude = if a < 0 { a } else { a.wrapping_neg() };
    // Twice the argument is the same integer with one more integer bit.
    let negated = one_minus_over_one_plus(exp_on_negative_values(magnitude, integer_bits + 1));
    if a < 0 { negated.wrapping_neg() } else { negated }
}

/// The reciprocal of a positive `x` with `integer_bits` integer bits: a mantissa in `Q0` and the power of two `bits`
/// that `x` exceeds 1 by; `1 / x ≈ mantissa · 2^−bits`.
pub fn reciprocal(x: i32, integer_bits: i32) -> (i32, i32) {
    let headroom = x.leading_zeros();
    let fraction = (x as u32).wrapping_shl(headroom).wrapping_sub(1 << 31) as i32;
    (one_over_one_plus(fraction), integer_bits - headroom as i32)
}

/// Natural logarithm of `x ≥ 1`, from `from` to `to` integer bits.
///
/// Takes the better of two expansions, around powers of two and around their multiples by √2.
pub fn log_of_one_or_more(x: i32, from: i32, to: i32) -> i32 {
    const LOG_2: i32 = 1_488_522_236;
    const SQRT_HALF: i32 = 1_518_500_250;
    // One more integer bit keeps the sum below from saturating.
    let wide = to + 1;
    let quarter = rescale(1 << 29, 0, wide);

    let headroom_a = x.leading_zeros() as i32;
    let mantissa_a = multiply_by_pot(mul(multiply_by_pot(x, headroom_a - 1), SQRT_HALF), 1);
    let exponent_a = multiply_by_pot(from - headroom_a, 31 - wide).saturating_add(quarter);

    let headroom_b = mul(x, SQRT_HALF).leading_zeros() as i32 - 1;
    let mantissa_b = multiply_by_pot(x, headroom_b);
    let exponent_b = multiply_by_pot(from - headroom_b, 31 - wide).saturating_sub(quarter);

    let fraction = log_of_mantissa(mantissa_a.min(mantissa_b), wide);
    rescale(mul(exponent_a.max(exponent_b), LOG_2).wrapping_add(fraction), wide, to)
}

/// Logarithm of a `Q0` mantissa near `√√½`, relative to the latter, with `integer_bits` integer bits.
fn log_of_mantissa(r: i32, integer_bits: i32) -> i32 {
    const SQRT_SQRT_HALF: i32 = 1_805_811_301;
    const ALPHA_N: i32 = 117_049_297;
    const ALPHA_D: i32 = 127_690_142;
    const ALPHA_I: i32 = 1_057_819_769;
    const ALPHA_F: i32 = 638_450_708;
    let p = rounding_half_sum(r, SQRT_SQRT_HALF);
    let q = r.wrapping_sub(SQRT_SQRT_HALF).wrapping_mul(2);
    let q2 = mul(q, q);
    let numerator = mul(q, r).wrapping_add(mul(mul(q, q2), ALPHA_N));
    let factor = ALPHA_I.wrapping_add(q).wrapping_add(mul(ALPHA_D, q2));
    let denominator_minus_one = mul(p, factor).wrapping_add(mul(ALPHA_F, q));
    mul(rescale(numerator, 0, integer_bits), one_over_one_plus(denominator_minus_one))
}

/// `1 / √x` of an integer `x ≥ 0` as a mantissa in `Q0` and a power of two that shifts left: five steps of Newton's
/// method. 0 counts as 1.
pub fn inverse_sqrt(x: i32) -> (i32, i32) {
    const SQRT_HALF: i32 = 1_518_500_250;
    const THREE_HALVES_Q3: i32 = (1 << 28) + (1 << 27);
    if x <= 1 {
        return (i32::MAX, 0);
    }
    let mut x = x;
    let mut right_shift = 11;
    while x >= 1 << 29 {
        x /= 4;
        right_shift += 1;
    }
    let pairs = (x.leading_zeros() as i32 - 1) / 2 - 1;
    right_shift -= pairs;
    x <<= 2 * pairs;
    let half = rounding_divide_by_pot(x >> 1, 1);
    let mut root = 1 << 28;
    for _ in 0..5 {
        let cube = rescale(mul(mul(root, root), root), 9, 3);
        root = rescale(mul(THREE_HALVES_Q3, root).wrapping_sub(mul(half, cube)), 6, 3);
    }
    let root = mul(root, SQRT_HALF);
    if right_shift < 0 { (root.wrapping_shl(-right_shift as u32), 0) } else { (root, -right_shift) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(x: i32, integer_bits: i32) -> f64 {
        f64::from(x) / f64::from(31 - integer_bits).exp2()
    }

    #[test]
    fn exponential_follows_the_real_one() {
        for a in (-0x7FFF_FFFF..=0).step_by(10_007_777) {
            let expected = real(a, 5).exp();
            assert!((real(exp_on_negative_values(a, 5), 0) - expected).abs() < 1e-6, "e^{}", real(a, 5));
        }
        assert_eq!(exp_on_negative_values(0, 5), i32::MAX);
    }

    #[test]
    fn logistic_and_tanh_follow_the_real_ones() {
        for a in (-0x7FFF_FFFF..=0x7000_0000).step_by(10_007_777) {
            let x = real(a, 4);
            assert!((real(logistic(a, 4), 0) - 1.0 / (1.0 + (-x).exp())).abs() < 1e-6, "logistic({x})");
            assert!((real(tanh(a, 4), 0) - x.tanh()).abs() < 1e-6, "tanh({x})");
        }
    }

    #[test]
    fn reciprocals_and_logarithms_follow_the_real_ones() {
        for x in (1 << 19..i32::MAX).step_by(10_007_777) {
            let (mantissa, bits) = reciprocal(x, 12);
            let expected = 1.0 / real(x, 12);
            assert!((real(mantissa, 0) / f64::from(bits).exp2() / expected - 1.0).abs() < 1e-6, "1/{x}");
            let log = real(log_of_one_or_more(x, 12, 5), 5);
            assert!((log - real(x, 12).ln()).abs() < 1e-6, "ln {}", real(x, 12));
        }
    }

    #[test]
    fn inverse_square_roots_follow_the_real_ones() {
        for x in [2, 3, 4, 10, 255, 65_535, 1 << 29, i32::MAX] {
            let (mantissa, shift) = inverse_sqrt(x);
            let found = real(mantissa, 0) * f64::from(shift).exp2();
            assert!((found * f64::from(x).sqrt() - 1.0).abs() < 1e-5, "1/sqrt({x})");
        }
    }
}
