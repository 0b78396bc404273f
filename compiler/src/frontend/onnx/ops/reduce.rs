//! Reductions and running sums.

use redsc_ir::ValueId;
use redsc_ir::ops::{BinaryKind, ReduceKind, UnaryKind};

use super::super::call::{Call, axes, axis};
use super::super::fault::Outcome;
use super::super::graph::Item;
use super::shape::reversed;
use super::{ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("ReduceMax", 1..=ON, 1..=2, |c| plain(c, ReduceKind::Max)),
    row("ReduceMin", 1..=ON, 1..=2, |c| plain(c, ReduceKind::Min)),
    row("ReduceMean", 1..=ON, 1..=2, |c| plain(c, ReduceKind::Mean)),
    row("ReduceSum", 1..=ON, 1..=2, |c| plain(c, ReduceKind::Sum)),
    row("ReduceProd", 1..=ON, 1..=2, |c| plain(c, ReduceKind::Product)),
    row("ReduceL1", 1..=ON, 1..=2, |c| around(c, |c, x| c.unary(UnaryKind::Abs, x), |_, y| Ok(y))),
    row("ReduceL2", 1..=ON, 1..=2, |c| around(c, |c, x| c.mul(x, x), root)),
    row("ReduceSumSquare", 1..=ON, 1..=2, |c| around(c, |c, x| c.mul(x, x), |_, y| Ok(y))),
    row("ReduceLogSum", 1..=ON, 1..=2, |c| around(c, |_, x| Ok(x), |c, y| c.unary(UnaryKind::Log, y))),
    row("ReduceLogSumExp", 1..=ON, 1..=2, log_sum_exp),
    row("CumSum", 11..=ON, 2..=2, |c| running(c, BinaryKind::Add, 0.0)),
    row("CumProd", 11..=ON, 2..=2, |c| running(c, BinaryKind::Mul, 1.0)),
];

/// What is reduced, over which dimensions, and whether they stay. Dimensions were attributes before opset 18 (13 for
/// sums).
fn operands(c: &Call) -> Outcome<(ValueId, Vec<usize>, bool)> {
    let x = c.operand(0)?;
    let rank = c.rank(x);
    let listed = match c.ints("axes") {
        Some(listed) => Some(listed.to_vec()),
        None => c.optional_integers(1, "the axes")?,
    };
    let chosen = match listed {
        Some(listed) if !listed.is_empty() => axes(&listed, rank)?,
        _ if c.int("noop_with_empty_axes", 0) != 0 => Vec::new(),
        _ => (0..rank).collect(),
    };
    Ok((x, chosen, c.int("keepdims", 1) != 0))
}

fn plain(c: &mut Call, kind: ReduceKind) -> Outcome<Vec<Item>> {
    let (x, axes, keep) = operands(c)?;
    let y = c.reduce(kind, x, &axes, keep)?;
    one(y)
}

/// A sum with something before and after.
fn around(
    c: &mut Call,
    before: fn(&mut Call, ValueId) -> Outcome<ValueId>,
    after: fn(&mut Call, ValueId) -> Outcome<ValueId>,
) -> Outcome<Vec<Item>> {
    let (x, axes, keep) = operands(c)?;
    let x = before(c, x)?;
    let sum = c.reduce(ReduceKind::Sum, x, &axes, keep)?;
    let y = after(c, sum)?;
    one(y)
}

/// The square root, of integers by way of real numbers.
fn root(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    let elem = c.elem(x);
    let real = c.cast(x, redsc_ir::ElemType::F32)?;
    let y = c.unary(UnaryKind::Sqrt, real)?;
    c.cast(y, elem)
}

/// `log Σ exp(x − m) + m` with the largest element `m`, so that nothing overflows.
fn log_sum_exp(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, axes, keep) = operands(c)?;
    if c.ty(x).elements() == 0 || axes.is_empty() {
        let powers = c.unary(UnaryKind::Exp, x)?;
        let sum = c.reduce(ReduceKind::Sum, powers, &axes, keep)?;
        let y = c.unary(UnaryKind::Log, sum)?;
        return one(y);
    }
    let most = c.reduce(ReduceKind::Max, x, &axes, true)?;
    let below = c.sub(x, most)?;
    let powers = c.unary(UnaryKind::Exp, below)?;
    let sum = c.reduce(ReduceKind::Sum, powers, &axes, true)?;
    let log = c.unary(UnaryKind::Log, sum)?;
    let y = c.add(log, most)?;
    let y = if keep {
        y
    } else {
        let shape = c.shape(y);
        let kept: Vec<usize> =
            (0..shape.len()).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect();
        c.reshape(y, &kept)?
    };
    one(y)
}

/// Running combinations in logarithmically many steps: each adds what lies 1, 2, 4, … places before (Hillis and Steele,
/// "Data parallel algorithms", 1986).
fn running(c: &mut Call, kind: BinaryKind, neutral: f64) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let axis = axis(c.known_integer(1, "the axis")?, c.rank(x))?;
    let backwards = c.int("reverse", 0) != 0;
    let exclusive = c.int("exclusive", 0) != 0;
    let mut y = if backwards { reversed(c, x, axis)? } else { x };
    if exclusive {
        y = shifted(c, y, axis, 1, neutral)?;
    }
    let extent = c.shape(y)[axis];
    let mut distance = 1;
    while distance < extent {
        let before = shifted(c, y, axis, distance, neutral)?;
        y = c.binary(kind, y, before)?;
        distance *= 2;
    }
    let y = if backwards { reversed(c, y, axis)? } else { y };
    one(y)
}

/// The tensor moved by some places along a dimension, filled up at the start.
fn shifted(c: &mut Call, x: ValueId, axis: usize, distance: usize, filler: f64) -> Outcome<ValueId> {
    let shape = c.shape(x);
    let kept = c.narrow(x, axis, 0, shape[axis].saturating_sub(distance))?;
    let mut before = vec![0; shape.len()];
    before[axis] = distance.min(shape[axis]);
    if c.ty(kept).elements() == 0 {
        let elem = c.elem(x);
        return c.filled(elem, &shape, filler);
    }
    c.pad(kept, &before, &vec![0; shape.len()], filler)
}
