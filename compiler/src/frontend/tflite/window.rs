//! Padding of sliding windows: SAME and VALID resolved to cells.

use redsc_ir::ops::Padding;
use redsc_schema::tflite;

/// Padding of a window of `filter` taps `dilation` apart over `input`, both `[height, width]`; `None` if the window is
/// empty or absurdly large.
///
/// SAME gives `⌈input / stride⌉` positions; an odd cell goes to the end.
pub(crate) fn padding(
    scheme: tflite::Padding,
    input: [usize; 2],
    filter: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
) -> Option<Padding> {
    let total = |i: usize| {
        let reach = filter[i].checked_sub(1)?.checked_mul(dilation[i])?.checked_add(1)?;
        let last_start = (input[i].div_ceil(stride[i]).max(1) - 1).checked_mul(stride[i])?;
        Some(last_start.checked_add(reach)?.saturating_sub(input[i]))
    };
    let (rows, columns) = total(0).zip(total(1))?;
    Some(match scheme {
        tflite::Padding::Valid => Padding::default(),
        tflite::Padding::Same => Padding {
            top: rows / 2,
            bottom: rows - rows / 2,
            left: columns / 2,
            right: columns - columns / 2,
        },
    })
}

/// What a transposed convolution from `input` to `output` cuts from its full result: as much as the convolution that
/// it inverts would pad. `None` if the window is empty or absurdly large.
pub(crate) fn cut(
    scheme: tflite::Padding,
    input: [usize; 2],
    filter: [usize; 2],
    stride: [usize; 2],
    output: [usize; 2],
) -> Option<Padding> {
    let start = padding(scheme, output, filter, stride, [1, 1])?;
    let full = |i: usize| (input[i].max(1) - 1).checked_mul(stride[i])?.checked_add(filter[i]);
    let (rows, columns) = full(0).zip(full(1))?;
    Some(Padding {
        top: start.top,
        bottom: rows.saturating_sub(start.top + output[0]),
        left: start.left,
        right: columns.saturating_sub(start.left + output[1]),
    })
}
