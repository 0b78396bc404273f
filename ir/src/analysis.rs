//! Facts about a verified module: who reads what, what is live when, how much work and memory.
//!
//! Facts are recomputed where they are needed and never stored in the module, so they cannot be out of date. All
//! functions take linear time.

use crate::entity::{GraphId, ValueId};
use crate::graph::{Graph, Module, Node};
use crate::ops::{AttrValue, Op, Operands};
use crate::types::TensorType;

/// The ticks during which a value must hold, both included.
///
/// At tick 0 the caller provides the inputs, the node at position `p` runs at tick `p + 1`, and at tick
/// `nodes + 1` the caller takes the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LiveRange {
    /// When the value is written.
    pub first: usize,
    /// When it is read last; `first` if nothing reads it.
    pub last: usize,
}

/// Sums over a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Nodes of all graphs.
    pub nodes: usize,
    /// Multiply-accumulate operations of one invocation, as [`macs`] counts them.
    pub macs: u64,
    /// Bytes of the constants that something reads.
    pub weight_bytes: usize,
    /// Bytes of the values that are computed or provided, each once.
    pub activation_bytes: usize,
    /// Bytes of the variables.
    pub variable_bytes: usize,
    /// Most bytes of values that are live at the same time, as [`peak_live_bytes`] counts them.
    pub peak_live_bytes: usize,
}

impl LiveRange {
    /// Whether both are live at some tick.
    pub fn overlaps(self, other: LiveRange) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

impl Summary {
    /// The sums of a module.
    pub fn of(module: &Module) -> Summary {
        let mut summary = Summary {
            macs: macs(module),
            variable_bytes: sum(module.variables.iter().map(|v| v.ty.bytes())),
            peak_live_bytes: peak_live_bytes(module),
            ..Summary::default()
        };
        for graph in &module.graphs {
            summary.nodes += graph.nodes.len();
            summary.weight_bytes += weight_bytes(graph);
            summary.activation_bytes += activation_bytes(graph);
        }
        summary
    }
}

/// The graphs that an operator runs, in the order of its attributes.
pub fn regions(op: &Op) -> Vec<GraphId> {
    let graph = |(_, value)| match value {
        AttrValue::Graph(id) => Some(id),
        AttrValue::Int(_)
        | AttrValue::Float(_)
        | AttrValue::Word(_)
        | AttrValue::Var(_)
        | AttrValue::List(_) => None,
    };
    op.attributes().into_iter().filter_map(graph).collect()
}

/// For each value, when it must hold; `None` for constants and for values that nothing defines.
pub fn live_ranges(graph: &Graph) -> Vec<Option<LiveRange>> {
    let mut ranges = vec![None; graph.values.len()];
    for input in &graph.inputs {
        ranges[input.index()] = Some(LiveRange { first: 0, last: 0 });
    }
    for (position, node) in graph.nodes.iter().enumerate() {
        let tick = position + 1;
        for operand in node.operands() {
            extend(&mut ranges[operand.index()], tick);
        }
        for output in &node.outputs {
            ranges[output.index()] = Some(LiveRange { first: tick, last: tick });
        }
    }
    for output in &graph.outputs {
        extend(&mut ranges[output.index()], graph.nodes.len() + 1);
    }
    ranges
}

/// Constants have no range to extend.
fn extend(range: &mut Option<LiveRange>, tick: usize) {
    if let Some(range) = range {
        range.last = tick;
    }
}

/// Bytes of the values that are live while each node runs, its operands and results included; nested graphs and
/// scratch memory are not counted.
pub fn live_bytes(graph: &Graph) -> Vec<usize> {
    let by_tick = live_bytes_by_tick(graph);
    by_tick[1..=graph.nodes.len()].to_vec()
}

/// As [`live_bytes`], for all ticks of [`LiveRange`].
fn live_bytes_by_tick(graph: &Graph) -> Vec<usize> {
    let ticks = graph.nodes.len() + 2;
    let (mut born, mut dead) = (vec![0usize; ticks], vec![0usize; ticks + 1]);
    for (value, range) in graph.values.iter().zip(live_ranges(graph)) {
        if let Some(range) = range {
            born[range.first] += value.ty.bytes();
            dead[range.last + 1] += value.ty.bytes();
        }
    }
    let mut live = 0;
    let step = |tick: usize| {
        live = live + born[tick] - dead[tick];
        live
    };
    (0..ticks).map(step).collect()
}

/// Most bytes of values that are live at the same time in this order of nodes, if no value shares storage with
/// another: what is live across a node with regions counts beside what is live inside them. Variables and scratch
/// memory are not counted.
pub fn peak_live_bytes(module: &Module) -> usize {
    per_graph(module, &|graph, of_region| {
        let by_tick = live_bytes_by_tick(graph);
        let with_regions = graph.nodes.iter().enumerate().map(|(position, node)| {
            let inside = regions(&node.op).into_iter().map(&mut *of_region).max();
            by_tick[position + 1].saturating_add(inside.unwrap_or(0))
        });
        with_regions.max().unwrap_or(0).max(by_tick.iter().copied().max().unwrap_or(0))
    })
}

/// Multiply-accumulate operations of one invocation. Of `if`, the dearer branch counts; the graphs of `while` count
/// as if they ran once; `call_once` does not count, since it runs in the first invocation only.
pub fn macs(module: &Module) -> u64 {
    per_graph(module, &|graph, of_region| {
        let of_node = |node: &Node| {
            let inside = match &node.op {
                Op::If(op) => of_region(op.then_graph).max(of_region(op.else_graph)),
                Op::CallOnce(_) => 0,
                op => regions(op).into_iter().map(&mut *of_region).fold(0, u64::saturating_add),
            };
            node_macs(module, graph, node).saturating_add(inside)
        };
        graph.nodes.iter().map(of_node).fold(0, u64::saturating_add)
    })
}

/// A fact about a graph, given the same fact about the graphs that it runs.
type GraphFact<'f, T> = &'f dyn Fn(&Graph, &mut dyn FnMut(GraphId) -> T) -> T;

/// The fact about the entry graph; every graph is looked at once. The verifier bounds the depth of the recursion.
fn per_graph<T: Copy>(module: &Module, fact: GraphFact<'_, T>) -> T {
    fn visit<T: Copy>(module: &Module, id: GraphId, known: &mut [Option<T>], fact: GraphFact<'_, T>) -> T {
        if let Some(value) = known[id.index()] {
            return value;
        }
        let value = fact(module.graph(id), &mut |region| visit(module, region, known, fact));
        known[id.index()] = Some(value);
        value
    }
    visit(module, GraphId(0), &mut vec![None; module.graphs.len()], fact)
}

/// Multiply-accumulate operations of one execution of a node, without the graphs that it runs.
pub fn node_macs(module: &Module, graph: &Graph, node: &Node) -> u64 {
    let results: Vec<&TensorType> = node.outputs.iter().map(|&id| graph.ty(id)).collect();
    node.op.rules().macs(&Operands { module, graph, node }, &results)
}

/// Bytes of the constants that a node reads or the graph returns, each once.
pub fn weight_bytes(graph: &Graph) -> usize {
    let mut read = vec![false; graph.values.len()];
    let operands = graph.nodes.iter().flat_map(Node::operands);
    for id in operands.chain(graph.outputs.iter().copied()) {
        read[id.index()] = true;
    }
    let weights = graph.values.iter().zip(read).filter(|(value, read)| *read && value.data.is_some());
    sum(weights.map(|(value, _)| value.ty.bytes()))
}

/// Bytes of the inputs and of the results of nodes, each once.
pub fn activation_bytes(graph: &Graph) -> usize {
    let defined = graph.nodes.iter().flat_map(|node| &node.outputs).chain(&graph.inputs);
    sum(defined.map(|&id: &ValueId| graph.ty(id).bytes()))
}

fn sum(bytes: impl Iterator<Item = usize>) -> usize {
    bytes.fold(0, usize::saturating_add)
}
