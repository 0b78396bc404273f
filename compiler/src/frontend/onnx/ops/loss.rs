//! Losses, which some models carry as an output.

use redsc_ir::ops::{BinaryKind, CompareKind, LogSoftmax, ReduceKind};
use redsc_ir::{ElemType, ValueId};

use super::super::call::Call;
use super::super::fault::{Outcome, form};
use super::index::picked;
use super::normalize::along;
use super::{ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("NegativeLogLikelihoodLoss", 12..=ON, 2..=3, |c| {
        let x = c.operand(0)?;
        let y = likelihood(c, x)?;
        one(y)
    }),
    row("SoftmaxCrossEntropyLoss", 12..=ON, 2..=3, |c| {
        let x = c.operand(0)?;
        let logs = along(c, x, 1, |c, x| c.emit(LogSoftmax {}, &[x]))?;
        let y = likelihood(c, logs)?;
        Ok(vec![y.into(), logs.into()])
    }),
];

/// Minus the logarithm of each target's probability, weighed by class, reduced as asked for.
fn likelihood(c: &mut Call, logs: ValueId) -> Outcome<ValueId> {
    let target = c.operand(1)?;
    let shape = c.shape(logs);
    if shape.len() < 2 {
        return Err(form("the scores have less than 2 dimensions"));
    }
    let ignored = c.int_if("ignore_index");
    let target = c.cast(target, ElemType::I32)?;
    let counts = match ignored {
        Some(index) => Some(c.compare_with(CompareKind::NotEqual, target, index as f64)?),
        None => None,
    };
    let zero = c.scalar(ElemType::I32, 0.0)?;
    let safe = match counts {
        Some(counts) => c.select(counts, target, zero)?,
        None => target,
    };
    let column = c.unsqueeze(safe, &[1])?;
    let chosen = picked(c, logs, column, 1)?;
    let rows = c.shape(target);
    let chosen = c.reshape(chosen, &rows)?;
    let mut weights = match c.optional(2)? {
        Some(weights) => c.gather(weights, safe, 0)?,
        None => c.filled(ElemType::F32, &rows, 1.0)?,
    };
    if let Some(counts) = counts {
        let counts = c.cast(counts, ElemType::F32)?;
        weights = c.mul(weights, counts)?;
    }
    let weighed = c.mul(chosen, weights)?;
    let zero = c.f32(0.0);
    let loss = c.sub(zero, weighed)?;
    let axes: Vec<usize> = (0..rows.len()).collect();
    match c.word("reduction", "mean").as_str() {
        "none" => Ok(loss),
        "sum" => c.reduce(ReduceKind::Sum, loss, &axes, false),
        _ => {
            let sum = c.reduce(ReduceKind::Sum, loss, &axes, false)?;
            let total = c.reduce(ReduceKind::Sum, weights, &axes, false)?;
            c.binary(BinaryKind::Div, sum, total)
        }
    }
}
