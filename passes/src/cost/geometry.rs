//! Counts of windows, kernel rows and cells inside and outside of images.

use redsc_ir::params::window::{Axis, Window};

/// How many of what a kernel copies, when it gathers windows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Copies {
    /// Windows.
    pub(super) windows: f64,
    /// Kernel rows that lie outside of the image.
    pub(super) rows_outside: f64,
    /// Kernel rows that lie inside, of windows all of whose columns lie inside.
    pub(super) rows_whole: f64,
    /// Kernel rows that lie inside, of windows some of whose columns lie outside.
    pub(super) rows_cut: f64,
    /// Cells inside of the image in the latter rows.
    pub(super) cells_inside: f64,
    /// Cells outside of the image in the latter rows.
    pub(super) cells_outside: f64,
}

/// Which windows along an axis count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Cut,
}

/// Sums along one axis: positions, taps inside, taps outside.
#[derive(Clone, Copy, Default)]
struct Along {
    positions: f64,
    inside: f64,
    outside: f64,
}

impl Copies {
    /// All windows of `window`.
    pub(super) fn all(window: &Window) -> Copies {
        let batches = window.batches as f64;
        Copies::sum(window, 0..window.y.output, 0..window.x.output).scaled(batches)
    }

    /// The window of the output pixel with that index.
    pub(super) fn one(window: &Window, index: usize) -> Copies {
        let columns = window.x.output.max(1);
        let (row, column) = (index / columns % window.y.output.max(1), index % columns);
        Copies::sum(window, row..row + 1, column..column + 1)
    }

    /// Those of the windows that do not lie inside of the image.
    pub(super) fn of_cut_windows(window: &Window) -> Copies {
        let all = Copies::all(window);
        let whole =
            whole(&window.y, 0..window.y.output).positions * whole(&window.x, 0..window.x.output).positions;
        let whole = whole * window.batches as f64;
        let rows = whole * window.y.taps as f64;
        Copies { windows: all.windows - whole, rows_whole: all.rows_whole - rows, ..all }
    }

    fn sum(window: &Window, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> Copies {
        let y = add(whole(&window.y, rows.clone()), along(&window.y, rows, Part::Cut));
        let (x, cut) = (whole(&window.x, columns.clone()), along(&window.x, columns, Part::Cut));
        Copies {
            windows: y.positions * (x.positions + cut.positions),
            rows_outside: y.outside * (x.positions + cut.positions),
            rows_whole: y.inside * x.positions,
            rows_cut: y.inside * cut.positions,
            cells_inside: y.inside * cut.inside,
            cells_outside: y.inside * cut.outside,
        }
    }

    /// This many times.
    pub(super) fn scaled(self, times: f64) -> Copies {
        Copies {
            windows: self.windows * times,
            rows_outside: self.rows_outside * times,
            rows_whole: self.rows_whole * times,
            rows_cut: self.rows_cut * times,
            cells_inside: self.cells_inside * times,
            cells_outside: self.cells_outside * times,
        }
    }

    /// Both.
    pub(super) fn plus(self, other: Copies) -> Copies {
        Copies {
            windows: self.windows + other.windows,
            rows_outside: self.rows_outside + other.rows_outside,
            rows_whole: self.rows_whole + other.rows_whole,
            rows_cut: self.rows_cut + other.rows_cut,
            cells_inside: self.cells_inside + other.cells_inside,
            cells_outside: self.cells_outside + other.cells_outside,
        }
    }
}

/// Taps of all windows along an axis that lie inside of the image.
pub(super) fn inside(axis: &Axis) -> f64 {
    (0..axis.output).map(|output| axis.inside(output).len() as f64).sum()
}

fn add(a: Along, b: Along) -> Along {
    Along {
        positions: a.positions + b.positions,
        inside: a.inside + b.inside,
        outside: a.outside + b.outside,
    }
}

fn whole(axis: &Axis, outputs: std::ops::Range<usize>) -> Along {
    along(axis, outputs, Part::Whole)
}

fn along(axis: &Axis, outputs: std::ops::Range<usize>, part: Part) -> Along {
    let mut sums = Along::default();
    for output in outputs {
        let inside = axis.inside(output).len();
        if (inside == axis.taps) == (part == Part::Whole) {
            sums.positions += 1.0;
            sums.inside += inside as f64;
            sums.outside += (axis.taps - inside) as f64;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_add_up_over_pixels() {
        let axis =
            |input, output, stride, before| Axis { input, output, taps: 3, stride, dilation: 1, before };
        let window =
            Window { batches: 2, y: axis(5, 3, 2, 1), x: axis(6, 6, 1, 1), in_channels: 1, out_channels: 1 };
        let pixels = (0..18).map(|index| Copies::one(&window, index)).fold(Copies::default(), Copies::plus);
        assert_eq!(Copies::all(&window), pixels.scaled(2.0));
        let cut = Copies::of_cut_windows(&window);
        assert_eq!((cut.windows, cut.rows_whole), (36.0 - 8.0, Copies::all(&window).rows_whole - 24.0));
    }
}
