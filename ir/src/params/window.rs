//! Windows that slide over height and width: which taps of which output see which inputs.

use std::ops::Range;

use crate::ops::Padding;
use crate::types::TensorType;

/// One spatial axis of a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Extent of the input.
    pub input: usize,
    /// Extent of the output.
    pub output: usize,
    /// Number of taps.
    pub taps: usize,
    /// Distance of the windows of neighbouring outputs.
    pub stride: usize,
    /// Distance of neighbouring taps.
    pub dilation: usize,
    /// Padding cells before the input.
    pub before: usize,
}

impl Axis {
    /// The input position of tap 0 of output `out`; negative inside the padding.
    pub fn origin(&self, out: usize) -> isize {
        (out * self.stride) as isize - self.before as isize
    }

    /// The taps of output `out` that lie inside the input.
    pub fn inside(&self, out: usize) -> Range<usize> {
        let origin = self.origin(out);
        let first = (-origin).max(0) as usize;
        let end = (self.input as isize - origin).max(0) as usize;
        let [first, end] = [first, end].map(|cells| cells.div_ceil(self.dilation).min(self.taps));
        first..end.max(first)
    }

    /// The input position that tap `tap` of output `out` reads; the tap must be [inside](Axis::inside).
    pub fn position(&self, out: usize, tap: usize) -> usize {
        (self.origin(out) + (tap * self.dilation) as isize) as usize
    }

    /// Whether the windows of all outputs lie inside the input.
    pub fn all_inside(&self) -> bool {
        let last = self.output.saturating_sub(1) * self.stride;
        self.before == 0 && last + self.span() <= self.input
    }

    /// The span of a window in input cells, dilation included.
    pub fn span(&self) -> usize {
        window_span(self.taps, self.dilation)
    }
}

/// Height and width of a sliding window over NHWC tensors, with batches and channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Number of images.
    pub batches: usize,
    /// Height.
    pub y: Axis,
    /// Width.
    pub x: Axis,
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the output.
    pub out_channels: usize,
}

impl Window {
    /// Whether a window is one pixel, and never one of the padding.
    pub fn is_pixel(&self) -> bool {
        [&self.y, &self.x].iter().all(|axis| axis.taps == 1 && axis.all_inside())
    }

    /// The window `[y, x]` with `filter` taps between the NHWC types `input` and `output`.
    ///
    /// Fails if a type is not NHWC, if they differ in the number of images, if there are no channels, or if a
    /// filter size, stride or dilation is 0 or anything beyond 31 bits, which is what generated code counts with.
    pub fn new(
        input: &TensorType,
        output: &TensorType,
        filter: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
    ) -> Result<Self, String> {
        let [batches, in_y, in_x, in_channels] = nhwc(input, "the input")?;
        let [out_batches, out_y, out_x, out_channels] = nhwc(output, "the result")?;
        if batches != out_batches {
            return Err(format!("{batches} images go in and {out_batches} come out"));
        }
        if in_channels == 0 || out_channels == 0 {
            return Err("there are no channels".into());
        }
        let Padding { top, bottom, left, right } = padding;
        let extents = [&input.shape.0[..], &output.shape.0, &filter, &stride, &dilation];
        let cells = [top, bottom, left, right];
        if extents.into_iter().flatten().chain(&cells).any(|&extent| i32::try_from(extent).is_err()) {
            return Err("extents must be below 2^31".into());
        }
        if stride.contains(&0) || dilation.contains(&0) || filter.contains(&0) {
            return Err("filter sizes, strides and dilations must be positive".into());
        }
        let axis = |i: usize, input, output, before| Axis {
            input,
            output,
            taps: filter[i],
            stride: stride[i],
            dilation: dilation[i],
            before,
        };
        Ok(Window {
            batches,
            y: axis(0, in_y, out_y, padding.top),
            x: axis(1, in_x, out_x, padding.left),
            in_channels,
            out_channels,
        })
    }
}

/// The extents of a type with four dimensions; `what` names it in the error.
pub fn nhwc(ty: &TensorType, what: &str) -> Result<[usize; 4], String> {
    ty.shape
        .0
        .as_slice()
        .try_into()
        .map_err(|_| format!("{what} needs 4 dimensions, not {}", ty.shape.rank()))
}

/// Input cells that a window of `taps` taps spans.
pub fn window_span(taps: usize, dilation: usize) -> usize {
    taps.saturating_sub(1).saturating_mul(dilation).saturating_add(usize::from(taps > 0))
}

/// How many windows of `span` cells start every `stride` cells in `input` cells with `before` and `after` cells of
/// padding; `None` if not even one fits or `stride` is 0.
pub fn window_count(input: usize, span: usize, stride: usize, before: usize, after: usize) -> Option<usize> {
    let cells = input.checked_add(before)?.checked_add(after)?;
    if stride == 0 || span == 0 {
        return None;
    }
    Some(cells.checked_sub(span)? / stride + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: Axis = Axis { input: 5, output: 3, taps: 3, stride: 2, dilation: 1, before: 1 };

    #[test]
    fn taps_outside_of_the_input_are_cut() {
        assert_eq!([0, 1, 2].map(|o| AXIS.inside(o)), [1..3, 0..3, 0..2]);
        assert_eq!(AXIS.position(0, 1), 0);
        assert_eq!(AXIS.position(2, 1), 4);
    }

    #[test]
    fn dilated_taps_step_over_cells() {
        let axis = Axis { input: 4, output: 4, taps: 3, stride: 1, dilation: 3, before: 3 };
        assert_eq!([0, 1, 2, 3].map(|o| axis.inside(o)), [1..3, 1..2, 1..2, 0..2]);
        assert_eq!(axis.position(3, 0), 0);
        assert_eq!(axis.span(), 7);
    }

    #[test]
    fn windows_beside_the_input_have_no_taps() {
        let axis = Axis { input: 1, output: 9, taps: 2, stride: 1, dilation: 1, before: 4 };
        assert!(axis.inside(0).is_empty());
        assert!(axis.inside(8).is_empty());
    }

    #[test]
    fn window_counts() {
        assert_eq!(window_count(5, 3, 2, 1, 1), Some(3));
        assert_eq!(window_count(5, 6, 1, 0, 0), None);
        assert_eq!(window_count(5, 1, 0, 0, 0), None);
        assert_eq!(window_span(3, 2), 5);
    }
}
