//! Turn initialisation by `call_once` into initial contents of variables.
//!
//! ```text
//! var $0 : 4xi8 = zeros                        var $0 : 4xi8 = [1, 2, 3, 4]
//! graph @0(…) {                                graph @0(…) {
//!   call_once() {graph = @1}             =>      …
//!   …
//! }
//! graph @1() {
//!   %0 = const : 4xi8 = [1, 2, 3, 4]
//!   assign_variable(%0) {variable = $0}
//!   return
//! }
//! ```
//!
//! Needs: constants folded inside the graph that is called.
//! Keeps: the graph itself, which `dead-code` removes.
//! Skips: a graph that does more than assign constants, and every `call_once` after it, since it could overwrite
//! what they have stored.

use redsc_ir::{Data, Graph, Module, Op, VarId};

use crate::{Config, Pass, Stats};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "fold-init",
    summary: "turn initialisation by call_once into initial contents of variables",
    run: fold_init,
};

fn fold_init(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    stats.add("folded-calls", 0);
    stats.add("initialised-variables", 0);
    while let Some((position, assignments)) = next_call(module) {
        module.entry_mut().nodes.remove(position);
        stats.add("folded-calls", 1);
        stats.add("initialised-variables", assignments.len() as u64);
        for (variable, data) in assignments {
            let is_zero = data.bytes().iter().all(|&byte| byte == 0);
            module.variables[variable.index()].init = (!is_zero).then_some(data);
        }
    }
    Ok(stats)
}

/// Position and effect of the first `call_once`, if its graph assigns constants and does nothing else.
fn next_call(module: &Module) -> Option<(usize, Vec<(VarId, Data)>)> {
    let calls = module.entry().nodes.iter().enumerate();
    let mut calls = calls.filter_map(|(position, node)| match &node.op {
        Op::CallOnce(op) => Some((position, op.graph)),
        _ => None,
    });
    let (position, graph) = calls.next()?;
    Some((position, constant_assignments(module.graph(graph))?))
}

/// What a graph assigns, if it does nothing but assign constants.
fn constant_assignments(graph: &Graph) -> Option<Vec<(VarId, Data)>> {
    let assignment = |node: &redsc_ir::Node| match &node.op {
        Op::AssignVariable(op) => Some((op.variable, graph.constant(node.input(0)?)?.clone())),
        _ => None,
    };
    graph.nodes.iter().map(assignment).collect()
}
