//! SVDF: a layer of filters with a memory in time.

use super::Eval;
use super::eval::{pack_ints, unpack_ints};
use super::mac::{Factor, biases, widen};
use crate::data::Data;
use crate::entity::VarId;
use crate::ops::Svdf;
use crate::params::recurrent::{SvdfArithmetic, SvdfParams, SvdfQuantized};

pub(super) fn eval_svdf(op: &Svdf, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let params = SvdfParams::new(op, &cx.operands, cx.result_type(0))?;
    let result = match &params.arithmetic {
        SvdfArithmetic::Quantized(quantized) => svdf_quantized(op.state, &params, quantized, cx)?,
        SvdfArithmetic::Float { act_min, act_max } => {
            let state = cx.variable(op.state)?.to_vec::<f32>();
            let [x, feature, time] = [cx.elements(0)?, cx.elements(1)?, cx.elements(2)?];
            let (state, sums) = svdf(&params, &x, &feature, &time, state, |sum| sum, |cell| cell);
            cx.set_variable(op.state, Data::from_slice(&state))?;
            let bias = if cx.input(3).is_some() { cx.elements::<f32>(3)? } else { vec![0.0; params.units] };
            let finish = |(sum, bias): (&f32, &f32)| (sum + bias).max(*act_min).min(*act_max);
            Data::from_slice(&sums.iter().zip(bias.iter().cycle()).map(finish).collect::<Vec<_>>())
        }
    };
    Ok(vec![result])
}

fn svdf_quantized(id: VarId, params: &SvdfParams, q: &SvdfQuantized, cx: &Eval<'_>) -> Result<Data, String> {
    let x = widen(&cx.ints(0)?, q.input_offset);
    let [feature, time] = [widen(&cx.ints(1)?, 0), widen(&cx.ints(2)?, 0)];
    let state = read_state(cx, id)?;
    let store = |sum: i64| {
        let cell = q.feature_requant.apply(sum as i32).wrapping_add(q.state_zero_point);
        cell.max(q.state_min).min(q.state_max)
    };
    let load = |cell: i32| (cell - q.state_zero_point) as i16;
    let (state, sums) = svdf(params, &x, &feature, &time, state, store, load);
    write_state(cx, id, &state)?;
    let bias = if cx.input(3).is_some() { biases(cx, 3)? } else { vec![0; params.units] };
    let finish = |(sum, bias): (&i64, &i64)| {
        let scaled = q.output_requant.apply(sum.wrapping_add(*bias) as i32);
        scaled.wrapping_add(q.output_offset).max(q.act_min).min(q.act_max)
    };
    let stored: Vec<i32> = sums.iter().zip(bias.iter().cycle()).map(finish).collect();
    pack_ints(cx.result_type(0).elem, &stored)
}

/// The contents of a variable of small integers.
pub(super) fn read_state(cx: &Eval<'_>, id: VarId) -> Result<Vec<i32>, String> {
    let elem = cx.operands.module.variable(id).ty.elem;
    unpack_ints(elem, &cx.variable(id)?).ok_or_else(|| format!("a state of type {elem} is not quantized"))
}

/// Replaces the contents of a variable of small integers.
pub(super) fn write_state(cx: &Eval<'_>, id: VarId, contents: &[i32]) -> Result<(), String> {
    let elem = cx.operands.module.variable(id).ty.elem;
    cx.set_variable(id, pack_ints(elem, contents)?)
}

/// The next state and the sums `[batches, units]` over the memory of each unit's filters.
///
/// `store` makes a cell of the state from the products with the features, `load` a factor from a cell.
fn svdf<T: Factor, C: Copy>(
    params: &SvdfParams,
    x: &[T],
    feature: &[T],
    time: &[T],
    mut state: Vec<C>,
    store: impl Fn(T::Sum) -> C,
    load: impl Fn(C) -> T,
) -> (Vec<C>, Vec<T::Sum>) {
    let memory = params.memory;
    state.rotate_left(1);
    for (x, state) in x.chunks(params.inputs).zip(state.chunks_mut(params.filters * memory)) {
        for (feature, cells) in feature.chunks(params.inputs).zip(state.chunks_mut(memory)) {
            cells[memory - 1] = store(T::dot(x, feature));
        }
    }
    let past: Vec<T> = state.iter().map(|&cell| load(cell)).collect();
    let unit = params.rank * memory;
    let time_of_units = time.chunks(unit).cycle();
    let sums = past.chunks(unit).zip(time_of_units).map(|(past, time)| T::dot(past, time)).collect();
    (state, sums)
}
