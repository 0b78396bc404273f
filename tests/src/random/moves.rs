//! Steps that move elements, and state.

use redsc_ir::ops::{
    Activation, AssignVariable, Binary, BinaryKind, Concat, Gather, Pad, PadMode, ReadVariable, Reshape,
    Resize2d, ResizeKind, Scatter, ScatterKind, Slice, Split, Transpose,
};
use redsc_ir::{ElemType, TensorType};

use super::builder::{Builder, Results};

/// Another shape of as many elements.
pub(super) fn reshape(b: &mut Builder) -> Option<()> {
    let x = b.value();
    let mut left = b.ty(x).elements();
    let mut shape = Vec::new();
    while left > 1 && shape.len() < 3 {
        let divisors: Vec<usize> = (1..=left).filter(|d| left.is_multiple_of(*d)).collect();
        let extent = b.choices.pick(&divisors);
        shape.push(extent);
        left /= extent;
    }
    shape.insert(b.choices.below(shape.len() + 1), left);
    b.push(Reshape { shape }, &[Some(x)], Results::Like(x))
}

/// A permutation of the dimensions.
pub(super) fn transpose(b: &mut Builder) -> Option<()> {
    let x = b.value();
    let rank = b.ty(x).shape.rank();
    let mut perm: Vec<usize> = (0..rank).collect();
    for index in (1..rank).rev() {
        perm.swap(index, b.choices.below(index + 1));
    }
    b.push(Transpose { perm }, &[Some(x)], Results::Like(x))
}

/// Padding with zeros, a constant or mirrored elements, on any sides.
pub(super) fn pad(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::I16, ElemType::F32])?;
    let mode = b.choices.pick(&[PadMode::Constant, PadMode::Constant, PadMode::Reflect, PadMode::Symmetric]);
    let rank = b.ty(x).shape.rank();
    let mut cells = || (0..rank).map(|_| if b.choices.chance(50) { b.choices.below(4) } else { 0 }).collect();
    let (before, after) = (cells(), cells());
    let TensorType { elem, quant, .. } = b.ty(x).clone();
    let mut operands = vec![Some(x)];
    if mode == PadMode::Constant && b.choices.chance(30) {
        operands.push(Some(b.constant(TensorType { elem, shape: [1].into(), quant })));
    }
    b.push(Pad { before, after, mode }, &operands, Results::Like(x))
}

/// Two or three values that differ in one dimension.
pub(super) fn concat(b: &mut Builder) -> Option<()> {
    let x = b.value();
    let TensorType { elem, shape, .. } = b.ty(x).clone();
    if shape.rank() == 0 {
        return None;
    }
    let axis = b.choices.below(shape.rank());
    let fits = |ty: &TensorType| {
        let differs = |i: usize| i != axis && ty.shape[i] != shape[i];
        ty.elem == elem && ty.shape.rank() == shape.rank() && !(0..shape.rank()).any(differs)
    };
    let mut operands = vec![Some(x)];
    for _ in 0..b.choices.between(1, 2) {
        operands.push(Some(b.partner(fits)?));
    }
    b.push(Concat { axis, act: Activation::None }, &operands, Results::Like(x))
}

/// Two or three parts.
pub(super) fn split(b: &mut Builder) -> Option<()> {
    let x = b.value();
    let rank = b.ty(x).shape.rank();
    if rank == 0 {
        return None;
    }
    let axis = b.choices.below(rank);
    let extent = b.ty(x).shape[axis];
    let first = b.choices.between(1, extent.max(2) - 1);
    let mut sizes = vec![first, extent.checked_sub(first)?];
    if sizes[1] > 1 && b.choices.chance(30) {
        sizes[1] -= 1;
        sizes.push(1);
    }
    if sizes.contains(&0) {
        return None;
    }
    b.push(Split { axis, sizes }, &[Some(x)], Results::Like(x))
}

/// A box with steps, forwards or backwards.
pub(super) fn slice(b: &mut Builder) -> Option<()> {
    let x = b.value();
    let shape = b.ty(x).shape.clone();
    let (mut begin, mut size, mut stride) = (Vec::new(), Vec::new(), Vec::new());
    for &extent in shape.iter() {
        let step = if b.choices.chance(25) { b.choices.between(2, 3) } else { 1 };
        let count = 1 + b.choices.below(extent).div_euclid(step).min((extent - 1) / step);
        let first = b.choices.below(extent - (count - 1) * step);
        let backwards = b.choices.chance(20);
        begin.push(if backwards { first + (count - 1) * step } else { first });
        size.push(count);
        stride.push(if backwards { -(step as i64) } else { step as i64 });
    }
    b.push(Slice { begin, size, stride }, &[Some(x)], Results::Like(x))
}

/// Rows by constant numbers, some of them from the end.
pub(super) fn gather(b: &mut Builder) -> Option<()> {
    let x = b.value();
    let rank = b.ty(x).shape.rank();
    if rank == 0 {
        return None;
    }
    let axis = b.choices.below(rank);
    let count = b.choices.between(1, 4);
    let indices = b.constant(TensorType::plain(ElemType::I32, [count]));
    b.push(Gather { axis }, &[Some(x), Some(indices)], Results::Like(x))
}

/// Rows replaced or combined by constant numbers.
pub(super) fn scatter(b: &mut Builder) -> Option<()> {
    let x = b.value();
    let ty = b.ty(x).clone();
    if ty.shape.rank() == 0 {
        return None;
    }
    let count = b.choices.between(1, 3);
    let indices = b.constant(TensorType::plain(ElemType::I32, [count]));
    let shape = [&[count], &ty.shape[1..]].concat();
    let updates = b.constant(TensorType { shape: shape.into(), ..ty.clone() });
    let kind = match ty.elem {
        ElemType::F32 => b.choices.pick(ScatterKind::ALL),
        _ => ScatterKind::Set,
    };
    b.push(Scatter { kind }, &[Some(x), Some(indices), Some(updates)], Results::Like(x))
}

/// Larger or smaller images.
pub(super) fn resize(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::F32])?;
    let kind = b.choices.pick(&[ResizeKind::Nearest, ResizeKind::Bilinear]);
    let size = [b.choices.between(1, 12), b.choices.between(1, 12)];
    let (align_corners, half_pixel_centers) = b.choices.pick(&[(false, false), (true, false), (false, true)]);
    b.push(Resize2d { kind, size, align_corners, half_pixel_centers }, &[Some(x)], Results::Like(x))
}

/// Reads a variable, joins it with a value, and stores either; both orders of reading and writing occur.
pub(super) fn state(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::I16, ElemType::F32])?;
    let ty = b.ty(x).clone();
    let variable = b.variable(ty);
    let store_first = b.choices.chance(30);
    if store_first {
        b.push(AssignVariable { variable }, &[Some(x)], Results::Like(x))?;
    }
    b.push(ReadVariable { variable }, &[], Results::Like(x))?;
    let read = b.last_result()?;
    let join = Binary { kind: BinaryKind::Add, act: Activation::None };
    let reach = b.reach(x);
    b.push(join, &[Some(read), Some(x)], Results::Reach(reach))?;
    if store_first {
        return Some(());
    }
    // What is stored must have the type of the variable: the value itself.
    b.push(AssignVariable { variable }, &[Some(x)], Results::Like(x))
}
