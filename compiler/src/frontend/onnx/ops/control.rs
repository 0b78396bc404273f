//! Control flow: branches and loops whose course is known are written out; a branch that is decided at run time computes
//! both sides and chooses.

use redsc_ir::ElemType;

use super::super::call::{Call, axis};
use super::super::fault::{Outcome, damaged, form};
use super::super::graph::Item;
use super::{ANY, ON, Row, row};

pub(super) const TABLE: &[Row] = &[
    row("If", 1..=ON, 1..=1, if_else),
    row("Loop", 1..=ON, 2..=ANY, counted_loop),
    row("Scan", 9..=ON, 1..=ANY, scan),
];

/// Most iterations that are written out.
const MOST_ITERATIONS: usize = 4096;

fn if_else(c: &mut Call) -> Outcome<Vec<Item>> {
    let condition = c.operand(0)?;
    let (then_graph, else_graph) = (c.graph_of("then_branch")?, c.graph_of("else_branch")?);
    if let Some(known) = c.integers(condition) {
        let graph = if known.first().is_some_and(|&v| v != 0) { then_graph } else { else_graph };
        return c.reader.inline(graph, Vec::new());
    }
    let then_items = c.reader.inline(then_graph, Vec::new())?;
    let else_items = c.reader.inline(else_graph, Vec::new())?;
    let mut results = Vec::new();
    let count = c.ty(condition).elements();
    let condition = if count == 1 { c.reshape(condition, &[])? } else { condition };
    for pair in then_items.into_iter().zip(else_items) {
        let (Item::Tensor(a), Item::Tensor(b)) = pair else {
            return Err(form(
                "branches that give sequences are not supported unless the condition is constant",
            ));
        };
        if c.shape(a) != c.shape(b) {
            return Err(form(
                "branches that give different shapes are not supported unless the condition is constant",
            ));
        }
        results.push(c.select(condition, a, b)?.into());
    }
    Ok(results)
}

/// `(count?, condition?, state…)`: the state is handed on, further results of the body are stacked.
fn counted_loop(c: &mut Call) -> Outcome<Vec<Item>> {
    let body = c.graph_of("body")?;
    let limit = c.optional_integers(0, "the number of iterations")?.and_then(|n| n.first().copied());
    let mut goes_on = match c.optional(1)? {
        Some(_) => c.known_integer(1, "the condition")? != 0,
        None => true,
    };
    let mut state: Vec<Item> = (2..c.operands()).map(|i| c.item(i).unwrap_or(Item::Nothing)).collect();
    let stacked =
        body.output.len().checked_sub(1 + state.len()).ok_or_else(|| damaged("the body lacks results"))?;
    let mut rows: Vec<Vec<_>> = vec![Vec::new(); stacked];
    let mut iteration = 0i64;
    while goes_on && limit.is_none_or(|limit| iteration < limit) {
        if iteration as usize >= MOST_ITERATIONS {
            return Err(form(format!("a loop of more than {MOST_ITERATIONS} iterations is not supported")));
        }
        let number = c.constant(ElemType::I64, &[], &[iteration]);
        let condition = c.constant(ElemType::Bool, &[], &[1u8]);
        let mut inputs = vec![number.into(), condition.into()];
        inputs.append(&mut state);
        let mut results = c.reader.inline(body, inputs)?.into_iter();
        let verdict = results.next();
        state = results.by_ref().take(body.output.len() - 1 - stacked).collect();
        for (row, item) in rows.iter_mut().zip(results) {
            let Item::Tensor(id) = item else { return Err(form("a stacked result is no tensor")) };
            row.push(id);
        }
        goes_on = match verdict {
            Some(Item::Tensor(id)) => match c.integers(id) {
                Some(known) => known.first().is_some_and(|&v| v != 0),
                None => return Err(c.not_constant(id, "the condition of the next iteration")),
            },
            _ => true,
        };
        iteration += 1;
    }
    for row in rows {
        state.push(stack(c, &row)?.into());
    }
    Ok(state)
}

/// Tensors of one shape along a new first dimension.
fn stack(c: &mut Call, rows: &[redsc_ir::ValueId]) -> Outcome<redsc_ir::ValueId> {
    if rows.is_empty() {
        return c.filled(ElemType::F32, &[0], 0.0);
    }
    let mut parts = Vec::new();
    for &row in rows {
        parts.push(c.unsqueeze(row, &[0])?);
    }
    c.concat(&parts, 0)
}

/// `(state…, sequences…)`: one iteration for each element of the sequences.
fn scan(c: &mut Call) -> Outcome<Vec<Item>> {
    if c.opset < 9 {
        return Err(form("Scan before opset 9 is not supported").help("convert the model to a newer opset"));
    }
    let body = c.graph_of("body")?;
    let sequences = usize::try_from(c.int("num_scan_inputs", 0)).unwrap_or(0);
    let states = c.operands().checked_sub(sequences).ok_or_else(|| damaged("there are too few operands"))?;
    let mut state: Vec<Item> = (0..states).map(|i| c.item(i).unwrap_or(Item::Nothing)).collect();
    let list = |name: &str, i: usize| c.ints(name).and_then(|list| list.get(i)).copied().unwrap_or(0);
    let mut inputs = Vec::new();
    for i in 0..sequences {
        let id = c.operand(states + i)?;
        inputs.push((
            id,
            axis(list("scan_input_axes", i), c.rank(id))?,
            list("scan_input_directions", i) != 0,
        ));
    }
    let stacked = body.output.len().checked_sub(states).ok_or_else(|| damaged("the body lacks results"))?;
    let outputs: Vec<(i64, bool)> =
        (0..stacked).map(|i| (list("scan_output_axes", i), list("scan_output_directions", i) != 0)).collect();
    let count = inputs.first().map_or(0, |&(id, axis, _)| c.shape(id)[axis]);
    if count > MOST_ITERATIONS {
        return Err(form(format!("a loop of {count} iterations is not supported")));
    }
    let mut rows: Vec<Vec<_>> = vec![Vec::new(); stacked];
    for iteration in 0..count {
        let mut operands = std::mem::take(&mut state);
        for &(id, axis, backwards) in &inputs {
            let at = if backwards { count - 1 - iteration } else { iteration };
            operands.push(c.index(id, axis, at)?.into());
        }
        let mut results = c.reader.inline(body, operands)?.into_iter();
        state = results.by_ref().take(states).collect();
        for (row, item) in rows.iter_mut().zip(results) {
            let Item::Tensor(id) = item else { return Err(form("a stacked result is no tensor")) };
            row.push(id);
        }
    }
    for (mut row, (index, backwards)) in rows.into_iter().zip(outputs) {
        if backwards {
            row.reverse();
        }
        let place = axis(index, row.first().map_or(1, |&id| c.rank(id) + 1))?;
        let mut parts = Vec::new();
        for id in row {
            parts.push(c.unsqueeze(id, &[place])?);
        }
        state.push(c.concat(&parts, place)?.into());
    }
    Ok(state)
}
