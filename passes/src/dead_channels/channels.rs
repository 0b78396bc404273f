//! Which channels of different values stand and fall together, and which of these groups can go.

use redsc_ir::{Graph, Node, Op, ValueId};

use super::constants::Constants;
use super::layer::{Layer, is_variable};

/// Groups of channels of a graph.
pub(super) struct Channels<'g> {
    graph: &'g Graph,
    /// By value: the number of its first channel.
    first: Vec<usize>,
    /// By channel: another channel of its group, or itself if it stands for the group.
    parents: Vec<usize>,
    /// By channel that stands for a group: whether the group must stay.
    stays: Vec<bool>,
}

impl<'g> Channels<'g> {
    /// Groups the channels of all values and finds out which must stay.
    pub(super) fn of(graph: &'g Graph, constants: &Constants) -> Channels<'g> {
        let mut total = 0;
        let mut number = |extent: usize| {
            total += extent;
            total - extent
        };
        let first = (0..graph.values.len()).map(|v| number(extent(graph, ValueId::new(v)))).collect();
        let mut channels =
            Channels { graph, first, parents: (0..total).collect(), stays: vec![false; total] };
        graph.inputs.iter().chain(&graph.outputs).for_each(|&id| channels.keep_all(id));
        for node in &graph.nodes {
            channels.visit(node, constants);
        }
        channels
    }

    /// For each value of which channels go, which ones stay: at least one.
    pub(super) fn kept(mut self) -> Vec<Option<Vec<bool>>> {
        let values: Vec<ValueId> = (0..self.graph.values.len())
            .map(ValueId::new)
            .filter(|&id| is_variable(self.graph, id))
            .collect();
        while let Some(&id) = values.iter().find(|&&id| self.loses_all(id)) {
            self.keep(id, 0);
        }
        let mut kept = vec![None; self.graph.values.len()];
        for id in values {
            let mask: Vec<bool> =
                (0..extent(self.graph, id)).map(|channel| self.stays(id, channel)).collect();
            kept[id.index()] = mask.contains(&false).then_some(mask);
        }
        kept
    }

    fn loses_all(&self, id: ValueId) -> bool {
        let channels = extent(self.graph, id);
        channels > 0 && !(0..channels).any(|channel| self.stays(id, channel))
    }

    fn stays(&self, id: ValueId, channel: usize) -> bool {
        self.stays[self.representative(self.first[id.index()] + channel)]
    }

    fn representative(&self, mut channel: usize) -> usize {
        while self.parents[channel] != channel {
            channel = self.parents[channel];
        }
        channel
    }

    fn keep(&mut self, id: ValueId, channel: usize) {
        let representative = self.representative(self.first[id.index()] + channel);
        self.stays[representative] = true;
    }

    fn keep_all(&mut self, id: ValueId) {
        (0..extent(self.graph, id)).for_each(|channel| self.keep(id, channel));
    }

    fn keep_node(&mut self, node: &Node) {
        node.operands().chain(node.outputs.iter().copied()).for_each(|id| self.keep_all(id));
    }

    /// Makes two channels go together or stay together.
    fn tie(&mut self, a: (ValueId, usize), b: (ValueId, usize)) {
        let (a, b) = (
            self.representative(self.first[a.0.index()] + a.1),
            self.representative(self.first[b.0.index()] + b.1),
        );
        self.parents[b] = a;
        self.stays[a] |= self.stays[b];
    }

    /// What a node says about the channels of its operands and results.
    fn visit(&mut self, node: &Node, constants: &Constants) {
        let (Some(&result), Some(operand)) = (node.outputs.first(), node.input(0)) else {
            return self.keep_node(node);
        };
        match &node.op {
            Op::Conv2d(_) | Op::FullyConnected(_) => self.visit_layer(node, operand, constants),
            Op::DepthwiseConv2d(_) => self.visit_depthwise(node, operand, result),
            Op::Pool2d(_)
            | Op::Resize2d(_)
            | Op::Unary(_)
            | Op::LeakyRelu(_)
            | Op::Quantize(_)
            | Op::Dequantize(_)
            | Op::Cast(_) => self.tie_modulo(operand, result),
            Op::Lut(_) if !is_variable_at(self.graph, node, 1) => self.tie_modulo(operand, result),
            Op::Reshape(_) => self.tie_modulo(operand, result),
            Op::Binary(_) | Op::Compare(_) => self.visit_broadcast(node, result),
            Op::Pad(op) if op.before.last() == Some(&0) && op.after.last() == Some(&0) => {
                self.tie_modulo(operand, result);
            }
            Op::Reduce(op) if !op.axes.contains(&(rank(self.graph, operand) - 1)) => {
                self.tie_modulo(operand, result);
            }
            Op::Slice(op) if op.stride.last() == Some(&1) => {
                let begin = op.begin.last().copied().unwrap_or(0);
                (0..extent(self.graph, result)).for_each(|c| self.tie((operand, begin + c), (result, c)));
            }
            Op::Split(op) if op.axis + 1 == rank(self.graph, operand) => {
                self.tie_parts(operand, &node.outputs)
            }
            Op::Split(_) => node.outputs.iter().for_each(|&part| self.tie_modulo(operand, part)),
            Op::Concat(op) if node.operands().all(|id| is_variable(self.graph, id)) => {
                let parts: Vec<ValueId> = node.operands().collect();
                if op.axis + 1 == rank(self.graph, result) {
                    self.tie_parts(result, &parts);
                } else {
                    parts.into_iter().for_each(|part| self.tie_modulo(part, result));
                }
            }
            Op::Lut(_)
            | Op::Pad(_)
            | Op::Reduce(_)
            | Op::Slice(_)
            | Op::Concat(_)
            | Op::TransposeConv2d(_)
            | Op::BatchMatmul(_)
            | Op::Softmax(_)
            | Op::LogSoftmax(_)
            | Op::Transpose(_)
            | Op::Svdf(_)
            | Op::Lstm(_)
            | Op::ReadVariable(_)
            | Op::AssignVariable(_)
            | Op::CallOnce(_)
            | Op::If(_)
            | Op::While(_) => self.keep_node(node),
        }
    }

    /// A layer can do without channels of its input that it ignores or that its bias can take over.
    fn visit_layer(&mut self, node: &Node, operand: ValueId, constants: &Constants) {
        let Some(layer) = Layer::of(self.graph, node).filter(|_| is_variable(self.graph, operand)) else {
            return self.keep_node(node);
        };
        for channel in 0..layer.channels {
            let absorbs = constants.get(operand, channel).is_some_and(|code| layer.can_absorb(code));
            if !absorbs && !layer.ignores(channel) {
                self.keep(operand, channel);
            }
        }
    }

    /// Channels go with their filters, if those are known.
    fn visit_depthwise(&mut self, node: &Node, operand: ValueId, result: ValueId) {
        let is_known = (1..node.inputs.len()).all(|index| !is_variable_at(self.graph, node, index));
        let (from, to) = (extent(self.graph, operand), extent(self.graph, result));
        if !is_known || from != to {
            return self.keep_node(node);
        }
        self.tie_modulo(operand, result);
    }

    /// Operands with one channel serve all channels of the result.
    fn visit_broadcast(&mut self, node: &Node, result: ValueId) {
        let channels = extent(self.graph, result);
        for operand in node.operands().filter(|&id| is_variable(self.graph, id)) {
            if extent(self.graph, operand) == channels {
                self.tie_modulo(operand, result);
            } else {
                self.keep_all(operand);
            }
        }
    }

    /// Ties channels that a row-major reading of both values brings together; rows of one may be several rows of the
    /// other.
    fn tie_modulo(&mut self, a: ValueId, b: ValueId) {
        let (from, to) = (extent(self.graph, a), extent(self.graph, b));
        let (short, long) = (from.min(to), from.max(to));
        if short == 0 || long % short != 0 {
            self.keep_all(a);
            return self.keep_all(b);
        }
        (0..long).for_each(|channel| self.tie((a, channel % from), (b, channel % to)));
    }

    /// Ties the channels of values that follow each other in another one.
    fn tie_parts(&mut self, whole: ValueId, parts: &[ValueId]) {
        let mut begin = 0;
        for &part in parts {
            let channels = extent(self.graph, part);
            (0..channels).for_each(|channel| self.tie((whole, begin + channel), (part, channel)));
            begin += channels;
        }
    }
}

/// Number of channels; a scalar has none.
fn extent(graph: &Graph, id: ValueId) -> usize {
    graph.ty(id).shape.last().copied().unwrap_or(0)
}

fn rank(graph: &Graph, id: ValueId) -> usize {
    graph.ty(id).shape.rank()
}

fn is_variable_at(graph: &Graph, node: &Node, index: usize) -> bool {
    node.input(index).is_some_and(|id| is_variable(graph, id))
}
