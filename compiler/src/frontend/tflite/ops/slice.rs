//! SLICE, STRIDED_SLICE.

use redsc_ir::ops::Slice;
use redsc_schema::tflite::StridedSliceOptions;

use super::super::fault::{Outcome, form};
use super::super::operator::{OpReader, options};

/// `(x, begin, size)`: a size of -1 reaches to the end.
pub(super) fn slice(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let shape = op.ty(x).shape.clone();
    let (begins, sizes) = (op.integers(1, "the begin")?, op.integers(2, "the size")?);
    if (begins.len(), sizes.len()) != (shape.rank(), shape.rank()) {
        return Err(form(format!("begin and size do not fit rank {}", shape.rank())));
    }
    let mut cut = Slice { begin: Vec::new(), size: Vec::new(), stride: vec![1; shape.rank()] };
    for ((&begin, &size), &extent) in begins.iter().zip(&sizes).zip(shape.iter()) {
        let outside = || form(format!("begin {begin} and size {size} leave an extent of {extent}"));
        let rest =
            usize::try_from(begin).ok().and_then(|begin| extent.checked_sub(begin)).ok_or_else(outside)?;
        let size =
            if size == -1 { Some(rest) } else { usize::try_from(size).ok().filter(|&size| size <= rest) };
        cut.begin.push(extent - rest);
        cut.size.push(size.ok_or_else(outside)?);
    }
    let result = op.result(0)?;
    op.emit(cut, &[x], result);
    Ok(())
}

/// `(x, begin, end, strides)`: a slice, and a reshape if dimensions vanish or appear.
pub(super) fn strided_slice(op: &mut OpReader) -> Outcome {
    let options = options!(op, StridedSliceOptions)?;
    let x = op.operand(0)?;
    let begin = op.integers(1, "the begin")?;
    let end = op.integers(2, "the end")?;
    let stride = op.integers(3, "the strides")?;
    if (begin.len(), stride.len()) != (end.len(), end.len()) {
        return Err(form("begin, end and strides differ in length"));
    }
    let spec = Spec { begin: &begin, end: &end, stride: &stride, options: &options };
    let cut = spec.resolve(&op.ty(x).shape)?;
    let result = op.result(0)?;
    let shape = cut.size.clone();
    op.emit_shaped(cut, &[x], shape, result)
}

/// A strided slice as the file describes it: one entry for each *described* dimension, which may be new, or stand
/// for any number of dimensions.
struct Spec<'a> {
    begin: &'a [i64],
    end: &'a [i64],
    stride: &'a [i64],
    options: &'a StridedSliceOptions,
}

impl Spec<'_> {
    /// The slice that keeps all dimensions of `shape`.
    fn resolve(&self, shape: &[usize]) -> Outcome<Slice> {
        let is_new = |entry: usize| bit(self.options.new_axis_mask, entry) && !self.is_ellipsis(entry);
        let entries = 0..self.begin.len();
        let ellipses = entries.clone().filter(|&entry| self.is_ellipsis(entry)).count();
        let described = entries.clone().filter(|&entry| !is_new(entry)).count() - ellipses;
        let hidden = shape.len().checked_sub(described).filter(|_| ellipses <= 1);
        let hidden = hidden.ok_or_else(|| form(format!("the slice does not fit rank {}", shape.len())))?;

        let mut slice = Slice { begin: Vec::new(), size: Vec::new(), stride: Vec::new() };
        let mut extents = shape.iter().copied();
        for entry in entries {
            if self.is_ellipsis(entry) {
                extents.by_ref().take(hidden).for_each(|extent| push_whole(&mut slice, extent));
            } else if !is_new(entry)
                && let Some(extent) = extents.next()
            {
                self.push_entry(&mut slice, entry, extent)?;
            }
        }
        extents.for_each(|extent| push_whole(&mut slice, extent));
        Ok(slice)
    }

    fn is_ellipsis(&self, entry: usize) -> bool {
        bit(self.options.ellipsis_mask, entry)
    }

    /// Appends what `entry` says of a dimension of that extent.
    fn push_entry(&self, slice: &mut Slice, entry: usize, extent: usize) -> Outcome {
        let (stride, size) = (self.stride[entry], extent as i64);
        if stride == 0 {
            return Err(form("a stride is 0"));
        }
        // Positions may run one past the last element in walking direction.
        let (lowest, highest) = if stride > 0 { (0, size) } else { (-1, size - 1) };
        let (first, past) = if stride > 0 { (lowest, highest) } else { (highest, lowest) };
        let from_start = |index: i64| if index < 0 { index.saturating_add(size) } else { index };
        let normalize = |index: i64| from_start(index).clamp(lowest, highest);

        if bit(self.options.shrink_axis_mask, entry) {
            let masked = bit(self.options.begin_mask, entry);
            let index = if masked { first } else { from_start(self.begin[entry]) };
            let index = usize::try_from(index).ok().filter(|&index| index < extent);
            let index = index
                .ok_or_else(|| form(format!("index {} leaves an extent of {extent}", self.begin[entry])))?;
            push(slice, index, 1, 1);
            return Ok(());
        }
        let begin = if bit(self.options.begin_mask, entry) { first } else { normalize(self.begin[entry]) };
        let end = match self.end[entry] {
            _ if bit(self.options.end_mask, entry) => past,
            offset if self.options.offset => normalize(self.begin[entry].saturating_add(offset)),
            end => normalize(end),
        };
        let distance = if stride > 0 { end - begin } else { begin - end };
        let count = distance.max(0).unsigned_abs().div_ceil(stride.unsigned_abs());
        // An empty slice may begin outside; it reads nothing, so any position will do.
        let begin = if count == 0 { 0 } else { begin };
        push(slice, usize::try_from(begin).unwrap_or(0), usize::try_from(count).unwrap_or(0), stride);
        Ok(())
    }
}

fn push_whole(slice: &mut Slice, extent: usize) {
    push(slice, 0, extent, 1);
}

fn push(slice: &mut Slice, begin: usize, size: usize, stride: i64) {
    slice.begin.push(begin);
    slice.size.push(size);
    slice.stride.push(stride);
}

/// Whether the bit of an entry is set in a mask.
fn bit(mask: i32, entry: usize) -> bool {
    u32::try_from(entry).ok().and_then(|entry| mask.checked_shr(entry)).is_some_and(|mask| mask & 1 == 1)
}
