//! What operators compute that choose elements and rows at run time.

use super::Eval;
use super::eval::pack_longs;
use super::index::broadcast_offsets;
use crate::data::{Data, Scalar};
use crate::ops::{Gather, Scatter, ScatterKind, Select};
use crate::types::ElemType;

pub(super) fn eval_select(_op: &Select, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let shape = &cx.result_type(0).shape;
    let width = cx.result_type(0).elem.bytes();
    let (condition, a, b) = (cx.require(0)?, cx.require(1)?, cx.require(2)?);
    let offsets = |index| cx.input_type(index).map(|ty| broadcast_offsets(&ty.shape, shape));
    let (at_condition, at_a, at_b) = (offsets(0)?, offsets(1)?, offsets(2)?);
    let mut out = Vec::with_capacity(cx.result_type(0).bytes());
    for ((c, i), j) in at_condition.into_iter().zip(at_a).zip(at_b) {
        let (from, at) = if condition.bytes()[c] != 0 { (a, i) } else { (b, j) };
        out.extend_from_slice(&from.bytes()[at * width..][..width]);
    }
    Ok(vec![Data::from_bytes(out)])
}

pub(super) fn eval_gather(op: &Gather, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let (ty, x) = (cx.input_type(0)?, cx.require(0)?);
    let extent = ty.shape[op.axis];
    let row = ty.shape[op.axis + 1..].iter().product::<usize>() * ty.elem.bytes();
    let picks: Vec<usize> = cx.longs(1)?.into_iter().map(|index| clamped(index, extent)).collect();
    let mut out = Vec::with_capacity(cx.result_type(0).bytes());
    for block in 0..ty.shape[..op.axis].iter().product() {
        for pick in &picks {
            out.extend_from_slice(&x.bytes()[(block * extent + pick) * row..][..row]);
        }
    }
    Ok(vec![Data::from_bytes(out)])
}

/// The row that an index means: negative ones count from the end, what lies outside is moved to the border.
fn clamped(index: i64, extent: usize) -> usize {
    let extent = extent as i64;
    let from_start = if index < 0 { index.saturating_add(extent) } else { index };
    from_start.clamp(0, (extent - 1).max(0)) as usize
}

pub(super) fn eval_scatter(op: &Scatter, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let ty = cx.input_type(0)?;
    let row: usize = ty.shape[1..].iter().product();
    let targets: Vec<Option<usize>> =
        cx.longs(1)?.into_iter().map(|index| target(index, ty.shape[0])).collect();
    if op.kind == ScatterKind::Set {
        let width = row * ty.elem.bytes();
        let mut out = cx.require(0)?.bytes().to_vec();
        for (from, to) in cx.require(2)?.bytes().chunks(width.max(1)).zip(targets) {
            if let Some(to) = to {
                out[to * width..][..width].copy_from_slice(from);
            }
        }
        return Ok(vec![Data::from_bytes(out)]);
    }
    if ty.elem == ElemType::F32 {
        let combine = |a: f32, b: f32| match op.kind {
            ScatterKind::Add => a + b,
            ScatterKind::Mul => a * b,
            ScatterKind::Max if b > a => b,
            ScatterKind::Min if b < a => b,
            ScatterKind::Max | ScatterKind::Min => a,
            ScatterKind::Set => b,
        };
        let combined = combine_rows(cx.elements(0)?, &cx.elements(2)?, &targets, row, combine);
        return Ok(vec![Data::from_slice(&combined)]);
    }
    let combine = |a: i64, b: i64| match op.kind {
        ScatterKind::Add => a.wrapping_add(b),
        ScatterKind::Mul => a.wrapping_mul(b),
        ScatterKind::Max => a.max(b),
        ScatterKind::Min => a.min(b),
        ScatterKind::Set => b,
    };
    Ok(vec![pack_longs(ty.elem, &combine_rows(cx.longs(0)?, &cx.longs(2)?, &targets, row, combine))?])
}

/// The row that an index names, if there is one.
fn target(index: i64, extent: usize) -> Option<usize> {
    let from_start = if index < 0 { index.checked_add(extent as i64)? } else { index };
    usize::try_from(from_start).ok().filter(|&row| row < extent)
}

fn combine_rows<T: Scalar>(
    mut x: Vec<T>,
    updates: &[T],
    targets: &[Option<usize>],
    row: usize,
    combine: impl Fn(T, T) -> T,
) -> Vec<T> {
    for (from, to) in updates.chunks(row.max(1)).zip(targets) {
        let Some(to) = to else { continue };
        for (cell, &update) in x[to * row..][..row].iter_mut().zip(from) {
            *cell = combine(*cell, update);
        }
    }
    x
}
