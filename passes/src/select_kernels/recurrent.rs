//! Kernels for layers with a memory of their own on Arm cores with the DSP and the vector extension.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{Lstm, Operands, Svdf};
use redsc_ir::params::folded::FoldedLayer;
use redsc_ir::params::recurrent::{LstmArithmetic, LstmParams, SvdfParams};
use redsc_ir::params::sums::{LstmSums, SvdfSums};
use redsc_ir::{ElemType, TensorType};

use super::Choice;

/// LSTM on cores with the DSP extension.
pub(super) fn lstm_dsp(op: &Lstm, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let (params, _) = lstm(op, operands, result)?;
    let groups = params.units.div_ceil(4);
    let scratch_bytes = 8 * (params.inputs.div_ceil(4) + groups) + 32 * groups;
    Some(Choice::dense(Kernel::LstmS8Dsp, scratch_bytes))
}

/// LSTM on cores with the vector extension.
pub(super) fn lstm_mve(op: &Lstm, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let (params, _) = lstm(op, operands, result)?;
    if params.batches > 1 && params.units % 4 != 0 {
        return None;
    }
    let copy = if params.inputs % 4 == 0 { 0 } else { params.inputs.next_multiple_of(16) };
    let scratch_bytes = (32 * params.units.div_ceil(4)).next_multiple_of(16) + copy;
    Some(Choice::dense(Kernel::LstmS8Mve, scratch_bytes))
}

/// An 8-bit LSTM whose sums keep within range and whose other factors are below 1.
fn lstm(op: &Lstm, operands: &Operands<'_>, result: &TensorType) -> Option<(LstmParams, LstmSums)> {
    let params = LstmParams::new(op, operands, result).ok()?;
    let sums = LstmSums::new(operands, &params)?;
    let LstmArithmetic::Quantized(q) = &params.arithmetic else { return None };
    let small = [q.forget_requant, q.update_requant, q.output_requant].iter().all(|r| r.shift <= 0);
    let fits = small && sums.input.iter().chain(&sums.recurrent).all(FoldedLayer::fits);
    fits.then_some((params, sums))
}

/// SVDF on cores with the DSP extension.
pub(super) fn svdf_dsp(op: &Svdf, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = svdf(op, operands, result)?;
    let words = params.memory * state_bytes(op, operands) >= 4;
    let scratch_bytes = 8 * (params.inputs.div_ceil(4) + params.filters.div_ceil(4));
    words.then_some(Choice::dense(Kernel::SvdfS8Dsp, scratch_bytes))
}

/// SVDF on cores with the vector extension.
pub(super) fn svdf_mve(op: &Svdf, operands: &Operands<'_>, result: &TensorType) -> Option<Choice> {
    let params = svdf(op, operands, result)?;
    let in_place = params.batches == 1 || params.inputs % 4 == 0;
    let copy = if in_place { 0 } else { params.inputs.next_multiple_of(16) };
    let scratch_bytes = (2 * params.filters).next_multiple_of(16) + copy;
    (params.memory < 1 << 12).then_some(Choice::dense(Kernel::SvdfS8Mve, scratch_bytes))
}

/// An 8-bit SVDF layer whose sums keep within range.
fn svdf(op: &Svdf, operands: &Operands<'_>, result: &TensorType) -> Option<SvdfParams> {
    let params = SvdfParams::new(op, operands, result).ok()?;
    let sums = SvdfSums::new(operands, &params)?;
    sums.features.fits().then_some(params)
}

fn state_bytes(op: &Svdf, operands: &Operands<'_>) -> usize {
    let elem: ElemType = operands.module.variable(op.state).ty.elem;
    elem.bytes()
}
