//! Constants, shapes and operators that only change the shape.

use redsc_ir::ops::{BinaryKind, Slice};
use redsc_ir::{Data, ElemType, ValueId};

use super::super::call::{Call, axes, axis, extents};
use super::super::fault::{Outcome, damaged, form};
use super::super::graph::Item;
use super::super::tensor;
use super::{ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("Constant", 1..=ON, 0..=0, constant),
    row("ConstantOfShape", 9..=ON, 1..=1, constant_of_shape),
    row("Identity", 1..=ON, 1..=1, identity),
    row("Dropout", 1..=ON, 1..=3, dropout),
    row("Shape", 1..=ON, 1..=1, shape),
    row("Size", 1..=ON, 1..=1, |c| {
        let count = c.ty(c.operand(0)?).elements() as i64;
        let y = c.constant(ElemType::I64, &[], &[count]);
        one(y)
    }),
    row("Reshape", 1..=ON, 1..=2, reshape),
    row("Flatten", 1..=ON, 1..=1, flatten),
    row("Squeeze", 1..=ON, 1..=2, squeeze),
    row("Unsqueeze", 1..=ON, 1..=2, unsqueeze),
    row("Transpose", 1..=ON, 1..=1, transpose),
    row("Expand", 8..=ON, 2..=2, expand),
    row("Tile", 6..=ON, 2..=2, tile),
    row("Range", 11..=ON, 3..=3, range),
    row("EyeLike", 9..=ON, 1..=1, eye_like),
];

fn constant(c: &mut Call) -> Outcome<Vec<Item>> {
    if let Some(proto) = c.tensor("value") {
        let y = c.reader.constant(proto)?;
        return one(y);
    }
    if let Some(proto) = c.attribute("sparse_value").and_then(|a| a.sparse_tensor.as_ref()) {
        let constant = tensor::sparse(proto, c.reader.files)?;
        let y = c.reader.add(constant);
        return one(y);
    }
    let y = if let Some(value) = c.float_if("value_float") {
        c.f32(value)
    } else if let Some(values) = c.numbers("value_floats") {
        c.f32s(&[values.len()], values)
    } else if let Some(value) = c.int_if("value_int") {
        c.constant(ElemType::I64, &[], &[value])
    } else if let Some(values) = c.ints("value_ints") {
        c.i64s(values)
    } else {
        return Err(form("only tensors, numbers and lists of numbers are supported"));
    };
    one(y)
}

fn constant_of_shape(c: &mut Call) -> Outcome<Vec<Item>> {
    let shape = extents(&c.known_integers(0, "the shape")?, "the shape")?;
    let value = match c.tensor("value") {
        Some(proto) => c.reader.constant(proto)?,
        None => c.f32(0.0),
    };
    if c.ty(value).elements() != 1 {
        return Err(form("the value must be one element"));
    }
    let scalar = c.reshape(value, &[])?;
    let y = c.expand(scalar, &shape)?;
    one(y)
}

fn identity(c: &mut Call) -> Outcome<Vec<Item>> {
    match c.item(0) {
        Some(item) => Ok(vec![item]),
        None => Ok(vec![Item::Nothing]),
    }
}

/// At run time nothing is dropped.
fn dropout(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    if let Some(training) = c.optional_integers(2, "the training mode")?
        && training.iter().any(|&flag| flag != 0)
    {
        let ratio = match c.optional(1)? {
            Some(_) => c.known_floats(1, "the ratio")?.first().copied().unwrap_or(0.5),
            None => 0.5,
        };
        if ratio != 0.0 {
            return Err(form("training is not supported").help("export the model for inference"));
        }
    }
    let shape = c.shape(x);
    let mask = c.filled(ElemType::Bool, &shape, 1.0)?;
    Ok(vec![x.into(), mask.into()])
}

/// The extents, or those of a range of dimensions.
fn shape(c: &mut Call) -> Outcome<Vec<Item>> {
    let shape = c.shape(c.operand(0)?);
    let rank = shape.len() as i64;
    let bound =
        |index: i64| if index < 0 { index.saturating_add(rank) } else { index }.clamp(0, rank) as usize;
    let (start, end) = (bound(c.int("start", 0)), bound(c.int("end", i64::MAX)));
    let extents: Vec<i64> = shape.get(start..end).unwrap_or_default().iter().map(|&d| d as i64).collect();
    let y = c.i64s(&extents);
    one(y)
}

/// 0 keeps an extent, −1 takes what is left.
fn reshape(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let wanted = match c.opset {
        ..5 => c.ints("shape").ok_or_else(|| damaged("the attribute `shape` is missing"))?.to_vec(),
        _ => c.known_integers(1, "the shape")?,
    };
    let y = reshaped(c, x, &wanted, c.int("allowzero", 0) == 0)?;
    one(y)
}

fn reshaped(c: &mut Call, x: ValueId, wanted: &[i64], zero_keeps: bool) -> Outcome<ValueId> {
    let own = c.shape(x);
    let mut shape = Vec::new();
    let mut open = None;
    for (axis, &extent) in wanted.iter().enumerate() {
        shape.push(match extent {
            0 if zero_keeps => {
                *own.get(axis).ok_or_else(|| form(format!("there is no dimension {axis} to keep")))?
            }
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            extent => usize::try_from(extent).map_err(|_| form(format!("an extent is {extent}")))?,
        });
    }
    if let Some(axis) = open {
        let others = shape.iter().product::<usize>();
        shape[axis] = c.ty(x).elements().checked_div(others).unwrap_or(0);
    }
    c.reshape(x, &shape)
}

fn flatten(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let shape = c.shape(x);
    let rank = shape.len() as i64;
    let from_start = match c.int("axis", 1) {
        index if index < 0 => index + rank,
        index => index,
    };
    let at = usize::try_from(from_start).ok().filter(|&at| at <= shape.len());
    let at = at.ok_or_else(|| form(format!("there is no place {from_start}")))?;
    let y = c.reshape(x, &[shape[..at].iter().product(), shape[at..].iter().product()])?;
    one(y)
}

/// Dimensions as an attribute before opset 13, as an operand after.
fn listed_axes(c: &Call) -> Outcome<Option<Vec<i64>>> {
    match c.opset {
        ..13 => Ok(c.ints("axes").map(<[i64]>::to_vec)),
        _ => c.optional_integers(1, "the axes"),
    }
}

fn squeeze(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let shape = c.shape(x);
    let gone = match listed_axes(c)? {
        Some(listed) => axes(&listed, shape.len())?,
        None => (0..shape.len()).filter(|&axis| shape[axis] == 1).collect(),
    };
    let kept: Vec<usize> =
        (0..shape.len()).filter(|axis| !gone.contains(axis)).map(|axis| shape[axis]).collect();
    let y = c.reshape(x, &kept)?;
    one(y)
}

fn unsqueeze(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let listed = listed_axes(c)?.ok_or_else(|| damaged("the axes are missing"))?;
    let places = axes(&listed, c.rank(x) + listed.len())?;
    let y = c.unsqueeze(x, &places)?;
    one(y)
}

fn transpose(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let rank = c.rank(x);
    let perm = match c.ints("perm") {
        Some(perm) => perm.iter().map(|&index| axis(index, rank)).collect::<Outcome<Vec<_>>>()?,
        None => (0..rank).rev().collect(),
    };
    if perm.len() != rank {
        return Err(form(format!("`perm` has {} entries; the operand {rank} dimensions", perm.len())));
    }
    let y = c.transpose(x, &perm)?;
    one(y)
}

/// Both the operand and the wanted shape may be the larger one.
fn expand(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let wanted = extents(&c.known_integers(1, "the shape")?, "the shape")?;
    let own = c.shape(x);
    let rank = own.len().max(wanted.len());
    let extent =
        |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis]);
    let shape: Vec<usize> = (0..rank)
        .map(|axis| match (extent(&own, axis), extent(&wanted, axis)) {
            (1, wanted) => wanted,
            (own, 1) => own,
            (_, wanted) => wanted,
        })
        .collect();
    let y = c.expand(x, &shape)?;
    one(y)
}

/// Each dimension is repeated as a whole: a new dimension before it, broadcast.
fn tile(c: &mut Call) -> Outcome<Vec<Item>> {
    let mut y = c.operand(0)?;
    let repeats = extents(&c.known_integers(1, "the repeats")?, "the repeats")?;
    if repeats.len() != c.rank(y) {
        return Err(form(format!("{} repeats for {} dimensions", repeats.len(), c.rank(y))));
    }
    for (axis, &count) in repeats.iter().enumerate().filter(|(_, count)| **count != 1) {
        let mut shape = c.shape(y);
        let apart = [&shape[..axis], &[1], &shape[axis..]].concat();
        let repeated = [&shape[..axis], &[count], &shape[axis..]].concat();
        let parts = c.reshape(y, &apart)?;
        let parts = c.expand(parts, &repeated)?;
        shape[axis] *= count;
        y = c.reshape(parts, &shape)?;
    }
    one(y)
}

/// `start, start + delta, …` below `limit`.
fn range(c: &mut Call) -> Outcome<Vec<Item>> {
    let start = c.operand(0)?;
    let elem = c.elem(start);
    let (first, step, count) = if elem.is_float() {
        let number = |index, what| {
            let known = c.known_floats(index, what)?;
            Ok::<_, super::super::fault::Problem>(f64::from(known.first().copied().unwrap_or(0.0)))
        };
        let (start, limit, delta) =
            (number(0, "the start")?, number(1, "the limit")?, number(2, "the step")?);
        (start, delta, ((limit - start) / delta).ceil())
    } else {
        let number = |index, what| c.known_integer(index, what).map(|n| n as f64);
        let (start, limit, delta) =
            (number(0, "the start")?, number(1, "the limit")?, number(2, "the step")?);
        (start, delta, ((limit - start) / delta).ceil())
    };
    if !count.is_finite() {
        return Err(form("the step is zero"));
    }
    let count = count.max(0.0) as usize;
    let ty = c.checked(elem, &[count])?;
    c.charge(16 * count as u64)?;
    let element = |i: usize| super::super::builder::encode(elem, first + step * i as f64);
    let bytes: Vec<u8> = (0..count).flat_map(element).collect();
    let y = c.add_constant(ty, Data::from_bytes(bytes));
    one(y)
}

fn eye_like(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let elem = match c.data_type("dtype")? {
        Some(declared) => tensor::computed_elem(declared)?,
        None => c.elem(x),
    };
    let diagonal = c.int("k", 0);
    let shape = c.shape(x);
    if shape.len() != 2 {
        return Err(form(format!("the operand has {} dimensions; expected 2", shape.len())));
    }
    let on = |index: &[usize]| f32::from(index[1] as i64 - index[0] as i64 == diagonal);
    let y = c.tabulated(&shape, on)?;
    let y = c.cast(y, elem)?;
    one(y)
}

/// A constant with the strides of a slice that takes everything, backwards along one dimension.
pub(super) fn reversed(c: &mut Call, x: ValueId, axis: usize) -> Outcome<ValueId> {
    let shape = c.shape(x);
    if shape[axis] <= 1 {
        return Ok(x);
    }
    let (mut begin, mut stride) = (vec![0; shape.len()], vec![1; shape.len()]);
    (begin[axis], stride[axis]) = (shape[axis] - 1, -1);
    c.emit(Slice { begin, size: shape, stride }, &[x])
}

/// Keeps what lies on one side of a diagonal of the last two dimensions.
pub(super) fn triangle(c: &mut Call, x: ValueId, upper: bool, diagonal: i64) -> Outcome<ValueId> {
    let shape = c.shape(x);
    let [.., rows, columns] = shape[..] else { return Err(form("the operand has less than 2 dimensions")) };
    let keeps = |index: &[usize]| {
        let distance = index[1] as i64 - index[0] as i64;
        f32::from(if upper { distance >= diagonal } else { distance <= diagonal })
    };
    let mask = c.tabulated(&[rows, columns], keeps)?;
    let mask = c.cast(mask, ElemType::Bool)?;
    let elem = c.elem(x);
    let zero = c.scalar(elem, 0.0)?;
    c.select(mask, x, zero)
}

/// `x` times a number, unless it is 1.
pub(super) fn scaled(c: &mut Call, x: ValueId, factor: f32) -> Outcome<ValueId> {
    if factor == 1.0 { Ok(x) } else { c.with(BinaryKind::Mul, x, factor.into()) }
}
