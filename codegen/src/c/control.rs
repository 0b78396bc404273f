//! Control flow: regions are C functions without parameters that work on their places in the arena.
//!
//! A node copies operands to the inputs of the region, runs it, and copies its outputs to the results. The plan keeps
//! everything that lives across the node apart from what lives inside the regions, so that copies never overlap.

use std::fmt::Write;

use redsc_ir::ops::{CallOnce, If, While};
use redsc_ir::{GraphId, Op, ValueId};

use super::site::Site;
use super::unit::{Region, Unit, copy};

/// A value of a graph.
type Slot = (GraphId, ValueId);

/// Leaves a graph to the initialisation, where it runs before everything else.
///
/// The plan lets the graph run where the node stands, so nothing else may come before it.
pub(super) fn call_once(unit: &mut Unit<'_>, site: &Site<'_>, op: &CallOnce) -> Result<String, String> {
    let before = &site.graph.nodes[..site.position];
    if site.id != GraphId(0) || before.iter().any(|node| !matches!(node.op, Op::CallOnce(_))) {
        return Err("what runs once must come first".into());
    }
    let function = function(unit, op.graph)?;
    unit.initializers.push(function);
    Ok(String::new())
}

/// Runs one of two graphs.
pub(super) fn if_else(unit: &mut Unit<'_>, site: &Site<'_>, op: &If) -> Result<String, String> {
    let condition = unit.operand_at(site, 0, 0, "condition")?;
    let operands = slots(site, site.node.operands().skip(1));
    let results = slots(site, site.node.outputs.iter().copied());
    let mut branch = |graph: GraphId| -> Result<String, String> {
        let mut text = copies(unit, &inputs(unit, graph), &operands)?;
        let _ = writeln!(text, "    {}();", function(unit, graph)?);
        text += &copies(unit, &results, &outputs(unit, graph))?;
        Ok(indent(&text))
    };
    let then_text = branch(op.then_graph)?;
    let else_text = branch(op.else_graph)?;
    Ok(format!(
        "    if (*(const uint8_t *){condition} != 0) {{\n{then_text}    }} else {{\n{else_text}    }}\n"
    ))
}

/// Runs a graph as long as another one says so. The results of the node hold the loop's state.
pub(super) fn while_loop(unit: &mut Unit<'_>, site: &Site<'_>, op: &While) -> Result<String, String> {
    let operands = slots(site, site.node.operands());
    let state = slots(site, site.node.outputs.iter().copied());
    let mut text = copies(unit, &state, &operands)?;
    let mut body = copies(unit, &inputs(unit, op.condition), &state)?;
    let _ = writeln!(body, "    {}();", function(unit, op.condition)?);
    let &verdict = unit.module.graph(op.condition).outputs.first().ok_or("the condition has no result")?;
    let verdict = unit.value_at(op.condition, verdict, 0, &site.label(), "condition")?;
    let _ = writeln!(body, "    if (*(const uint8_t *){verdict} == 0) {{\n        break;\n    }}");
    body += &copies(unit, &inputs(unit, op.body), &state)?;
    let _ = writeln!(body, "    {}();", function(unit, op.body)?);
    body += &copies(unit, &state, &outputs(unit, op.body))?;
    let _ = write!(text, "    for (;;) {{\n{}    }}\n", indent(&body));
    Ok(text)
}

/// The function of a region, written when it is first needed.
fn function(unit: &mut Unit<'_>, id: GraphId) -> Result<String, String> {
    if unit.open.contains(&id) {
        return Err(format!("graph {id} runs itself"));
    }
    if unit.regions.iter().all(|region| region.id != id) {
        let body = unit.body(id);
        unit.regions.push(Region { id, body });
    }
    Ok(format!("graph_{}", id.index()))
}

fn slots(site: &Site<'_>, values: impl Iterator<Item = ValueId>) -> Vec<Slot> {
    values.map(|value| (site.id, value)).collect()
}

fn inputs(unit: &Unit<'_>, id: GraphId) -> Vec<Slot> {
    unit.module.graph(id).inputs.iter().map(|&value| (id, value)).collect()
}

fn outputs(unit: &Unit<'_>, id: GraphId) -> Vec<Slot> {
    unit.module.graph(id).outputs.iter().map(|&value| (id, value)).collect()
}

/// Copies values one by one; a destination that nothing reads has no place and is skipped.
fn copies(unit: &mut Unit<'_>, to: &[Slot], from: &[Slot]) -> Result<String, String> {
    let mut text = String::new();
    for (&(to_graph, to), &(from_graph, from)) in to.iter().zip(from) {
        let bytes = unit.module.graph(to_graph).ty(to).bytes();
        if let Ok(to) = unit.value_at(to_graph, to, 0, "", "") {
            let label = format!("g{}", from_graph.index());
            let from = unit.value_at(from_graph, from, 0, &label, &format!("v{}", from.index()))?;
            text += &copy(&to, &from, bytes);
        }
    }
    Ok(text)
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
