//! CONCATENATION, PACK, SPLIT, SPLIT_V, UNPACK.

use redsc_ir::ops::{Activation, Concat, Split};

use super::super::fault::{Outcome, damaged, form};
use super::super::operator::{OpReader, axis, clamp, options};

/// `(x…)`
pub(super) fn concatenation(op: &mut OpReader) -> Outcome {
    let options = options!(op, ConcatenationOptions)?;
    let parts = op.operands_from(0)?;
    let result = op.result(0)?;
    let axis = axis(options.axis.into(), op.ty(result).shape.rank())?;
    let act = clamp(options.fused_activation_function)?;
    op.emit(Concat { axis, act }, &parts, result);
    Ok(())
}

/// `(x…)`: operands gain a dimension of extent 1 along which they are concatenated.
pub(super) fn pack(op: &mut OpReader) -> Outcome {
    let options = options!(op, PackOptions)?;
    let parts = op.operands_from(0)?;
    let result = op.result(0)?;
    let axis = axis(options.axis.into(), op.ty(result).shape.rank())?;
    let mut part_shape = op.ty(result).shape.0.clone();
    part_shape[axis] = 1;
    let mut rows = Vec::with_capacity(parts.len());
    for part in parts {
        let row = op.reshaped_like(part, part_shape.clone());
        op.emit_reshape(part, row)?;
        rows.push(row);
    }
    op.emit(Concat { axis, act: Activation::None }, &rows, result);
    Ok(())
}

/// `(axis, x)`: equal parts.
pub(super) fn split(op: &mut OpReader) -> Outcome {
    let declared = options!(op, SplitOptions)?.num_splits;
    let parts = op.result_count();
    if declared != 0 && usize::try_from(declared) != Ok(parts) {
        return Err(damaged(format!("{declared} parts are announced, but there are {parts} results")));
    }
    let x = op.operand(1)?;
    let axis = single_axis(op, 0, x)?;
    let extent = op.ty(x).shape[axis];
    if !extent.is_multiple_of(parts) {
        return Err(form(format!("an extent of {extent} cannot be split into {parts} equal parts")));
    }
    emit_split(op, x, axis, vec![extent / parts; parts])
}

/// `(x, sizes, axis)`: a size of -1 takes what is left.
pub(super) fn split_v(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let axis = single_axis(op, 2, x)?;
    let extent = op.ty(x).shape[axis];
    let sizes = op.integers(1, "the list of sizes")?;
    if sizes.len() != op.result_count() {
        return Err(damaged(format!("there are {} sizes for {} results", sizes.len(), op.result_count())));
    }
    let known = sizes
        .iter()
        .filter(|&&size| size != -1)
        .try_fold(0usize, |sum, &size| usize::try_from(size).ok().and_then(|size| sum.checked_add(size)));
    let rest = known.and_then(|known| extent.checked_sub(known));
    let rest = rest.ok_or_else(|| form(format!("sizes {sizes:?} do not fit an extent of {extent}")))?;
    if sizes.iter().filter(|&&size| size == -1).count() > 1 {
        return Err(form("only one size can be left open"));
    }
    let sizes = sizes.into_iter().map(|size| usize::try_from(size).unwrap_or(rest)).collect();
    emit_split(op, x, axis, sizes)
}

/// `(x)`: parts of extent 1 that lose that dimension.
pub(super) fn unpack(op: &mut OpReader) -> Outcome {
    let options = options!(op, UnpackOptions)?;
    let x = op.operand(0)?;
    let axis = axis(options.axis.into(), op.ty(x).shape.rank())?;
    let mut part_shape = op.ty(x).shape.0.clone();
    let count = op.result_count();
    if part_shape[axis] != count {
        return Err(damaged(format!("an extent of {} cannot become {count} results", part_shape[axis])));
    }
    part_shape[axis] = 1;
    let parts = op.all_results()?;
    let rows: Vec<_> = parts.iter().map(|&part| op.reshaped_like(part, part_shape.clone())).collect();
    op.emit_node(Split { axis, sizes: vec![1; count] }, vec![Some(x)], rows.clone());
    for (row, part) in rows.into_iter().zip(parts) {
        op.emit_reshape(row, part)?;
    }
    Ok(())
}

fn emit_split(op: &mut OpReader, x: redsc_ir::ValueId, axis: usize, sizes: Vec<usize>) -> Outcome {
    let parts = op.all_results()?;
    op.emit_node(Split { axis, sizes }, vec![Some(x)], parts);
    Ok(())
}

fn single_axis(op: &mut OpReader, operand: usize, x: redsc_ir::ValueId) -> Outcome<usize> {
    match op.integers(operand, "the axis")?.as_slice() {
        &[index] => axis(index, op.ty(x).shape.rank()),
        _ => Err(form("there must be one axis")),
    }
}
