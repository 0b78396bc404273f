//! Move transpositions towards the outputs until they meet and cancel.
//!
//! ```text
//! %1 = transpose(%0) {perm = [0, 3, 1, 2]} : 1x3x8x8xf32
//! %2 = relu(%1) : 1x3x8x8xf32                                    =>    %1 = relu(%0) : 1x8x8x3xf32
//! %3 = transpose(%2) {perm = [0, 2, 3, 1]} : 1x8x8x3xf32
//! ```
//!
//! Networks from frameworks that keep channels first transpose around every operator on images. A transposition moves
//! behind any operator that works element by element, or along dimensions that can be renamed.
//!
//! Needs: nothing. Keeps: every element; the order of sums within a reduction.
//! Skips: operators whose dimensions have a fixed meaning, and operands that would have to be transposed instead.

use std::collections::HashMap;
use std::mem;

use redsc_ir::interp::eval_node;
use redsc_ir::ops::{Concat, Pad, Reduce, Reshape, Slice, Split, Transpose};
use redsc_ir::{Graph, Module, Node, Op, Quant, Shape, TensorType, ValueId};

use crate::{Config, Pass, Stats};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "cancel-transposes",
    summary: "move transpositions until they meet and cancel",
    run: cancel_transposes,
};

fn cancel_transposes(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    stats.add("cancelled", 0);
    stats.add("moved", 0);
    for graph in &mut module.graphs {
        Walk { graph, nodes: Vec::new(), sources: HashMap::new(), same: HashMap::new(), stats: &mut stats }
            .run();
    }
    Ok(stats)
}

/// A value before a transposition, and its permutation.
type Source = (ValueId, Vec<usize>);

struct Walk<'a> {
    graph: &'a mut Graph,
    nodes: Vec<Node>,
    /// Results of transpositions.
    sources: HashMap<ValueId, Source>,
    /// Values that equal others.
    same: HashMap<ValueId, ValueId>,
    stats: &'a mut Stats,
}

impl Walk<'_> {
    fn run(mut self) {
        for mut node in mem::take(&mut self.graph.nodes) {
            for input in node.inputs.iter_mut().flatten() {
                *input = self.same.get(input).copied().unwrap_or(*input);
            }
            if self.compose(&node) || self.sink(&node).is_some() {
                continue;
            }
            if let (Op::Transpose(op), Some(x)) = (&node.op, node.input(0)) {
                self.sources.insert(node.outputs[0], (x, op.perm.clone()));
            }
            self.nodes.push(node);
        }
        self.graph.nodes = self.nodes;
        for output in &mut self.graph.outputs {
            *output = self.same.get(output).copied().unwrap_or(*output);
        }
    }

    /// Two transpositions are one or none.
    fn compose(&mut self, node: &Node) -> bool {
        let (Op::Transpose(op), Some(x)) = (&node.op, node.input(0)) else { return false };
        let Some((source, first)) = self.sources.get(&x).cloned() else { return false };
        let perm: Vec<usize> = op.perm.iter().map(|&axis| first[axis]).collect();
        self.stats.add("cancelled", 1);
        if perm.iter().copied().eq(0..perm.len()) && self.graph.ty(source) == self.graph.ty(node.outputs[0]) {
            self.same.insert(node.outputs[0], source);
            return true;
        }
        self.sources.insert(node.outputs[0], (source, perm.clone()));
        self.nodes.push(Node { op: Transpose { perm }.into(), inputs: vec![Some(source)], ..node.clone() });
        true
    }

    /// Moves the transposition of the operands behind the node.
    fn sink(&mut self, node: &Node) -> Option<()> {
        let (_, perm) = node.operands().find_map(|id| self.sources.get(&id)).cloned()?;
        let moved = match &node.op {
            Op::Unary(_) | Op::LeakyRelu(_) | Op::Cast(_) => Moved::keeping(&node.op, &perm),
            Op::Quantize(_) | Op::Dequantize(_) if self.is_uniform(node) => Moved::keeping(&node.op, &perm),
            Op::Binary(_) | Op::Compare(_) | Op::Select(_) => Moved::keeping(&node.op, &perm),
            Op::Lut(_) => return self.sink_lookup(node, &perm),
            Op::Softmax(_) | Op::LogSoftmax(_) if perm.last() == Some(&(perm.len() - 1)) => {
                Moved::keeping(&node.op, &perm)
            }
            Op::Pad(op) => Moved::pad(op, &perm),
            Op::Slice(op) => Moved::slice(op, &perm),
            Op::Concat(op) => {
                Moved { op: Concat { axis: perm[op.axis], ..op.clone() }.into(), perm: perm.clone() }
            }
            Op::Split(op) => {
                Moved { op: Split { axis: perm[op.axis], ..op.clone() }.into(), perm: perm.clone() }
            }
            Op::Reduce(op) => Moved::reduce(op, &perm)?,
            Op::Reshape(_) => Moved::reshape(self.graph, node, &perm)?,
            _ => return None,
        };
        let elementwise = matches!(node.op, Op::Binary(_) | Op::Compare(_) | Op::Select(_));
        if elementwise && !self.stays_as_large(node) {
            return None;
        }
        let mut inputs = Vec::new();
        for (index, input) in node.inputs.iter().enumerate() {
            let scalar = matches!(node.op, Op::Pad(_)) && index == 1;
            inputs.push(Some(if scalar {
                (*input)?
            } else {
                self.untransposed((*input)?, &perm, elementwise)?
            }));
        }
        self.push_moved(node, moved, inputs);
        Some(())
    }

    /// Lookups have a table beside their operand.
    fn sink_lookup(&mut self, node: &Node, perm: &[usize]) -> Option<()> {
        let (x, table) = (node.input(0)?, node.input(1)?);
        let source = self.untransposed(x, perm, false)?;
        self.push_moved(node, Moved::keeping(&node.op, perm), vec![Some(source), Some(table)]);
        Some(())
    }

    /// The node on transposed operands, and a transposition of each of its results.
    fn push_moved(&mut self, node: &Node, moved: Moved, inputs: Vec<Option<ValueId>>) {
        self.stats.add("moved", 1);
        let inverse = inverse(&moved.perm);
        let mut inner = Vec::new();
        for &output in &node.outputs {
            let ty = permuted(self.graph.ty(output), &inverse);
            inner.push(self.graph.add_value("", ty));
        }
        self.nodes.push(Node {
            op: moved.op,
            inputs,
            outputs: inner.clone(),
            location: node.location.clone(),
        });
        for (&inner, &output) in inner.iter().zip(&node.outputs) {
            let op = Transpose { perm: moved.perm.clone() }.into();
            let location = node.location.clone();
            self.nodes.push(Node { op, inputs: vec![Some(inner)], outputs: vec![output], location });
            self.sources.insert(output, (inner, moved.perm.clone()));
        }
    }

    /// What a value was before the transposition: it is known, or the value is a constant, or does not change.
    fn untransposed(&mut self, id: ValueId, perm: &[usize], broadcasts: bool) -> Option<ValueId> {
        if let Some((source, own)) = self.sources.get(&id) {
            return (own == perm).then_some(*source);
        }
        let ty = self.graph.ty(id).clone();
        if broadcasts && ty.elements() == 1 && ty.shape.rank() <= 1 {
            return Some(id);
        }
        let data = self.graph.constant(id)?.clone();
        if ty.shape.rank() > perm.len() || matches!(ty.quant, Quant::PerAxis { .. }) {
            return None;
        }
        let mut full = vec![1; perm.len() - ty.shape.rank()];
        full.extend(ty.shape.iter());
        let ty = TensorType { shape: Shape(full), ..ty };
        let inverse = inverse(perm);
        let mut small = Graph::default();
        let x = small.add_value("", ty.clone());
        let y = small.add_value("", permuted(&ty, &inverse));
        small.push(Transpose { perm: inverse }.into(), &[x], &[y], "");
        let computed = eval_node(&Module::default(), &small, &small.nodes[0], &[Some(data)]).ok()?;
        let name = self.graph.value(id).name.clone();
        Some(self.graph.add_constant(name, small.ty(y).clone(), computed.into_iter().next()?))
    }

    /// Whether no dimension of the operands is repeated in the result, so that moving does not make transpositions larger.
    fn stays_as_large(&self, node: &Node) -> bool {
        let result = self.graph.ty(node.outputs[0]).elements();
        node.operands().any(|id| self.sources.contains_key(&id) && self.graph.ty(id).elements() == result)
    }

    /// Whether scales do not depend on a dimension.
    fn is_uniform(&self, node: &Node) -> bool {
        let ids = node.operands().chain(node.outputs.iter().copied());
        ids.into_iter().all(|id| !matches!(self.graph.ty(id).quant, Quant::PerAxis { .. }))
    }
}

/// An operator that works on untransposed operands, and the permutation that its results then need.
struct Moved {
    op: Op,
    perm: Vec<usize>,
}

impl Moved {
    fn keeping(op: &Op, perm: &[usize]) -> Moved {
        Moved { op: op.clone(), perm: perm.to_vec() }
    }

    fn pad(op: &Pad, perm: &[usize]) -> Moved {
        let op = Pad { before: scattered(&op.before, perm), after: scattered(&op.after, perm), ..op.clone() };
        Moved { op: op.into(), perm: perm.to_vec() }
    }

    fn slice(op: &Slice, perm: &[usize]) -> Moved {
        let op = Slice {
            begin: scattered(&op.begin, perm),
            size: scattered(&op.size, perm),
            stride: scattered(&op.stride, perm),
        };
        Moved { op: op.into(), perm: perm.to_vec() }
    }

    fn reduce(op: &Reduce, perm: &[usize]) -> Option<Moved> {
        let axes: Vec<usize> = op.axes.iter().map(|&axis| perm[axis]).collect();
        // Another order would be another sum of real numbers.
        if !axes.is_sorted() {
            return None;
        }
        let kept: Vec<usize> = if op.keep_dims {
            perm.to_vec()
        } else {
            perm.iter().copied().filter(|axis| !axes.contains(axis)).collect()
        };
        // What remains keeps its order among itself.
        let rank = |axis: &usize| kept.iter().filter(|other| *other < axis).count();
        let perm = kept.iter().map(rank).collect();
        Some(Moved { op: Reduce { axes, ..op.clone() }.into(), perm })
    }

    /// A reshape that only adds or drops dimensions of extent 1. The new operand has those of the result first.
    fn reshape(graph: &Graph, node: &Node, perm: &[usize]) -> Option<Moved> {
        let (x, y) = (graph.ty(node.input(0)?), graph.ty(*node.outputs.first()?));
        let long = |shape: &Shape| -> Vec<usize> { (0..shape.rank()).filter(|&i| shape[i] != 1).collect() };
        let (from, to) = (long(&x.shape), long(&y.shape));
        if !from.iter().map(|&i| x.shape[i]).eq(to.iter().map(|&i| y.shape[i])) {
            return None;
        }
        let units = y.shape.rank() - to.len();
        // Dimensions of the source that matter, in its own order.
        let mut order: Vec<usize> = from.iter().map(|&i| perm[i]).collect();
        order.sort_unstable();
        let mut next_unit = 0;
        let mut result = Vec::new();
        for axis in 0..y.shape.rank() {
            result.push(match to.iter().position(|&i| i == axis) {
                Some(index) => units + order.iter().position(|&i| i == perm[from[index]])?,
                None => {
                    next_unit += 1;
                    next_unit - 1
                }
            });
        }
        let inner = permuted(y, &inverse(&result));
        Some(Moved { op: Reshape { shape: inner.shape.0 }.into(), perm: result })
    }
}

/// The entry of result dimension `i` belongs to operand dimension `perm[i]`.
fn scattered<T: Copy + Default>(entries: &[T], perm: &[usize]) -> Vec<T> {
    let mut out = vec![T::default(); entries.len()];
    for (&entry, &axis) in entries.iter().zip(perm) {
        out[axis] = entry;
    }
    out
}

fn inverse(perm: &[usize]) -> Vec<usize> {
    scattered(&(0..perm.len()).collect::<Vec<_>>(), perm)
}

/// The type after a transposition.
fn permuted(ty: &TensorType, perm: &[usize]) -> TensorType {
    let shape = perm.iter().map(|&axis| ty.shape[axis]).collect::<Vec<_>>();
    let quant = match &ty.quant {
        Quant::PerAxis { axis, scales, zero_points } => Quant::PerAxis {
            axis: perm.iter().position(|p| p == axis).unwrap_or(*axis),
            scales: scales.clone(),
            zero_points: zero_points.clone(),
        },
        other => other.clone(),
    };
    TensorType { shape: Shape(shape), quant, ..ty.clone() }
}
