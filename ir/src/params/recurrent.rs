//! Constants of the operators with a memory of their own: SVDF and LSTM.

use super::activation;
use super::mac::{Accumulator, per_tensor};
use super::sigmoid::SigmoidScale;
use crate::ops::{Activation, Lstm, Operands, Svdf};
use crate::quant::Requant;
use crate::types::{ElemType, TensorType};

/// Constants of an SVDF layer.
///
/// The state `[batches, filters, memory]` moves one cell towards the past; each filter's newest cell is the product
/// of the input with the filter's feature weights; the memory is weighted in time, and `rank` filters add up to a
/// unit.
#[derive(Clone, Debug, PartialEq)]
pub struct SvdfParams {
    /// Number of vectors.
    pub batches: usize,
    /// Inputs of each.
    pub inputs: usize,
    /// Filters: `units · rank`.
    pub filters: usize,
    /// Filters that add up to a unit.
    pub rank: usize,
    /// Outputs of each vector.
    pub units: usize,
    /// Steps that are remembered.
    pub memory: usize,
    /// Integers or single precision.
    pub arithmetic: SvdfArithmetic,
}

/// The arithmetic of an SVDF layer.
#[derive(Clone, Debug, PartialEq)]
pub enum SvdfArithmetic {
    /// 8-bit input and output, 8- or 16-bit state.
    Quantized(SvdfQuantized),
    /// Single precision, with the clamp of the result.
    Float {
        /// Smallest result.
        act_min: f32,
        /// Largest result.
        act_max: f32,
    },
}

/// Constants of a quantized SVDF layer.
#[derive(Clone, Debug, PartialEq)]
pub struct SvdfQuantized {
    /// Added to each input: minus its zero point.
    pub input_offset: i32,
    /// From the products with the feature weights to the state.
    pub feature_requant: Requant,
    /// Zero point of the state: added after `feature_requant`, subtracted before the products in time.
    pub state_zero_point: i32,
    /// Smallest number that the state can store.
    pub state_min: i32,
    /// Largest number that the state can store.
    pub state_max: i32,
    /// From the sum of a unit and its bias to the result.
    pub output_requant: Requant,
    /// Added after `output_requant`: the zero point of the result.
    pub output_offset: i32,
    /// Smallest stored result. The fused activation has no part in it: TensorFlow Lite Micro ignores it, and
    /// converters choose the zero point such that ReLU is the saturation.
    pub act_min: i32,
    /// Largest stored result.
    pub act_max: i32,
}

impl SvdfParams {
    /// Constants of `svdf` with operands `(x, feature weights, time weights, bias?)`.
    pub fn new(op: &Svdf, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let input = operands.require(0, "input")?;
        let feature = operands.require(1, "feature weights")?;
        let time = operands.require(2, "time weights")?;
        let state = &operands.module.variable(op.state).ty;
        let [batches, inputs] = matrix(input, "the input")?;
        let [filters, feature_inputs] = matrix(feature, "the feature weights")?;
        let [time_filters, memory] = matrix(time, "the time weights")?;
        if op.rank == 0 || !filters.is_multiple_of(op.rank) {
            return Err(format!("{filters} filters are not units of rank {}", op.rank));
        }
        let units = filters / op.rank;
        let empty = [inputs, filters, memory].contains(&0);
        if empty || feature_inputs != inputs || time_filters != filters {
            return Err(format!(
                "feature weights {} and time weights {} do not fit input {}",
                feature.shape, time.shape, input.shape
            ));
        }
        let cells = batches.saturating_mul(filters).saturating_mul(memory);
        if state.elements() != cells || result.elements() != batches.saturating_mul(units) {
            return Err(format!("state {} or result {} has not the right size", state.shape, result.shape));
        }
        let arithmetic = if input.elem == ElemType::F32 {
            let all_float = [feature, time, state, result].iter().all(|ty| ty.elem == ElemType::F32);
            if !all_float {
                return Err("weights, state and result of a float SVDF must be f32".into());
            }
            let (act_min, act_max) = activation::float_clamp(op.act)?;
            SvdfArithmetic::Float { act_min, act_max }
        } else {
            SvdfArithmetic::Quantized(SvdfQuantized::new(input, feature, time, state, result)?)
        };
        Ok(SvdfParams { batches, inputs, filters, rank: op.rank, units, memory, arithmetic })
    }
}

impl SvdfQuantized {
    fn new(
        input: &TensorType,
        feature: &TensorType,
        time: &TensorType,
        state: &TensorType,
        result: &TensorType,
    ) -> Result<Self, String> {
        let eight_bits = [input, feature, result].iter().all(|ty| ty.elem == ElemType::I8);
        let memory = matches!(state.elem, ElemType::I8 | ElemType::I16) && time.elem == state.elem;
        if !eight_bits || !memory {
            return Err(format!(
                "there is no SVDF arithmetic for input {}, state {} and time weights {}",
                input.elem, state.elem, time.elem
            ));
        }
        let (input_scale, input_zero) = per_tensor(input, "the input")?;
        let (feature_scale, _) = per_tensor(feature, "the feature weights")?;
        let (time_scale, _) = per_tensor(time, "the time weights")?;
        let (state_scale, state_zero_point) = per_tensor(state, "the state")?;
        let (output_scale, output_offset) = per_tensor(result, "the result")?;
        let (state_min, state_max) = activation::quantized_clamp(Activation::None, state)?;
        let (act_min, act_max) = activation::quantized_clamp(Activation::None, result)?;
        let factor = |a: f32, b: f32, c: f32| Requant::from_real(f64::from(a) * f64::from(b) / f64::from(c));
        Ok(SvdfQuantized {
            input_offset: -input_zero,
            feature_requant: factor(input_scale, feature_scale, state_scale),
            state_zero_point,
            state_min,
            state_max,
            output_requant: factor(state_scale, time_scale, output_scale),
            output_offset,
            act_min,
            act_max,
        })
    }
}

/// Constants of an LSTM over a sequence, without peepholes, projection and layer normalization.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmParams {
    /// Number of sequences.
    pub batches: usize,
    /// Length of each.
    pub steps: usize,
    /// Inputs of each step.
    pub inputs: usize,
    /// Outputs of each step.
    pub units: usize,
    /// Whether tensors are `[steps, batches, …]` rather than `[batches, steps, …]`.
    pub time_major: bool,
    /// Activation of the cell gate.
    pub cell_act: Activation,
    /// Integers or single precision.
    pub arithmetic: LstmArithmetic,
}

/// The gates in the order of their operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LstmGate {
    /// What enters the cell.
    Input,
    /// What stays in the cell.
    Forget,
    /// The candidate.
    Cell,
    /// What leaves the cell.
    Output,
}

impl LstmGate {
    /// All gates, in operand order.
    pub const ALL: [LstmGate; 4] = [LstmGate::Input, LstmGate::Forget, LstmGate::Cell, LstmGate::Output];

    /// Operand index of the weights `[units, inputs]` of the input.
    pub fn input_weights(self) -> usize {
        1 + self as usize
    }

    /// Operand index of the weights `[units, units]` of the last output.
    pub fn recurrent_weights(self) -> usize {
        5 + self as usize
    }

    /// Operand index of the bias `[units]`.
    pub fn bias(self) -> usize {
        12 + self as usize
    }
}

/// The arithmetic of an LSTM.
#[derive(Clone, Debug, PartialEq)]
pub enum LstmArithmetic {
    /// 8- or 16-bit activations, 8-bit weights, 16-bit cell.
    Quantized(LstmQuantized),
    /// Single precision.
    Float {
        /// Clamp `[-clip, clip]` of the cell.
        cell_clip: Option<f32>,
    },
}

/// Constants of a quantized LSTM.
///
/// The sums of a gate have 12 fractional bits, its activation 15.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmQuantized {
    /// Added to each input: minus its zero point.
    pub input_offset: i32,
    /// Added to each element of the last output: minus its zero point.
    pub recurrent_offset: i32,
    /// For each gate, from the products with the input to its sum.
    pub input_requant: [Requant; 4],
    /// For each gate, from the products with the last output to its sum.
    pub recurrent_requant: [Requant; 4],
    /// From forget gate times cell to cell.
    pub forget_requant: Requant,
    /// From input gate times cell gate to cell.
    pub update_requant: Requant,
    /// Clamp `[-clip, clip]` of the cell.
    pub cell_clip: Option<i16>,
    /// From the cell to the argument of its tanh.
    pub cell_tanh: SigmoidScale,
    /// From tanh of the cell times output gate to the output.
    pub output_requant: Requant,
    /// Added after `output_requant`: the zero point of the output state.
    pub output_offset: i32,
    /// Smallest stored output.
    pub output_min: i32,
    /// Largest stored output.
    pub output_max: i32,
    /// Width of the gates' accumulators.
    pub accumulator: Accumulator,
}

impl LstmParams {
    /// Constants of `lstm`.
    pub fn new(op: &Lstm, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let input = operands.require(0, "input")?;
        let &[outer, inner, inputs] = input.shape.0.as_slice() else {
            return Err(format!("the input needs 3 dimensions, not {}", input.shape.rank()));
        };
        let (steps, batches) = if op.time_major { (outer, inner) } else { (inner, outer) };
        let units =
            matrix(operands.require(LstmGate::Forget.input_weights(), "forget weights")?, "weights")?[0];
        if inputs == 0 || units == 0 {
            return Err("there are no inputs or no units".into());
        }
        reject_variants(op, operands)?;
        for gate in LstmGate::ALL {
            expect_shape(operands, gate.input_weights(), &[units, inputs])?;
            expect_shape(operands, gate.recurrent_weights(), &[units, units])?;
            expect_shape(operands, gate.bias(), &[units])?;
        }
        let output_state = &operands.module.variable(op.output_state).ty;
        let cell_state = &operands.module.variable(op.cell_state).ty;
        let cells = batches.saturating_mul(units);
        if output_state.elements() != cells || cell_state.elements() != cells {
            return Err(format!("the states need {cells} elements"));
        }
        if result.elements() != cells.saturating_mul(steps) {
            return Err(format!("the result {} does not hold {steps} steps of {cells}", result.shape));
        }
        if input.elem != output_state.elem || input.elem != result.elem {
            return Err("input, output state and result need one element type".into());
        }
        let arithmetic = match cell_state.elem {
            ElemType::F32 => {
                expect_elems(operands, ElemType::F32, ElemType::F32)?;
                let cell_clip = (op.cell_clip > 0.0).then_some(op.cell_clip);
                LstmArithmetic::Float { cell_clip }
            }
            ElemType::I16 => LstmArithmetic::Quantized(LstmQuantized::new(op, operands)?),
            other => return Err(format!("there is no LSTM arithmetic with a cell of type {other}")),
        };
        let (time_major, cell_act) = (op.time_major, op.act);
        Ok(LstmParams { batches, steps, inputs, units, time_major, cell_act, arithmetic })
    }
}

impl LstmQuantized {
    fn new(op: &Lstm, operands: &Operands<'_>) -> Result<Self, String> {
        /// Scale of a gate's sum.
        const SUM_SCALE: f32 = 1.0 / 4096.0;
        /// Scale of a gate's activation.
        const GATE_SCALE: f64 = 1.0 / 32768.0;

        let input = operands.require(0, "input")?;
        let output_state = &operands.module.variable(op.output_state).ty;
        let cell_state = &operands.module.variable(op.cell_state).ty;
        let accumulator = match input.elem {
            ElemType::I8 => Accumulator::I32,
            ElemType::I16 => Accumulator::I64,
            other => return Err(format!("there is no LSTM arithmetic for inputs of type {other}")),
        };
        let bias = if accumulator == Accumulator::I32 { ElemType::I32 } else { ElemType::I64 };
        expect_elems(operands, ElemType::I8, bias)?;

        let (input_scale, input_zero) = per_tensor(input, "the input")?;
        let (output_scale, output_zero) = per_tensor(output_state, "the output state")?;
        let (cell_scale, _) = per_tensor(cell_state, "the cell state")?;
        let requant = |index: usize, scale: f32| -> Result<Requant, String> {
            let (weights_scale, _) = per_tensor(operands.require(index, "weights")?, "an LSTM weight")?;
            let factor =
                Requant::from_real(f64::from(scale) * f64::from(weights_scale) / f64::from(SUM_SCALE));
            if accumulator == Accumulator::I64 && factor.shift > 14 {
                return Err("the scale of an LSTM weight is too large".into());
            }
            Ok(factor)
        };
        let each = |index: fn(LstmGate) -> usize, scale: f32| -> Result<[Requant; 4], String> {
            let [i, f, c, o] = LstmGate::ALL.map(|gate| requant(index(gate), scale));
            Ok([i?, f?, c?, o?])
        };
        let cell = f64::from(cell_scale);
        let (output_min, output_max) = activation::quantized_clamp(Activation::None, output_state)?;
        Ok(LstmQuantized {
            input_offset: -input_zero,
            recurrent_offset: -output_zero,
            input_requant: each(LstmGate::input_weights, input_scale)?,
            recurrent_requant: each(LstmGate::recurrent_weights, output_scale)?,
            forget_requant: Requant::from_real(GATE_SCALE * cell / cell),
            update_requant: Requant::from_real(GATE_SCALE * GATE_SCALE / cell),
            cell_clip: (op.cell_clip > 0.0)
                .then(|| (f64::from(op.cell_clip) / cell).clamp(-32768.0, 32767.0) as i16),
            cell_tanh: SigmoidScale::of_power_of_two(cell_scale.log2().round() as i32)?,
            output_requant: Requant::from_real(GATE_SCALE * GATE_SCALE / f64::from(output_scale)),
            output_offset: output_zero,
            output_min,
            output_max,
            accumulator,
        })
    }
}

/// Fails for the variants of LSTM that TensorFlow Lite Micro does not run either.
fn reject_variants(op: &Lstm, operands: &Operands<'_>) -> Result<(), String> {
    let absent = [(9..12, "peepholes"), (16..18, "a projection"), (18..22, "layer normalization")];
    for (mut indices, what) in absent {
        if indices.any(|index| operands.get(index).is_some()) {
            return Err(format!("an LSTM with {what} is not supported"));
        }
    }
    if op.act != Activation::Tanh {
        return Err(format!("an LSTM with cell activation `{}` is not supported", op.act.name()));
    }
    Ok(())
}

/// Fails unless all weights have elements of type `weights` and all biases of type `bias`.
fn expect_elems(operands: &Operands<'_>, weights: ElemType, bias: ElemType) -> Result<(), String> {
    for gate in LstmGate::ALL {
        let expected =
            [(gate.input_weights(), weights), (gate.recurrent_weights(), weights), (gate.bias(), bias)];
        for (index, elem) in expected {
            let found = operands.require(index, "LSTM constant")?.elem;
            if found != elem {
                return Err(format!("operand {index} is {found} and should be {elem}"));
            }
        }
    }
    Ok(())
}

fn expect_shape(operands: &Operands<'_>, index: usize, shape: &[usize]) -> Result<(), String> {
    let found = &operands.require(index, "LSTM constant")?.shape;
    if found.0 == shape {
        return Ok(());
    }
    Err(format!("operand {index} has shape {found} and should have {shape:?}"))
}

/// The extents of a type with two dimensions; `what` names it in the error.
fn matrix(ty: &TensorType, what: &str) -> Result<[usize; 2], String> {
    ty.shape
        .0
        .as_slice()
        .try_into()
        .map_err(|_| format!("{what} needs 2 dimensions, not {}", ty.shape.rank()))
}
