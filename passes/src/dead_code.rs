//! Remove what no output depends on.
//!
//! ```text
//! %1 = relu(%0) : 1x8xi8
//! %2 = logistic(%0) : 1x8xi8          =>       %1 = logistic(%0) : 1x8xi8
//! return %2                                    return %1
//! ```
//!
//! Live are the outputs of the entry graph and whatever they are computed from: operands, variables that a live
//! node reads, nodes that write such a variable, graphs that a live node runs. Everything else goes; what stays is
//! renumbered in the old order.
//!
//! Keeps: all inputs of every graph, used or not, and all outputs of a graph that is run.

use redsc_ir::{Graph, GraphId, Module, Node, Op, ValueId, VarId};

use crate::{Config, Pass, Stats, edit};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "dead-code",
    summary: "remove nodes, values, variables and graphs that no output depends on",
    run: dead_code,
};

fn dead_code(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let live = Live::of(module);
    let mut stats = Stats::default();
    let removed_nodes: usize = module
        .graphs
        .iter_mut()
        .zip(&live.nodes)
        .map(|(graph, live_nodes)| retain_flagged(&mut graph.nodes, live_nodes))
        .sum();
    stats.add("removed-nodes", removed_nodes as u64);
    stats.add("removed-graphs", retain_flagged(&mut module.graphs, &live.graphs) as u64);
    stats.add("removed-variables", retain_flagged(&mut module.variables, &live.variables) as u64);
    rename_entities(module, &live)?;
    stats
        .add("removed-values", module.graphs.iter_mut().map(remove_unmentioned_values).sum::<usize>() as u64);
    Ok(stats)
}

/// What the outputs of the entry graph depend on.
struct Live {
    graphs: Vec<bool>,
    variables: Vec<bool>,
    /// By graph, then by node.
    nodes: Vec<Vec<bool>>,
    /// By graph, then by value.
    values: Vec<Vec<bool>>,
    /// Whether the last sweep found anything new.
    grown: bool,
}

impl Live {
    fn of(module: &Module) -> Live {
        let mut live = Live {
            graphs: vec![false; module.graphs.len()],
            variables: vec![false; module.variables.len()],
            nodes: module.graphs.iter().map(|g| vec![false; g.nodes.len()]).collect(),
            values: module.graphs.iter().map(|g| vec![false; g.values.len()]).collect(),
            grown: false,
        };
        live.mark_graph(module, GraphId(0));
        while std::mem::take(&mut live.grown) {
            for graph in 0..module.graphs.len() {
                live.sweep(module, GraphId::new(graph));
            }
        }
        live
    }

    /// A graph that runs delivers all its outputs.
    fn mark_graph(&mut self, module: &Module, id: GraphId) {
        if std::mem::replace(&mut self.graphs[id.index()], true) {
            return;
        }
        self.grown = true;
        for output in &module.graph(id).outputs {
            self.values[id.index()][output.index()] = true;
        }
    }

    /// Marks nodes, last first, so that a chain takes one sweep.
    fn sweep(&mut self, module: &Module, id: GraphId) {
        for (position, node) in module.graph(id).nodes.iter().enumerate().rev() {
            if self.nodes[id.index()][position] || !self.is_needed(module, id, node) {
                continue;
            }
            self.grown = true;
            self.nodes[id.index()][position] = true;
            for operand in node.operands() {
                self.values[id.index()][operand.index()] = true;
            }
            if !matches!(node.op, Op::AssignVariable(_)) {
                for variable in edit::variables(&node.op) {
                    self.variables[variable.index()] = true;
                }
            }
            for region in edit::regions(&node.op) {
                self.mark_graph(module, region);
            }
        }
    }

    /// Whether something live reads a result of the node or a variable that it writes, directly or in a region.
    fn is_needed(&self, module: &Module, graph: GraphId, node: &Node) -> bool {
        node.outputs.iter().any(|output| self.values[graph.index()][output.index()])
            || (!matches!(node.op, Op::ReadVariable(_))
                && edit::variables(&node.op).iter().any(|v| self.variables[v.index()]))
            || edit::regions(&node.op).iter().any(|&region| {
                module.graph(region).nodes.iter().any(|inner| self.is_needed(module, region, inner))
            })
    }
}

/// Keeps the flagged items and counts the others.
fn retain_flagged<T>(items: &mut Vec<T>, flags: &[bool]) -> usize {
    let before = items.len();
    let mut flags = flags.iter();
    items.retain(|_| flags.next().copied().unwrap_or(true));
    before - items.len()
}

/// Position of each item after [`retain_flagged`].
fn new_positions(flags: &[bool]) -> Vec<usize> {
    let mut kept = 0;
    let count = |&flag: &bool| {
        let position = kept;
        kept += usize::from(flag);
        position
    };
    flags.iter().map(count).collect()
}

/// Makes the operators name variables and graphs by their new positions.
fn rename_entities(module: &mut Module, live: &Live) -> Result<(), String> {
    let variables = new_positions(&live.variables);
    let graphs = new_positions(&live.graphs);
    let variable = |id: VarId| VarId::new(variables[id.index()]);
    let graph = |id: GraphId| GraphId::new(graphs[id.index()]);
    let nodes = module.graphs.iter_mut().flat_map(|g| &mut g.nodes);
    for node in nodes.filter(|n| !edit::variables(&n.op).is_empty() || !edit::regions(&n.op).is_empty()) {
        node.op = edit::rename(&node.op, &variable, &graph)?;
    }
    Ok(())
}

/// Removes values that are no input, no output and neither read nor written by a node.
pub(crate) fn remove_unmentioned_values(graph: &mut Graph) -> usize {
    let mut mentioned = vec![false; graph.values.len()];
    let of_nodes = graph.nodes.iter().flat_map(|n| n.operands().chain(n.outputs.iter().copied()));
    for id in of_nodes.chain(graph.inputs.iter().copied()).chain(graph.outputs.iter().copied()) {
        mentioned[id.index()] = true;
    }
    let removed = retain_flagged(&mut graph.values, &mentioned);
    let positions = new_positions(&mentioned);
    let of_nodes =
        graph.nodes.iter_mut().flat_map(|n| n.inputs.iter_mut().flatten().chain(n.outputs.iter_mut()));
    for id in of_nodes.chain(graph.inputs.iter_mut()).chain(graph.outputs.iter_mut()) {
        *id = ValueId::new(positions[id.index()]);
    }
    removed
}
