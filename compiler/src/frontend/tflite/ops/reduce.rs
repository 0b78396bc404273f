//! MEAN, SUM, REDUCE_MAX, REDUCE_MIN, SOFTMAX, LOG_SOFTMAX.

use redsc_ir::ops::{LogSoftmax, Reduce, ReduceKind, Softmax};

use super::super::fault::Outcome;
use super::super::operator::{OpReader, axis, options};

/// `(x, axes)`
pub(super) fn mean(op: &mut OpReader) -> Outcome {
    reduce(op, ReduceKind::Mean)
}

/// `(x, axes)`
pub(super) fn sum(op: &mut OpReader) -> Outcome {
    reduce(op, ReduceKind::Sum)
}

/// `(x, axes)`
pub(super) fn max(op: &mut OpReader) -> Outcome {
    reduce(op, ReduceKind::Max)
}

/// `(x, axes)`
pub(super) fn min(op: &mut OpReader) -> Outcome {
    reduce(op, ReduceKind::Min)
}

fn reduce(op: &mut OpReader, kind: ReduceKind) -> Outcome {
    let keep_dims = options!(op, ReducerOptions)?.keep_dims;
    let x = op.operand(0)?;
    let rank = op.ty(x).shape.rank();
    let listed = op.integers(1, "the list of axes")?;
    let mut axes = listed.into_iter().map(|index| axis(index, rank)).collect::<Outcome<Vec<_>>>()?;
    axes.sort_unstable();
    axes.dedup();
    let result = op.result(0)?;
    op.emit(Reduce { kind, axes, keep_dims }, &[x], result);
    Ok(())
}

/// `(x)`
pub(super) fn softmax(op: &mut OpReader) -> Outcome {
    let beta = match op.raw_options()? {
        Some(_) => options!(op, SoftmaxOptions)?.beta,
        None => 1.0,
    };
    let (x, result) = (op.operand(0)?, op.result(0)?);
    op.emit(Softmax { beta }, &[x], result);
    Ok(())
}

/// `(x)`
pub(super) fn log_softmax(op: &mut OpReader) -> Outcome {
    let (x, result) = (op.operand(0)?, op.result(0)?);
    op.emit(LogSoftmax {}, &[x], result);
    Ok(())
}
