//! Layers with a memory of their own: SVDF and LSTM.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{Lstm, Svdf};
use redsc_ir::params::folded::FoldedLayer;
use redsc_ir::params::recurrent::{
    LstmArithmetic, LstmGate, LstmParams, LstmQuantized, SvdfArithmetic, SvdfParams, SvdfQuantized,
};
use redsc_ir::params::sigmoid;
use redsc_ir::params::sums::{LstmSums, SumsFinish, SvdfSums};
use redsc_ir::{Data, ElemType, Requant};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::site::Site;
use crate::pack;

/// Low-rank recurrent filter.
pub(super) fn svdf(op: &Svdf, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = SvdfParams::new(op, &site.operands(), site.result(0)?)?;
    let sums = match site.kernel() {
        Kernel::SvdfS8Dsp | Kernel::SvdfS8Mve => SvdfSums::new(&site.operands(), &params),
        _ => None,
    };
    let c_type = match params.arithmetic {
        SvdfArithmetic::Quantized(_) => "redsc_svdf_t",
        SvdfArithmetic::Float { .. } => "redsc_svdf_f32_t",
    };
    let shape = Struct::new(c_type)
        .int("batches", params.batches)
        .int("in_c", params.inputs)
        .int("filters", params.filters)
        .int("rank", params.rank)
        .int("units", params.units)
        .int("memory", params.memory);
    let constants = match &params.arithmetic {
        SvdfArithmetic::Quantized(quantized) => {
            let state_bytes = site.module.variable(op.state).ty.elem.bytes();
            let shape = svdf_quantized(quantized, shape.int("state_bytes", state_bytes));
            match &sums {
                Some(sums) if site.kernel() == Kernel::SvdfS8Dsp => {
                    shape.word("finish", finish_word(std::slice::from_ref(&sums.features)))
                }
                _ => shape,
            }
        }
        SvdfArithmetic::Float { act_min, act_max } => {
            shape.float("act_min", *act_min).float("act_max", *act_max)
        }
    };
    let args = vec![
        Arg::operand("x", 0),
        match &sums {
            Some(sums) => packed("feature", std::slice::from_ref(&sums.features), site),
            None => Arg::operand("feature", 1),
        },
        Arg::operand("time", 2),
        match &sums {
            Some(sums) => Arg::constant("bias", Array::i32(&sums.biases)),
            None => site.optional("bias", 3),
        },
        Arg::variable("state", op.state),
        Arg::result("y", 0),
        Arg::scratch(),
    ];
    Ok(site.call(args, constants))
}

fn svdf_quantized(q: &SvdfQuantized, shape: Struct) -> Struct {
    let shape = shape.int("input_offset", q.input_offset).int("state_zero_point", q.state_zero_point);
    shape
        .factor("feature_", q.feature_requant)
        .factor("output_", q.output_requant)
        .int("output_offset", q.output_offset)
        .int("act_min", q.act_min)
        .int("act_max", q.act_max)
}

/// Long short-term memory: the weights of the four gates become one array each.
pub(super) fn lstm(op: &Lstm, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = LstmParams::new(op, &site.operands(), site.result(0)?)?;
    let c_type = match params.arithmetic {
        LstmArithmetic::Quantized(_) => "redsc_lstm_t",
        LstmArithmetic::Float { .. } => "redsc_lstm_f32_t",
    };
    let shape = Struct::new(c_type)
        .int("batches", params.batches)
        .int("steps", params.steps)
        .int("in_c", params.inputs)
        .int("units", params.units)
        .int("time_major", i64::from(params.time_major));
    let sums = match site.kernel() {
        Kernel::LstmS8Dsp | Kernel::LstmS8Mve => LstmSums::new(&site.operands(), &params),
        _ => None,
    };
    let mut args = vec![Arg::operand("x", 0)];
    args.extend(match &sums {
        Some(sums) => {
            vec![packed("w_input", &sums.input, site), packed("w_last", &sums.recurrent, site)]
        }
        None if site.kernel() == Kernel::LstmF32Fpu => vec![side_by_side(site)?],
        None => vec![
            gates("w_input", LstmGate::input_weights, site)?,
            gates("w_last", LstmGate::recurrent_weights, site)?,
            gates("bias", LstmGate::bias, site)?,
        ],
    });
    let constants = match &params.arithmetic {
        LstmArithmetic::Quantized(quantized) => {
            args.push(Arg::constant("table", Array::i16(&sigmoid::centered())));
            let shape = lstm_quantized(quantized, shape);
            match &sums {
                Some(sums) if site.kernel() == Kernel::LstmS8Dsp => shape
                    .word("input_finish", finish_word(&sums.input))
                    .word("recurrent_finish", finish_word(&sums.recurrent)),
                _ => shape,
            }
        }
        LstmArithmetic::Float { cell_clip } => shape.float("cell_clip", cell_clip.unwrap_or(0.0)),
    };
    args.extend([
        Arg::variable("hidden", op.output_state),
        Arg::variable("cell", op.cell_state),
        Arg::result("y", 0),
        Arg::scratch(),
    ]);
    Ok(site.call(args, constants))
}

fn lstm_quantized(q: &LstmQuantized, shape: Struct) -> Struct {
    let multipliers = |factors: &[Requant; 4]| factors.map(|r| i64::from(r.multiplier));
    let shifts = |factors: &[Requant; 4]| factors.map(|r| i64::from(r.shift));
    shape
        .int("input_offset", q.input_offset)
        .int("recurrent_offset", q.recurrent_offset)
        .ints("input_multiplier", multipliers(&q.input_requant))
        .ints("input_shift", shifts(&q.input_requant))
        .ints("recurrent_multiplier", multipliers(&q.recurrent_requant))
        .ints("recurrent_shift", shifts(&q.recurrent_requant))
        .factor("forget_", q.forget_requant)
        .factor("update_", q.update_requant)
        .int("cell_clip", q.cell_clip.map_or(1 << 15, i64::from))
        .int("tanh_multiplier", q.cell_tanh.multiplier)
        .int("tanh_shift", q.cell_tanh.shift)
        .factor("output_", q.output_requant)
        .int("output_offset", q.output_offset)
        .int("output_min", q.output_min)
        .int("output_max", q.output_max)
}

/// The name that `dsp/sums_s8.h` gives a way to finish; other kernels do not ask.
fn finish_word(layers: &[FoldedLayer]) -> &'static str {
    match SumsFinish::of(layers) {
        SumsFinish::Linear => "REDSC_SUMS_LINEAR",
        SumsFinish::General => "REDSC_SUMS_GENERAL",
        SumsFinish::Apart => "REDSC_SUMS_APART",
    }
}

/// The layers of one argument, packed for the node's kernel one after another.
fn packed(name: &'static str, layers: &[FoldedLayer], site: &Site<'_>) -> Arg {
    let pack = |layer: &FoldedLayer| match site.kernel() {
        Kernel::LstmS8Dsp | Kernel::SvdfS8Dsp => pack::sums_dsp(layer, SumsFinish::of(layers)),
        _ => pack::sums_mve(layer),
    };
    let words: Vec<u32> = layers.iter().flat_map(pack).collect();
    Arg::constant(name, Array { elem: ElemType::U32, data: Data::from_slice(&words) })
}

/// The constants of the four gates unit by unit, for `fpu/lstm_f32_fpu.c`.
fn side_by_side(site: &Site<'_>) -> Result<Arg, String> {
    let of_gates = |operand: fn(LstmGate) -> usize| -> Result<Vec<Vec<f32>>, String> {
        let constant = |gate| site.constant(operand(gate)).map(|data| data.to_vec());
        let all: Option<Vec<Vec<f32>>> = LstmGate::ALL.into_iter().map(constant).collect();
        all.ok_or_else(|| "the weights of an LSTM must be constants".into())
    };
    let [input, last] = [of_gates(LstmGate::input_weights)?, of_gates(LstmGate::recurrent_weights)?];
    let bias = of_gates(LstmGate::bias)?;
    let units = bias[0].len();
    let mut packed = Vec::new();
    for unit in 0..units {
        let biases: Vec<f32> = bias.iter().map(|gate| gate[unit]).collect();
        let row = |gate: usize, weights: &[Vec<f32>]| {
            let columns = weights[gate].len() / units;
            weights[gate][unit * columns..][..columns].to_vec()
        };
        let filters: Vec<Vec<f32>> =
            (0..4).map(|gate| [row(gate, &input), row(gate, &last)].concat()).collect();
        let filters: Vec<&[f32]> = filters.iter().map(Vec::as_slice).collect();
        packed.extend(pack::side_by_side(&filters, &biases));
    }
    Ok(Arg::constant("w", Array::f32(&packed)))
}

/// The constants of the four gates, one after another.
fn gates(name: &'static str, operand: fn(LstmGate) -> usize, site: &Site<'_>) -> Result<Arg, String> {
    let mut bytes = Vec::new();
    for gate in LstmGate::ALL {
        let data = site.constant(operand(gate)).ok_or("the weights of an LSTM must be constants")?;
        bytes.extend_from_slice(data.bytes());
    }
    let elem = site.input(operand(LstmGate::Input))?.elem;
    Ok(Arg::constant(name, Array { elem, data: Data::from_bytes(bytes) }))
}
