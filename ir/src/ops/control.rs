//! Rules of the control operators.

use super::check::{expect_elem, expect_elements, expect_shape, type_in};
use super::{AssignVariable, CallOnce, If, Inferred, OpRules, Operands, ReadVariable, While};
use crate::graph::Graph;
use crate::types::{ElemType, TensorType};

impl OpRules for ReadVariable {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(0, 0)?;
        Ok(vec![same_as(&operands.variable(self.variable)?.ty)])
    }
}

impl OpRules for AssignVariable {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 1)?;
        let variable = operands.variable(self.variable)?;
        expect_like(operands.require(0, "contents")?, &variable.ty, "the operand")?;
        Ok(Vec::new())
    }
}

impl OpRules for CallOnce {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(0, 0)?;
        let graph = operands.region(self.graph)?;
        if !graph.inputs.is_empty() || !graph.outputs.is_empty() {
            return Err(format!("graph {} has inputs or outputs; expected none", self.graph));
        }
        let entry = operands.module.graphs.first();
        if !entry.is_some_and(|entry| std::ptr::eq(entry, operands.graph)) {
            return Err(
                "stands in a region; expected in the entry graph, before whose first node it runs".into()
            );
        }
        Ok(Vec::new())
    }
}

impl OpRules for If {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let condition = operands.require(0, "condition")?;
        expect_elem(condition.elem, &[ElemType::Bool], "the condition")?;
        expect_elements(condition, 1, "the condition")?;
        let (then, other) = (operands.region(self.then_graph)?, operands.region(self.else_graph)?);
        expect_inputs(operands, 1, then, "the then graph")?;
        expect_inputs(operands, 1, other, "the else graph")?;
        if then.outputs.len() != other.outputs.len() {
            return Err(format!(
                "the graphs have {} and {} outputs",
                then.outputs.len(),
                other.outputs.len()
            ));
        }
        let mut results = Vec::new();
        for (&a, &b) in then.outputs.iter().zip(&other.outputs) {
            let ty = type_in(then, a)?;
            expect_like(type_in(other, b)?, ty, "an output of the else graph")?;
            results.push(same_as(ty));
        }
        Ok(results)
    }
}

impl OpRules for While {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let (condition, body) = (operands.region(self.condition)?, operands.region(self.body)?);
        expect_inputs(operands, 0, condition, "the condition graph")?;
        expect_inputs(operands, 0, body, "the body graph")?;
        let [holds] = condition.outputs.as_slice() else {
            return Err(format!("the condition graph has {} outputs; expected 1", condition.outputs.len()));
        };
        let holds = type_in(condition, *holds)?;
        expect_elem(holds.elem, &[ElemType::Bool], "the condition")?;
        expect_elements(holds, 1, "the condition")?;
        if body.outputs.len() != operands.len() {
            return Err(format!("the body has {} outputs; expected {}", body.outputs.len(), operands.len()));
        }
        let mut results = Vec::new();
        for (index, &output) in body.outputs.iter().enumerate() {
            let ty = operands.require(index, "loop value")?;
            expect_like(type_in(body, output)?, ty, "an output of the body")?;
            results.push(same_as(ty));
        }
        Ok(results)
    }
}

/// Fails unless the operands from `first` on are what the graph takes.
fn expect_inputs(operands: &Operands<'_>, first: usize, graph: &Graph, what: &str) -> Result<(), String> {
    let count = operands.len().saturating_sub(first);
    if graph.inputs.len() != count {
        return Err(format!("{what} takes {} inputs, not {count}", graph.inputs.len()));
    }
    for (index, &input) in graph.inputs.iter().enumerate() {
        let operand = operands.require(first + index, "argument")?;
        expect_like(operand, type_in(graph, input)?, &format!("operand {} for {what}", first + index))?;
    }
    Ok(())
}

/// Fails unless shape and element type are those of `expected`.
fn expect_like(ty: &TensorType, expected: &TensorType, what: &str) -> Result<(), String> {
    expect_elem(ty.elem, &[expected.elem], what)?;
    expect_shape(ty, &expected.shape, what)
}

fn same_as(ty: &TensorType) -> Inferred {
    Inferred { shape: ty.shape.clone(), elems: vec![ty.elem] }
}
