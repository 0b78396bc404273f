//! Instructions that layers take on kernels for dense and for sparse weights: what the inner loops execute, and for each
//! row and tile around them what was measured.

use redsc_ir::kernels::Kernel;
use redsc_ir::sparse::{Format, Matrix, size};

use super::Choice;

/// Instructions of one inference.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Instructions(pub(super) f64);

/// What there is to do.
pub(super) struct Work<'m> {
    /// The weights: filters by inputs.
    pub(super) matrix: &'m Matrix,
    /// Pixels or rows of inputs that share them.
    pub(super) pixels: usize,
    /// Whether windows are copied.
    pub(super) copied: bool,
}

/// Instructions of a convolution or a fully connected layer.
pub(super) fn instructions(choice: Choice, work: &Work<'_>) -> Instructions {
    let (rows, inputs) = (work.matrix.rows(), work.matrix.columns());
    let tiles = |pixels: usize| work.pixels.div_ceil(pixels) as f64;
    let copies = if work.copied { inputs as f64 } else { 0.0 };
    let elements = || (size(work.matrix, Format::Pairs) / 2 - rows) as f64;
    let (filters, x) = (rows as f64, inputs as f64);
    Instructions(match choice.kernel {
        Kernel::Conv2dS8Dsp | Kernel::Conv2dRowsS8Dsp => {
            let (pairs, quads) = (rows.div_ceil(2) as f64, inputs.div_ceil(4) as f64);
            tiles(3) * (pairs * (17.75 * quads + 52.0) + 11.0 * quads + 40.0 + 3.0 * copies)
        }
        Kernel::FullyConnectedS8Dsp => {
            let (groups, quads) = (rows.div_ceil(4) as f64, inputs.div_ceil(4) as f64);
            tiles(1) * (groups * (14.5 * quads + 60.0) + 7.0 * quads)
        }
        Kernel::Conv2dS8Mve | Kernel::Conv2dRowsS8Mve => {
            let (groups, chunks) = (rows.div_ceil(4) as f64, inputs.div_ceil(16) as f64);
            tiles(2) * (groups * (10.5 * chunks + 40.0) + 60.0 + copies)
        }
        Kernel::FullyConnectedS8Mve => {
            let (groups, chunks) = (rows.div_ceil(4) as f64, inputs.div_ceil(16) as f64);
            tiles(1) * (groups * (5.5 * chunks + 30.0) + 40.0)
        }
        Kernel::Conv2dSparseS8Dsp => {
            tiles(8) * (9.75 * elements() + 120.0 * filters + 20.0 * x + 100.0 + 8.0 * copies)
        }
        Kernel::Conv2dSparseS8 => {
            200.0 + tiles(4) * (18.0 * elements() + 90.0 * filters + 60.0 + 4.0 * copies)
        }
        Kernel::FullyConnectedSparseS8 => 50.0 + tiles(1) * (7.0 * elements() + 25.0 * filters),
        Kernel::Conv2dTiledS8 => {
            tiles(2) * (rows.div_ceil(4) as f64 * (17.0 * x + 180.0) + 60.0 + 2.0 * copies)
        }
        Kernel::FullyConnectedTiledS8 => tiles(1) * rows.div_ceil(4) as f64 * (12.0 * x + 100.0),
        // The portable kernels for dense weights.
        _ => tiles(1) * (filters * (5.0 * x + 18.0)),
    })
}
