//! RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.

use redsc_ir::ops::{Resize2d, ResizeKind};

use super::super::fault::{Outcome, damaged};
use super::super::operator::{OpReader, options};

/// `(x, size)`
pub(super) fn bilinear(op: &mut OpReader) -> Outcome {
    let options = options!(op, ResizeBilinearOptions)?;
    resize(op, ResizeKind::Bilinear, options.align_corners, options.half_pixel_centers)
}

/// `(x, size)`
pub(super) fn nearest_neighbor(op: &mut OpReader) -> Outcome {
    let options = options!(op, ResizeNearestNeighborOptions)?;
    resize(op, ResizeKind::Nearest, options.align_corners, options.half_pixel_centers)
}

/// The declared shape of the result counts; a constant size must agree with it.
fn resize(op: &mut OpReader, kind: ResizeKind, align_corners: bool, half_pixel_centers: bool) -> Outcome {
    let x = op.operand(0)?;
    let requested = op.constant_integers(1)?;
    let result = op.result(0)?;
    let [_, height, width, _] = op.dims(result, "the result")?;
    let size = [height, width];
    if requested.is_some_and(|requested| requested != size.map(|extent| extent as i64)) {
        return Err(damaged("the size operand and the declared shape of the result differ"));
    }
    op.emit(Resize2d { kind, size, align_corners, half_pixel_centers }, &[x], result);
    Ok(())
}
