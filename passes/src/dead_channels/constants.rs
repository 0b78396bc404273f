//! Which channels always hold the same number.
//!
//! An output channel of a layer without weights holds its requantized bias. From there on the interpreter computes what
//! operators that keep channels apart make of such channels; a channel whose cells all come out equal is constant again.

use redsc_ir::interp::eval_node;
use redsc_ir::ops::{Conv2d, Padding};
use redsc_ir::{Data, Graph, Module, Node, Op, TensorType, ValueId};

use crate::channels::layer::{Layer, is_variable};

/// By value and channel: the bytes of the element, if it is always the same.
pub(super) struct Constants(Vec<Vec<Option<Vec<u8>>>>);

impl Constants {
    pub(super) fn of(module: &Module, graph: &Graph) -> Constants {
        let mut constants = Constants(vec![Vec::new(); graph.values.len()]);
        for node in &graph.nodes {
            if constants.follow_moves(graph, node) {
                continue;
            }
            let &[result] = &node.outputs[..] else { continue };
            constants.0[result.index()] = match Layer::of(graph, node) {
                Some(layer) => of_layer(module, graph, node, &layer).unwrap_or_default(),
                None => constants.of_channelwise(module, graph, node).unwrap_or_default(),
            };
        }
        constants
    }

    /// Hands constant channels on through an operator that moves whole channels; says whether the node is one.
    fn follow_moves(&mut self, graph: &Graph, node: &Node) -> bool {
        let (Some(operand), Some(&result)) = (node.input(0), node.outputs.first()) else { return false };
        let channels = |id: ValueId| graph.ty(id).shape.last().copied().unwrap_or(0);
        let last = graph.ty(operand).shape.rank().wrapping_sub(1);
        match &node.op {
            Op::Reshape(_) => {
                let (from, to) = (channels(operand), channels(result));
                let short = from.min(to).max(1);
                if from.max(to) % short != 0 {
                    return true;
                }
                // Channels that agree modulo the smaller number of channels meet.
                let sources = |channel: usize| (0..from).filter(move |c| c % short == channel % short);
                self.0[result.index()] =
                    (0..to).map(|channel| self.common(operand, sources(channel))).collect();
            }
            Op::Slice(op) if op.stride.last() == Some(&1) => {
                let begin = op.begin.last().copied().unwrap_or(0);
                self.0[result.index()] = self.range(operand, begin, channels(result));
            }
            Op::Split(op) => {
                let mut begin = 0;
                for &part in &node.outputs {
                    self.0[part.index()] = self.range(operand, begin, channels(part));
                    begin += if op.axis == last { channels(part) } else { 0 };
                }
            }
            Op::Concat(op) if op.axis == last => {
                let parts = node.operands().map(|part| self.range(part, 0, channels(part)));
                self.0[result.index()] = parts.collect::<Vec<_>>().concat();
            }
            _ => return false,
        }
        true
    }

    /// What consecutive channels hold.
    fn range(&self, id: ValueId, begin: usize, count: usize) -> Vec<Option<Vec<u8>>> {
        (begin..begin + count).map(|channel| self.get(id, channel).map(<[u8]>::to_vec)).collect()
    }

    /// What several channels hold, if they all hold the same.
    fn common(&self, id: ValueId, mut channels: impl Iterator<Item = usize>) -> Option<Vec<u8>> {
        let first = self.get(id, channels.next()?)?;
        channels.all(|channel| self.get(id, channel) == Some(first)).then(|| first.to_vec())
    }

    /// What a channel of a value always holds.
    pub(super) fn get(&self, id: ValueId, channel: usize) -> Option<&[u8]> {
        self.0[id.index()].get(channel)?.as_deref()
    }

    /// Channels of the result of a node that computes each channel from the same channel of its operands.
    fn of_channelwise(&self, module: &Module, graph: &Graph, node: &Node) -> Option<Vec<Option<Vec<u8>>>> {
        if !is_channelwise(graph, node) {
            return None;
        }
        let operands: Vec<ValueId> = node.operands().filter(|&id| is_variable(graph, id)).collect();
        let result = graph.ty(*node.outputs.first()?);
        let channels = *result.shape.last()?;
        let is_known = |channel: usize| operands.iter().all(|&id| self.get(id, channel).is_some());
        if operands.is_empty() || !(0..channels).any(is_known) {
            return None;
        }
        let contents: Vec<Option<Data>> = node
            .inputs
            .iter()
            .map(|id| id.map(|id| graph.constant(id).cloned().unwrap_or_else(|| self.fill(graph, id))))
            .collect();
        let computed = eval_node(module, graph, node, &contents).ok()?.into_iter().next()?;
        let channel = |channel: usize| uniform(&computed, result, channel).filter(|_| is_known(channel));
        Some((0..channels).map(channel).collect())
    }

    /// A tensor with the known channels filled in and zero bytes elsewhere.
    fn fill(&self, graph: &Graph, id: ValueId) -> Data {
        let ty = graph.ty(id);
        let (channels, bytes) = (ty.shape.last().copied().unwrap_or(1), ty.elem.bytes());
        let zero = vec![0; bytes];
        let row: Vec<u8> =
            (0..channels).flat_map(|channel| self.get(id, channel).unwrap_or(&zero).to_vec()).collect();
        Data::from_bytes(row.repeat(ty.elements() / channels.max(1)))
    }
}

/// The requantized biases of output channels without weights, computed by a layer with a single weight of zero for each
/// output channel.
fn of_layer(module: &Module, graph: &Graph, node: &Node, layer: &Layer<'_>) -> Option<Vec<Option<Vec<u8>>>> {
    let is_transposed = matches!(node.op, Op::TransposeConv2d(_));
    if is_transposed || !(0..layer.rows).any(|row| layer.is_empty_row(row)) {
        return None;
    }
    let result = graph.ty(*node.outputs.first()?);
    let spatial = usize::from(matches!(node.op, Op::Conv2d(_))) * 2;
    let shape = |first: usize, last: usize| [vec![first], vec![1; spatial], vec![last]].concat();
    let with_shape = |ty: &TensorType, shape: Vec<usize>| TensorType { shape: shape.into(), ..ty.clone() };
    let mut small = Graph::default();
    let x = small.add_value("", with_shape(layer.input, shape(1, 1)));
    let w = small.add_value("", with_shape(layer.weights, shape(layer.rows, 1)));
    let bias =
        node.input(2).map(|id| (small.add_value("", graph.ty(id).clone()), graph.constant(id).cloned()));
    let y = small.add_value("", with_shape(result, shape(1, layer.rows)));
    let op = match &node.op {
        Op::Conv2d(op) => {
            Conv2d { padding: Padding::default(), stride: [1, 1], dilation: [1, 1], ..op.clone() }.into()
        }
        op => op.clone(),
    };
    let zeros = |bytes: usize| Some(Data::from_bytes(vec![0; bytes]));
    let contents = [
        zeros(layer.input.elem.bytes()),
        zeros(layer.rows * layer.weights.elem.bytes()),
        bias.clone().and_then(|b| b.1),
    ];
    let node = Node {
        op,
        inputs: vec![Some(x), Some(w), bias.map(|b| b.0)],
        outputs: vec![y],
        location: String::new(),
    };
    let computed = eval_node(module, &small, &node, &contents).ok()?.into_iter().next()?;
    let element = |row: usize| uniform(&computed, small.ty(y), row).filter(|_| layer.is_empty_row(row));
    Some((0..layer.rows).map(element).collect())
}

/// The element that a channel holds everywhere, if it holds one.
fn uniform(data: &Data, ty: &TensorType, channel: usize) -> Option<Vec<u8>> {
    let (channels, bytes) = (*ty.shape.last()?, ty.elem.bytes());
    let mut cells = data.bytes().chunks(bytes).skip(channel).step_by(channels);
    let first = cells.next()?;
    cells.all(|cell| cell == first).then(|| first.to_vec())
}

/// Whether each channel of the result depends on that channel of the operands alone.
fn is_channelwise(graph: &Graph, node: &Node) -> bool {
    let (Some(x), Some(&y)) = (node.operands().find(|&id| is_variable(graph, id)), node.outputs.first())
    else {
        return false;
    };
    let rank = graph.ty(x).shape.rank();
    let channels = graph.ty(y).shape.last();
    let same_channels = |id: ValueId| !is_variable(graph, id) || graph.ty(id).shape.last() == channels;
    if !node.operands().all(same_channels) {
        return false;
    }
    match &node.op {
        Op::DepthwiseConv2d(_)
        | Op::Pool2d(_)
        | Op::Resize2d(_)
        | Op::Binary(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Lut(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Cast(_) => true,
        Op::Pad(op) => op.before.last() == Some(&0) && op.after.last() == Some(&0),
        Op::Reduce(op) => !op.axes.contains(&(rank - 1)),
        Op::Concat(op) => op.axis + 1 != rank,
        Op::Conv2d(_)
        | Op::TransposeConv2d(_)
        | Op::BatchMatmul(_)
        | Op::FullyConnected(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Select(_)
        | Op::Gather(_)
        | Op::Scatter(_)
        | Op::Transpose(_)
        | Op::Reshape(_)
        | Op::Split(_)
        | Op::Slice(_)
        | Op::Svdf(_)
        | Op::Lstm(_)
        | Op::ReadVariable(_)
        | Op::AssignVariable(_)
        | Op::CallOnce(_)
        | Op::If(_)
        | Op::While(_) => false,
    }
}
