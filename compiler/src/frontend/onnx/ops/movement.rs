//! Operators that move elements.

use redsc_ir::ValueId;
use redsc_ir::ops::{Pad, PadMode, Slice};

use super::super::call::{Call, axis, extents};
use super::super::fault::{Outcome, damaged, form};
use super::super::graph::Item;
use super::shape::{reversed, triangle};
use super::{ANY, ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("Concat", 1..=ON, 1..=ANY, concat),
    row("Split", 1..=ON, 1..=2, split),
    row("Slice", 1..=ON, 1..=5, slice),
    row("Pad", 1..=ON, 1..=4, pad),
    row("DepthToSpace", 1..=ON, 1..=1, depth_to_space),
    row("SpaceToDepth", 1..=ON, 1..=1, space_to_depth),
    row("Trilu", 14..=ON, 1..=2, trilu),
    row("ReverseSequence", 10..=ON, 2..=2, reverse_sequence),
    row("CenterCropPad", 18..=ON, 2..=2, center_crop_pad),
];

fn concat(c: &mut Call) -> Outcome<Vec<Item>> {
    let parts = c.tensors()?;
    let axis = axis(c.int("axis", 1), c.rank(parts[0]))?;
    let y = c.concat(&parts, axis)?;
    one(y)
}

/// Sizes are an attribute before opset 13, an operand after; without them the parts are equal, the last one smaller.
fn split(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let axis = axis(c.int("axis", 0), c.rank(x))?;
    let extent = c.shape(x)[axis];
    let given = match c.opset {
        ..13 => c.ints("split").map(<[i64]>::to_vec),
        _ => c.optional_integers(1, "the sizes")?,
    };
    let sizes = match given {
        Some(sizes) => extents(&sizes, "the sizes")?,
        None => {
            let parts =
                usize::try_from(c.int("num_outputs", c.results as i64)).unwrap_or(0).clamp(1, 1 << 16);
            let size = extent.div_ceil(parts);
            (0..parts).map(|i| size.min(extent.saturating_sub(i * size))).collect()
        }
    };
    if sizes.iter().sum::<usize>() != extent {
        return Err(form(format!("parts {sizes:?} do not add up to {extent}")));
    }
    Ok(c.split(x, axis, &sizes)?.into_iter().map(Item::Tensor).collect())
}

/// Bounds are attributes before opset 10, operands after; they are clamped as in Python.
fn slice(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let shape = c.shape(x);
    let missing = || damaged("the bounds are missing");
    let (starts, ends, listed, steps) = if c.opset < 10 {
        let list = |name| c.ints(name).map(<[i64]>::to_vec);
        (list("starts").ok_or_else(missing)?, list("ends").ok_or_else(missing)?, list("axes"), None)
    } else {
        (
            c.known_integers(1, "the starts")?,
            c.known_integers(2, "the ends")?,
            c.optional_integers(3, "the axes")?,
            c.optional_integers(4, "the steps")?,
        )
    };
    let listed = listed.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    if ends.len() != starts.len() || listed.len() != starts.len() || steps.len() != starts.len() {
        return Err(damaged("starts, ends, axes and steps differ in length"));
    }
    let (mut begin, mut size, mut stride) = (vec![0; shape.len()], shape.clone(), vec![1; shape.len()]);
    for (((start, end), index), step) in starts.into_iter().zip(ends).zip(listed).zip(steps) {
        let axis = axis(index, shape.len())?;
        (begin[axis], size[axis]) = bounds(start, end, step, shape[axis])?;
        stride[axis] = step;
    }
    if size.contains(&0) {
        let elem = c.elem(x);
        let y = c.filled(elem, &size, 0.0)?;
        return one(y);
    }
    let whole = size == shape && stride.iter().all(|&step| step == 1);
    let y = if whole { x } else { c.emit(Slice { begin, size, stride }, &[x])? };
    one(y)
}

/// First index and number of elements.
fn bounds(start: i64, end: i64, step: i64, extent: usize) -> Outcome<(usize, usize)> {
    let extent = extent as i64;
    let from_start = |index: i64| if index < 0 { index.saturating_add(extent) } else { index };
    if step == 0 {
        return Err(damaged("a step is 0"));
    }
    let count = |distance: i64| if distance <= 0 { 0 } else { (distance - 1) / step.saturating_abs() + 1 };
    let (begin, count) = if step > 0 {
        let (begin, end) = (from_start(start).clamp(0, extent), from_start(end).clamp(0, extent));
        (begin, count(end - begin))
    } else {
        let (begin, end) = (from_start(start).clamp(-1, extent - 1), from_start(end).clamp(-1, extent - 1));
        (begin, count(begin - end))
    };
    Ok((begin.max(0) as usize, count as usize))
}

/// Cells are an attribute before opset 11, an operand after. Negative ones cut.
fn pad(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let rank = c.rank(x);
    let (cells, value) = if c.opset < 11 {
        let cells = c.ints("pads").or_else(|| c.ints("paddings"));
        let cells = cells.ok_or_else(|| damaged("the attribute `pads` is missing"))?.to_vec();
        let (elem, value) = (c.elem(x), c.float("value", 0.0));
        let value = c.scalar(elem, value.into())?;
        (cells, Some(value))
    } else {
        (c.known_integers(1, "the pads")?, c.optional(2)?)
    };
    let listed = match c.optional_integers(3, "the axes")? {
        Some(listed) => listed.iter().map(|&index| axis(index, rank)).collect::<Outcome<Vec<_>>>()?,
        None => (0..rank).collect(),
    };
    if cells.len() != 2 * listed.len() {
        return Err(damaged(format!("{} pads for {} dimensions", cells.len(), listed.len())));
    }
    let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
    for (i, &axis) in listed.iter().enumerate() {
        (before[axis], after[axis]) = (cells[i], cells[listed.len() + i]);
    }
    let x = cut(c, x, &before, &after)?;
    let grown = |cells: &[i64]| cells.iter().map(|&n| n.max(0) as usize).collect::<Vec<_>>();
    let (before, after) = (grown(&before), grown(&after));
    let y = match c.word("mode", "constant").as_str() {
        "constant" => padded(c, x, before, after, value)?,
        "reflect" => mirrored(c, x, before, after)?,
        "edge" => edge(c, x, &before, &after)?,
        "wrap" => wrapped(c, x, &before, &after)?,
        other => return Err(form(format!("the mode \"{other}\" is not supported"))),
    };
    one(y)
}

/// Negative padding.
fn cut(c: &mut Call, x: ValueId, before: &[i64], after: &[i64]) -> Outcome<ValueId> {
    let mut y = x;
    for axis in 0..before.len() {
        let (first, last) = ((-before[axis]).max(0) as usize, (-after[axis]).max(0) as usize);
        let extent = c.shape(y)[axis];
        let count =
            extent.checked_sub(first + last).ok_or_else(|| form("negative pads cut more than there is"))?;
        y = c.narrow(y, axis, first, count)?;
    }
    Ok(y)
}

fn padded(
    c: &mut Call,
    x: ValueId,
    before: Vec<usize>,
    after: Vec<usize>,
    value: Option<ValueId>,
) -> Outcome<ValueId> {
    if before.iter().chain(&after).all(|&cells| cells == 0) {
        return Ok(x);
    }
    let op = Pad { before, after, mode: PadMode::Constant };
    match value {
        Some(value) if c.floats(value).is_none_or(|v| v != [0.0]) => {
            let value = c.reshape(value, &[])?;
            c.emit(op, &[x, value])
        }
        _ => c.emit(op, &[x]),
    }
}

/// Mirrored in steps, since one step can double the extent at most.
fn mirrored(c: &mut Call, x: ValueId, before: Vec<usize>, after: Vec<usize>) -> Outcome<ValueId> {
    let (mut y, mut before, mut after) = (x, before, after);
    while before.iter().chain(&after).any(|&cells| cells > 0) {
        let shape = c.shape(y);
        let step = |cells: &[usize]| -> Vec<usize> {
            cells.iter().zip(&shape).map(|(&n, &extent)| n.min(extent.saturating_sub(1))).collect()
        };
        let (now_before, now_after) = (step(&before), step(&after));
        if now_before.iter().chain(&now_after).all(|&cells| cells == 0) {
            return Err(form("there is nothing to mirror"));
        }
        let op = Pad { before: now_before.clone(), after: now_after.clone(), mode: PadMode::Reflect };
        y = c.emit(op, &[y])?;
        before.iter_mut().zip(now_before).for_each(|(n, done)| *n -= done);
        after.iter_mut().zip(now_after).for_each(|(n, done)| *n -= done);
    }
    Ok(y)
}

/// The outermost elements, repeated.
fn edge(c: &mut Call, x: ValueId, before: &[usize], after: &[usize]) -> Outcome<ValueId> {
    let mut y = x;
    for axis in 0..before.len() {
        let extent = c.shape(y)[axis];
        if extent == 0 || before[axis] + after[axis] == 0 {
            continue;
        }
        let mut parts = Vec::new();
        if before[axis] > 0 {
            parts.push(c.stride(y, axis, 0, before[axis], 0)?);
        }
        parts.push(y);
        if after[axis] > 0 {
            parts.push(c.stride(y, axis, extent - 1, after[axis], 0)?);
        }
        y = c.concat(&parts, axis)?;
    }
    Ok(y)
}

/// The tensor beside itself.
fn wrapped(c: &mut Call, x: ValueId, before: &[usize], after: &[usize]) -> Outcome<ValueId> {
    let mut y = x;
    for axis in 0..before.len() {
        let extent = c.shape(y)[axis];
        if before[axis] > extent || after[axis] > extent {
            return Err(form("padding by more than the extent with mode wrap is not supported"));
        }
        let mut parts = Vec::new();
        if before[axis] > 0 {
            parts.push(c.narrow(y, axis, extent - before[axis], before[axis])?);
        }
        parts.push(y);
        if after[axis] > 0 {
            parts.push(c.narrow(y, axis, 0, after[axis])?);
        }
        y = c.concat(&parts, axis)?;
    }
    Ok(y)
}

fn blocks(c: &Call, x: ValueId) -> Outcome<([usize; 4], usize)> {
    let shape = <[usize; 4]>::try_from(c.shape(x)).map_err(|_| form("the operand must have 4 dimensions"))?;
    let block = usize::try_from(c.int("blocksize", 0)).ok().filter(|&b| b > 0);
    Ok((shape, block.ok_or_else(|| damaged("the block size is not positive"))?))
}

fn depth_to_space(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let ([n, channels, h, w], b) = blocks(c, x)?;
    let depth = channels / (b * b);
    let (apart, perm) = match c.word("mode", "DCR").as_str() {
        "DCR" => ([n, b, b, depth, h, w], [0, 3, 4, 1, 5, 2]),
        _ => ([n, depth, b, b, h, w], [0, 1, 4, 2, 5, 3]),
    };
    let y = c.reshape(x, &apart)?;
    let y = c.transpose(y, &perm)?;
    let y = c.reshape(y, &[n, depth, h * b, w * b])?;
    one(y)
}

fn space_to_depth(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let ([n, depth, h, w], b) = blocks(c, x)?;
    let y = c.reshape(x, &[n, depth, h / b, b, w / b, b])?;
    let y = c.transpose(y, &[0, 3, 5, 1, 2, 4])?;
    let y = c.reshape(y, &[n, depth * b * b, h / b, w / b])?;
    one(y)
}

fn trilu(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let diagonal = match c.optional(1)? {
        Some(_) => c.known_integer(1, "the diagonal")?,
        None => 0,
    };
    let upper = c.int("upper", 1) != 0;
    if c.ty(x).elements() == 0 {
        return one(x);
    }
    let y = triangle(c, x, upper, diagonal)?;
    one(y)
}

/// The first elements of each sequence, backwards, then the others as they are.
fn reverse_sequence(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let lengths = extents(&c.known_integers(1, "the lengths")?, "the lengths")?;
    let (batch, time) = (axis(c.int("batch_axis", 1), c.rank(x))?, axis(c.int("time_axis", 0), c.rank(x))?);
    let shape = c.shape(x);
    if lengths.len() != shape[batch] || lengths.iter().any(|&n| n > shape[time]) {
        return Err(form("the lengths do not fit the sequences"));
    }
    let mut rows = Vec::new();
    for (index, &length) in lengths.iter().enumerate() {
        let row = c.narrow(x, batch, index, 1)?;
        let parts = c.split(row, time, &[length, shape[time] - length])?;
        let turned = reversed(c, parts[0], time)?;
        rows.push(match parts.get(1) {
            Some(&rest) => c.concat(&[turned, rest], time)?,
            None => turned,
        });
    }
    let y = c.concat(&rows, batch)?;
    one(y)
}

fn center_crop_pad(c: &mut Call) -> Outcome<Vec<Item>> {
    let mut y = c.operand(0)?;
    let wanted = extents(&c.known_integers(1, "the shape")?, "the shape")?;
    let rank = c.rank(y);
    let listed = match c.ints("axes") {
        Some(listed) => listed.iter().map(|&index| axis(index, rank)).collect::<Outcome<Vec<_>>>()?,
        None => (0..rank).collect(),
    };
    for (&axis, &wanted) in listed.iter().zip(&wanted) {
        let extent = c.shape(y)[axis];
        if wanted <= extent {
            y = c.narrow(y, axis, (extent - wanted) / 2, wanted)?;
        } else {
            let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
            before[axis] = (wanted - extent) / 2;
            after[axis] = wanted - extent - before[axis];
            y = c.pad(y, &before, &after, 0.0)?;
        }
    }
    one(y)
}
