//! Recurrent layers, written out step by step in terms of fully connected layers.

use redsc_ir::ops::{BinaryKind, CompareKind, LeakyRelu, UnaryKind};
use redsc_ir::{ElemType, ValueId};

use super::super::call::Call;
use super::super::fault::{Outcome, damaged, form};
use super::super::graph::Item;
use super::activation::{exponential, hard_sigmoid, softplus, softsign};
use super::linear::layer;
use super::{ON, Row, row};

pub(super) const TABLE: &[Row] = &[
    row("RNN", 7..=ON, 3..=6, |c| recurrent(c, &RNN)),
    row("GRU", 7..=ON, 3..=6, |c| recurrent(c, &GRU)),
    row("LSTM", 7..=ON, 3..=8, |c| recurrent(c, &LSTM)),
];

/// What distinguishes the layers.
struct Kind {
    gates: usize,
    activations: &'static [&'static str],
    has_cell: bool,
    step: fn(&mut Call, &Weights, ValueId, &State) -> Outcome<State>,
}

const RNN: Kind = Kind { gates: 1, activations: &["Tanh"], has_cell: false, step: rnn_step };
const GRU: Kind = Kind { gates: 3, activations: &["Sigmoid", "Tanh"], has_cell: false, step: gru_step };
const LSTM: Kind =
    Kind { gates: 4, activations: &["Sigmoid", "Tanh", "Tanh"], has_cell: true, step: lstm_step };

/// What is handed from step to step, `[batch, units]`.
#[derive(Clone)]
struct State {
    hidden: ValueId,
    cell: Option<ValueId>,
}

/// The weights of one direction.
struct Weights {
    /// `[gates · units, inputs]` and `[gates · units, units]`.
    input: ValueId,
    recurrent: ValueId,
    input_bias: Option<ValueId>,
    recurrent_bias: Option<ValueId>,
    peepholes: Option<ValueId>,
    units: usize,
    activations: Vec<(String, Option<f32>, Option<f32>)>,
    clip: Option<f32>,
}

fn recurrent(c: &mut Call, kind: &Kind) -> Outcome<Vec<Item>> {
    let batch_first = c.int("layout", 0) != 0;
    let mut x = c.operand(0)?;
    if c.rank(x) != 3 {
        return Err(form(format!("the operand has {} dimensions; expected 3", c.rank(x))));
    }
    if batch_first {
        x = c.transpose(x, &[1, 0, 2])?;
    }
    let shape = c.shape(x);
    let (steps, batch) = (shape[0], shape[1]);
    let directions: Vec<bool> = match c.word("direction", "forward").as_str() {
        "forward" => vec![false],
        "reverse" => vec![true],
        _ => vec![false, true],
    };
    let (mut sequences, mut hiddens, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for (direction, &backwards) in directions.iter().enumerate() {
        let weights = Weights::read(c, kind, direction)?;
        let initial = |c: &mut Call, index: usize| match c.optional(index)? {
            Some(id) => {
                let id = if batch_first { c.transpose(id, &[1, 0, 2])? } else { id };
                c.index(id, 0, direction)
            }
            None => c.filled(ElemType::F32, &[batch, weights.units], 0.0),
        };
        let hidden = initial(c, 5)?;
        let cell = if kind.has_cell { Some(initial(c, 6)?) } else { None };
        let mut state = State { hidden, cell };
        let mut outputs = vec![None; steps];
        for i in 0..steps {
            let step = if backwards { steps - 1 - i } else { i };
            let now = c.index(x, 0, step)?;
            let next = (kind.step)(c, &weights, now, &state)?;
            let (next, output) = masked(c, step, &state, next)?;
            state = next;
            outputs[step] = Some(output);
        }
        let mut parts = Vec::new();
        for output in outputs.into_iter().flatten() {
            parts.push(c.unsqueeze(output, &[0, 1])?);
        }
        sequences.push(c.concat(&parts, 0)?);
        hiddens.push(c.unsqueeze(state.hidden, &[0])?);
        if let Some(cell) = state.cell {
            cells.push(c.unsqueeze(cell, &[0])?);
        }
    }
    let y = c.concat(&sequences, 1)?;
    let mut results = vec![y, c.concat(&hiddens, 0)?];
    if !cells.is_empty() {
        results.push(c.concat(&cells, 0)?);
    }
    if batch_first {
        results[0] = c.transpose(results[0], &[2, 0, 1, 3])?;
        for state in &mut results[1..] {
            *state = c.transpose(*state, &[1, 0, 2])?;
        }
    }
    Ok(results.into_iter().map(Item::Tensor).collect())
}

/// Beyond the end of a sequence its state stays and its output is zero.
fn masked(c: &mut Call, step: usize, before: &State, after: State) -> Outcome<(State, ValueId)> {
    let Some(lengths) = c.optional(4)? else {
        let output = after.hidden;
        return Ok((after, output));
    };
    let steps = c.shape(c.operand(0)?)[usize::from(c.int("layout", 0) != 0)];
    if c.integers(lengths).is_some_and(|known| known.iter().all(|&n| n >= steps as i64)) {
        let output = after.hidden;
        return Ok((after, output));
    }
    let runs = c.compare_with(CompareKind::Greater, lengths, step as f64)?;
    let count = c.ty(runs).elements();
    let runs = c.reshape(runs, &[count, 1])?;
    let zero = c.f32(0.0);
    let output = c.select(runs, after.hidden, zero)?;
    let hidden = c.select(runs, after.hidden, before.hidden)?;
    let cell = match after.cell.zip(before.cell) {
        Some((new, old)) => Some(c.select(runs, new, old)?),
        None => None,
    };
    Ok((State { hidden, cell }, output))
}

impl Weights {
    fn read(c: &mut Call, kind: &Kind, direction: usize) -> Outcome<Weights> {
        let (w, r) = (c.operand(1)?, c.operand(2)?);
        let (input, recurrent) = (c.index(w, 0, direction)?, c.index(r, 0, direction)?);
        let units = c
            .shape(recurrent)
            .get(1)
            .copied()
            .ok_or_else(|| damaged("the recurrent weights are no matrix"))?;
        if c.shape(input)[0] != kind.gates * units {
            return Err(form("input and recurrent weights do not fit"));
        }
        let (input_bias, recurrent_bias) = match c.optional(3)? {
            Some(bias) => {
                let bias = c.index(bias, 0, direction)?;
                let half = kind.gates * units;
                (Some(c.narrow(bias, 0, 0, half)?), Some(c.narrow(bias, 0, half, half)?))
            }
            None => (None, None),
        };
        let peepholes = match c.optional(7)? {
            Some(p) if kind.has_cell => Some(c.index(p, 0, direction)?),
            _ => None,
        };
        let count = kind.activations.len();
        let names = c.words("activations");
        let number =
            |name: &str, i: usize| c.numbers(name).and_then(|list| list.get(direction * count + i)).copied();
        let activation = |i: usize| {
            let given = names.as_ref().and_then(|names| names.get(direction * count + i)).cloned();
            let name = given.unwrap_or_else(|| kind.activations[i].to_owned());
            (name, number("activation_alpha", i), number("activation_beta", i))
        };
        let activations = (0..count).map(activation).collect();
        let clip = c.float_if("clip");
        Ok(Weights { input, recurrent, input_bias, recurrent_bias, peepholes, units, activations, clip })
    }

    /// What one gate gets from input or state.
    fn gates(
        &self,
        c: &mut Call,
        x: ValueId,
        w: ValueId,
        bias: Option<ValueId>,
        range: std::ops::Range<usize>,
    ) -> Outcome<ValueId> {
        let (begin, count) = (range.start * self.units, range.len() * self.units);
        let w = c.narrow(w, 0, begin, count)?;
        let bias = match bias {
            Some(bias) => Some(c.narrow(bias, 0, begin, count)?),
            None => None,
        };
        layer(c, x, w, bias)
    }

    fn activate(&self, c: &mut Call, x: ValueId, index: usize) -> Outcome<ValueId> {
        let x = match self.clip {
            Some(clip) => {
                let x = c.with(BinaryKind::Minimum, x, clip.into())?;
                c.with(BinaryKind::Maximum, x, (-clip).into())?
            }
            None => x,
        };
        let (name, alpha, beta) = &self.activations[index];
        let (alpha, beta) = (*alpha, *beta);
        match name.as_str() {
            "Tanh" => c.unary(UnaryKind::Tanh, x),
            "Sigmoid" => c.unary(UnaryKind::Logistic, x),
            "Relu" => c.unary(UnaryKind::Relu, x),
            "LeakyRelu" => c.emit(LeakyRelu { alpha: alpha.unwrap_or(0.01) }, &[x]),
            "Elu" => exponential(c, x, alpha.unwrap_or(1.0), 1.0),
            "HardSigmoid" => hard_sigmoid(c, x, alpha.unwrap_or(0.2), beta.unwrap_or(0.5)),
            "Softsign" => softsign(c, x),
            "Softplus" => softplus(c, x),
            "Affine" => {
                let y = c.with(BinaryKind::Mul, x, alpha.unwrap_or(1.0).into())?;
                c.with(BinaryKind::Add, y, beta.unwrap_or(0.0).into())
            }
            "ScaledTanh" => {
                let y = c.with(BinaryKind::Mul, x, beta.unwrap_or(1.0).into())?;
                let y = c.unary(UnaryKind::Tanh, y)?;
                c.with(BinaryKind::Mul, y, alpha.unwrap_or(1.0).into())
            }
            other => Err(form(format!("the activation {other} is not supported"))),
        }
    }
}

fn rnn_step(c: &mut Call, w: &Weights, x: ValueId, state: &State) -> Outcome<State> {
    let a = w.gates(c, x, w.input, w.input_bias, 0..1)?;
    let b = w.gates(c, state.hidden, w.recurrent, w.recurrent_bias, 0..1)?;
    let sum = c.add(a, b)?;
    Ok(State { hidden: w.activate(c, sum, 0)?, cell: None })
}

/// Gates in the order update, reset, hidden.
fn gru_step(c: &mut Call, w: &Weights, x: ValueId, state: &State) -> Outcome<State> {
    let n = w.units;
    let a = w.gates(c, x, w.input, w.input_bias, 0..2)?;
    let b = w.gates(c, state.hidden, w.recurrent, w.recurrent_bias, 0..2)?;
    let sum = c.add(a, b)?;
    let both = w.activate(c, sum, 0)?;
    let (update, reset) = (c.narrow(both, 1, 0, n)?, c.narrow(both, 1, n, n)?);
    let from_input = w.gates(c, x, w.input, w.input_bias, 2..3)?;
    let from_state = if c.int("linear_before_reset", 0) != 0 {
        let linear = w.gates(c, state.hidden, w.recurrent, w.recurrent_bias, 2..3)?;
        c.mul(reset, linear)?
    } else {
        let kept = c.mul(reset, state.hidden)?;
        w.gates(c, kept, w.recurrent, w.recurrent_bias, 2..3)?
    };
    let sum = c.add(from_input, from_state)?;
    let new = w.activate(c, sum, 1)?;
    // (1 − update) · new + update · old
    let difference = c.sub(state.hidden, new)?;
    let moved = c.mul(update, difference)?;
    Ok(State { hidden: c.add(new, moved)?, cell: None })
}

/// Gates in the order input, output, forget, cell.
fn lstm_step(c: &mut Call, w: &Weights, x: ValueId, state: &State) -> Outcome<State> {
    let n = w.units;
    let old = state.cell.ok_or_else(|| damaged("the cell is missing"))?;
    let a = w.gates(c, x, w.input, w.input_bias, 0..4)?;
    let b = w.gates(c, state.hidden, w.recurrent, w.recurrent_bias, 0..4)?;
    let sum = c.add(a, b)?;
    let mut gates = c.split(sum, 1, &[n, n, n, n])?;
    if let Some(peepholes) = w.peepholes {
        for (gate, place) in [(0, 0), (2, 2)] {
            let p = c.narrow(peepholes, 0, place * n, n)?;
            let seen = c.mul(p, old)?;
            gates[gate] = c.add(gates[gate], seen)?;
        }
    }
    let forget = if c.int("input_forget", 0) != 0 {
        let input = w.activate(c, gates[0], 0)?;
        let one = c.f32(1.0);
        c.sub(one, input)?
    } else {
        w.activate(c, gates[2], 0)?
    };
    let input = w.activate(c, gates[0], 0)?;
    let candidate = w.activate(c, gates[3], 1)?;
    let (kept, added) = (c.mul(forget, old)?, c.mul(input, candidate)?);
    let cell = c.add(kept, added)?;
    if let Some(peepholes) = w.peepholes {
        let p = c.narrow(peepholes, 0, n, n)?;
        let seen = c.mul(p, cell)?;
        gates[1] = c.add(gates[1], seen)?;
    }
    let output = w.activate(c, gates[1], 0)?;
    let shown = w.activate(c, cell, 2)?;
    Ok(State { hidden: c.mul(output, shown)?, cell: Some(cell) })
}
