//! Half precision, which few machines compute with, from and to other real numbers.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::code::Code;

/// The bits of a half-precision number (`i16`) as a single-precision number.
pub(super) fn to_single(c: &mut Code<'_>, bits: Value) -> Value {
    let bits = c.b.ins().uextend(types::I32, bits);
    let magnitude = c.b.ins().band_imm_u(bits, 0x7FFF);
    let sign_bit = c.b.ins().band_imm_u(bits, 0x8000);
    let sign = c.shift_left(sign_bit, 16);
    let shifted = c.shift_left(magnitude, 13);
    // Read with the exponent of single precision the number is 2^112 times too small, subnormal ones included.
    let small = c.cast(types::F32, shifted);
    let factor = c.b.ins().f32const(f32::from_bits((127 + 112) << 23));
    let scaled = c.b.ins().fmul(small, factor);
    let scaled = c.cast(types::I32, scaled);
    let infinite = c.b.ins().bor_imm_u(shifted, 0x7F80_0000);
    let limit = c.int(types::I32, 0x7C00);
    let value = c.choose(IntCC::UnsignedLessThan, [magnitude, limit], scaled, infinite);
    let value = c.b.ins().bor(value, sign);
    c.cast(types::F32, value)
}

/// A double-precision number as the bits of the nearest half-precision number (`i32`), ties to even.
pub(super) fn from_double(c: &mut Code<'_>, x: Value) -> Value {
    let bits = c.cast(types::I64, x);
    let sign_wide = c.shift_right_zero(bits, 48);
    let sign_wide = c.b.ins().band_imm_u(sign_wide, 0x8000);
    let sign = c.b.ins().ireduce(types::I32, sign_wide);
    let magnitude = c.b.ins().fabs(x);
    let rounded = round_to_half(c, magnitude);
    let code = c.b.ins().bor(rounded, sign);
    let nan = c.b.ins().fcmp(FloatCC::Unordered, x, x);
    let quiet = c.b.ins().bor_imm_u(sign, 0x7E00);
    c.b.ins().select(nan, quiet, code)
}

/// The code of a number that is not negative.
fn round_to_half(c: &mut Code<'_>, magnitude: Value) -> Value {
    let bits = c.cast(types::I64, magnitude);
    let exponent = c.shift_right_zero(bits, 52);
    // The exponent of the last place: that of the number less 10, and at least that of subnormal numbers.
    let [least, most] = [1023 - 14, 1023 + 16].map(|e| c.index(e));
    let exponent = c.b.ins().smax(exponent, least);
    let exponent = c.b.ins().smin(exponent, most);
    // Adding 2^52 places to the number rounds it to whole places, ties to even.
    let shift = c.b.ins().iadd_imm_s(exponent, 52 - 10);
    let magic = c.shift_left(shift, 52);
    let magic = c.cast(types::F64, magic);
    let limit = c.b.ins().f64const(131_072.0);
    let capped = c.choose_real(FloatCC::LessThan, [magnitude, limit], magnitude, limit);
    let sum = c.b.ins().fadd(capped, magic);
    let sum_bits = c.cast(types::I64, sum);
    let magic_bits = c.cast(types::I64, magic);
    let places = c.b.ins().isub(sum_bits, magic_bits);
    let base = c.b.ins().isub(exponent, least);
    let base = c.shift_left(base, 10);
    let code = c.b.ins().iadd(base, places);
    let infinity = c.index(0x7C00);
    let code = c.b.ins().smin(code, infinity);
    c.b.ins().ireduce(types::I32, code)
}
