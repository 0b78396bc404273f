//! Normalizations and softmax.

use redsc_ir::ValueId;
use redsc_ir::ops::{BinaryKind, LogSoftmax, ReduceKind, Softmax, UnaryKind};

use super::super::call::{Call, axis};
use super::super::fault::{Outcome, form};
use super::super::graph::Item;
use super::index::extreme;
use super::pool::{norm_powers, norm_root};
use super::{ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("Softmax", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = over_axis(c, x, softmax)?;
        one(y)
    }),
    row("LogSoftmax", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = over_axis(c, x, |c, x| c.emit(LogSoftmax {}, &[x]))?;
        one(y)
    }),
    row("Hardmax", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = over_axis(c, x, hardmax)?;
        one(y)
    }),
    row("BatchNormalization", 7..=ON, 5..=5, batch_normalization),
    row("InstanceNormalization", 6..=ON, 3..=3, |c| {
        let (x, scale, shift) = (c.operand(0)?, c.operand(1)?, c.operand(2)?);
        let groups = c.shape(x).get(1).copied().unwrap_or(1);
        let y = grouped(c, x, groups)?;
        let y = per_channel(c, y, scale, shift)?;
        one(y)
    }),
    row("GroupNormalization", 18..=ON, 3..=3, group_normalization),
    row("LayerNormalization", 1..=ON, 2..=3, layer_normalization),
    row("RMSNormalization", 23..=ON, 2..=2, rms_normalization),
    row("MeanVarianceNormalization", 9..=ON, 1..=1, mean_variance_normalization),
    row("LpNormalization", 1..=ON, 1..=1, |c| {
        let (x, p) = (c.operand(0)?, c.int("p", 2));
        let axis = axis(c.int("axis", -1), c.rank(x))?;
        let powers = norm_powers(c, x, p)?;
        let sum = c.reduce(ReduceKind::Sum, powers, &[axis], true)?;
        let norm = norm_root(c, sum, p)?;
        // Nothing divided by nothing is nothing.
        let norm = c.with(BinaryKind::Maximum, norm, 1e-30)?;
        let y = c.div(x, norm)?;
        one(y)
    }),
    row("LRN", 1..=ON, 1..=1, local_response),
];

/// Over one dimension; before opset 13, over all from one on, as if they were one.
fn over_axis(
    c: &mut Call,
    x: ValueId,
    function: fn(&mut Call, ValueId) -> Outcome<ValueId>,
) -> Outcome<ValueId> {
    let shape = c.shape(x);
    if shape.contains(&0) {
        return Ok(x);
    }
    if c.opset < 13 {
        let from = axis(c.int("axis", 1), shape.len().max(1))?;
        let flat = c.reshape(x, &[shape[..from].iter().product(), shape[from..].iter().product()])?;
        let y = function(c, flat)?;
        return c.reshape(y, &shape);
    }
    let axis = axis(c.int("axis", -1), shape.len())?;
    along(c, x, axis, function)
}

/// A function of the last dimension, over another one.
pub(super) fn along(
    c: &mut Call,
    x: ValueId,
    axis: usize,
    function: fn(&mut Call, ValueId) -> Outcome<ValueId>,
) -> Outcome<ValueId> {
    let last = c.rank(x) - 1;
    let moved = c.swap_axes(x, axis, last)?;
    let y = function(c, moved)?;
    c.swap_axes(y, axis, last)
}

/// Softmax over the last dimension.
pub(super) fn softmax(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    c.emit(Softmax { beta: 1.0 }, &[x])
}

/// 1 at the first maximum, 0 elsewhere.
fn hardmax(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    let elem = c.elem(x);
    let last = c.rank(x) - 1;
    let extent = c.shape(x)[last];
    let first = extreme(c, x, ReduceKind::Max, last, false)?;
    let places = c.iota(extent);
    let hits = c.compare(redsc_ir::ops::CompareKind::Equal, places, first)?;
    c.cast(hits, elem)
}

/// One number for each channel, the second dimension.
fn channel_column(c: &mut Call, x: ValueId, values: ValueId) -> Outcome<ValueId> {
    let mut shape = vec![c.ty(values).elements()];
    shape.resize(c.rank(x).max(2) - 1, 1);
    c.reshape(values, &shape)
}

fn per_channel(c: &mut Call, x: ValueId, scale: ValueId, shift: ValueId) -> Outcome<ValueId> {
    let (scale, shift) = (channel_column(c, x, scale)?, channel_column(c, x, shift)?);
    let y = c.mul(x, scale)?;
    c.add(y, shift)
}

/// At run time the statistics are constants, and the layer a factor and an addend for each channel; in training mode they
/// are those of the batch.
fn batch_normalization(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let (scale, shift, mut mean, mut variance) = (c.operand(1)?, c.operand(2)?, c.operand(3)?, c.operand(4)?);
    let mut running = Vec::new();
    if c.int("training_mode", 0) != 0 {
        let axes: Vec<usize> = (0..c.rank(x)).filter(|&axis| axis != 1).collect();
        let (batch_mean, batch_variance) = moments(c, x, &axes, false)?;
        let momentum = f64::from(c.float("momentum", 0.9));
        for (old, new) in [(mean, batch_mean), (variance, batch_variance)] {
            let old = c.with(BinaryKind::Mul, old, momentum)?;
            let new = c.with(BinaryKind::Mul, new, 1.0 - momentum)?;
            running.push(c.add(old, new)?);
        }
        (mean, variance) = (batch_mean, batch_variance);
    }
    let epsilon = c.float("epsilon", 1e-5);
    let spread = c.with(BinaryKind::Add, variance, epsilon.into())?;
    let spread = c.unary(UnaryKind::Sqrt, spread)?;
    let factor = c.div(scale, spread)?;
    let moved = c.mul(mean, factor)?;
    let addend = c.sub(shift, moved)?;
    let y = per_channel(c, x, factor, addend)?;
    Ok([vec![y], running].concat().into_iter().map(Item::Tensor).collect())
}

/// Mean and variance.
fn moments(c: &mut Call, x: ValueId, axes: &[usize], keep: bool) -> Outcome<(ValueId, ValueId)> {
    let mean = c.reduce(ReduceKind::Mean, x, axes, true)?;
    let distance = c.sub(x, mean)?;
    let squares = c.mul(distance, distance)?;
    let variance = c.reduce(ReduceKind::Mean, squares, axes, keep)?;
    let mean = if keep {
        mean
    } else {
        let shape = c.shape(variance);
        c.reshape(mean, &shape)?
    };
    Ok((mean, variance))
}

/// `1 / √(x + epsilon)`
fn inverse_root(c: &mut Call, x: ValueId, epsilon: f32) -> Outcome<ValueId> {
    let x = c.with(BinaryKind::Add, x, epsilon.into())?;
    c.unary(UnaryKind::Rsqrt, x)
}

/// Mean 0 and variance 1 over each group of channels of each sample.
fn grouped(c: &mut Call, x: ValueId, groups: usize) -> Outcome<ValueId> {
    let shape = c.shape(x);
    let [batch, channels, ..] = shape[..] else { return Err(form("the operand has less than 2 dimensions")) };
    if groups == 0 || channels % groups != 0 {
        return Err(form(format!("{channels} channels do not divide into {groups} groups")));
    }
    let rest = c.ty(x).elements() / (batch * groups).max(1);
    let flat = c.reshape(x, &[batch, groups, rest])?;
    let epsilon = c.float("epsilon", 1e-5);
    let (mean, variance) = moments(c, flat, &[2], true)?;
    let distance = c.sub(flat, mean)?;
    let factor = inverse_root(c, variance, epsilon)?;
    let y = c.mul(distance, factor)?;
    c.reshape(y, &shape)
}

/// Scale and bias are those of groups before opset 21, of channels after.
fn group_normalization(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, mut scale, mut shift) = (c.operand(0)?, c.operand(1)?, c.operand(2)?);
    let groups = usize::try_from(c.int("num_groups", 1)).unwrap_or(0);
    let channels = c.shape(x).get(1).copied().unwrap_or(1);
    let y = grouped(c, x, groups)?;
    if c.ty(scale).elements() == groups && groups != channels {
        for values in [&mut scale, &mut shift] {
            let column = c.reshape(*values, &[groups, 1])?;
            let repeated = c.expand(column, &[groups, channels / groups])?;
            *values = c.reshape(repeated, &[channels])?;
        }
    }
    let y = per_channel(c, y, scale, shift)?;
    one(y)
}

fn layer_normalization(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, scale, shift) = (c.operand(0)?, c.operand(1)?, c.optional(2)?);
    let from = axis(c.int("axis", -1), c.rank(x))?;
    let axes: Vec<usize> = (from..c.rank(x)).collect();
    let (mean, variance) = moments(c, x, &axes, true)?;
    let epsilon = c.float("epsilon", 1e-5);
    let factor = inverse_root(c, variance, epsilon)?;
    let distance = c.sub(x, mean)?;
    let y = c.mul(distance, factor)?;
    let y = c.mul(y, scale)?;
    let y = if let Some(shift) = shift { c.add(y, shift)? } else { y };
    Ok(vec![y.into(), mean.into(), factor.into()])
}

fn rms_normalization(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, scale) = (c.operand(0)?, c.operand(1)?);
    let from = axis(c.int("axis", -1), c.rank(x))?;
    let axes: Vec<usize> = (from..c.rank(x)).collect();
    let squares = c.mul(x, x)?;
    let mean = c.reduce(ReduceKind::Mean, squares, &axes, true)?;
    let epsilon = c.float("epsilon", 1e-5);
    let factor = inverse_root(c, mean, epsilon)?;
    let y = c.mul(x, factor)?;
    let y = c.mul(y, scale)?;
    one(y)
}

fn mean_variance_normalization(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let listed = c.ints("axes").map_or_else(|| vec![0, 2, 3], <[i64]>::to_vec);
    let axes = super::super::call::axes(&listed, c.rank(x))?;
    let (mean, variance) = moments(c, x, &axes, true)?;
    let distance = c.sub(x, mean)?;
    let spread = c.unary(UnaryKind::Sqrt, variance)?;
    let spread = c.with(BinaryKind::Add, spread, 1e-9)?;
    let y = c.div(distance, spread)?;
    one(y)
}

/// `x / (bias + alpha / size · Σ x²)^beta` over neighbouring channels.
fn local_response(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let shape = c.shape(x);
    let size = usize::try_from(c.int("size", 1))
        .ok()
        .filter(|&n| n > 0)
        .ok_or_else(|| form("`size` is not positive"))?;
    let (alpha, beta, bias) = (c.float("alpha", 1e-4), c.float("beta", 0.75), c.float("bias", 1.0));
    let squares = c.mul(x, x)?;
    let (mut before, mut after) = (vec![0; shape.len()], vec![0; shape.len()]);
    (before[1], after[1]) = ((size - 1) / 2, size - 1 - (size - 1) / 2);
    let padded = c.pad(squares, &before, &after, 0.0)?;
    let mut sum = c.narrow(padded, 1, 0, shape[1])?;
    for distance in 1..size {
        let neighbour = c.narrow(padded, 1, distance, shape[1])?;
        sum = c.add(sum, neighbour)?;
    }
    let scaled = c.with(BinaryKind::Mul, sum, f64::from(alpha) / size as f64)?;
    let base = c.with(BinaryKind::Add, scaled, bias.into())?;
    let divisor = c.with(BinaryKind::Power, base, beta.into())?;
    let y = c.div(x, divisor)?;
    one(y)
}
