//! Functions of fixed-point numbers: [`redsc_ir::fixed`] as code, bit by bit.
//!
//! What needs no count of leading zeros works on vectors too.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::quant::Requant;

use super::code::Code;

const ONE_Q0: i32 = i32::MAX;
const ONE_Q2: i32 = 1 << 29;

/// `e^a` in `Q0` for `a ≤ 0`.
pub(super) fn exp_on_negative_values(c: &mut Code<'_>, a: Value, integer_bits: i32) -> Value {
    const FACTORS: [(i32, i32); 7] = [
        (-2, 1_672_461_947),
        (-1, 1_302_514_674),
        (0, 790_015_084),
        (1, 290_630_308),
        (2, 39_332_535),
        (3, 720_401),
        (4, 242),
    ];
    let ty = c.ty(a);
    let fraction_bits = 31 - integer_bits;
    let quarter = 1i64 << (fraction_bits - 2);
    let [mask, quarter, zero] = [quarter - 1, quarter, 0].map(|x| c.int(ty, x));
    let masked = c.b.ins().band(a, mask);
    let small = c.b.ins().isub(masked, quarter);
    let rest = c.b.ins().isub(small, a);
    let near = c.multiply_by_pot(small, integer_bits);
    let mut product = exp_near_zero(c, near);
    for (exponent, factor) in FACTORS.into_iter().filter(|(exponent, _)| integer_bits > *exponent) {
        let [bit, factor] = [1i64 << (fraction_bits + exponent), factor.into()].map(|x| c.int(ty, x));
        let multiplied = c.high_mul(product, factor);
        let set = c.b.ins().band(rest, bit);
        product = c.choose(IntCC::Equal, [set, zero], product, multiplied);
    }
    let one = c.int(ty, ONE_Q0.into());
    c.choose(IntCC::Equal, [a, zero], one, product)
}

/// `e^a` in `Q0` for `a` in `[−1/4, 0)` in `Q0`.
fn exp_near_zero(c: &mut Code<'_>, a: Value) -> Value {
    let ty = c.ty(a);
    let [eighth, third] = [1_895_147_668, 715_827_883].map(|x| c.int(ty, x));
    let x = c.add_int(a, 1 << 28);
    let x2 = c.high_mul(x, x);
    let x3 = c.high_mul(x2, x);
    let x4 = c.high_mul(x2, x2);
    let x4_over_4 = c.divide_by_pot(x4, 2);
    let sum = c.b.ins().iadd(x4_over_4, x3);
    let thirds = c.high_mul(sum, third);
    let sum = c.b.ins().iadd(thirds, x2);
    let higher = c.divide_by_pot(sum, 1);
    let sum = c.b.ins().iadd(x, higher);
    let product = c.high_mul(eighth, sum);
    c.b.ins().iadd(eighth, product)
}

/// `(a + b) / 2`, halves away from zero.
fn half_sum(c: &mut Code<'_>, a: Value, b: Value) -> Value {
    // Single numbers only: the sum needs 33 bits.
    let [a, b] = [a, b].map(|x| c.b.ins().sextend(types::I64, x));
    let sum = c.b.ins().iadd(a, b);
    // Halves away from zero: add 1, and cut off towards minus infinity for what is not negative.
    let negative = c.shift_right_zero(sum, 63);
    let one = c.index(1);
    let nudge = c.b.ins().isub(one, negative);
    let nudged = c.b.ins().iadd(sum, nudge);
    let half = c.shift_right(nudged, 1);
    c.b.ins().ireduce(types::I32, half)
}

/// `2 / (1 + a)` in `Q2` for `a` in `[0, 1)` in `Q0`.
fn two_over_one_plus(c: &mut Code<'_>, a: Value) -> Value {
    let one = c.int(types::I32, ONE_Q0.into());
    let half_denominator = half_sum(c, a, one);
    let slope = c.int(types::I32, -1_010_580_540);
    let line = c.high_mul(half_denominator, slope);
    let mut x = c.add_int(line, 1_515_870_810);
    for _ in 0..3 {
        let product = c.high_mul(half_denominator, x);
        let one = c.int(types::I32, ONE_Q2.into());
        let error = c.b.ins().isub(one, product);
        let step = c.high_mul(x, error);
        let step = c.multiply_by_pot(step, 2);
        x = c.b.ins().iadd(x, step);
    }
    x
}

/// `1 / (1 + a)` in `Q0` for `a` in `[0, 1)` in `Q0`.
pub(super) fn one_over_one_plus(c: &mut Code<'_>, a: Value) -> Value {
    let x = two_over_one_plus(c, a);
    c.multiply_by_pot(x, 1)
}

/// The reciprocal of a positive number: a mantissa in `Q0`, and the power of two that it exceeds 1 by.
pub(super) fn reciprocal(c: &mut Code<'_>, x: Value, integer_bits: i32) -> [Value; 2] {
    let headroom = c.b.ins().clz(x);
    let shifted = c.b.ins().ishl(x, headroom);
    let fraction = c.add_int(shifted, i32::MIN);
    let bits = c.int(types::I32, integer_bits.into());
    let exponent = c.b.ins().isub(bits, headroom);
    [one_over_one_plus(c, fraction), exponent]
}

/// Natural logarithm of `x ≥ 1`, from `from` to `to` integer bits.
pub(super) fn log_of_one_or_more(c: &mut Code<'_>, x: Value, from: i32, to: i32) -> Value {
    let wide = to + 1;
    let [sqrt_half, log_2] = [1_518_500_250, 1_488_522_236].map(|v| c.int(types::I32, v));
    let quarter = 1i32 << (29 - wide);

    let headroom_a = c.b.ins().clz(x);
    let left = c.add_int(headroom_a, -1);
    let mantissa = shift_saturating(c, x, left);
    let mantissa = c.high_mul(mantissa, sqrt_half);
    let mantissa_a = c.multiply_by_pot(mantissa, 1);
    let exponent_a = exponent(c, from, headroom_a, wide, quarter);

    let scaled = c.high_mul(x, sqrt_half);
    let zeros = c.b.ins().clz(scaled);
    let headroom_b = c.add_int(zeros, -1);
    let mantissa_b = shift_saturating(c, x, headroom_b);
    let exponent_b = exponent(c, from, headroom_b, wide, -quarter);

    let mantissa = c.b.ins().smin(mantissa_a, mantissa_b);
    let fraction = log_of_mantissa(c, mantissa, wide);
    let larger = c.b.ins().smax(exponent_a, exponent_b);
    let whole = c.high_mul(larger, log_2);
    let sum = c.b.ins().iadd(whole, fraction);
    c.multiply_by_pot(sum, wide - to)
}

/// `(from − headroom)` as a number with `bits` integer bits, plus a constant; nothing overflows for 6 bits.
fn exponent(c: &mut Code<'_>, from: i32, headroom: Value, bits: i32, plus: i32) -> Value {
    let from = c.int(types::I32, from.into());
    let difference = c.b.ins().isub(from, headroom);
    let scaled = c.multiply_by_pot(difference, 31 - bits);
    // The sum saturates.
    let [wide, more] = [scaled, c.int(types::I32, plus.into())].map(|x| c.b.ins().sextend(types::I64, x));
    let sum = c.b.ins().iadd(wide, more);
    let [least, most] = [i32::MIN, i32::MAX].map(|x| c.index(x.into()));
    let sum = c.b.ins().smax(sum, least);
    let sum = c.b.ins().smin(sum, most);
    c.b.ins().ireduce(types::I32, sum)
}

/// `multiply_by_pot` with an exponent from −1 to 31 that is computed.
fn shift_saturating(c: &mut Code<'_>, x: Value, exponent: Value) -> Value {
    let halved = c.divide_by_pot(x, 1);
    let zero = c.int(types::I32, 0);
    let left = c.b.ins().smax(exponent, zero);
    let wide = c.b.ins().sextend(types::I64, x);
    let shifted = c.b.ins().ishl(wide, left);
    let [low, high] = [i32::MIN, i32::MAX].map(|v| c.index(v.into()));
    let clamped = c.b.ins().smax(shifted, low);
    let clamped = c.b.ins().smin(clamped, high);
    let clamped = c.b.ins().ireduce(types::I32, clamped);
    c.choose(IntCC::SignedLessThan, [exponent, zero], halved, clamped)
}

fn log_of_mantissa(c: &mut Code<'_>, r: Value, integer_bits: i32) -> Value {
    let constant = |c: &mut Code<'_>, x: i64| c.int(types::I32, x);
    let root = constant(c, 1_805_811_301);
    let p = half_sum(c, r, root);
    let difference = c.b.ins().isub(r, root);
    let q = c.shift_left(difference, 1);
    let q2 = c.high_mul(q, q);
    let qr = c.high_mul(q, r);
    let q3 = c.high_mul(q, q2);
    let alpha_n = constant(c, 117_049_297);
    let cubic = c.high_mul(q3, alpha_n);
    let numerator = c.b.ins().iadd(qr, cubic);
    let alpha_d = constant(c, 127_690_142);
    let square = c.high_mul(alpha_d, q2);
    let factor = c.add_int(q, 1_057_819_769);
    let factor = c.b.ins().iadd(factor, square);
    let product = c.high_mul(p, factor);
    let alpha_f = constant(c, 638_450_708);
    let linear = c.high_mul(alpha_f, q);
    let denominator = c.b.ins().iadd(product, linear);
    let inverse = one_over_one_plus(c, denominator);
    let scaled = c.divide_by_pot(numerator, integer_bits);
    c.high_mul(scaled, inverse)
}

/// `a / b` times a factor; what is divided by zero saturates to its side, and 0 / 0 is 0.
pub(super) fn quotient(c: &mut Code<'_>, factor: Requant, a: Value, b: Value) -> Value {
    let [zero, one] = [0, 1].map(|x| c.int(types::I32, x));
    let [minus_a, minus_b] = [a, b].map(|x| c.negate(x));
    let dividend = c.choose(IntCC::SignedLessThan, [b, zero], minus_a, a);
    let divisor = c.choose(IntCC::SignedLessThan, [b, zero], minus_b, b);
    let divisor = c.choose(IntCC::Equal, [divisor, zero], one, divisor);
    let [inverse, bits] = reciprocal(c, divisor, 31);
    let sign = c.shift_right(dividend, 31);
    let magnitude = c.b.ins().bxor(dividend, sign);
    let zeros = c.b.ins().clz(magnitude);
    let headroom = c.add_int(zeros, -1);
    let normal = c.b.ins().ishl(dividend, headroom);
    let mantissa = c.high_mul(normal, inverse);
    let shift = c.int(types::I32, factor.shift.into());
    let shift = c.b.ins().isub(shift, bits);
    let shift = c.b.ins().isub(shift, headroom);
    let scaled = requantize_by(c, mantissa, factor.multiplier, shift);
    // Beyond the reach of shifts nothing is left.
    let least = c.int(types::I32, -31);
    let finite = c.choose(IntCC::SignedLessThan, [shift, least], zero, scaled);
    let most = c.int(types::I32, i32::MAX.into());
    let least = c.int(types::I32, (-i32::MAX).into());
    let positive = c.choose(IntCC::SignedGreaterThan, [a, zero], most, zero);
    let saturated = c.choose(IntCC::SignedLessThan, [a, zero], least, positive);
    c.choose(IntCC::Equal, [b, zero], saturated, finite)
}

/// [`Requant::apply`] with a shift that is computed, from −31 on.
pub(super) fn requantize_by(c: &mut Code<'_>, x: Value, multiplier: i32, shift: Value) -> Value {
    let zero = c.int(types::I32, 0);
    let left = c.b.ins().smax(shift, zero);
    let shifted = c.b.ins().ishl(x, left);
    let multiplier = c.int(types::I32, multiplier.into());
    let product = c.high_mul(shifted, multiplier);
    let negated = c.negate(shift);
    let right = c.b.ins().smax(negated, zero);
    divide_by_computed_pot(c, product, right)
}

/// `rounding_divide_by_pot` with an exponent that is computed, from 0 to 31.
pub(super) fn divide_by_computed_pot(c: &mut Code<'_>, x: Value, exponent: Value) -> Value {
    let one = c.int(types::I32, 1);
    let power = c.b.ins().ishl(one, exponent);
    let mask = c.add_int(power, -1);
    let remainder = c.b.ins().band(x, mask);
    let half = c.shift_right_zero(mask, 1);
    let sign = c.shift_right(x, 31);
    let threshold = c.b.ins().isub(half, sign);
    let quotient = c.b.ins().sshr(x, exponent);
    let up = c.b.ins().icmp(IntCC::SignedGreaterThan, remainder, threshold);
    let up = c.b.ins().uextend(types::I32, up);
    c.b.ins().iadd(quotient, up)
}

/// `1 / √x` of an integer `x ≥ 2` as a mantissa in `Q0` and a power of two that shifts left.
pub(super) fn inverse_sqrt(c: &mut Code<'_>, x: Value) -> [Value; 2] {
    // Large numbers are divided by 4 until they are below 2^29.
    let zeros = c.b.ins().clz(x);
    let [three, zero] = [3, 0].map(|v| c.int(types::I32, v));
    let missing = c.b.ins().isub(three, zeros);
    let missing = c.b.ins().smax(missing, zero);
    let rounded = c.add_int(missing, 1);
    let quarters = c.shift_right_zero(rounded, 1);
    let bits = c.shift_left(quarters, 1);
    let x = c.b.ins().sshr(x, bits);
    // Then all are normalised in pairs of bits.
    let zeros = c.b.ins().clz(x);
    let free = c.add_int(zeros, -1);
    let halves = c.shift_right(free, 1);
    let pairs = c.add_int(halves, -1);
    let right = c.add_int(quarters, 11);
    let right = c.b.ins().isub(right, pairs);
    let bits = c.shift_left(pairs, 1);
    let x = c.b.ins().ishl(x, bits);
    let halved = c.shift_right(x, 1);
    let half = c.divide_by_pot(halved, 1);
    let mut root = c.int(types::I32, 1 << 28);
    let three_halves = c.int(types::I32, (1 << 28) + (1 << 27));
    for _ in 0..5 {
        let square = c.high_mul(root, root);
        let cube = c.high_mul(square, root);
        let cube = c.multiply_by_pot(cube, 6);
        let grown = c.high_mul(three_halves, root);
        let shrunk = c.high_mul(half, cube);
        let difference = c.b.ins().isub(grown, shrunk);
        root = c.multiply_by_pot(difference, 3);
    }
    let sqrt_half = c.int(types::I32, 1_518_500_250);
    let root = c.high_mul(root, sqrt_half);
    let negated = c.negate(right);
    let left = c.b.ins().smax(negated, zero);
    let mantissa = c.b.ins().ishl(root, left);
    let shift = c.b.ins().smin(negated, zero);
    [mantissa, shift]
}
