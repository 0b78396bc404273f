//! PAD, PADV2, MIRROR_PAD.

use redsc_ir::ops::{Pad, PadMode};
use redsc_schema::tflite::MirrorPadMode;

use super::super::fault::{Outcome, form};
use super::super::operator::{OpReader, options};

/// `(x, paddings, value?)`
pub(super) fn pad(op: &mut OpReader) -> Outcome {
    let value = op.optional(2)?;
    let pad = paddings(op, PadMode::Constant)?;
    let (x, result) = (op.operand(0)?, op.result(0)?);
    let inputs: Vec<_> = [x].into_iter().chain(value).collect();
    op.emit(pad, &inputs, result);
    Ok(())
}

/// `(x, paddings)`
pub(super) fn mirror_pad(op: &mut OpReader) -> Outcome {
    let mode = match options!(op, MirrorPadOptions)?.mode {
        MirrorPadMode::Reflect => PadMode::Reflect,
        MirrorPadMode::Symmetric => PadMode::Symmetric,
    };
    let pad = paddings(op, mode)?;
    let (x, result) = (op.operand(0)?, op.result(0)?);
    op.emit(pad, &[x], result);
    Ok(())
}

/// The operand holds a pair `(before, after)` for each dimension.
fn paddings(op: &mut OpReader, mode: PadMode) -> Outcome<Pad> {
    let x = op.operand(0)?;
    let rank = op.ty(x).shape.rank();
    let cells = op.integers(1, "the padding")?;
    if cells.len() != 2 * rank {
        return Err(form(format!("{} numbers of padding cells do not fit rank {rank}", cells.len())));
    }
    let cells: Result<Vec<usize>, _> = cells.into_iter().map(usize::try_from).collect();
    let cells = cells.map_err(|_| form("padding cannot be negative"))?;
    let every_second = |first: usize| cells.iter().skip(first).step_by(2).copied().collect();
    Ok(Pad { before: every_second(0), after: every_second(1), mode })
}
