//! Softmax and its logarithm, row by row.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;
use redsc_ir::ops::{LogSoftmax, Softmax};
use redsc_ir::params::normalize::{
    LogSoftmaxParams, Logits, SoftmaxParams, Table, exp_table, reciprocal_table,
};
use redsc_ir::quant::Requant;

use super::code::{Code, Ptr};
use super::unary::narrow_to_16;
use super::unit::Layer;
use super::{fixed, scalar};

/// Integer bits of sums of exponentials.
const SUM_BITS: i32 = 12;

/// A row of operand and result.
#[derive(Clone, Copy)]
struct Row {
    x: Ptr,
    y: Ptr,
    from: ElemType,
    to: ElemType,
    depth: usize,
}

/// Softmax.
pub(super) fn softmax(op: &Softmax, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    match SoftmaxParams::new(op, &layer.site.operands())? {
        SoftmaxParams::Float { beta } => rows(layer, |c, row| float(c, row, beta)),
        SoftmaxParams::FixedPoint(logits) => rows(layer, |c, row| fixed_point(c, row, &logits)),
        SoftmaxParams::Table { requant } => {
            let depth = depth(layer)?;
            let scratch = layer.scratch(4 * depth);
            rows(layer, |c, row| {
                let exps = c.arena_at(scratch);
                tabulated(c, row, requant, exps)
            })
        }
    }
}

/// Logarithm of softmax.
pub(super) fn log_softmax(op: &LogSoftmax, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    match LogSoftmaxParams::new(op, &layer.site.operands())? {
        LogSoftmaxParams::Float => rows(layer, log_float),
        LogSoftmaxParams::FixedPoint { logits, reverse } => {
            rows(layer, |c, row| log_fixed_point(c, row, &logits, reverse))
        }
    }
}

fn depth(layer: &Layer<'_, '_>) -> Result<usize, String> {
    let depth = layer.site.input(0)?.shape.last().copied().filter(|&depth| depth > 0);
    depth.ok_or_else(|| "the operand needs a last dimension that is not empty".into())
}

fn rows(
    layer: &mut Layer<'_, '_>,
    function: impl FnOnce(&mut Code<'_>, Row) -> Result<(), String>,
) -> Result<(), String> {
    let depth = depth(layer)?;
    let (x, y) = (layer.site.input(0)?, layer.site.result(0)?);
    layer.whole(|c, site| {
        let [from, to] = [site.x(c, 0)?, site.y(c, 0)?];
        let mut outcome = Ok(());
        c.repeat(y.elements() / depth, |c, i| {
            let row = Row {
                x: c.step(from, i, (depth * x.elem.bytes()) as i64),
                y: c.step(to, i, (depth * y.elem.bytes()) as i64),
                from: x.elem,
                to: y.elem,
                depth,
            };
            outcome = function(c, row);
        });
        outcome
    })
}

impl Row {
    /// Folds the elements with a function of what there is so far, an element and its index.
    fn fold(
        self,
        c: &mut Code<'_>,
        start: Value,
        function: impl FnOnce(&mut Code<'_>, Value, Value, Value) -> Value,
    ) -> Value {
        let total = c.variable(start);
        c.repeat(self.depth, |c, i| {
            let from = c.step(self.x, i, self.from.bytes() as i64);
            let x = c.load_number(self.from, from);
            let so_far = c.b.use_var(total);
            let next = function(c, so_far, x, i);
            c.b.def_var(total, next);
        });
        c.b.use_var(total)
    }

    /// Stores a function of each element and its index.
    fn store(self, c: &mut Code<'_>, function: impl FnOnce(&mut Code<'_>, Value, Value) -> Value) {
        c.repeat(self.depth, |c, i| {
            let from = c.step(self.x, i, self.from.bytes() as i64);
            let x = c.load_number(self.from, from);
            let y = function(c, x, i);
            let to = c.step(self.y, i, self.to.bytes() as i64);
            c.store_number(y, self.to, to);
        });
    }

    /// The largest code.
    fn largest(self, c: &mut Code<'_>) -> Value {
        let start = c.int(types::I32, i32::MIN.into());
        self.fold(c, start, |c, max, x, _| c.b.ins().smax(max, x))
    }

    /// The largest real number.
    fn largest_real(self, c: &mut Code<'_>) -> Value {
        let start = c.real(types::F32, f32::MIN);
        self.fold(c, start, |c, max, x, _| c.larger(x, max))
    }
}

fn float(c: &mut Code<'_>, row: Row, beta: f32) -> Result<(), String> {
    let max = row.largest_real(c);
    let beta = c.real(types::F32, beta);
    let zero = c.real(types::F32, 0.0);
    let mut outcome = Ok(());
    let sum = row.fold(c, zero, |c, sum, x, i| {
        let difference = c.b.ins().fsub(x, max);
        let scaled = c.b.ins().fmul(difference, beta);
        let power = scalar::library(c, "exp", scaled).unwrap_or_else(|message| {
            outcome = Err(message);
            scaled
        });
        let to = c.step(row.y, i, 4);
        c.store(power, to);
        c.b.ins().fadd(sum, power)
    });
    Row { x: row.y, ..row }.store(c, |c, power, _| c.b.ins().fdiv(power, sum));
    outcome
}

fn log_float(c: &mut Code<'_>, row: Row) -> Result<(), String> {
    let max = row.largest_real(c);
    let zero = c.real(types::F32, 0.0);
    let mut outcome = Ok(());
    let sum = row.fold(c, zero, |c, sum, x, _| {
        let difference = c.b.ins().fsub(x, max);
        let power = scalar::library(c, "exp", difference).unwrap_or_else(|message| {
            outcome = Err(message);
            difference
        });
        c.b.ins().fadd(sum, power)
    });
    let log = scalar::library(c, "log", sum)?;
    row.store(c, |c, x, _| {
        let difference = c.b.ins().fsub(x, max);
        c.b.ins().fsub(difference, log)
    });
    outcome
}

/// The exponential of a difference in `Q0`.
fn exponential(c: &mut Code<'_>, logits: &Logits, difference: Value) -> Value {
    // Differences that do not count must not overflow on the way.
    let least = c.int(types::I32, logits.diff_min.into());
    let counted = c.b.ins().smax(difference, least);
    let argument = c.requantize(counted, logits.requant);
    fixed::exp_on_negative_values(c, argument, Logits::INTEGER_BITS)
}

/// `yes` for differences that count, else 0.
fn counted(c: &mut Code<'_>, logits: &Logits, difference: Value, yes: Value) -> Value {
    let [least, zero] = [i64::from(logits.diff_min), 0].map(|v| c.int(types::I32, v));
    c.choose(IntCC::SignedLessThan, [difference, least], zero, yes)
}

fn sum_of_exponentials(c: &mut Code<'_>, row: Row, logits: &Logits, max: Value) -> Value {
    let zero = c.int(types::I32, 0);
    row.fold(c, zero, |c, sum, x, _| {
        let difference = c.b.ins().isub(x, max);
        let power = exponential(c, logits, difference);
        let term = c.multiply_by_pot(power, -SUM_BITS);
        let term = counted(c, logits, difference, term);
        c.b.ins().iadd(sum, term)
    })
}

fn fixed_point(c: &mut Code<'_>, row: Row, logits: &Logits) -> Result<(), String> {
    let (least, most) = row.to.quantized_range().ok_or("the result is not quantized")?;
    let bits = 8 * row.to.bytes() as i64;
    let max = row.largest(c);
    let sum = sum_of_exponentials(c, row, logits, max);
    let [scale, exponent] = fixed::reciprocal(c, sum, SUM_BITS);
    let shift = c.add_int(exponent, 31 - bits as i32);
    let shift = c.clamp(shift, 0, 31);
    row.store(c, |c, x, _| {
        let difference = c.b.ins().isub(x, max);
        let power = exponential(c, logits, difference);
        let product = c.high_mul(scale, power);
        let share = fixed::divide_by_computed_pot(c, product, shift);
        let share = counted(c, logits, difference, share);
        let code = c.clamp(share, 0, 1 << 24);
        let code = c.add_int(code, least);
        c.clamp(code, least, most)
    });
    Ok(())
}

fn log_fixed_point(c: &mut Code<'_>, row: Row, logits: &Logits, reverse: Requant) -> Result<(), String> {
    let (least, most) = (i32::from(i8::MIN), i32::from(i8::MAX));
    let max = row.largest(c);
    let sum = sum_of_exponentials(c, row, logits, max);
    let log_sum = fixed::log_of_one_or_more(c, sum, SUM_BITS, Logits::INTEGER_BITS);
    let lowered = c.add_int(log_sum, i32::MIN);
    let limit = c.requantize(lowered, reverse);
    let floor = c.int(types::I32, i64::from(logits.diff_min) - 1);
    let limit = c.b.ins().smax(limit, floor);
    row.store(c, |c, x, _| {
        let difference = c.b.ins().isub(x, max);
        let argument = c.requantize(difference, logits.requant);
        let log = c.b.ins().isub(argument, log_sum);
        let scaled = c.divide_by_pot(log, 31 - Logits::INTEGER_BITS - 4);
        let code = c.add_int(scaled, most);
        let code = c.clamp(code, least, most);
        let least = c.int(types::I32, least.into());
        c.choose(IntCC::SignedGreaterThan, [difference, limit], code, least)
    });
    Ok(())
}

/// The function of a table at a 16-bit code.
fn interpolate(c: &mut Code<'_>, table: &Table, code: Value) -> Value {
    let bytes: Vec<u8> = table.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    let table = c.constant(&bytes);
    let step = c.shift_right(code, 7);
    let index = c.add_int(step, 256);
    let wide = c.b.ins().uextend(types::I64, index);
    let entry = c.step(table, wide, 2);
    let [base, next] = [0, 2].map(|at| c.load_number(ElemType::I16, entry.plus(at)));
    let offset = c.b.ins().band_imm_u(code, 0x7F);
    let slope = c.b.ins().isub(next, base);
    let rise = c.b.ins().imul(slope, offset);
    let rise = c.add_int(rise, 64);
    let rise = c.shift_right(rise, 7);
    let value = c.b.ins().iadd(base, rise);
    narrow_to_16(c, value)
}

fn saturate(c: &mut Code<'_>, x: Value) -> Value {
    c.clamp(x, i16::MIN.into(), i16::MAX.into())
}

fn tabulated(c: &mut Code<'_>, row: Row, requant: Requant, exps: Ptr) -> Result<(), String> {
    let max = row.largest(c);
    let zero = c.index(0);
    let total = row.fold(c, zero, |c, sum, x, i| {
        let difference = c.b.ins().isub(x, max);
        let steps = c.requantize(difference, requant);
        // What lies below the range before the offset is added lies below it afterwards too.
        let steps = c.clamp(steps, -(1 << 24), 1 << 24);
        let steps = c.add_int(steps, i16::MAX.into());
        let code = saturate(c, steps);
        let power = interpolate(c, exp_table(), code);
        let to = c.step(exps, i, 4);
        c.store(power, to);
        let wide = c.b.ins().sextend(types::I64, power);
        c.b.ins().iadd(sum, wide)
    });
    let most = c.index(i32::MAX.into());
    let total = c.b.ins().smin(total, most);
    let sum = c.b.ins().ireduce(types::I32, total);
    let headroom = c.b.ins().clz(sum);
    let left = c.add_int(headroom, -1);
    let shifted = c.b.ins().ishl(total, left);
    let rounded = c.b.ins().iadd_imm_s(shifted, 1 << 13);
    let normalised = c.shift_right(rounded, 14);
    let normalised = c.b.ins().ireduce(types::I32, normalised);
    let excess = c.add_int(normalised, -(1 << 16) - (1 << 15));
    let excess = saturate(c, excess);
    let scale = interpolate(c, reciprocal_table(), excess);
    let scale = c.b.ins().sextend(types::I64, scale);
    let bits = c.int(types::I32, 31);
    let right = c.b.ins().isub(bits, headroom);
    let one = c.index(1);
    let half_shift = c.add_int(right, -1);
    let half = c.b.ins().ishl(one, half_shift);
    row.store(c, |c, _, i| {
        let from = c.step(exps, i, 4);
        let power = c.load(types::I32, from);
        let power = c.b.ins().sextend(types::I64, power);
        let product = c.b.ins().imul(power, scale);
        let rounded = c.b.ins().iadd(product, half);
        let share = c.b.ins().sshr(rounded, right);
        let [zero, most] = [0, i64::from(i16::MAX)].map(|v| c.index(v));
        let share = c.b.ins().smax(share, zero);
        let share = c.b.ins().smin(share, most);
        c.b.ins().ireduce(types::I32, share)
    });
    Ok(())
}
