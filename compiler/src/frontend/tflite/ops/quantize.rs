//! QUANTIZE, DEQUANTIZE, CAST.

use redsc_ir::ops::{Cast, Dequantize, Quantize};

use super::super::fault::Outcome;
use super::super::operator::OpReader;

/// `(x)`: from real numbers or from another quantization.
pub(super) fn quantize(op: &mut OpReader) -> Outcome {
    let (x, result) = (op.operand(0)?, op.result(0)?);
    op.emit(Quantize {}, &[x], result);
    Ok(())
}

/// `(x)`
pub(super) fn dequantize(op: &mut OpReader) -> Outcome {
    let (x, result) = (op.operand(0)?, op.result(0)?);
    op.emit(Dequantize {}, &[x], result);
    Ok(())
}

/// `(x)`: the declared types say from what to what, as they do for the reference.
pub(super) fn cast(op: &mut OpReader) -> Outcome {
    let (x, result) = (op.operand(0)?, op.result(0)?);
    op.emit(Cast {}, &[x], result);
    Ok(())
}
