//! Fold a clamp into the operator that feeds it.
//!
//! ```text
//! %3 = conv2d(%0, %1, %2) {act = none, …} : 1x8x8x16xi8 q(0.1, 0)
//! %4 = relu6(%3) : 1x8x8x16xi8 q(0.1, 0)
//!
//! =>  %4 = conv2d(%0, %1, %2) {act = relu6, …} : 1x8x8x16xi8 q(0.1, 0)
//! ```
//!
//! Keeps: every output byte. Whether a quantized clamp is the same as the fused one is not argued but tried: the
//! interpreter computes the operator on every code of its operand. So a `relu` that also changes the scale stays.
//! Skips: producers whose result someone else reads, and producers that clamp already.

use std::collections::BTreeSet;

use redsc_ir::ops::{
    Activation, Binary, BinaryKind, Conv2d, DepthwiseConv2d, FullyConnected, Pool2d, TransposeConv2d, Unary,
    UnaryKind,
};
use redsc_ir::params::activation::quantized_clamp;
use redsc_ir::{ElemType, Graph, Module, Node, Op, ValueId};

use crate::{Config, Pass, Stats, codes, edit};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "fuse-activations",
    summary: "fold clamps into the operator that feeds them",
    run: fuse_activations,
};

fn fuse_activations(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    for counter in ["fused", "kept-inexact", "kept-shared-producer"] {
        stats.add(counter, 0);
    }
    for graph in &mut module.graphs {
        fuse_in_graph(graph, &mut stats);
    }
    Ok(stats)
}

fn fuse_in_graph(graph: &mut Graph, stats: &mut Stats) {
    let use_counts = edit::use_counts(graph);
    let mut producers = graph.producers();
    let mut removed = BTreeSet::new();
    for position in 0..graph.nodes.len() {
        let Some(clamp) = as_clamp(&graph.nodes[position]) else { continue };
        let Some(producer) = producers[clamp.operand.index()] else { continue };
        if activation_mut(&mut graph.nodes[producer].op).is_none_or(|act| *act != Activation::None) {
            continue;
        }
        if use_counts[clamp.operand.index()] != 1 {
            stats.add("kept-shared-producer", 1);
            continue;
        }
        if !is_exact(graph, position, &clamp) {
            stats.add("kept-inexact", 1);
            continue;
        }
        let node = &mut graph.nodes[producer];
        node.outputs = vec![clamp.result];
        activation_mut(&mut node.op).into_iter().for_each(|act| *act = clamp.act);
        producers[clamp.result.index()] = Some(producer);
        removed.insert(position);
        stats.add("fused", 1);
    }
    edit::remove_nodes(graph, &removed);
}

/// An operator that clamps, and may also change the quantization.
struct Clamp {
    act: Activation,
    operand: ValueId,
    result: ValueId,
}

fn as_clamp(node: &Node) -> Option<Clamp> {
    let Op::Unary(Unary { kind }) = &node.op else { return None };
    let act = match kind {
        UnaryKind::Relu => Activation::Relu,
        UnaryKind::Relu6 => Activation::Relu6,
        UnaryKind::ReluN1To1 => Activation::ReluN1To1,
        UnaryKind::Abs
        | UnaryKind::Neg
        | UnaryKind::Exp
        | UnaryKind::Log
        | UnaryKind::Sqrt
        | UnaryKind::Rsqrt
        | UnaryKind::Square
        | UnaryKind::Tanh
        | UnaryKind::Logistic
        | UnaryKind::Sin
        | UnaryKind::Cos
        | UnaryKind::Tan
        | UnaryKind::Asin
        | UnaryKind::Acos
        | UnaryKind::Atan
        | UnaryKind::Sinh
        | UnaryKind::Cosh
        | UnaryKind::Asinh
        | UnaryKind::Acosh
        | UnaryKind::Atanh
        | UnaryKind::Erf
        | UnaryKind::Ceil
        | UnaryKind::Floor
        | UnaryKind::Round => return None,
    };
    let (operand, result) = edit::only_operand_and_result(node)?;
    Some(Clamp { act, operand, result })
}

/// The clamp of operators that can have one.
fn activation_mut(op: &mut Op) -> Option<&mut Activation> {
    match op {
        Op::Conv2d(Conv2d { act, .. })
        | Op::DepthwiseConv2d(DepthwiseConv2d { act, .. })
        | Op::TransposeConv2d(TransposeConv2d { act, .. })
        | Op::FullyConnected(FullyConnected { act, .. })
        | Op::Pool2d(Pool2d { act, .. }) => Some(act),
        Op::Binary(Binary { kind, act }) => match kind {
            BinaryKind::Add | BinaryKind::Sub | BinaryKind::Mul => Some(act),
            BinaryKind::Div
            | BinaryKind::Maximum
            | BinaryKind::Minimum
            | BinaryKind::SquaredDifference
            | BinaryKind::Power
            | BinaryKind::Modulo
            | BinaryKind::Remainder
            | BinaryKind::BitAnd
            | BinaryKind::BitOr
            | BinaryKind::BitXor
            | BinaryKind::ShiftLeft
            | BinaryKind::ShiftRight => None,
        },
        // A concatenation copies, and the clamps of the recurrent operators are not clamps of the result.
        Op::Concat(_) | Op::Svdf(_) | Op::Lstm(_) => None,
        Op::BatchMatmul(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Lut(_)
        | Op::Reduce(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Select(_)
        | Op::Gather(_)
        | Op::Scatter(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Cast(_)
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Pad(_)
        | Op::Split(_)
        | Op::Slice(_)
        | Op::Resize2d(_)
        | Op::ReadVariable(_)
        | Op::AssignVariable(_)
        | Op::CallOnce(_)
        | Op::If(_)
        | Op::While(_) => None,
    }
}

/// Whether the fused clamp gives what the operator gives, whatever its operand holds.
fn is_exact(graph: &Graph, position: usize, clamp: &Clamp) -> bool {
    let (from, to) = (graph.ty(clamp.operand), graph.ty(clamp.result));
    if from != to {
        return false;
    }
    // The clamp of real numbers is that of the operator by definition.
    from.elem == ElemType::F32 || clamps_codes_alike(graph, position, clamp).unwrap_or(false)
}

/// Whether the operator on every code gives the code, limited to the range of the fused clamp.
fn clamps_codes_alike(graph: &Graph, position: usize, clamp: &Clamp) -> Option<bool> {
    let ty = graph.ty(clamp.operand);
    let codes = codes::all_codes(ty.elem)?;
    let results = codes::apply(graph, &graph.nodes[position], 0, &codes)?;
    let (least, most) = quantized_clamp(clamp.act, ty).ok()?;
    let clamped = codes::numbers(ty.elem, &codes)?.into_iter().map(|code| code.max(least).min(most));
    Some(clamped.eq(codes::numbers(ty.elem, &results)?))
}
