//! Softmax and its logarithm.

use redsc_ir::ops::{LogSoftmax, Softmax};
use redsc_ir::params::normalize::{LogSoftmaxParams, SoftmaxParams, exp_table, reciprocal_table};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::elements::integer_type;
use super::site::Site;

/// Softmax over the last dimension.
pub(super) fn softmax(op: &Softmax, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let mut args = vec![Arg::operand("x", 0), Arg::result("y", 0), Arg::scratch()];
    let params = match SoftmaxParams::new(op, &site.operands())? {
        SoftmaxParams::Float { beta } => rows(site, "redsc_softmax_f32_t")?.float("beta", beta),
        SoftmaxParams::FixedPoint(logits) => {
            let depth = site.input(0)?.shape.last().copied().unwrap_or(0);
            let terms = logits.terms(depth);
            args.insert(1, Arg::constant("exponential", Array::i32(&terms)));
            rows(site, "redsc_softmax_t")?
                .word("x_type", integer_type(site.input(0)?.elem)?)
                .word("y_type", integer_type(site.result(0)?.elem)?)
                .int("entries", terms.len())
        }
        SoftmaxParams::Table { requant } => {
            args.insert(1, Arg::constant("exponential", Array::i16(exp_table())));
            args.insert(2, Arg::constant("reciprocal", Array::i16(reciprocal_table())));
            rows(site, "redsc_softmax_s16_t")?.factor("", requant)
        }
    };
    Ok(site.call(args, params))
}

/// Logarithm of the softmax over the last dimension.
pub(super) fn log_softmax(op: &LogSoftmax, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = match LogSoftmaxParams::new(op, &site.operands())? {
        LogSoftmaxParams::Float => rows(site, "redsc_log_softmax_f32_t")?,
        LogSoftmaxParams::FixedPoint { logits, reverse } => rows(site, "redsc_log_softmax_t")?
            .factor("", logits.requant)
            .int("diff_min", logits.diff_min)
            .factor("reverse_", reverse),
    };
    Ok(site.call(vec![Arg::operand("x", 0), Arg::result("y", 0), Arg::scratch()], params))
}

/// A struct that begins with the number and length of the rows.
fn rows(site: &Site<'_>, c_type: &'static str) -> Result<Struct, String> {
    let x = site.input(0)?;
    let depth =
        x.shape.last().copied().filter(|&depth| depth > 0).ok_or("the operand has no last dimension")?;
    Ok(Struct::new(c_type).int("rows", x.elements() / depth).int("depth", depth))
}
