//! Data movement: operators that compute nothing become strided copies, whatever the element type.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{Concat, Pad, PadMode, Slice, Split, Transpose};
use redsc_ir::{Data, Shape, TensorType};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::site::Site;

/// Most dimensions of a copy, the contiguous run not counted (`REDSC_COPY_DIMS`).
const DIMS: usize = 5;

/// A copy between two tensors, in elements: `extents` along each dimension, outermost first.
struct Walk {
    extents: Vec<usize>,
    x_strides: Vec<i64>,
    y_strides: Vec<i64>,
    x_start: usize,
    y_start: usize,
}

/// The same elements under another shape.
pub(super) fn reshape(site: &Site<'_>) -> Result<Vec<Call>, String> {
    let y = site.result(0)?;
    let walk = Walk::dense(&Shape(vec![y.elements()]));
    Ok(vec![copy(Arg::operand("x", 0), Arg::result("y", 0), &walk, y.elem.bytes())?])
}

/// Permutation of dimensions.
pub(super) fn transpose(op: &Transpose, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let (x, y) = (site.input(0)?, site.result(0)?);
    let x_strides = strides(&x.shape);
    let mut walk = Walk::dense(&y.shape);
    walk.x_strides = op.perm.iter().map(|&dim| x_strides[dim]).collect();
    Ok(vec![copy(Arg::operand("x", 0), Arg::result("y", 0), &walk, x.elem.bytes())?])
}

/// Every `stride`-th element of each dimension.
pub(super) fn slice(op: &Slice, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let (x, y) = (site.input(0)?, site.result(0)?);
    let mut walk = Walk::dense(&y.shape);
    walk.x_strides = strides(&x.shape).iter().zip(&op.stride).map(|(a, b)| a * b).collect();
    walk.x_start = position(&x.shape, &op.begin);
    Ok(vec![copy(Arg::operand("x", 0), Arg::result("y", 0), &walk, x.elem.bytes())?])
}

/// Operands one after another along an axis.
pub(super) fn concat(op: &Concat, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let y = site.result(0)?;
    let mut calls = Vec::new();
    let mut before = 0;
    for index in 0..site.node.inputs.len() {
        let x = site.input(index)?;
        let mut walk = Walk::dense(&x.shape);
        walk.y_strides = strides(&y.shape);
        walk.y_start = before * y.shape.strides()[op.axis];
        before += x.shape[op.axis];
        calls.push(copy(Arg::operand("x", index), Arg::result("y", 0), &walk, y.elem.bytes())?);
    }
    Ok(calls)
}

/// Consecutive parts along an axis.
pub(super) fn split(op: &Split, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let x = site.input(0)?;
    let mut calls = Vec::new();
    let mut before = 0;
    for (index, size) in op.sizes.iter().enumerate() {
        let mut walk = Walk::dense(&site.result(index)?.shape);
        walk.x_strides = strides(&x.shape);
        walk.x_start = before * x.shape.strides()[op.axis];
        before += size;
        calls.push(copy(Arg::operand("x", 0), Arg::result("y", index), &walk, x.elem.bytes())?);
    }
    Ok(calls)
}

/// Padding: with a constant, or mirrored.
pub(super) fn pad(op: &Pad, site: &Site<'_>) -> Result<Vec<Call>, String> {
    match op.mode {
        PadMode::Constant => pad_constant(op, site),
        PadMode::Reflect => pad_mirrored(op, site, 1),
        PadMode::Symmetric => pad_mirrored(op, site, 0),
    }
}

/// Everything is filled, then the operand is copied into its place.
fn pad_constant(op: &Pad, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let y = site.result(0)?;
    let value = match site.node.input(1) {
        Some(_) => Arg::operand("value", 1),
        None => Arg::constant("value", Array { elem: y.elem, data: zero(y) }),
    };
    let fill = Struct::new("redsc_fill_t").int("elements", y.elements()).int("elem_bytes", y.elem.bytes());
    let args = vec![value, Arg::result("y", 0), Arg::scratch()];
    Ok(vec![Call { kernel: Kernel::Fill, args, params: fill }, interior(op, site)?])
}

/// The operand is copied into its place, then one dimension after another is mirrored within the result. `border` is 1
/// if the outermost element is not repeated.
fn pad_mirrored(op: &Pad, site: &Site<'_>, border: usize) -> Result<Vec<Call>, String> {
    let (x, y) = (site.input(0)?, site.result(0)?);
    let mut calls = vec![interior(op, site)?];
    // The cells that hold their contents already.
    let (mut extents, mut begin) = (x.shape.0.clone(), op.before.clone());
    for axis in 0..y.shape.rank() {
        let (before, end) = (op.before[axis], op.before[axis] + x.shape[axis]);
        if before + op.after[axis] == 0 {
            continue;
        }
        if x.shape[axis] <= border {
            return Err("there is nothing to mirror".into());
        }
        // How many cells, where they begin, and which cell the first of them shows; the others walk back from there.
        let sides =
            [(before, 0, (2 * before + border).saturating_sub(1)), (op.after[axis], end, end - 1 - border)];
        for (count, to, from) in sides.into_iter().filter(|side| side.0 > 0) {
            let cell = |index| {
                let mut cell = begin.clone();
                cell[axis] = index;
                position(&y.shape, &cell)
            };
            let mut walk = Walk { x_start: cell(from), y_start: cell(to), ..Walk::dense(&y.shape) };
            walk.x_strides[axis] *= -1;
            walk.extents = extents.clone();
            walk.extents[axis] = count;
            calls.push(copy(Arg::result("x", 0), Arg::result("y", 0), &walk, y.elem.bytes())?);
        }
        (extents[axis], begin[axis]) = (y.shape[axis], 0);
    }
    Ok(calls)
}

/// Copies the operand of a padding into its place in the result.
fn interior(op: &Pad, site: &Site<'_>) -> Result<Call, String> {
    let (x, y) = (site.input(0)?, site.result(0)?);
    let mut walk = Walk::dense(&x.shape);
    walk.y_strides = strides(&y.shape);
    walk.y_start = position(&y.shape, &op.before);
    copy(Arg::operand("x", 0), Arg::result("y", 0), &walk, x.elem.bytes())
}

/// The element that stands for the real number zero.
fn zero(ty: &TensorType) -> Data {
    let zero_point = ty.quant.per_tensor().map_or(0, |(_, zero_point)| zero_point);
    Data::from_bytes(&i64::from(zero_point).to_le_bytes()[..ty.elem.bytes()])
}

/// Distance of the cell `index` from the start of a tensor, in elements.
fn position(shape: &Shape, index: &[usize]) -> usize {
    shape.strides().iter().zip(index).map(|(stride, i)| stride * i).sum()
}

fn strides(shape: &Shape) -> Vec<i64> {
    shape.strides().into_iter().map(|stride| stride as i64).collect()
}

impl Walk {
    /// Both tensors have this shape and are read and written in order.
    fn dense(shape: &Shape) -> Self {
        let strides = strides(shape);
        Walk {
            extents: shape.0.clone(),
            x_strides: strides.clone(),
            y_strides: strides,
            x_start: 0,
            y_start: 0,
        }
    }

    /// Drops dimensions of extent 1 and merges neighbours that both tensors traverse as one: `(extent, x stride,
    /// y stride)`, outermost first.
    fn merged(&self) -> Vec<(usize, i64, i64)> {
        let mut dims: Vec<(usize, i64, i64)> = Vec::new();
        for ((&extent, &x), &y) in self.extents.iter().zip(&self.x_strides).zip(&self.y_strides) {
            if extent == 1 {
                continue;
            }
            let inner = (x * extent as i64, y * extent as i64);
            match dims.last_mut() {
                Some(outer) if (outer.1, outer.2) == inner => *outer = (outer.0 * extent, x, y),
                _ => dims.push((extent, x, y)),
            }
        }
        dims
    }
}

/// The call of the copy kernel for elements of `bytes` bytes.
fn copy(x: Arg, y: Arg, walk: &Walk, bytes: usize) -> Result<Call, String> {
    let mut dims = walk.merged();
    let run = match dims.last() {
        Some(&(extent, 1, 1)) => {
            dims.pop();
            extent * bytes
        }
        _ => bytes,
    };
    if dims.len() > DIMS {
        return Err(format!("data movement in {} dimensions is not supported", dims.len()));
    }
    let mut padded = vec![(1, 0, 0); DIMS - dims.len()];
    padded.extend(dims);
    let params = Struct::new("redsc_copy_t")
        .ints("extent", padded.iter().map(|d| d.0 as i64))
        .ints("x_step", padded.iter().map(|d| d.1 * bytes as i64))
        .ints("y_step", padded.iter().map(|d| d.2 * bytes as i64))
        .int("x_start", walk.x_start * bytes)
        .int("y_start", walk.y_start * bytes)
        .int("run", run);
    Ok(Call { kernel: Kernel::Copy, args: vec![x, y, Arg::scratch()], params })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_merge_where_both_sides_are_dense() {
        let mut walk = Walk::dense(&Shape(vec![2, 1, 3, 4]));
        assert_eq!(walk.merged(), [(24, 1, 1)]);
        walk.y_strides = vec![24, 24, 8, 1];
        assert_eq!(walk.merged(), [(6, 4, 8), (4, 1, 1)]);
    }
}
