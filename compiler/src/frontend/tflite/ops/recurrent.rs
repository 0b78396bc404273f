//! SVDF, UNIDIRECTIONAL_SEQUENCE_LSTM: state tensors become variables.

use redsc_ir::ops::{Activation, Lstm, Svdf};
use redsc_schema::tflite::ActivationFunctionType;

use super::super::fault::{Outcome, form};
use super::super::operator::{OpReader, clamp, options, positive};
use super::conv::reject_hybrid;

/// `(x, feature weights, time weights, bias?, state)`
pub(super) fn svdf(op: &mut OpReader) -> Outcome {
    let options = options!(op, SvdfOptions)?;
    let inputs = vec![Some(op.operand(0)?), Some(op.operand(1)?), Some(op.operand(2)?), op.optional(3)?];
    if let (Some(x), Some(w)) = (inputs[0], inputs[1]) {
        reject_hybrid(op, x, w)?;
    }
    let state = op.state(4)?;
    let rank = positive(options.rank, "the rank")?;
    let act = clamp(options.fused_activation_function)?;
    let result = op.result(0)?;
    op.emit_node(Svdf { rank, act, state }, inputs, vec![result]);
    Ok(())
}

/// Position of the previous output among the operands; the cell state follows.
const OUTPUT_STATE: usize = 18;
/// Position of the first normalization operand, after both states.
const NORMALIZATION: usize = 20;
/// Position of the hidden state among the intermediate tensors.
const HIDDEN: usize = 4;

/// `(x, 4 input weights, 4 recurrent weights, 3 peepholes, 4 biases, projection, its bias, output state, cell state,
/// 4 normalizations)`; older files end before the normalizations.
pub(super) fn unidirectional_sequence_lstm(op: &mut OpReader) -> Outcome {
    let options = options!(op, UnidirectionalSequenceLstmOptions)?;
    if options.diagonal_recurrent_tensors {
        return Err(form("diagonal recurrent weights are not supported"));
    }
    let x = op.operand(0)?;
    let w = op.operand(2)?;
    reject_hybrid(op, x, w)?;
    let positions = (0..OUTPUT_STATE).chain(NORMALIZATION..NORMALIZATION + 4);
    let inputs = positions.map(|position| op.optional(position)).collect::<Outcome<Vec<_>>>()?;
    let (output_state, cell_state) = (op.state(OUTPUT_STATE)?, op.state(OUTPUT_STATE + 1)?);
    let hidden = op.intermediate(HIDDEN)?.and_then(|ty| ty.quant.per_tensor());
    let (hidden_scale, hidden_zero_point) = hidden.unwrap_or((1.0, 0));
    let act = match options.fused_activation_function {
        ActivationFunctionType::Tanh => Activation::Tanh,
        other => clamp(other)?,
    };
    let result = op.result(0)?;
    let lstm = Lstm {
        time_major: options.time_major,
        act,
        cell_clip: options.cell_clip,
        projection_clip: options.proj_clip,
        hidden_scale,
        hidden_zero_point: hidden_zero_point.into(),
        output_state,
        cell_state,
    };
    op.emit_node(lstm, inputs, vec![result]);
    Ok(())
}
