//! The checker of plans. It shares nothing with the planner: it runs the plan on a memory that knows, for every byte,
//! whose byte it is, and complains when a node finds other bytes than the ones it was promised.
//!
//! # Rules
//!
//! * `E0301` A plan has one place per value, one step per node and one offset per variable.
//! * `E0302` Places, scratch memory and variables lie inside the arena; its size is not below its own lower bound. If the
//!   arena has parts, they follow each other, fit their memories, and each of these lies in one of them.
//! * `E0303` They start at multiples of [`ALIGNMENT`]; what takes part in a view, at multiples of its elements.
//! * `E0304` A value still holds what was computed when a node, the caller or a region reads it, and a variable what was
//!   assigned when a node or the next invocation reads it. In between, its place may serve others.
//! * `E0305` Operands, results and scratch memory of a node are apart, with three exceptions: an elementwise operator may
//!   write its result over an operand from the same start or from further below (`sharing` has the list), and a kernel
//!   that slides a window may write its result over its first operand where it never reads what it has written
//!   (`overlap` follows it); scratch memory to which a kernel widens its operand first may grow over that operand.
//! * `E0306` Variables are apart from each other.
//! * `E0307` What is provided, computed or read has a place; constants, and only they, are in flash.
//! * `E0308` A view has the bytes of its operands in the right order, and its operator only moves bytes. A view of a
//!   variable lies in its place.
//! * `E0310` Outputs of the entry graph are apart from its inputs, so that they stay as they are while the caller
//!   writes the next inputs. An input that is an output stays in its own place.
//!
//! # How control flow runs
//!
//! Inputs of a region are copied from the operands, one after the other; results are copied from the region's outputs
//! likewise. A copy to the place where the bytes already are is no copy. The values of a `while` live in the places
//! of its results: operands are copied there, then from there to the inputs of condition and body, and the outputs of
//! the body back. The graph of a `call_once` runs after the caller has provided the inputs, before the first node.

mod memory;
mod overlap;
mod run;
mod sharing;
mod variables;

use super::findings::{Findings, Part};
use crate::diag::Diagnostic;
use crate::entity::{GraphId, ValueId, VarId};
use crate::graph::{Graph, Module, Node};
use crate::kernels::Kernel;
use crate::plan::{ALIGNMENT, GraphPlan, Place, Plan};
use crate::text::SourceMap;

/// Checks a plan of a verified module.
///
/// # Errors
/// Everything that is wrong with the plan. If it does not fit the module at all, only that.
pub fn verify_plan(module: &Module, plan: &Plan) -> Result<(), Vec<Diagnostic>> {
    verify_plan_located(module, plan, &SourceMap::default())
}

/// As [`verify_plan`], for a module that was read from text: the errors point into it.
///
/// # Errors
/// As [`verify_plan`].
pub fn verify_plan_located(module: &Module, plan: &Plan, map: &SourceMap) -> Result<(), Vec<Diagnostic>> {
    let mut findings = Findings::new(module, map);
    check_fit(module, plan, &mut findings);
    if !findings.is_empty() {
        return findings.finish();
    }
    check_arenas(plan, &mut findings);
    check_variables(module, plan, &mut findings);
    for (index, (graph, plan_of_graph)) in module.graphs.iter().zip(&plan.graphs).enumerate() {
        let mut places = Places { id: GraphId::new(index), plan, findings: &mut findings };
        places.check_values(graph, plan_of_graph);
        places.check_scratch(graph, plan_of_graph);
    }
    check_outputs(module, plan, &mut findings);
    run::check(module, plan, &mut findings);
    findings.finish()
}

/// Rule `E0310`.
fn check_outputs(module: &Module, plan: &Plan, findings: &mut Findings<'_>) {
    let graph = module.entry();
    let range = |id: ValueId| match plan.graphs[0].places[id.index()] {
        Place::Arena { offset } => Some((offset, offset + graph.ty(id).bytes())),
        Place::Constant | Place::Unused => None,
    };
    for &output in graph.outputs.iter().filter(|id| !graph.inputs.contains(id)) {
        for &input in &graph.inputs {
            let (Some(a), Some(b)) = (range(output), range(input)) else { continue };
            if a.0 < b.1 && b.0 < a.1 {
                let part = Part::Value(GraphId(0), output);
                findings.add("E0310", part, format!("is an output and overlaps the input {input}"));
            }
        }
    }
}

/// Rule `E0301`.
fn check_fit(module: &Module, plan: &Plan, findings: &mut Findings<'_>) {
    let mut expect = |part, what: &str, actual: usize, expected: usize| {
        if actual != expected {
            findings.add("E0301", part, format!("the plan has {actual} {what}, not {expected}"));
        }
    };
    expect(Part::Module, "graphs", plan.graphs.len(), module.graphs.len());
    expect(Part::Module, "variables", plan.variables.len(), module.variables.len());
    for (index, (graph, plan)) in module.graphs.iter().zip(&plan.graphs).enumerate() {
        let part = Part::Graph(GraphId::new(index));
        expect(part, "places", plan.places.len(), graph.values.len());
        expect(part, "steps", plan.steps.len(), graph.nodes.len());
    }
}

/// Rule `E0302` for the parts of the arena.
fn check_arenas(plan: &Plan, findings: &mut Findings<'_>) {
    let mut end = 0;
    for arena in &plan.arenas {
        let name = &arena.memory;
        if arena.begin != end || !arena.begin.is_multiple_of(ALIGNMENT) {
            let message = format!("the part in `{name}` begins at {}, not at {end}", arena.begin);
            findings.add("E0302", Part::Module, message);
        }
        if arena.bytes > arena.capacity {
            let message = format!("{} bytes do not fit `{name}`, which has {}", arena.bytes, arena.capacity);
            findings.add("E0302", Part::Module, message);
        }
        end = arena.begin.saturating_add(arena.bytes);
    }
    if !plan.arenas.is_empty() && end != plan.arena_bytes {
        let message = format!("the parts of the arena have {end} bytes, the arena {}", plan.arena_bytes);
        findings.add("E0302", Part::Module, message);
    }
}

/// Whether bytes lie in the arena, and in one part of it.
fn is_inside(plan: &Plan, offset: usize, end: usize) -> bool {
    end <= plan.arena_bytes && plan.arena_at(offset).is_none_or(|(_, arena)| end <= arena.begin + arena.bytes)
}

/// Rules `E0302`, `E0303` and `E0306` for variables.
fn check_variables(module: &Module, plan: &Plan, findings: &mut Findings<'_>) {
    if plan.lower_bound > plan.arena_bytes {
        let message =
            format!("an arena of {} bytes is below the bound {}", plan.arena_bytes, plan.lower_bound);
        findings.add("E0302", Part::Module, message);
    }
    let mut ranges = Vec::with_capacity(module.variables.len());
    for (index, (variable, &offset)) in module.variables.iter().zip(&plan.variables).enumerate() {
        let part = Part::Variable(VarId::new(index));
        let end = offset.saturating_add(variable.ty.bytes());
        if !is_inside(plan, offset, end) {
            findings.add("E0302", part, outside(offset, end, plan));
        }
        if !offset.is_multiple_of(ALIGNMENT) {
            findings.add("E0303", part, misaligned(offset, ALIGNMENT));
        }
        ranges.push((offset, end));
    }
    ranges.sort_unstable();
    if let Some(pair) = ranges.windows(2).find(|pair| pair[1].0 < pair[0].1) {
        let message = format!("variables overlap at offset {}", pair[1].0);
        findings.add("E0306", Part::Module, message);
    }
}

/// Checks the places of one graph, each by itself.
struct Places<'c, 'm> {
    id: GraphId,
    plan: &'c Plan,
    findings: &'c mut Findings<'m>,
}

impl Places<'_, '_> {
    fn check_values(&mut self, graph: &Graph, plan: &GraphPlan) {
        let in_views = takes_part_in_view(graph, plan);
        for (index, (value, place)) in graph.values.iter().zip(&plan.places).enumerate() {
            let part = Part::Value(self.id, ValueId::new(index));
            match place {
                Place::Unused => {}
                Place::Constant if value.data.is_some() => {}
                Place::Constant => self.findings.add("E0307", part, "is computed, but placed in flash"),
                Place::Arena { .. } if value.data.is_some() => {
                    self.findings.add("E0307", part, "is a constant, but placed in the arena");
                }
                Place::Arena { offset } => {
                    let alignment = if in_views[index] { value.ty.elem.bytes() } else { ALIGNMENT };
                    self.check_range(part, *offset, value.ty.bytes(), alignment);
                }
            }
        }
    }

    fn check_scratch(&mut self, graph: &Graph, plan: &GraphPlan) {
        for position in 0..graph.nodes.len() {
            if let Some(scratch) = plan.steps[position].scratch {
                self.check_range(Part::Node(self.id, position), scratch.offset, scratch.bytes, ALIGNMENT);
            }
        }
    }

    /// Rules `E0302` and `E0303` for one range.
    fn check_range(&mut self, part: Part, offset: usize, bytes: usize, alignment: usize) {
        let end = offset.saturating_add(bytes);
        if !is_inside(self.plan, offset, end) {
            self.findings.add("E0302", part, outside(offset, end, self.plan));
        }
        if !offset.is_multiple_of(alignment) {
            self.findings.add("E0303", part, misaligned(offset, alignment));
        }
    }
}

fn outside(offset: usize, end: usize, plan: &Plan) -> String {
    match plan.arena_at(offset) {
        Some((_, arena)) => {
            format!("bytes {offset}..{end} leave the part of the arena in `{}`", arena.memory)
        }
        None => format!("bytes {offset}..{end} leave the arena of {} bytes", plan.arena_bytes),
    }
}

fn misaligned(offset: usize, alignment: usize) -> String {
    format!("offset {offset} is not a multiple of {alignment}")
}

/// For each value, whether it is operand or result of a view.
fn takes_part_in_view(graph: &Graph, plan: &GraphPlan) -> Vec<bool> {
    let mut flags = vec![false; graph.values.len()];
    let views = graph.nodes.iter().zip(&plan.steps).filter(|(_, step)| step.kernel == Kernel::View);
    for id in views.flat_map(|(node, _)| values_of(node)) {
        flags[id.index()] = true;
    }
    flags
}

fn values_of(node: &Node) -> impl Iterator<Item = ValueId> + '_ {
    node.operands().chain(node.outputs.iter().copied())
}
