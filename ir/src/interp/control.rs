//! What state and control flow compute.

use super::Eval;
use crate::data::Data;
use crate::entity::GraphId;
use crate::ops::{AssignVariable, If, ReadVariable, While};

/// A loop that runs longer is taken for endless.
const MAX_ITERATIONS: usize = 1 << 20;

pub(super) fn eval_read_variable(op: &ReadVariable, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    Ok(vec![cx.variable(op.variable)?])
}

pub(super) fn eval_assign_variable(op: &AssignVariable, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    cx.set_variable(op.variable, cx.require(0)?.clone())?;
    Ok(Vec::new())
}

pub(super) fn eval_if(op: &If, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let graph = if holds(cx.require(0)?) { op.then_graph } else { op.else_graph };
    cx.run_graph(graph, &cx.all()?[1..])
}

pub(super) fn eval_while(op: &While, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let mut values = cx.all()?;
    for _ in 0..MAX_ITERATIONS {
        if !condition_holds(op.condition, &values, cx)? {
            return Ok(values);
        }
        values = cx.run_graph(op.body, &values)?;
    }
    Err(format!("the loop did not end within {MAX_ITERATIONS} iterations"))
}

fn condition_holds(graph: GraphId, values: &[Data], cx: &Eval<'_>) -> Result<bool, String> {
    cx.run_graph(graph, values)?.first().map(holds).ok_or_else(|| "the condition has no result".into())
}

/// The value of a tensor with one boolean.
fn holds(condition: &Data) -> bool {
    condition.bytes().first().is_some_and(|&byte| byte != 0)
}
