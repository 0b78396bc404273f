//! How far a result may grow over the operand that it is made from.
//!
//! A kernel that goes upwards through operand and result may overwrite what it has read. Let it run in steps; up to step
//! `t` it has written the first `w(t)` bytes of its result, and from the next step on it reads nothing below byte
//! `r(t)` of its operand. If the result starts at least `max w(t) − r(t)` bytes below the operand, no byte is
//! overwritten that is still needed. For a 3x3 window that is about one row; for a 1x1 window whose results are not
//! larger than its operands it is nothing. (Blacker, Bridges and Hadfield, "Diagonal Memory
//! Optimisation for Machine Learning on Micro-controllers", 2020, describe the idea for single operators.)

use redsc_ir::access::{self, Access};
use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::params::lines::Lines;
use redsc_ir::params::window::Window;

/// Where a result may lie that shares bytes with the first operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Anywhere, if it starts at least so many bytes below the operand.
    Below(usize),
    /// At the very start of the operand.
    Start,
}

/// What a kernel with this access allows on a node; `None` if its result must be apart.
pub fn overlap(operands: &Operands<'_>, access: Access) -> Option<Overlap> {
    let window = access::window(operands)?;
    let bytes =
        [operands.get(0)?, operands.graph.ty(*operands.node.outputs.first()?)].map(|ty| ty.elem.bytes());
    match access {
        Access::Unknown => None,
        Access::Pixels { together, buffered } => {
            let distance = least_distance(&window, bytes, together, buffered);
            (distance < operands.graph.ty(*operands.node.outputs.first()?).bytes())
                .then_some(Overlap::Below(distance))
        }
        Access::Channels { together } => {
            (bytes[0] == bytes[1] && lines_stay_behind(&window, together)).then_some(Overlap::Start)
        }
    }
}

/// How far the scratch memory of a node must start below its first operand to lie over it, if the kernel allows that: it
/// fills four bytes while it reads two, so that only the last ones must be apart.
pub fn scratch_overlap(operands: &Operands<'_>, kernel: Kernel, scratch_bytes: usize) -> Option<usize> {
    let operand = operands.get(0)?;
    let quads = operand.elements().div_ceil(4);
    let is_one_row = operand.elem.bytes() == 1 && scratch_bytes == 8 * quads;
    (kernel.widens_first() && is_one_row && quads > 0).then(|| 4 * (quads - 1))
}

/// The largest lead of writing over reading, in bytes.
fn least_distance(window: &Window, bytes: [usize; 2], together: usize, buffered: bool) -> usize {
    let [from, to] = [bytes[0] * window.in_channels, bytes[1] * window.out_channels];
    let pixels = window.batches * window.y.output * window.x.output;
    let (mut lowest, mut distance) = (usize::MAX, 0);
    for step in (0..pixels.div_ceil(together)).rev() {
        let written = ((step + 1) * together).min(pixels) * to;
        let first =
            (step * together..pixels.min((step + 1) * together)).map(|pixel| first_cell(window, pixel));
        let own = first.min().unwrap_or(0) * from;
        let needed = if buffered { lowest } else { lowest.min(own) };
        distance = distance.max(written.saturating_sub(needed));
        lowest = lowest.min(own);
    }
    distance
}

/// A cell of the image below which the window of a pixel reads nothing.
fn first_cell(window: &Window, pixel: usize) -> usize {
    let (row, column) = (pixel / window.x.output, pixel % window.x.output);
    let (image, row) = (row / window.y.output, row % window.y.output);
    let row = window.y.origin(row).max(0).unsigned_abs().min(window.y.input);
    (image * window.y.input + row) * window.x.input + window.x.origin(column).max(0).unsigned_abs()
}

/// Whether every cell of the result lies over a cell of the operand whose line has been read when it is written.
fn lines_stay_behind(window: &Window, together: usize) -> bool {
    if window.in_channels != window.out_channels || window.batches != 1 {
        return false;
    }
    let lines = Lines::new(window, together);
    let is_rows = lines.lines == window.y && lines.line_bytes[0] == window.x.input * window.in_channels;
    let cells = window.y.output * window.x.output;
    (0..cells).all(|cell| {
        let (row, column) = (cell / window.x.output, cell % window.x.output);
        let over = (cell / window.x.input, cell % window.x.input);
        let (line, line_over) = if is_rows { (row, over.0) } else { (column, over.1) };
        let seen = lines.lines.origin(line) + lines.span() as isize;
        over.0 >= window.y.input || (line_over as isize) < seen
    })
}
