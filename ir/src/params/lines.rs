//! Depthwise windows as lines of positions: rows of columns, or columns of rows, whichever suits a kernel that works
//! on several positions of a line at a time.

use super::window::{Axis, Window};

/// Results of a line that the depthwise kernel for Arm's DSP extension computes together.
pub const TOGETHER_DSP: usize = 3;

/// Results of a line that the depthwise kernel for Arm's vector extension computes together.
pub const TOGETHER_MVE: usize = 2;

/// A window over one image whose axes have been named for a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The axis whose lines are taken one after the other.
    pub lines: Axis,
    /// The axis along a line.
    pub positions: Axis,
    /// Bytes between lines of the input, and between lines of the output.
    pub line_bytes: [usize; 2],
    /// Bytes between positions of the input, and between positions of the output.
    pub position_bytes: [usize; 2],
}

impl Lines {
    /// The 8-bit image of `window` as rows of columns or columns of rows, for a kernel that computes `together`
    /// results of a line at a time.
    pub fn new(window: &Window, together: usize) -> Self {
        let channels = [window.in_channels, window.out_channels];
        let row_bytes = [window.x.input * channels[0], window.x.output * channels[1]];
        let rows =
            Lines { lines: window.y, positions: window.x, line_bytes: row_bytes, position_bytes: channels };
        let columns =
            Lines { lines: window.x, positions: window.y, line_bytes: channels, position_bytes: row_bytes };
        if columns.work(together) < rows.work(together) { columns } else { rows }
    }

    /// A measure of the work: results that are computed, and a constant for each line.
    fn work(&self, together: usize) -> usize {
        self.lines.output * (self.positions.output.next_multiple_of(together) + 2)
    }

    /// Lines that a window spans.
    pub fn span(&self) -> usize {
        self.lines.span()
    }

    /// Positions of a padded line: what the windows of all results cover, of `together` results at least, and the
    /// whole input.
    pub fn padded_positions(&self, together: usize) -> usize {
        let axis = &self.positions;
        let windows = (axis.output.max(together) - 1) * axis.stride + axis.span();
        windows.max(axis.before + axis.input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(input: usize) -> Axis {
        Axis { input, output: input, taps: 3, stride: 1, dilation: 1, before: 1 }
    }

    #[test]
    fn the_axis_that_wastes_less_is_chosen() {
        let window = Window { batches: 1, y: axis(25), x: axis(5), in_channels: 64, out_channels: 64 };
        let lines = Lines::new(&window, 3);
        assert_eq!((lines.lines.input, lines.positions.input), (5, 25));
        assert_eq!((lines.line_bytes, lines.position_bytes), ([64, 64], [320, 320]));
        assert_eq!((lines.span(), lines.padded_positions(3)), (3, 27));
        assert_eq!(Lines::new(&Window { y: axis(48), x: axis(48), ..window }, 3).lines, axis(48));
    }
}
