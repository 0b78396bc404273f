//! Operators that pick and store elements by number, in terms of rows of a flattened tensor.

use redsc_ir::ops::{BinaryKind, CompareKind, ReduceKind, ScatterKind};
use redsc_ir::{ElemType, ValueId};

use super::super::builder::strides;
use super::super::call::{Call, axis};
use super::super::fault::{Outcome, form};
use super::super::graph::Item;
use super::super::math::{least, most};
use super::{ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("Gather", 1..=ON, 2..=2, |c| {
        let (x, indices) = (c.operand(0)?, c.operand(1)?);
        let axis = axis(c.int("axis", 0), c.rank(x))?;
        let y = c.gather(x, indices, axis)?;
        one(y)
    }),
    row("GatherElements", 11..=ON, 2..=2, gather_elements),
    row("GatherND", 11..=ON, 2..=2, gather_nd),
    row("Scatter", 9..=ON, 3..=3, scatter_elements),
    row("ScatterElements", 11..=ON, 3..=3, scatter_elements),
    row("ScatterND", 11..=ON, 3..=3, scatter_nd),
    row("TensorScatter", 24..=ON, 2..=3, tensor_scatter),
    row("OneHot", 9..=ON, 3..=3, one_hot),
    row("TopK", 1..=ON, 1..=2, top_k),
    row("ArgMax", 1..=ON, 1..=1, |c| extreme_index(c, ReduceKind::Max)),
    row("ArgMin", 1..=ON, 1..=1, |c| extreme_index(c, ReduceKind::Min)),
    row("Compress", 9..=ON, 2..=2, compress),
    row("NonZero", 9..=ON, 1..=1, non_zero),
    Row { domain: "ai.onnx.ml", ..row("ArrayFeatureExtractor", 1..=ON, 2..=2, array_feature_extractor) },
];

/// Indices that count from the start, as 32-bit integers.
fn from_start(c: &mut Call, indices: ValueId, extent: usize) -> Outcome<ValueId> {
    let indices = c.cast(indices, ElemType::I32)?;
    if c.integers(indices).is_some_and(|known| known.iter().all(|&i| i >= 0)) {
        return Ok(indices);
    }
    let below = c.compare_with(CompareKind::Less, indices, 0.0)?;
    let raised = c.with(BinaryKind::Add, indices, extent as f64)?;
    c.select(below, raised, indices)
}

/// The positions in a flattened tensor of that shape of elements whose index is known but for one dimension.
fn element_positions(c: &mut Call, shape: &[usize], indices: ValueId, axis: usize) -> Outcome<ValueId> {
    let own = c.shape(indices);
    let steps = strides(shape);
    let base = |index: &[usize]| {
        let known = index.iter().enumerate().filter(|(dim, _)| *dim != axis);
        known.map(|(dim, &i)| i * steps[dim]).sum::<usize>()
    };
    let others = positions(c, &own, base)?;
    let along = from_start(c, indices, shape[axis])?;
    let along = c.with(BinaryKind::Mul, along, steps[axis] as f64)?;
    let flat = c.add(along, others)?;
    let count = c.ty(flat).elements();
    c.reshape(flat, &[count])
}

/// A constant of positions.
fn positions(c: &mut Call, shape: &[usize], at: impl Fn(&[usize]) -> usize) -> Outcome<ValueId> {
    c.tabulate(ElemType::I32, shape, |index| at(index) as i32)
}

fn flattened(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    let count = c.ty(x).elements();
    c.reshape(x, &[count])
}

fn gather_elements(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, indices) = (c.operand(0)?, c.operand(1)?);
    let axis = axis(c.int("axis", 0), c.rank(x))?;
    let y = picked(c, x, indices, axis)?;
    one(y)
}

/// `y[i, j, …] = x[i, indices[i, j, …], …]`
pub(super) fn picked(c: &mut Call, x: ValueId, indices: ValueId, axis: usize) -> Outcome<ValueId> {
    let (shape, result) = (c.shape(x), c.shape(indices));
    let at = element_positions(c, &shape, indices, axis)?;
    let flat = flattened(c, x)?;
    let y = c.gather(flat, at, 0)?;
    c.reshape(y, &result)
}

/// Numbers of rows for tuples of indices in the last dimension of `indices`, `batch` dimensions in common.
fn tuple_positions(
    c: &mut Call,
    shape: &[usize],
    indices: ValueId,
    batch: usize,
) -> Outcome<(ValueId, usize)> {
    let own = c.shape(indices);
    let Some((&width, outer)) = own.split_last() else { return Err(form("the indices are a scalar")) };
    let indexed =
        shape.get(batch..batch + width).ok_or_else(|| form("there are more indices than dimensions"))?;
    let rows = [&shape[..batch], indexed].concat();
    let steps = strides(&rows);
    let mut sum = positions(c, outer, |index| {
        index.iter().take(batch).enumerate().map(|(dim, &i)| i * steps[dim]).sum::<usize>()
    })?;
    for (i, &extent) in indexed.iter().enumerate() {
        let part = c.index(indices, own.len() - 1, i)?;
        let part = from_start(c, part, extent)?;
        let part = c.with(BinaryKind::Mul, part, steps[batch + i] as f64)?;
        sum = c.add(sum, part)?;
    }
    Ok((sum, batch + width))
}

fn gather_nd(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, indices) = (c.operand(0)?, c.operand(1)?);
    let batch = usize::try_from(c.int("batch_dims", 0)).unwrap_or(0);
    let shape = c.shape(x);
    let (at, used) = tuple_positions(c, &shape, indices, batch)?;
    let table = [&[shape[..used].iter().product::<usize>()], &shape[used..]].concat();
    let rows = c.reshape(x, &table)?;
    let y = c.gather(rows, at, 0)?;
    one(y)
}

fn scatter_kind(c: &Call) -> Outcome<ScatterKind> {
    match c.word("reduction", "none").as_str() {
        "none" => Ok(ScatterKind::Set),
        "add" => Ok(ScatterKind::Add),
        "mul" => Ok(ScatterKind::Mul),
        "max" => Ok(ScatterKind::Max),
        "min" => Ok(ScatterKind::Min),
        other => Err(form(format!("the reduction \"{other}\" is not supported"))),
    }
}

fn scatter_elements(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, indices, updates) = (c.operand(0)?, c.operand(1)?, c.operand(2)?);
    let kind = scatter_kind(c)?;
    let shape = c.shape(x);
    let axis = axis(c.int("axis", 0), shape.len())?;
    let at = element_positions(c, &shape, indices, axis)?;
    let (flat, updates) = (flattened(c, x)?, flattened(c, updates)?);
    let y = c.scatter(kind, flat, at, updates)?;
    let y = c.reshape(y, &shape)?;
    one(y)
}

fn scatter_nd(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, indices, updates) = (c.operand(0)?, c.operand(1)?, c.operand(2)?);
    let kind = scatter_kind(c)?;
    let shape = c.shape(x);
    let (at, used) = tuple_positions(c, &shape, indices, 0)?;
    let at = flattened(c, at)?;
    let count = c.ty(at).elements();
    let rows = c.reshape(x, &[&[shape[..used].iter().product::<usize>()], &shape[used..]].concat())?;
    let updates = c.reshape(updates, &[&[count], &shape[used..]].concat())?;
    let y = c.scatter(kind, rows, at, updates)?;
    let y = c.reshape(y, &shape)?;
    one(y)
}

/// A cache `[batch, …, sequence, …]` in which each batch is overwritten from its own index on.
fn tensor_scatter(c: &mut Call) -> Outcome<Vec<Item>> {
    let (cache, update) = (c.operand(0)?, c.operand(1)?);
    let (shape, new) = (c.shape(cache), c.shape(update));
    let axis = axis(c.int("axis", -2), shape.len())?;
    let circular = c.word("mode", "linear") == "circular";
    let steps = strides(&shape);
    // Where each element of the update goes if its batch starts at 0, and how far along the sequence it is.
    let base = positions(c, &new, |index| {
        index.iter().enumerate().filter(|(dim, _)| *dim != axis).map(|(dim, &i)| i * steps[dim]).sum()
    })?;
    let along = positions(c, &new, |index| index[axis])?;
    let along = match c.optional(2)? {
        Some(starts) => {
            let starts = c.cast(starts, ElemType::I32)?;
            let mut column = vec![1; shape.len()];
            column[0] = shape[0];
            let starts = c.reshape(starts, &column)?;
            c.add(along, starts)?
        }
        None => along,
    };
    let along = if circular { c.with(BinaryKind::Modulo, along, shape[axis] as f64)? } else { along };
    let along = c.with(BinaryKind::Mul, along, steps[axis] as f64)?;
    let at = c.add(along, base)?;
    let at = flattened(c, at)?;
    let (flat, update) = (flattened(c, cache)?, flattened(c, update)?);
    let y = c.scatter(ScatterKind::Set, flat, at, update)?;
    let y = c.reshape(y, &shape)?;
    one(y)
}

fn one_hot(c: &mut Call) -> Outcome<Vec<Item>> {
    let (indices, values) = (c.operand(0)?, c.operand(2)?);
    let depth_id = c.operand(1)?;
    let depth = if c.elem(depth_id).is_float() {
        c.known_floats(1, "the depth")?.first().map_or(0, |&d| d as i64)
    } else {
        c.known_integer(1, "the depth")?
    };
    let depth = usize::try_from(depth).map_err(|_| form(format!("the depth is {depth}")))?;
    let rank = c.rank(indices);
    let axis = axis(c.int("axis", -1), rank + 1)?;
    let wide = c.cast(indices, ElemType::I32)?;
    let indices = from_start(c, wide, depth)?;
    let indices = c.unsqueeze(indices, &[axis])?;
    let classes = c.iota(depth);
    let mut shape = vec![1; rank + 1];
    shape[axis] = depth;
    let classes = c.reshape(classes, &shape)?;
    let hot = c.compare(CompareKind::Equal, indices, classes)?;
    let (off, on) = (c.index(values, 0, 0)?, c.index(values, 0, 1)?);
    let y = c.select(hot, on, off)?;
    one(y)
}

/// The index of the first (or last) extreme element along a dimension.
fn extreme_index(c: &mut Call, kind: ReduceKind) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let axis = axis(c.int("axis", 0), c.rank(x))?;
    let last = c.int("select_last_index", 0) != 0;
    let y = extreme(c, x, kind, axis, last)?;
    let y = c.cast(y, ElemType::I64)?;
    if c.int("keepdims", 1) != 0 {
        return one(y);
    }
    let mut shape = c.shape(y);
    shape.remove(axis);
    let y = c.reshape(y, &shape)?;
    one(y)
}

/// The index of the first (or last) extreme element along a dimension, which stays: the extreme of the indices where the
/// element equals the extreme.
pub(super) fn extreme(
    c: &mut Call,
    x: ValueId,
    kind: ReduceKind,
    axis: usize,
    last: bool,
) -> Outcome<ValueId> {
    let extent = c.shape(x)[axis];
    let best = c.reduce(kind, x, &[axis], true)?;
    let hits = c.compare(CompareKind::Equal, x, best)?;
    let mut shape = vec![1; c.rank(x)];
    shape[axis] = extent;
    let indices = c.iota(extent);
    let indices = c.reshape(indices, &shape)?;
    let (miss, pick) = if last { (-1.0, ReduceKind::Max) } else { (extent as f64, ReduceKind::Min) };
    let miss = c.scalar(ElemType::I32, miss)?;
    let found = c.select(hits, indices, miss)?;
    c.reduce(pick, found, &[axis], true)
}

/// One extreme after another; each is taken out before the next is searched.
fn top_k(c: &mut Call) -> Outcome<Vec<Item>> {
    const MOST: usize = 128;
    let x = c.operand(0)?;
    let elem = c.elem(x);
    let axis = axis(c.int("axis", -1), c.rank(x))?;
    let wanted = if c.opset < 10 { c.int("k", 0) } else { c.known_integer(1, "k")? };
    let extent = c.shape(x)[axis];
    let count = usize::try_from(wanted).ok().filter(|&k| k <= extent);
    let count = count.ok_or_else(|| form(format!("there are no {wanted} elements to take")))?;
    if count > MOST {
        return Err(form(format!("the first {count} elements are not supported; at most {MOST} are")));
    }
    let largest = c.int("largest", 1) != 0;
    let (kind, gone) = if largest { (ReduceKind::Max, least(elem)) } else { (ReduceKind::Min, most(elem)) };
    let mut left = c.widened(x)?;
    let wide = c.elem(left);
    let mut row = vec![1; c.rank(x)];
    row[axis] = extent;
    let places = c.iota(extent);
    let places = c.reshape(places, &row)?;
    // What is taken counts as worse than anything else, so that infinities are told apart.
    let shape = c.shape(x);
    let mut free = c.filled(ElemType::Bool, &shape, 1.0)?;
    let worst = c.scalar(wide, gone)?;
    let (mut values, mut indices) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let best = c.reduce(kind, left, &[axis], true)?;
        let equal = c.compare(CompareKind::Equal, left, best)?;
        let hits = c.binary(BinaryKind::BitAnd, equal, free)?;
        let none = c.scalar(ElemType::I32, extent as f64)?;
        let found = c.select(hits, places, none)?;
        let index = c.reduce(ReduceKind::Min, found, &[axis], true)?;
        let others = c.compare(CompareKind::NotEqual, places, index)?;
        free = c.binary(BinaryKind::BitAnd, free, others)?;
        left = c.select(free, left, worst)?;
        values.push(best);
        indices.push(index);
    }
    if count == 0 {
        let mut shape = c.shape(x);
        shape[axis] = 0;
        let values = c.filled(elem, &shape, 0.0)?;
        let indices = c.filled(ElemType::I64, &shape, 0.0)?;
        return Ok(vec![values.into(), indices.into()]);
    }
    let values = c.concat(&values, axis)?;
    let values = c.cast(values, elem)?;
    let indices = c.concat(&indices, axis)?;
    let indices = c.cast(indices, ElemType::I64)?;
    Ok(vec![values.into(), indices.into()])
}

/// The condition decides the shape, so it must be known.
fn compress(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let keeps = c.known_integers(1, "the condition")?;
    let kept: Vec<i64> = (0..keeps.len() as i64).filter(|&i| keeps[i as usize] != 0).collect();
    let indices = c.i64s(&kept);
    let y = match c.int_if("axis") {
        Some(index) => {
            let axis = axis(index, c.rank(x))?;
            c.gather(x, indices, axis)?
        }
        None => {
            let flat = flattened(c, x)?;
            c.gather(flat, indices, 0)?
        }
    };
    one(y)
}

/// The operand decides the shape, so it must be known.
fn non_zero(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let shape = c.shape(x);
    let holds = c.cast(x, ElemType::Bool)?;
    let holds = c.integers(holds).ok_or_else(|| c.not_constant(x, "the operand"))?;
    let hits: Vec<usize> = (0..holds.len()).filter(|&at| holds[at] != 0).collect();
    let steps = strides(&shape);
    let index = |axis: usize, at: usize| (at / steps[axis] % shape[axis]) as i64;
    let rows: Vec<i64> = (0..shape.len())
        .flat_map(|axis| hits.iter().map(move |&at| (axis, at)))
        .map(|(a, h)| index(a, h))
        .collect();
    let y = c.constant(ElemType::I64, &[shape.len(), hits.len()], &rows);
    one(y)
}

fn array_feature_extractor(c: &mut Call) -> Outcome<Vec<Item>> {
    let (x, indices) = (c.operand(0)?, c.operand(1)?);
    let last = c.rank(x).checked_sub(1).ok_or_else(|| form("the operand is a scalar"))?;
    let indices = flattened(c, indices)?;
    let y = c.gather(x, indices, last)?;
    one(y)
}
