//! Functions of single numbers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::code::Code;

/// `a / b` of integers, wrapping; 0 if `b` is 0.
pub(super) fn divide(c: &mut Code<'_>, a: Value, b: Value) -> Value {
    let ty = c.ty(a);
    let [zero, one, minus_one] = [0, 1, -1].map(|x| c.int(ty, x));
    // Neither 0 nor −1, which machines do not divide every number by.
    let divisor = c.choose(IntCC::Equal, [b, zero], one, b);
    let divisor = c.choose(IntCC::Equal, [divisor, minus_one], one, divisor);
    let quotient = c.b.ins().sdiv(a, divisor);
    let negated = c.negate(a);
    let quotient = c.choose(IntCC::Equal, [b, minus_one], negated, quotient);
    c.choose(IntCC::Equal, [b, zero], zero, quotient)
}

/// A function of the C library in double precision, as a function of single precision.
pub(super) fn library(c: &mut Code<'_>, name: &str, x: Value) -> Result<Value, String> {
    let wide = c.b.ins().fpromote(types::F64, x);
    let y = c.call_library(name, &[wide])?;
    Ok(c.b.ins().fdemote(types::F32, y))
}

/// `1 / (1 + e^−x)`, in double precision on the way.
pub(super) fn logistic(c: &mut Code<'_>, x: Value) -> Result<Value, String> {
    let wide = c.b.ins().fpromote(types::F64, x);
    let negated = c.b.ins().fneg(wide);
    let power = c.call_library("exp", &[negated])?;
    let one = c.b.ins().f64const(1.0);
    let denominator = c.b.ins().fadd(one, power);
    let y = c.b.ins().fdiv(one, denominator);
    Ok(c.b.ins().fdemote(types::F32, y))
}
