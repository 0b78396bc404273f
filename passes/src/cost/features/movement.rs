//! Data movement: calls of `copy.c` and `fill.c`.

use redsc_ir::ops::{Concat, Pad, PadMode, Slice, Split, Transpose};
use redsc_ir::{Op, Shape, TensorType};

use super::Features;
use super::elements::merged;

/// The copies of a node, all together.
///
/// # Errors
/// If the operator moves no data, or an operand is missing.
pub(super) fn copies(
    op: &Op,
    inputs: &[Option<TensorType>],
    outputs: &[TensorType],
) -> Result<Features, String> {
    let present: Vec<&TensorType> = inputs.iter().flatten().collect();
    let (Some(x), Some(y)) = (present.first().copied(), outputs.first()) else {
        return Err("an operand or a result is missing".into());
    };
    let bytes = y.elem.bytes();
    let dense = |shape: &Shape| strides(shape);
    match op {
        Op::Reshape(_) => Ok(copy(Features::default(), &[y.elements()], &[1], &[1], [0; 2], bytes)),
        Op::Transpose(Transpose { perm }) => {
            let x_strides = strides(&x.shape);
            let x_strides: Vec<i64> = perm.iter().filter_map(|&dim| x_strides.get(dim).copied()).collect();
            Ok(copy(Features::default(), &y.shape, &x_strides, &dense(&y.shape), [0; 2], bytes))
        }
        Op::Slice(Slice { begin, stride, .. }) => {
            let x_strides: Vec<i64> = strides(&x.shape).iter().zip(stride).map(|(a, b)| a * b).collect();
            let starts = [position(&x.shape, begin), 0];
            Ok(copy(Features::default(), &y.shape, &x_strides, &dense(&y.shape), starts, bytes))
        }
        Op::Concat(Concat { axis, .. }) => {
            let (mut features, mut before) = (Features::default(), 0);
            for x in present {
                let starts = [0, before * y.shape.strides()[*axis]];
                features = copy(features, &x.shape, &dense(&x.shape), &dense(&y.shape), starts, bytes);
                before += x.shape[*axis];
            }
            Ok(features)
        }
        Op::Split(Split { axis, .. }) => {
            let (mut features, mut before) = (Features::default(), 0);
            for y in outputs {
                let starts = [before * x.shape.strides()[*axis], 0];
                features = copy(features, &y.shape, &dense(&x.shape), &dense(&y.shape), starts, bytes);
                before += y.shape[*axis];
            }
            Ok(features)
        }
        Op::Pad(op) => Ok(pad(op, x, y)),
        _ => Err(format!("`{}` moves no data", op.mnemonic())),
    }
}

fn pad(op: &Pad, x: &TensorType, y: &TensorType) -> Features {
    let (bytes, to) = (y.elem.bytes(), strides(&y.shape));
    let interior = copy(
        Features::default(),
        &x.shape,
        &strides(&x.shape),
        &to,
        [0, position(&y.shape, &op.before)],
        bytes,
    );
    if op.mode == PadMode::Constant {
        return interior.add("fill", 1).add(
            ["", "filled_1", "filled_2", "", "filled_4", "", "", "", "filled_8"][bytes.min(8)],
            y.elements(),
        );
    }
    let mut extents = x.shape.0.clone();
    let mut features = interior;
    for axis in 0..y.shape.rank() {
        for count in [op.before[axis], op.after[axis]].into_iter().filter(|&count| count > 0) {
            extents[axis] = count;
            let mut from = to.clone();
            from[axis] *= -1;
            features = copy(features, &extents, &from, &to, [0; 2], bytes);
        }
        extents[axis] = y.shape[axis];
    }
    features
}

/// Reading or writing a variable: a library call, unless a few loads and stores do.
pub(super) fn variable(bytes: usize) -> Features {
    match bytes {
        1 | 2 | 4 | 8 => Features::default().add("word", 1),
        _ => moved(Features::default(), 1, bytes, true),
    }
}

/// Resizing to the nearest sample: one run of `bytes` bytes for each pixel.
pub(super) fn nearest(rows: usize, pixels: usize, bytes: usize) -> Features {
    moved(Features::new().add("row", rows), pixels, bytes, bytes.is_multiple_of(4))
}

fn strides(shape: &Shape) -> Vec<i64> {
    shape.strides().into_iter().map(|stride| stride as i64).collect()
}

/// Where a copy begins, in elements.
type Starts = [usize; 2];

/// One call of the copy kernel.
fn copy(
    features: Features,
    extents: &[usize],
    x: &[i64],
    y: &[i64],
    starts: Starts,
    bytes: usize,
) -> Features {
    let mut dims = merged(extents, x, y);
    let run = match dims.last() {
        Some(&(extent, 1, 1)) => {
            dims.pop();
            extent * bytes
        }
        _ => bytes,
    };
    let runs: usize = dims.iter().map(|dim| dim.0).product();
    let words = |elements: usize| (elements * bytes).is_multiple_of(4);
    let steps = dims.iter().flat_map(|dim| [dim.1, dim.2]).map(|step| step.unsigned_abs() as usize);
    let aligned = steps.chain(starts).all(words);
    let features = features.add("call", 1).add("loop", runs / dims.last().map_or(1, |dim| dim.0.max(1)));
    moved(features, runs, run, aligned)
}

/// `runs` runs of `run` bytes: a load and a store, or a call of `memmove`, which copies words if it may.
fn moved(features: Features, runs: usize, run: usize, aligned: bool) -> Features {
    match run {
        1 => features.add("run_1", runs),
        2 => features.add("run_2", runs),
        4 => features.add("run_4", runs),
        _ if aligned && run >= 16 => features
            .add("aligned_run", runs)
            .add("aligned_block", runs * (run / 16))
            .add("aligned_word", runs * (run % 16 / 4))
            .add("aligned_byte", runs * (run % 4)),
        _ => features.add("run", runs).add("byte", runs * run),
    }
}

/// Distance of the cell `index` from the start of a tensor, in elements.
fn position(shape: &Shape, index: &[usize]) -> usize {
    shape.strides().iter().zip(index).map(|(stride, i)| stride * i).sum()
}
