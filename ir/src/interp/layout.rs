//! What the layout operators compute: elements move, their codes stay.

use super::Eval;
use super::index::{AxisMap, offsets, select, whole};
use crate::data::Data;
use crate::ops::{Concat, Pad, PadMode, Reshape, Slice, Split, Transpose};
use crate::types::TensorType;

pub(super) fn eval_reshape(_op: &Reshape, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    Ok(vec![cx.require(0)?.clone()])
}

pub(super) fn eval_transpose(op: &Transpose, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let (ty, x) = (cx.input_type(0)?, cx.require(0)?);
    let strides = ty.shape.strides();
    let strides: Vec<usize> = op.perm.iter().map(|&axis| strides[axis] * ty.elem.bytes()).collect();
    let mut out = Vec::with_capacity(x.bytes().len());
    for at in offsets(&cx.result_type(0).shape, &strides) {
        out.extend_from_slice(&x.bytes()[at..at + ty.elem.bytes()]);
    }
    Ok(vec![Data::from_bytes(out)])
}

pub(super) fn eval_slice(op: &Slice, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let (ty, x) = (cx.input_type(0)?, cx.require(0)?);
    let map = |axis: usize| -> AxisMap {
        let (begin, stride) = (op.begin[axis] as i64, op.stride[axis]);
        (0..op.size[axis] as i64).map(|i| usize::try_from(begin + i * stride).ok()).collect()
    };
    let maps: Vec<AxisMap> = (0..ty.shape.rank()).map(map).collect();
    Ok(vec![select(x, &ty.shape, ty.elem.bytes(), &maps, &[])])
}

pub(super) fn eval_split(op: &Split, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let (ty, x) = (cx.input_type(0)?, cx.require(0)?);
    let mut begin = 0;
    let part = |&size: &usize| {
        let mut maps: Vec<AxisMap> = ty.shape.iter().map(|&extent| whole(extent)).collect();
        maps[op.axis] = (begin..begin + size).map(Some).collect();
        begin += size;
        select(x, &ty.shape, ty.elem.bytes(), &maps, &[])
    };
    Ok(op.sizes.iter().map(part).collect())
}

pub(super) fn eval_concat(op: &Concat, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let parts = cx.all()?;
    let rows: usize = cx.result_type(0).shape[..op.axis].iter().product();
    let mut out = Vec::with_capacity(cx.result_type(0).bytes());
    for row in 0..rows {
        for part in &parts {
            let bytes = part.bytes().len() / rows;
            out.extend_from_slice(&part.bytes()[row * bytes..(row + 1) * bytes]);
        }
    }
    Ok(vec![Data::from_bytes(out)])
}

pub(super) fn eval_pad(op: &Pad, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let (ty, x) = (cx.input_type(0)?, cx.require(0)?);
    let filler = match cx.input(1) {
        Some(value) => value.bytes().to_vec(),
        None => zero(ty),
    };
    let dims = ty.shape.iter().zip(op.before.iter().zip(&op.after));
    let maps: Vec<AxisMap> =
        dims.map(|(&extent, (&before, &after))| padded_axis(op.mode, extent, before, after)).collect();
    Ok(vec![select(x, &ty.shape, ty.elem.bytes(), &maps, &filler)])
}

/// The element that stands for the real number zero.
fn zero(ty: &TensorType) -> Vec<u8> {
    let zero_point = ty.quant.per_tensor().map_or(0, |(_, zero_point)| zero_point);
    // The low bytes are the narrower integer; unquantized elements of any type are zero bytes.
    let mut bytes = i64::from(zero_point).to_le_bytes().to_vec();
    bytes.truncate(ty.elem.bytes());
    bytes
}

fn padded_axis(mode: PadMode, extent: usize, before: usize, after: usize) -> AxisMap {
    let (before, extent) = (before as i64, extent as i64);
    let reflect = |i: i64, border: i64| match i {
        i if i < 0 => -i - 1 + border,
        i if i >= extent => 2 * extent - 1 - border - i,
        i => i,
    };
    (-before..extent + after as i64)
        .map(|i| match mode {
            PadMode::Constant => Some(i).filter(|i| (0..extent).contains(i)),
            PadMode::Reflect => Some(reflect(i, 1)),
            PadMode::Symmetric => Some(reflect(i, 0)),
        })
        .map(|i| i.and_then(|i| usize::try_from(i).ok()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_mirrors_with_and_without_the_border() {
        let indices =
            |mode| padded_axis(mode, 3, 2, 2).into_iter().map(|i| i.map_or(9, |i| i)).collect::<Vec<_>>();
        assert_eq!(indices(PadMode::Constant), [9, 9, 0, 1, 2, 9, 9]);
        assert_eq!(indices(PadMode::Reflect), [2, 1, 0, 1, 2, 1, 0]);
        assert_eq!(indices(PadMode::Symmetric), [1, 0, 0, 1, 2, 2, 1]);
    }
}
