//! Pooling.

use super::Eval;
use super::conv::{pixel, positions};
use super::eval::pack_ints;
use crate::data::Data;
use crate::ops::{Pool2d, PoolKind};
use crate::params::pool::{PoolClamp, PoolParams};

pub(super) fn eval_pool2d(op: &Pool2d, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let params = PoolParams::new(op, &cx.operands, cx.result_type(0))?;
    let result = match params.clamp {
        PoolClamp::Quantized { act_min, act_max } => {
            let pooled = pool_ints(op.kind, &params, &cx.ints(0)?)?;
            let clamped: Vec<i32> = pooled.into_iter().map(|y| y.max(act_min).min(act_max)).collect();
            pack_ints(cx.result_type(0).elem, &clamped)?
        }
        PoolClamp::Float { act_min, act_max } => {
            let pooled = pool_floats(op.kind, &params, &cx.elements::<f32>(0)?)?;
            let clamped: Vec<f32> = pooled.into_iter().map(|y| y.max(act_min).min(act_max)).collect();
            Data::from_slice(&clamped)
        }
    };
    Ok(vec![result])
}

fn pool_ints(kind: PoolKind, params: &PoolParams, x: &[i32]) -> Result<Vec<i32>, String> {
    match kind {
        PoolKind::Average => pool(params, x, 0, i32::wrapping_add, |sum, count| {
            let half = if sum > 0 { count / 2 } else { -(count / 2) };
            sum.wrapping_add(half) / count
        }),
        PoolKind::Max => pool(params, x, i32::MIN, i32::max, |max, _| max),
    }
}

fn pool_floats(kind: PoolKind, params: &PoolParams, x: &[f32]) -> Result<Vec<f32>, String> {
    match kind {
        PoolKind::Average => pool(params, x, 0.0, |sum, x| sum + x, |sum, count| sum / count as f32),
        PoolKind::Max => pool(params, x, f32::MIN, f32::max, |max, _| max),
    }
}

/// Combines the cells under each window; `finish` sees the combination and the number of cells.
fn pool<T: Copy>(
    params: &PoolParams,
    x: &[T],
    start: T,
    combine: impl Fn(T, T) -> T,
    finish: impl Fn(T, i32) -> T,
) -> Result<Vec<T>, String> {
    let window = &params.window;
    let mut pooled = Vec::new();
    let mut channels = vec![start; window.in_channels];
    for [image, out_y, out_x] in positions(window) {
        let (rows, columns) = (window.y.inside(out_y), window.x.inside(out_x));
        let count = (rows.len() * columns.len()) as i32;
        if count == 0 {
            return Err("a pooling window lies outside of the input".into());
        }
        channels.fill(start);
        for tap_y in rows {
            for tap_x in columns.clone() {
                let [y, x_] = [window.y.position(out_y, tap_y), window.x.position(out_x, tap_x)];
                for (channel, &cell) in channels.iter_mut().zip(&x[pixel(window, image, y, x_)..]) {
                    *channel = combine(*channel, cell);
                }
            }
        }
        pooled.extend(channels.iter().map(|&channel| finish(channel, count)));
    }
    Ok(pooled)
}
