//! Let convolutions pad their input themselves.
//!
//! ```text
//! %1 = pad(%0) {before = [0, 1, 1, 0], after = [0, 1, 1, 0], mode = constant} : 1x10x10x3xi8 q(0.5, 3)
//! %4 = conv2d(%1, %2, %3) {padding = [0, 0, 0, 0], …} : 1x8x8x4xi8
//!
//! =>  %4 = conv2d(%0, %2, %3) {padding = [1, 1, 1, 1], …} : 1x8x8x4xi8
//! ```
//!
//! Keeps: every output byte, because the cells that a convolution adds stand for the real number zero, too.
//! Skips: pads of other dimensions, with other values or with another quantization than their operand; readers
//! other than convolutions, for which the pad stays. Pooling does not count the cells it adds, so it keeps its pad.

use std::collections::BTreeSet;

use redsc_ir::ops::{Conv2d, DepthwiseConv2d, Pad, PadMode, Padding};
use redsc_ir::{ElemType, Graph, Module, Node, Op, ValueId};

use crate::{Config, Pass, Stats, codes, edit};

/// The row of the table.
pub const PASS: Pass =
    Pass { name: "fuse-pad", summary: "let convolutions pad their input themselves", run: fuse_pad };

fn fuse_pad(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    stats.add("fused", 0);
    stats.add("kept-for-others", 0);
    for graph in &mut module.graphs {
        fuse_in_graph(graph, &mut stats);
    }
    Ok(stats)
}

fn fuse_in_graph(graph: &mut Graph, stats: &mut Stats) {
    let mut use_counts = edit::use_counts(graph);
    let mut removed = BTreeSet::new();
    for position in 0..graph.nodes.len() {
        let Some((operand, result, cells)) = zero_padding(graph, &graph.nodes[position]) else { continue };
        let readers = graph.nodes.iter_mut().filter(|node| node.input(0) == Some(result));
        for reader in readers {
            let Some(padding) = padding_mut(&mut reader.op) else { continue };
            *padding = sum(*padding, cells);
            reader.inputs[0] = Some(operand);
            use_counts[operand.index()] += 1;
            use_counts[result.index()] -= 1;
            stats.add("fused", 1);
        }
        if use_counts[result.index()] == 0 {
            removed.insert(position);
        } else {
            stats.add("kept-for-others", 1);
        }
    }
    edit::remove_nodes(graph, &removed);
}

/// Operand, result and cells of a pad that puts real zeros around height and width.
fn zero_padding(graph: &Graph, node: &Node) -> Option<(ValueId, ValueId, Padding)> {
    let Op::Pad(Pad { before, after, mode: PadMode::Constant }) = &node.op else { return None };
    let (&[0, top, left, 0], &[0, bottom, right, 0]) = (&before[..], &after[..]) else { return None };
    let (operand, &[result]) = (node.input(0)?, &node.outputs[..]) else { return None };
    let (from, to) = (graph.ty(operand), graph.ty(result));
    let is_plain = from.quant == to.quant && node.input(1).is_none_or(|value| is_zero(graph, value, operand));
    is_plain.then_some((operand, result, Padding { top, bottom, left, right }))
}

/// Whether a constant, read with the quantization of `like`, is the real number zero.
fn is_zero(graph: &Graph, value: ValueId, like: ValueId) -> bool {
    let (ty, Some(data)) = (graph.ty(like), graph.constant(value)) else { return false };
    if ty.elem == ElemType::F32 {
        return data.to_vec::<f32>() == [0.0];
    }
    match (codes::numbers(ty.elem, data), ty.quant.per_tensor()) {
        (Some(numbers), Some((_, zero_point))) => numbers == [zero_point],
        _ => false,
    }
}

fn padding_mut(op: &mut Op) -> Option<&mut Padding> {
    match op {
        Op::Conv2d(Conv2d { padding, .. }) | Op::DepthwiseConv2d(DepthwiseConv2d { padding, .. }) => {
            Some(padding)
        }
        _ => None,
    }
}

fn sum(a: Padding, b: Padding) -> Padding {
    Padding {
        top: a.top + b.top,
        bottom: a.bottom + b.bottom,
        left: a.left + b.left,
        right: a.right + b.right,
    }
}
