//! Follows a kernel through its operand and its result where they share bytes: does it ever read what it has written?

use std::ops::Range;

use crate::access::{Access, window};
use crate::ops::Operands;
use crate::params::lines::Lines;
use crate::params::window::{Axis, Window};

/// Where operand 0 and the result are, and the bytes of their pixels.
pub(super) struct Places {
    pub(super) from: Range<usize>,
    pub(super) to: Range<usize>,
}

/// Whether a kernel with this access computes the same there as if operand 0 and the result were apart.
pub(super) fn is_harmless(operands: &Operands<'_>, access: Access, places: &Places) -> bool {
    let Some(window) = window(operands) else { return false };
    match access {
        Access::Unknown => false,
        Access::Pixels { together, buffered } => pixels(&window, together, buffered, places),
        Access::Channels { together } => channels(&window, together, places),
    }
}

/// After each step, everything written must be below everything still to be read.
fn pixels(window: &Window, together: usize, buffered: bool, places: &Places) -> bool {
    let count = window.batches * window.y.output * window.x.output;
    let cells = window.batches * window.y.input * window.x.input;
    let (from_bytes, to_bytes) = (places.from.len() / cells.max(1), places.to.len() / count.max(1));
    let reads: Vec<usize> = (0..count)
        .map(|pixel| {
            lowest_cell(window, pixel).map_or(places.from.end, |c| places.from.start + c * from_bytes)
        })
        .collect();
    let mut lowest = places.from.end;
    let mut steps: Vec<(usize, usize)> = Vec::new();
    for first in (0..count).step_by(together).rev() {
        let end = (first + together).min(count);
        let later = lowest;
        lowest = reads[first..end].iter().copied().fold(lowest, usize::min);
        steps.push((places.to.start + end * to_bytes, if buffered { later } else { lowest }));
    }
    // Bytes behind the operand are nobody's.
    steps.into_iter().all(|(written, needed)| written <= needed || needed == places.from.end)
}

/// The first cell that a pixel reads, if it reads any.
fn lowest_cell(window: &Window, pixel: usize) -> Option<usize> {
    let column = pixel % window.x.output;
    let row = pixel / window.x.output % window.y.output;
    let image = pixel / window.x.output / window.y.output;
    let first = |axis: &Axis, out: usize| axis.inside(out).next().map(|tap| axis.position(out, tap));
    let (y, x) = (first(&window.y, row)?, first(&window.x, column)?);
    Some((image * window.y.input + y) * window.x.input + x)
}

/// Cells of all channels must lie over cells of the same channels, and be written after these have been read.
fn channels(window: &Window, together: usize, places: &Places) -> bool {
    let cells = window.y.input * window.x.input;
    let bytes = window.in_channels;
    let same_channels = window.in_channels == window.out_channels
        && places.from.len() == cells * bytes
        && places.to.len() == window.y.output * window.x.output * bytes;
    let shift = places.to.start as isize - places.from.start as isize;
    if !same_channels || window.batches != 1 || shift % bytes as isize != 0 {
        return false;
    }
    let shift = shift / bytes as isize;
    let lines = Lines::new(window, together);
    let [in_line, out_line] = lines.line_bytes.map(|distance| distance / bytes);
    let [in_position, out_position] = lines.position_bytes.map(|distance| distance / bytes);
    let mut read = vec![false; cells];
    for line in 0..lines.lines.output {
        let end = (lines.lines.origin(line) + lines.span() as isize).clamp(0, lines.lines.input as isize);
        for seen in 0..end.unsigned_abs() {
            (0..lines.positions.input).for_each(|p| read[seen * in_line + p * in_position] = true);
        }
        for position in 0..lines.positions.output {
            let over = (line * out_line + position * out_position) as isize + shift;
            let is_needed = usize::try_from(over).ok().and_then(|over| read.get(over)) == Some(&false);
            if is_needed {
                return false;
            }
        }
    }
    true
}

/// Whether a kernel that widens one row of bytes, four at a time, reads each before it is written over.
pub(super) fn is_widened_in_time(places: &Places) -> bool {
    let bytes = places.from.len();
    let is_one_row = places.to.len() == 8 * bytes.div_ceil(4);
    let in_time = |first: usize| {
        // What is read from here on, and what was written before.
        let (unread, written) = (places.from.start + first, places.to.start + 2 * first);
        written <= unread || places.to.start >= places.from.end
    };
    is_one_row && (4..bytes).step_by(4).all(in_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widening_may_follow_close_behind_what_is_read() {
        let at = |scratch: usize| is_widened_in_time(&Places { from: 64..80, to: scratch..scratch + 32 });
        // The last four bytes are read before what becomes of them is written.
        assert!(at(52) && at(48) && at(0));
        assert!(!at(53) && !at(64) && !at(72));
        assert!(at(80));
        // More than one row, which would be read later.
        assert!(!is_widened_in_time(&Places { from: 64..80, to: 32..48 }));
    }
}
