//! TILE, BROADCAST_TO, REVERSE_V2, GATHER, DEPTH_TO_SPACE, SPACE_TO_DEPTH: slices, transpositions and reshapes.

use redsc_ir::ValueId;
use redsc_ir::ops::{Activation, Concat, Slice, Transpose};

use super::super::fault::{Outcome, damaged, form};
use super::super::operator::{OpReader, axis, options, positive};

/// `(x, multiples)`: each dimension is repeated as a whole.
pub(super) fn tile(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let multiples = op.integers(1, "the list of multiples")?;
    let shape = op.ty(x).shape.clone();
    if multiples.len() != shape.rank() {
        return Err(damaged(format!("there are {} multiples for shape [{shape}]", multiples.len())));
    }
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for (&extent, &multiple) in shape.iter().zip(&multiples) {
        let multiple = usize::try_from(multiple).map_err(|_| form(format!("a multiple is {multiple}")))?;
        if multiple != 1 {
            from.push(1);
            to.push(multiple);
        }
        from.push(extent);
        to.push(extent);
    }
    repeat(op, x, from, to)
}

/// `(x, shape)`: dimensions of extent 1 are repeated, missing ones come first.
pub(super) fn broadcast_to(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let wanted = op.integers(1, "the shape")?;
    let shape = op.ty(x).shape.clone();
    let missing = wanted.len().checked_sub(shape.rank());
    let fault = || form(format!("shape [{shape}] does not broadcast to {wanted:?}"));
    let mut from = vec![1; missing.ok_or_else(fault)?];
    from.extend_from_slice(&shape);
    let to: Option<Vec<usize>> = wanted.iter().map(|&extent| usize::try_from(extent).ok()).collect();
    let to = to.ok_or_else(fault)?;
    if from.iter().zip(&to).any(|(&from, &to)| from != to && from != 1) {
        return Err(fault());
    }
    repeat(op, x, from, to)
}

/// Reads `x` as a tensor of shape `from` and repeats its dimensions of extent 1 up to shape `to`.
fn repeat(op: &mut OpReader, x: ValueId, from: Vec<usize>, to: Vec<usize>) -> Outcome {
    let result = op.result(0)?;
    let stride = from.iter().zip(&to).map(|(from, to)| i64::from(from == to)).collect();
    let start = op.reshaped(x, from)?;
    op.emit_shaped(Slice { begin: vec![0; to.len()], size: to.clone(), stride }, &[start], to, result)
}

/// `(x, axes)`
pub(super) fn reverse(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let shape = op.ty(x).shape.clone();
    let mut backwards =
        Slice { begin: vec![0; shape.rank()], size: shape.0.clone(), stride: vec![1; shape.rank()] };
    for index in op.integers(1, "the list of axes")? {
        let axis = axis(index, shape.rank())?;
        backwards.begin[axis] = shape[axis].saturating_sub(1);
        backwards.stride[axis] = -1;
    }
    let result = op.result(0)?;
    op.emit(backwards, &[x], result);
    Ok(())
}

/// `(x, indices)` with constant indices: slices, one for each run of evenly spaced indices.
pub(super) fn gather(op: &mut OpReader) -> Outcome {
    let options = options!(op, GatherOptions)?;
    if options.batch_dims != 0 {
        return Err(form(format!("{} batch dimensions are not supported", options.batch_dims)));
    }
    let x = op.operand(0)?;
    let shape = op.ty(x).shape.0.clone();
    let axis = axis(options.axis.into(), shape.len())?;
    let indices = op.integers(1, "the list of indices")?;
    let inside = |&index: &i64| usize::try_from(index).ok().filter(|&index| index < shape[axis]);
    let indices: Option<Vec<usize>> = indices.iter().map(inside).collect();
    let indices =
        indices.ok_or_else(|| form(format!("an index leaves the extent {} of axis {axis}", shape[axis])))?;
    let cut = |run: &Run| {
        let mut cut =
            Slice { begin: vec![0; shape.len()], size: shape.clone(), stride: vec![1; shape.len()] };
        (cut.begin[axis], cut.size[axis], cut.stride[axis]) = (run.first, run.count, run.step);
        cut
    };
    let result = op.result(0)?;
    let mut whole = shape.clone();
    whole[axis] = indices.len();
    match runs(&indices).as_slice() {
        [run] => op.emit_shaped(cut(run), &[x], whole, result),
        runs => {
            let mut parts = Vec::with_capacity(runs.len());
            for run in runs {
                let cut = cut(run);
                let part = op.reshaped_like(x, cut.size.clone());
                op.emit(cut, &[x], part);
                parts.push(part);
            }
            op.emit_shaped(Concat { axis, act: Activation::None }, &parts, whole, result)
        }
    }
}

/// Evenly spaced indices.
#[derive(Debug, PartialEq)]
struct Run {
    first: usize,
    count: usize,
    step: i64,
}

/// Cuts a list into runs, greedily; an empty list is one empty run.
fn runs(indices: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &index in indices {
        if let Some(run) = runs.last_mut() {
            let step = if run.count == 1 { index as i64 - run.first as i64 } else { run.step };
            if run.first as i64 + step * run.count as i64 == index as i64 {
                (run.count, run.step) = (run.count + 1, step);
                continue;
            }
        }
        runs.push(Run { first: index, count: 1, step: 1 });
    }
    if runs.is_empty() {
        runs.push(Run { first: 0, count: 0, step: 1 });
    }
    runs
}

/// `(x)`: channels become blocks of rows and columns.
pub(super) fn depth_to_space(op: &mut OpReader) -> Outcome {
    let block = positive(options!(op, DepthToSpaceOptions)?.block_size, "the block size")?;
    let x = op.operand(0)?;
    let [batch, rows, columns, channels] = op.dims(x, "the input")?;
    let inner = block.checked_mul(block).filter(|&cells| channels.is_multiple_of(cells));
    let inner =
        channels / inner.ok_or_else(|| form(format!("{channels} channels do not fill blocks of {block}")))?;
    transposed(op, x, vec![batch, rows, columns, block, block, inner])
}

/// `(x)`: blocks of rows and columns become channels.
pub(super) fn space_to_depth(op: &mut OpReader) -> Outcome {
    let block = positive(options!(op, SpaceToDepthOptions)?.block_size, "the block size")?;
    let x = op.operand(0)?;
    let [batch, rows, columns, channels] = op.dims(x, "the input")?;
    if !rows.is_multiple_of(block) || !columns.is_multiple_of(block) {
        return Err(form(format!(
            "an input of {rows} rows and {columns} columns does not consist of blocks of {block}"
        )));
    }
    transposed(op, x, vec![batch, rows / block, block, columns / block, block, channels])
}

/// Reads `x` as a tensor of 6 dimensions and swaps the third and the fourth: cells of a block with columns.
fn transposed(op: &mut OpReader, x: ValueId, from: Vec<usize>) -> Outcome {
    let perm = vec![0, 1, 3, 2, 4, 5];
    let result = op.result(0)?;
    let to = perm.iter().map(|&axis| from[axis]).collect();
    let start = op.reshaped(x, from)?;
    op.emit_shaped(Transpose { perm }, &[start], to, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_cut_into_even_runs() {
        let of =
            |indices: &[usize]| runs(indices).iter().map(|r| (r.first, r.count, r.step)).collect::<Vec<_>>();
        assert_eq!(of(&[2, 4, 6, 5, 4, 4]), [(2, 3, 2), (5, 2, -1), (4, 1, 1)]);
        assert_eq!(of(&[3, 3, 3]), [(3, 3, 0)]);
        assert_eq!(of(&[]), [(0, 0, 1)]);
    }
}
