//! Arithmetic that is written once for numbers and for vectors of four of them.
//!
//! Integers are `i32` or `i32x4`, real numbers `f32` or `f32x4`. The fixed-point functions repeat
//! [`redsc_ir::quant`] and [`redsc_ir::fixed`] bit by bit.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};

use redsc_ir::quant::Requant;

use super::code::Code;

impl Code<'_> {
    /// A constant integer of the type, in every lane.
    pub(super) fn int(&mut self, ty: Type, value: i64) -> Value {
        if !ty.is_vector() {
            // Constants of narrow types are given as their bits.
            let bits = if ty.bits() == 64 { value } else { value & ((1 << ty.bits()) - 1) };
            return self.b.ins().iconst(ty, bits);
        }
        let lane = &value.to_le_bytes()[..ty.lane_type().bytes() as usize];
        let bytes: Vec<u8> = lane.iter().copied().cycle().take(16).collect();
        self.vector(ty, &bytes)
    }

    /// A constant real number of the type, in every lane.
    pub(super) fn real(&mut self, ty: Type, value: f32) -> Value {
        if !ty.is_vector() {
            return self.b.ins().f32const(value);
        }
        let bytes: Vec<u8> = value.to_le_bytes().into_iter().cycle().take(16).collect();
        self.vector(ty, &bytes)
    }

    /// `x << distance`
    pub(super) fn shift_left(&mut self, x: Value, distance: i64) -> Value {
        let distance = self.b.ins().iconst(types::I32, distance);
        self.b.ins().ishl(x, distance)
    }

    /// `x >> distance`, filled with the sign.
    pub(super) fn shift_right(&mut self, x: Value, distance: i64) -> Value {
        let distance = self.b.ins().iconst(types::I32, distance);
        self.b.ins().sshr(x, distance)
    }

    /// `x >> distance`, filled with zeros.
    pub(super) fn shift_right_zero(&mut self, x: Value, distance: i64) -> Value {
        let distance = self.b.ins().iconst(types::I32, distance);
        self.b.ins().ushr(x, distance)
    }

    /// `x + constant`
    pub(super) fn add_int(&mut self, x: Value, constant: i32) -> Value {
        if constant == 0 {
            return x;
        }
        let constant = self.int(self.ty(x), constant.into());
        self.b.ins().iadd(x, constant)
    }

    /// Integers between constants.
    pub(super) fn clamp(&mut self, x: Value, least: i32, most: i32) -> Value {
        let [least, most] = [least, most].map(|bound| self.int(self.ty(x), bound.into()));
        let x = self.b.ins().smax(x, least);
        self.b.ins().smin(x, most)
    }

    /// Lane by lane `yes` where the comparison holds, else `no`.
    pub(super) fn choose(&mut self, cc: IntCC, [a, b]: [Value; 2], yes: Value, no: Value) -> Value {
        let holds = self.b.ins().icmp(cc, a, b);
        self.select(holds, yes, no)
    }

    /// Lane by lane `yes` where the comparison of real numbers holds, else `no`.
    pub(super) fn choose_real(&mut self, cc: FloatCC, [a, b]: [Value; 2], yes: Value, no: Value) -> Value {
        let holds = self.b.ins().fcmp(cc, a, b);
        self.select(holds, yes, no)
    }

    fn select(&mut self, holds: Value, yes: Value, no: Value) -> Value {
        if self.ty(holds).is_vector() {
            let mask = self.cast(self.ty(yes), holds);
            self.b.ins().bitselect(mask, yes, no)
        } else {
            self.b.ins().select(holds, yes, no)
        }
    }

    /// The larger real number; `b` where one is none.
    pub(super) fn larger(&mut self, a: Value, b: Value) -> Value {
        self.choose_real(FloatCC::LessThan, [b, a], a, b)
    }

    /// The smaller real number; `b` where one is none.
    pub(super) fn smaller(&mut self, a: Value, b: Value) -> Value {
        self.choose_real(FloatCC::LessThan, [a, b], a, b)
    }

    /// Real numbers between constants.
    pub(super) fn clamp_real(&mut self, x: Value, least: f32, most: f32) -> Value {
        let [least, most] = [least, most].map(|bound| self.real(self.ty(x), bound));
        let x = self.larger(x, least);
        self.smaller(x, most)
    }

    /// `a · b + c`, rounded once where the machine can.
    pub(super) fn multiply_add(&mut self, a: Value, b: Value, c: Value) -> Value {
        if self.machine.fma {
            return self.b.ins().fma(a, b, c);
        }
        let product = self.b.ins().fmul(a, b);
        self.b.ins().fadd(product, c)
    }

    /// `saturating_rounding_doubling_high_mul` for factors that are not both the smallest number.
    pub(super) fn high_mul(&mut self, a: Value, b: Value) -> Value {
        if !self.ty(a).is_vector() {
            let [a, b] = [a, b].map(|x| self.b.ins().sextend(types::I64, x));
            let product = self.b.ins().imul(a, b);
            let nudged = self.b.ins().iadd_imm_s(product, 1 << 30);
            let shifted = self.shift_right(nudged, 31);
            return self.b.ins().ireduce(types::I32, shifted);
        }
        let low = [a, b].map(|x| self.b.ins().swiden_low(x));
        let high = [a, b].map(|x| self.b.ins().swiden_high(x));
        let nudge = self.int(types::I64X2, 1 << 30);
        let halves = [low, high].map(|[a, b]| {
            let product = self.b.ins().imul(a, b);
            let nudged = self.b.ins().iadd(product, nudge);
            // The low halves are the same as those of an arithmetic shift, which few machines have.
            self.shift_right_zero(nudged, 31)
        });
        let [low, high] = halves.map(|half| self.cast(types::I32X4, half));
        self.shuffle(low, high, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27])
    }

    /// `rounding_divide_by_pot`
    pub(super) fn divide_by_pot(&mut self, x: Value, exponent: i32) -> Value {
        if exponent == 0 {
            return x;
        }
        let ty = self.ty(x);
        let mask = ((1i64 << exponent) - 1) as i32;
        let [mask, half] = [mask, mask >> 1].map(|bits| self.int(ty, bits.into()));
        let remainder = self.b.ins().band(x, mask);
        let sign = self.shift_right(x, 31);
        let threshold = self.b.ins().isub(half, sign);
        let quotient = self.shift_right(x, i64::from(exponent));
        let up = self.b.ins().icmp(IntCC::SignedGreaterThan, remainder, threshold);
        if ty.is_vector() {
            return self.b.ins().isub(quotient, up);
        }
        let up = self.b.ins().uextend(types::I32, up);
        self.b.ins().iadd(quotient, up)
    }

    /// [`Requant::apply`] with one factor.
    pub(super) fn requantize(&mut self, x: Value, factor: Requant) -> Value {
        let ty = self.ty(x);
        let shifted = if factor.shift > 0 { self.shift_left(x, i64::from(factor.shift)) } else { x };
        let multiplier = self.int(ty, factor.multiplier.into());
        let product = self.high_mul(shifted, multiplier);
        self.divide_by_pot(product, (-factor.shift).max(0))
    }

    /// [`Requant::apply64`] with one factor: `i64` to `i32`.
    pub(super) fn requantize_wide(&mut self, x: Value, factor: Requant) -> Value {
        let [reduced, shift] = wide_factor(factor);
        let product = self.b.ins().imul_imm_s(x, reduced);
        let rounded = self.b.ins().iadd_imm_s(product, 1 << (shift - 1));
        let shifted = self.shift_right(rounded, shift);
        self.b.ins().ireduce(types::I32, shifted)
    }

    /// `fixed::multiply_by_pot`
    pub(super) fn multiply_by_pot(&mut self, x: Value, exponent: i32) -> Value {
        if exponent <= 0 {
            return self.divide_by_pot(x, -exponent);
        }
        let ty = self.ty(x);
        let shifted = self.shift_left(x, i64::from(exponent));
        let back = self.shift_right(shifted, i64::from(exponent));
        let sign = self.shift_right(x, 31);
        let most = self.int(ty, i32::MAX.into());
        let saturated = self.b.ins().bxor(sign, most);
        self.choose(IntCC::Equal, [back, x], shifted, saturated)
    }

    /// Minus `x`.
    pub(super) fn negate(&mut self, x: Value) -> Value {
        self.b.ins().ineg(x)
    }

    /// A real number from an integer.
    pub(super) fn real_of(&mut self, x: Value) -> Value {
        let ty = if self.ty(x).is_vector() { types::F32X4 } else { types::F32 };
        self.b.ins().fcvt_from_sint(ty, x)
    }
}

/// The multiplier and the shift of [`Requant::apply64`].
pub(super) fn wide_factor(factor: Requant) -> [i64; 2] {
    let reduced =
        if factor.multiplier < 0x7FFF_0000 { (factor.multiplier + (1 << 15)) >> 16 } else { 0x7FFF };
    [i64::from(reduced), i64::from(15 - factor.shift)]
}
