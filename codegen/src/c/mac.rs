//! Layers that multiply, accumulate and requantize: what convolutions and fully connected layers share.
//!
//! Portable kernels take `(x, w, bias, multiplier, shift, y, scratch, p)`; those of real numbers have no multiplier
//! and shift. Kernels with [packed](super::packed) constants take `(x, w, y, scratch, p)`.

use redsc_ir::Requant;
use redsc_ir::params::mac::{MacArithmetic, MacQuantized};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::site::Site;
use crate::pack;

/// The struct of the arithmetic: `[integers, real numbers]`.
pub(super) fn c_type(arithmetic: &MacArithmetic, names: [&'static str; 2]) -> &'static str {
    match arithmetic {
        MacArithmetic::Quantized(_) => names[0],
        MacArithmetic::Float { .. } => names[1],
    }
}

/// The call of a layer whose struct begins with `shape`: what there is before the arithmetic.
pub(super) fn layer(site: &Site<'_>, arithmetic: &MacArithmetic, shape: Struct) -> Result<Vec<Call>, String> {
    let mut args = vec![Arg::operand("x", 0), Arg::operand("w", 1), site.optional("bias", 2)];
    let params = match arithmetic {
        MacArithmetic::Quantized(quantized) => {
            args.extend(factors(&quantized.requant));
            offsets(quantized, shape)
        }
        MacArithmetic::Float { act_min, act_max } => {
            shape.float("act_min", *act_min).float("act_max", *act_max)
        }
    };
    args.extend([Arg::result("y", 0), Arg::scratch()]);
    Ok(site.call(args, params))
}

/// The call of a layer of real numbers whose weights and biases are packed; `shape` is what there is before the limits.
pub(super) fn packed_floats(
    site: &Site<'_>,
    arithmetic: &MacArithmetic,
    shape: Struct,
) -> Result<Vec<Call>, String> {
    let MacArithmetic::Float { act_min, act_max } = arithmetic else {
        return Err(format!("`{}` computes with real numbers", site.kernel().symbol()));
    };
    let constant = |index| site.constant(index).map(|data| data.to_vec::<f32>());
    let weights = constant(1).ok_or("packed weights must be constant")?;
    let filters = site.input(1)?.shape.first().copied().unwrap_or(0);
    let biases = constant(2).unwrap_or_else(|| vec![0.0; filters]);
    let w = Arg::constant("w", Array::f32(&pack::filters_f32(&weights, &biases)));
    let args = vec![Arg::operand("x", 0), w, Arg::result("y", 0), Arg::scratch()];
    Ok(site.call(args, shape.float("act_min", *act_min).float("act_max", *act_max)))
}

fn offsets(quantized: &MacQuantized, shape: Struct) -> Struct {
    shape
        .int("input_offset", quantized.input_offset)
        .int("filter_offset", quantized.weights_offset)
        .int("output_offset", quantized.output_offset)
        .int("act_min", quantized.act_min)
        .int("act_max", quantized.act_max)
        .int("requant_step", i64::from(!is_uniform(&quantized.requant)))
}

/// The arguments `multiplier` and `shift`: one element for each output channel, or a single one if all are equal.
fn factors(requant: &[Requant]) -> [Arg; 2] {
    let needed = if is_uniform(requant) { &requant[..requant.len().min(1)] } else { requant };
    let multipliers: Vec<i32> = needed.iter().map(|r| r.multiplier).collect();
    let shifts: Vec<i8> = needed.iter().map(|r| r.shift as i8).collect();
    [Arg::constant("multiplier", Array::i32(&multipliers)), Arg::constant("shift", Array::i8(&shifts))]
}

fn is_uniform(requant: &[Requant]) -> bool {
    requant.windows(2).all(|pair| pair[0] == pair[1])
}
