//! What softmax and its logarithm compute.

use super::Eval;
use super::eval::pack_ints;
use crate::data::Data;
use crate::fixed::{exp_on_negative_values, log_of_one_or_more, reciprocal, rescale};
use crate::ops::{LogSoftmax, Softmax};
use crate::params::normalize::{
    LogSoftmaxParams, Logits, SoftmaxParams, exp_table, interpolate, reciprocal_table,
};
use crate::quant::{Requant, rounding_divide_by_pot, saturating_rounding_doubling_high_mul};

/// Integer bits of sums of exponentials.
const SUM_BITS: i32 = 12;

pub(super) fn eval_softmax(op: &Softmax, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let elem = cx.result_type(0).elem;
    let result = match SoftmaxParams::new(op, &cx.operands)? {
        SoftmaxParams::Float { beta } => {
            Data::from_slice(&rows(cx, &cx.elements(0)?, |row| float(row, beta))?)
        }
        SoftmaxParams::FixedPoint(logits) => {
            let (least, most) = elem.quantized_range().ok_or("the result is not quantized")?;
            let bits = 8 * elem.bytes() as i32;
            let to_code = |y: i32| y.saturating_add(least).clamp(least, most);
            let result = rows(cx, &cx.ints(0)?, |row| {
                fixed_point(row, &logits, bits).into_iter().map(to_code).collect()
            })?;
            pack_ints(elem, &result)?
        }
        SoftmaxParams::Table { requant } => {
            pack_ints(elem, &rows(cx, &cx.ints(0)?, |row| tabulated(row, requant))?)?
        }
    };
    Ok(vec![result])
}

pub(super) fn eval_log_softmax(op: &LogSoftmax, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let result = match LogSoftmaxParams::new(op, &cx.operands)? {
        LogSoftmaxParams::Float => Data::from_slice(&rows(cx, &cx.elements(0)?, log_float)?),
        LogSoftmaxParams::FixedPoint { logits, reverse } => {
            let result = rows(cx, &cx.ints(0)?, |row| log_fixed_point(row, &logits, reverse))?;
            pack_ints(cx.result_type(0).elem, &result)?
        }
    };
    Ok(vec![result])
}

/// The function of each row along the last dimension.
fn rows<T: Copy>(cx: &Eval<'_>, x: &[T], function: impl Fn(&[T]) -> Vec<T>) -> Result<Vec<T>, String> {
    let depth = cx.input_type(0)?.shape.last().copied().filter(|&depth| depth > 0);
    let depth = depth.ok_or("the operand needs a last dimension that is not empty")?;
    Ok(x.chunks_exact(depth).flat_map(function).collect())
}

/// Exponentials go through double precision, so that every host computes the same.
fn exp(x: f32) -> f32 {
    f64::from(x).exp() as f32
}

fn float(row: &[f32], beta: f32) -> Vec<f32> {
    let max = row.iter().copied().fold(f32::MIN, f32::max);
    let exps: Vec<f32> = row.iter().map(|&x| exp((x - max) * beta)).collect();
    let sum: f32 = exps.iter().sum();
    exps.into_iter().map(|e| e / sum).collect()
}

fn log_float(row: &[f32]) -> Vec<f32> {
    let max = row.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = row.iter().map(|&x| exp(x - max)).sum();
    let log = f64::from(sum).ln() as f32;
    row.iter().map(|&x| x - max - log).collect()
}

/// Differences to the largest code; `None` for those that do not count.
fn differences(row: &[i32], diff_min: i32) -> impl Iterator<Item = Option<i32>> {
    let max = row.iter().copied().max().unwrap_or(0);
    row.iter().map(move |&x| Some(x - max).filter(|&difference| difference >= diff_min))
}

/// The exponential of a difference in `Q0`.
fn exponential(logits: &Logits, difference: i32) -> i32 {
    exp_on_negative_values(logits.argument(difference), Logits::INTEGER_BITS)
}

/// The sum of the exponentials of a row.
fn sum_of_exponentials(row: &[i32], logits: &Logits) -> i32 {
    let terms = differences(row, logits.diff_min).flatten();
    terms.fold(0, |sum: i32, difference| {
        sum.wrapping_add(rescale(exponential(logits, difference), 0, SUM_BITS))
    })
}

/// The softmax of a row of codes with `bits` fractional bits.
fn fixed_point(row: &[i32], logits: &Logits, bits: i32) -> Vec<i32> {
    let (scale, exponent) = reciprocal(sum_of_exponentials(row, logits), SUM_BITS);
    let right_shift = (exponent + 31 - bits).clamp(0, 31);
    let share = |difference: i32| {
        let product = saturating_rounding_doubling_high_mul(scale, exponential(logits, difference));
        rounding_divide_by_pot(product, right_shift)
    };
    differences(row, logits.diff_min).map(|difference| difference.map_or(0, share)).collect()
}

/// The softmax of a row of 16-bit codes with 15 fractional bits.
fn tabulated(row: &[i32], requant: Requant) -> Vec<i32> {
    let max = row.iter().copied().max().unwrap_or(0);
    let saturate = |x: i32| x.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    let exp = |&x: &i32| {
        let steps = requant.apply(x - max);
        i64::from(interpolate(exp_table(), saturate(steps.saturating_add(i16::MAX.into()))))
    };
    let exps: Vec<i64> = row.iter().map(exp).collect();
    let sum = exps.iter().sum::<i64>().min(i32::MAX.into()) as i32;
    // Normalised to [1, 2) with 16 fractional bits, of which the table takes what exceeds 1.
    let headroom = sum.leading_zeros();
    let normalised = ((i64::from(sum) << (headroom - 1)) + (1 << 13)) >> 14;
    let excess = saturate(normalised as i32 - (1 << 16) - (1 << 15));
    let scale = i64::from(interpolate(reciprocal_table(), excess));
    let right_shift = 31 - headroom;
    let share =
        |e: i64| ((e * scale + (1 << (right_shift - 1))) >> right_shift).clamp(0, i16::MAX.into()) as i32;
    exps.into_iter().map(share).collect()
}

/// The logarithm of the softmax of a row of codes with 4 fractional bits, from the largest code down.
fn log_fixed_point(row: &[i32], logits: &Logits, reverse: Requant) -> Vec<i32> {
    let (least, most) = (i32::from(i8::MIN), i32::from(i8::MAX));
    let log_sum = log_of_one_or_more(sum_of_exponentials(row, logits), SUM_BITS, Logits::INTEGER_BITS);
    // Below this difference the argument minus the logarithm would overflow.
    let limit = reverse.apply(log_sum.wrapping_add(i32::MIN)).max(logits.diff_min - 1);
    let code = |difference: i32| {
        let log = logits.argument(difference).wrapping_sub(log_sum);
        (rounding_divide_by_pot(log, 31 - Logits::INTEGER_BITS - 4) + most).clamp(least, most)
    };
    let counted = differences(row, i32::MIN).flatten();
    counted.map(|difference| if difference > limit { code(difference) } else { least }).collect()
}
