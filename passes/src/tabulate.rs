//! Replace 8-bit functions of one operand by a table of 256 entries.
//!
//! ```text
//! %1 = logistic(%0) : 1x64xi8 q(0.00390625, -128)
//! %3 = mul(%1, %2) {act = none} : 1x64xi8 q(0.01, 0)          (%2 is a constant of one element)
//!
//! =>  %4 = const : 256xi8 = […]
//!     %3 = lut(%0, %4) : 1x64xi8 q(0.01, 0)
//! ```
//!
//! The interpreter computes the entries, so they are exact whatever the operator is: all 8-bit elementwise operators
//! qualify, as do binary ones whose other operand is a constant of one element. A chain becomes one table.
//!
//! Keeps: clamps that change nothing else, because they are cheaper than a lookup.
//! Skips: the inner links of a chain whose result someone else reads.

use std::collections::{BTreeSet, HashMap};

use redsc_ir::ops::{Lut, Unary, UnaryKind};
use redsc_ir::{Data, ElemType, Graph, Module, Node, Op, TensorType, ValueId};

use crate::{Config, Pass, Stats, codes, edit};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "tabulate",
    summary: "replace 8-bit functions of one operand by tables of 256 entries",
    run: tabulate,
};

fn tabulate(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    for counter in ["tabulated", "merged", "removed-identities", "kept-clamps"] {
        stats.add(counter, 0);
    }
    for graph in &mut module.graphs {
        Tabulation::new(graph, &mut stats).run();
    }
    Ok(stats)
}

/// The work on one graph.
struct Tabulation<'g> {
    graph: &'g mut Graph,
    stats: &'g mut Stats,
    use_counts: Vec<usize>,
    /// The values that are known to be functions of another value.
    functions: HashMap<ValueId, Function>,
    /// The table constants, so that equal functions share one.
    tables: HashMap<(ElemType, Vec<u8>), ValueId>,
    removed: BTreeSet<usize>,
}

/// What a node makes of each code of `source`.
#[derive(Clone)]
struct Function {
    source: ValueId,
    table: Data,
    node: usize,
}

impl<'g> Tabulation<'g> {
    fn new(graph: &'g mut Graph, stats: &'g mut Stats) -> Self {
        Tabulation {
            use_counts: edit::use_counts(graph),
            graph,
            stats,
            functions: HashMap::new(),
            tables: HashMap::new(),
            removed: BTreeSet::new(),
        }
    }

    fn run(mut self) {
        for position in 0..self.graph.nodes.len() {
            self.visit(position);
        }
        edit::remove_nodes(self.graph, &self.removed);
    }

    fn visit(&mut self, position: usize) {
        let node = &self.graph.nodes[position];
        let Some((index, operand)) = data_operand(self.graph, node) else { return };
        let result = node.outputs[0];
        let inner = self.functions.get(&operand).filter(|_| self.use_counts[operand.index()] == 1).cloned();
        let source = inner.as_ref().map_or(operand, |function| function.source);
        let Some(codes) = codes::all_codes(self.graph.ty(source).elem) else { return };
        let contents = inner.as_ref().map_or(&codes, |function| &function.table);
        let Some(table) = codes::apply(self.graph, node, index, contents) else { return };
        if let Some(inner) = &inner {
            self.removed.insert(inner.node);
            self.stats.add("merged", 1);
        }
        if table == codes && self.graph.ty(source) == self.graph.ty(result) {
            self.removed.insert(position);
            self.use_counts[source.index()] += self.use_counts[result.index()];
            self.use_counts[source.index()] -= 1;
            self.graph.replace_uses(result, source);
            self.stats.add("removed-identities", 1);
            return;
        }
        if inner.is_none() && is_plain_clamp(self.graph, node) {
            self.stats.add("kept-clamps", 1);
        } else if inner.is_some() || !matches!(node.op, Op::Lut(_)) {
            self.replace(position, source, &table);
        }
        self.functions.insert(result, Function { source, table, node: position });
    }

    /// Makes the node a lookup of `source`.
    fn replace(&mut self, position: usize, source: ValueId, table: &Data) {
        let result = self.graph.nodes[position].outputs[0];
        let elem = self.graph.ty(result).elem;
        let graph = &mut *self.graph;
        let constant = *self
            .tables
            .entry((elem, table.bytes().to_vec()))
            .or_insert_with(|| graph.add_constant("", TensorType::plain(elem, [256]), table.clone()));
        let node = &mut self.graph.nodes[position];
        node.op = Lut {}.into();
        node.inputs = vec![Some(source), Some(constant)];
        self.stats.add("tabulated", 1);
    }
}

/// The operand (its position and value) of which an elementwise 8-bit node is a function.
fn data_operand(graph: &Graph, node: &Node) -> Option<(usize, ValueId)> {
    let is_constant = |index: usize| node.input(index).is_some_and(|id| graph.constant(id).is_some());
    let index = match &node.op {
        Op::Unary(_) | Op::LeakyRelu(_) | Op::Quantize(_) | Op::Cast(_) => 0,
        Op::Lut(_) if is_constant(1) => 0,
        Op::Binary(_) | Op::Compare(_) if is_constant(1) => 0,
        Op::Binary(_) | Op::Compare(_) if is_constant(0) => 1,
        _ => return None,
    };
    let operand = node.input(index)?;
    let (from, to) = (graph.ty(operand), graph.ty(*node.outputs.first()?));
    let is_scalar = |id: ValueId| graph.ty(id).elements() == 1 || matches!(node.op, Op::Lut(_));
    let others_fit = node.operands().filter(|&id| id != operand).all(is_scalar);
    let fits = graph.constant(operand).is_none()
        && from.elem.bytes() == 1
        && to.elem.bytes() == 1
        && from.shape == to.shape
        && others_fit;
    fits.then_some((index, operand))
}

/// Whether the node limits its codes to a range and leaves them alone otherwise.
fn is_plain_clamp(graph: &Graph, node: &Node) -> bool {
    let Op::Unary(Unary { kind }) = &node.op else { return false };
    let is_clamp = matches!(kind, UnaryKind::Relu | UnaryKind::Relu6 | UnaryKind::ReluN1To1);
    is_clamp && edit::only_operand_and_result(node).is_some_and(|(from, to)| graph.ty(from) == graph.ty(to))
}
