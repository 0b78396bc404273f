//! Data movement: operators that compute nothing become strided copies, whatever the element type.

use cranelift_codegen::ir::{InstBuilder, types};

use redsc_ir::ops::{Concat, Pad, PadMode, Slice, Split, Transpose};
use redsc_ir::{Data, ElemType, Shape, TensorType};

use super::code::{Code, Ptr};
use super::stream::storage;
use super::unit::Layer;

/// A copy between two tensors, in elements: outermost dimension first.
struct Walk {
    dims: Vec<Dim>,
    x_start: usize,
    y_start: usize,
}

/// One dimension of a copy.
#[derive(Clone, Copy)]
struct Dim {
    extent: usize,
    x_stride: i64,
    y_stride: i64,
}

/// The same elements under another shape.
pub(super) fn reshape(layer: &mut Layer<'_, '_>) -> Result<(), String> {
    layer.whole(|c, site| {
        let [x, y] = [site.x(c, 0)?, site.y(c, 0)?];
        c.copy(y, x, site.result(0)?.bytes());
        Ok(())
    })
}

/// Permutation of dimensions.
pub(super) fn transpose(op: &Transpose, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let strides = strides(&layer.site.input(0)?.shape);
    let mut walk = Walk::dense(&layer.site.result(0)?.shape);
    for (dim, &from) in walk.dims.iter_mut().zip(&op.perm) {
        dim.x_stride = strides[from];
    }
    copy(layer, 0, 0, walk)
}

/// Every `stride`-th element of each dimension.
pub(super) fn slice(op: &Slice, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let x = layer.site.input(0)?;
    let mut walk = Walk::dense(&layer.site.result(0)?.shape);
    for (dim, (stride, step)) in walk.dims.iter_mut().zip(strides(&x.shape).iter().zip(&op.stride)) {
        dim.x_stride = stride * step;
    }
    walk.x_start = position(&x.shape, &op.begin);
    copy(layer, 0, 0, walk)
}

/// Operands one after another along an axis.
pub(super) fn concat(op: &Concat, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let shape = &layer.site.result(0)?.shape;
    let mut before = 0;
    for index in 0..layer.site.node.inputs.len() {
        let x = layer.site.input(index)?;
        let mut walk = Walk::dense(&x.shape);
        for (dim, stride) in walk.dims.iter_mut().zip(strides(shape)) {
            dim.y_stride = stride;
        }
        walk.y_start = before * shape.strides()[op.axis];
        before += x.shape[op.axis];
        copy(layer, index, 0, walk)?;
    }
    Ok(())
}

/// Consecutive parts along an axis.
pub(super) fn split(op: &Split, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let shape = &layer.site.input(0)?.shape;
    let mut before = 0;
    for (index, size) in op.sizes.iter().enumerate() {
        let mut walk = Walk::dense(&layer.site.result(index)?.shape);
        for (dim, stride) in walk.dims.iter_mut().zip(strides(shape)) {
            dim.x_stride = stride;
        }
        walk.x_start = before * shape.strides()[op.axis];
        before += size;
        if layer.site.is_used(index) {
            copy(layer, 0, index, walk)?;
        }
    }
    Ok(())
}

/// Padding: with a constant, or mirrored.
pub(super) fn pad(op: &Pad, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    match op.mode {
        PadMode::Constant => pad_constant(op, layer),
        PadMode::Reflect => pad_mirrored(op, layer, 1),
        PadMode::Symmetric => pad_mirrored(op, layer, 0),
    }
}

/// Everything is filled, then the operand is copied into its place.
fn pad_constant(op: &Pad, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let (x, y) = (layer.site.input(0)?, layer.site.result(0)?);
    let constant = match layer.site.node.input(1) {
        Some(_) => layer.site.constant(1).cloned(),
        None => Some(zero(y)),
    };
    layer.whole(|c, site| {
        let to = site.y(c, 0)?;
        match &constant {
            Some(value) => c.fill(to, value.bytes(), y.elements()),
            None => {
                let from = site.x(c, 1)?;
                let value = c.load(storage(y.elem), from);
                c.repeat(y.elements(), |c, i| {
                    let to = c.step(to, i, y.elem.bytes() as i64);
                    c.store(value, to);
                });
            }
        }
        Ok(())
    })?;
    let mut walk = Walk::dense(&x.shape);
    for (dim, stride) in walk.dims.iter_mut().zip(strides(&y.shape)) {
        dim.y_stride = stride;
    }
    walk.y_start = position(&y.shape, &op.before);
    copy(layer, 0, 0, walk)
}

/// The inner dimensions that keep their extent are copied as blocks, found by a table. `border` is 1 if the outermost
/// element is not repeated.
fn pad_mirrored(op: &Pad, layer: &mut Layer<'_, '_>, border: i64) -> Result<(), String> {
    let (x, y) = (layer.site.input(0)?, layer.site.result(0)?);
    let axis = |axis: usize| -> Vec<usize> {
        let (before, extent) = (op.before[axis] as i64, x.shape[axis] as i64);
        let mirror = |i: i64| match i {
            i if i < 0 => -i - 1 + border,
            i if i >= extent => 2 * extent - 1 - border - i,
            i => i,
        };
        (-before..extent + op.after[axis] as i64).map(|i| mirror(i).clamp(0, extent - 1) as usize).collect()
    };
    if x.elements() == 0 {
        return Err("there is nothing to mirror".into());
    }
    let changed = (0..x.shape.rank()).rev().find(|&axis| x.shape[axis] != y.shape[axis]);
    let outer = changed.map_or(0, |axis| axis + 1);
    let maps: Vec<Vec<usize>> = (0..outer).map(axis).collect();
    gather(layer, &maps, outer)
}

/// Copies blocks of the inner dimensions from `outer` on; `maps` says which index of the operand each index of the
/// result shows.
pub(super) fn gather(layer: &mut Layer<'_, '_>, maps: &[Vec<usize>], outer: usize) -> Result<(), String> {
    let x = layer.site.input(0)?;
    let block = x.shape[outer..].iter().product::<usize>() * x.elem.bytes();
    let strides = x.shape.strides();
    let mut offsets = vec![0];
    for (map, stride) in maps.iter().zip(strides) {
        offsets = offsets.iter().flat_map(|&base| map.iter().map(move |i| base + i * stride)).collect();
    }
    let table: Vec<u8> = offsets.iter().flat_map(|at| ((at * x.elem.bytes()) as u32).to_le_bytes()).collect();
    layer.whole(|c, site| {
        let [from, to] = [site.x(c, 0)?, site.y(c, 0)?];
        let table = c.constant(&table);
        c.repeat(offsets.len(), |c, i| {
            let entry = c.step(table, i, 4);
            let distance = c.load(types::I32, entry);
            let distance = c.b.ins().uextend(types::I64, distance);
            let from = Ptr { base: c.b.ins().iadd(from.base, distance), ..from };
            let to = c.step(to, i, block as i64);
            c.copy(to, from, block);
        });
        Ok(())
    })
}

/// The element that stands for the real number zero.
fn zero(ty: &TensorType) -> Data {
    let zero_point = ty.quant.per_tensor().map_or(0, |(_, zero_point)| zero_point);
    // The low bytes are the narrower integer; unquantized elements of any type are zero bytes.
    Data::from_bytes(&i64::from(zero_point).to_le_bytes()[..ty.elem.bytes()])
}

fn strides(shape: &Shape) -> Vec<i64> {
    shape.strides().into_iter().map(|stride| stride as i64).collect()
}

fn position(shape: &Shape, index: &[usize]) -> usize {
    shape.strides().iter().zip(index).map(|(stride, index)| stride * index).sum()
}

impl Walk {
    /// Every element of a shape, to and from dense tensors.
    fn dense(shape: &Shape) -> Self {
        let dims = shape.iter().zip(strides(shape));
        let dims = dims.map(|(&extent, stride)| Dim { extent, x_stride: stride, y_stride: stride });
        Walk { dims: dims.collect(), x_start: 0, y_start: 0 }
    }

    /// Without dimensions of one element, and with neighbours that make one dimension merged.
    fn merged(&self) -> Vec<Dim> {
        let mut merged: Vec<Dim> = Vec::new();
        for &dim in self.dims.iter().filter(|dim| dim.extent != 1) {
            let extent = dim.extent as i64;
            match merged.last_mut() {
                Some(outer)
                    if outer.x_stride == dim.x_stride * extent && outer.y_stride == dim.y_stride * extent =>
                {
                    *outer = Dim { extent: outer.extent * dim.extent, ..dim };
                }
                _ => merged.push(dim),
            }
        }
        merged
    }
}

fn copy(layer: &mut Layer<'_, '_>, operand: usize, result: usize, walk: Walk) -> Result<(), String> {
    let elem = layer.site.input(operand)?.elem;
    layer.whole(|c, site| {
        let from = site.x(c, operand)?.plus((walk.x_start * elem.bytes()) as i64);
        let to = site.y(c, result)?.plus((walk.y_start * elem.bytes()) as i64);
        copy_dims(c, to, from, &walk.merged(), elem);
        Ok(())
    })
}

fn copy_dims(c: &mut Code<'_>, to: Ptr, from: Ptr, dims: &[Dim], elem: ElemType) {
    let width = elem.bytes();
    match dims {
        [] => c.copy(to, from, width),
        [Dim { extent, x_stride: 1, y_stride: 1 }] => c.copy(to, from, extent * width),
        [dim, inner @ ..] => c.repeat(dim.extent, |c, i| {
            let from = c.step(from, i, dim.x_stride * width as i64);
            let to = c.step(to, i, dim.y_stride * width as i64);
            copy_dims(c, to, from, inner, elem);
        }),
    }
}
