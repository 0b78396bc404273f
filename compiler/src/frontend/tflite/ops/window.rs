//! Padding of sliding windows: SAME and VALID resolved to cells.

use redsc_ir::ops::Padding;
use redsc_schema::tflite;

use super::super::fault::{Outcome, form};

/// Padding of a window of `filter` taps `dilation` apart over `input`, both `[height, width]`.
///
/// SAME gives `⌈input / stride⌉` positions; an odd cell goes to the end.
pub(super) fn padding(
    scheme: tflite::Padding,
    input: [usize; 2],
    filter: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
) -> Outcome<Padding> {
    if filter.contains(&0) {
        return Err(form("the window is empty"));
    }
    match scheme {
        tflite::Padding::Valid => Ok(Padding::default()),
        tflite::Padding::Same => {
            let total = |i: usize| {
                let reach = (filter[i] - 1).checked_mul(dilation[i])?.checked_add(1)?;
                let last_start = (input[i].div_ceil(stride[i]).max(1) - 1).checked_mul(stride[i])?;
                Some(last_start.checked_add(reach)?.saturating_sub(input[i]))
            };
            let totals = total(0).zip(total(1)).ok_or_else(|| form("the window is too large"))?;
            Ok(halves([totals.0, totals.1]))
        }
    }
}

/// Rows and columns in total, divided between both ends.
pub(super) fn halves([rows, columns]: [usize; 2]) -> Padding {
    Padding { top: rows / 2, bottom: rows - rows / 2, left: columns / 2, right: columns - columns / 2 }
}
