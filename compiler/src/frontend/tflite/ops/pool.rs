//! AVERAGE_POOL_2D, MAX_POOL_2D.

use redsc_ir::ops::{Pool2d, PoolKind};

use super::super::fault::{Outcome, form};
use super::super::operator::{OpReader, clamp, options, positive};
use super::super::window::padding;

/// `(x)`
pub(super) fn average_pool_2d(op: &mut OpReader) -> Outcome {
    pool(op, PoolKind::Average)
}

/// `(x)`
pub(super) fn max_pool_2d(op: &mut OpReader) -> Outcome {
    pool(op, PoolKind::Max)
}

fn pool(op: &mut OpReader, kind: PoolKind) -> Outcome {
    let options = options!(op, Pool2DOptions)?;
    let x = op.operand(0)?;
    let [_, height, width, _] = op.dims(x, "the input")?;
    let filter =
        [positive(options.filter_height, "the window")?, positive(options.filter_width, "the window")?];
    let stride = [positive(options.stride_h, "the stride")?, positive(options.stride_w, "the stride")?];
    let padding = padding(options.padding, [height, width], filter, stride, [1, 1])
        .ok_or_else(|| form("the window is too large"))?;
    let act = clamp(options.fused_activation_function)?;
    let result = op.result(0)?;
    op.emit(Pool2d { kind, padding, filter, stride, act }, &[x], result);
    Ok(())
}
