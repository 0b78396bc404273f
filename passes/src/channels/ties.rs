//! Which channels of different values are one unit, and which units must stay as they are.

use redsc_ir::{Graph, Node, Op, ValueId};

use super::layer::{Layer, is_variable};

/// The units of a graph.
pub(crate) struct Ties<'g> {
    graph: &'g Graph,
    /// By value: the number of its first channel.
    first: Vec<usize>,
    /// By channel: another channel of its unit, or itself if it stands for the unit.
    parents: Vec<usize>,
    /// By channel that stands for a unit: whether the unit must stay.
    stays: Vec<bool>,
}

impl<'g> Ties<'g> {
    /// Joins the channels of all values to units. Units that the caller or a node without rules sees must stay; that
    /// a layer reads a unit does not keep it.
    pub(crate) fn of(graph: &'g Graph) -> Ties<'g> {
        let mut total = 0;
        let mut number = |extent: usize| {
            total += extent;
            total - extent
        };
        let first = (0..graph.values.len()).map(|v| number(extent(graph, ValueId::new(v)))).collect();
        let mut ties = Ties { graph, first, parents: (0..total).collect(), stays: vec![false; total] };
        graph.inputs.iter().chain(&graph.outputs).for_each(|&id| ties.keep_all(id));
        for node in &graph.nodes {
            ties.visit(node);
        }
        ties
    }

    /// For each value of which channels go, those that stay: at least one.
    pub(crate) fn kept(mut self) -> Vec<Option<Vec<usize>>> {
        let values: Vec<ValueId> = (0..self.graph.values.len())
            .map(ValueId::new)
            .filter(|&id| is_variable(self.graph, id))
            .collect();
        while let Some(&id) = values.iter().find(|&&id| self.loses_all(id)) {
            self.keep(id, 0);
        }
        let mut kept = vec![None; self.graph.values.len()];
        for id in values {
            let all = extent(self.graph, id);
            let stay: Vec<usize> = (0..all).filter(|&channel| self.stays(id, channel)).collect();
            kept[id.index()] = (stay.len() < all).then_some(stay);
        }
        kept
    }

    fn loses_all(&self, id: ValueId) -> bool {
        let channels = extent(self.graph, id);
        channels > 0 && !(0..channels).any(|channel| self.stays(id, channel))
    }

    /// Whether a channel belongs to a unit that must stay.
    pub(crate) fn stays(&self, id: ValueId, channel: usize) -> bool {
        self.stays[self.unit(id, channel)]
    }

    /// The number of the unit of a channel.
    pub(crate) fn unit(&self, id: ValueId, channel: usize) -> usize {
        self.representative(self.first[id.index()] + channel)
    }

    fn representative(&self, mut channel: usize) -> usize {
        while self.parents[channel] != channel {
            channel = self.parents[channel];
        }
        channel
    }

    /// Makes the unit of a channel stay.
    pub(crate) fn keep(&mut self, id: ValueId, channel: usize) {
        let unit = self.unit(id, channel);
        self.stays[unit] = true;
    }

    fn keep_all(&mut self, id: ValueId) {
        (0..extent(self.graph, id)).for_each(|channel| self.keep(id, channel));
    }

    fn keep_node(&mut self, node: &Node) {
        node.operands().chain(node.outputs.iter().copied()).for_each(|id| self.keep_all(id));
    }

    /// Makes two channels go together or stay together.
    fn tie(&mut self, a: (ValueId, usize), b: (ValueId, usize)) {
        let (a, b) = (self.unit(a.0, a.1), self.unit(b.0, b.1));
        self.parents[b] = a;
        self.stays[a] |= self.stays[b];
    }

    /// What a node says about the channels of its operands and results.
    fn visit(&mut self, node: &Node) {
        let (Some(&result), Some(operand)) = (node.outputs.first(), node.input(0)) else {
            return self.keep_node(node);
        };
        match &node.op {
            Op::Conv2d(_) | Op::FullyConnected(_) | Op::TransposeConv2d(_) => self.visit_layer(node, operand),
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
            | Op::BatchMatmul(_)
            | Op::Softmax(_)
            | Op::LogSoftmax(_)
            | Op::Select(_)
            | Op::Gather(_)
            | Op::Scatter(_)
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

    /// A layer whose weights are known makes new units of those that it reads.
    fn visit_layer(&mut self, node: &Node, operand: ValueId) {
        if Layer::of(self.graph, node).is_none() || !is_variable(self.graph, operand) {
            self.keep_node(node);
        }
    }

    /// Channels go with their filters, if those are known.
    fn visit_depthwise(&mut self, node: &Node, operand: ValueId, result: ValueId) {
        let is_known = (1..node.inputs.len()).all(|index| !is_variable_at(self.graph, node, index));
        let (from, to) = (extent(self.graph, operand), extent(self.graph, result));
        if is_known && from == 1 {
            return; // Each channel has a filter of its own on the only channel there is.
        }
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
pub(crate) fn extent(graph: &Graph, id: ValueId) -> usize {
    graph.ty(id).shape.last().copied().unwrap_or(0)
}

fn rank(graph: &Graph, id: ValueId) -> usize {
    graph.ty(id).shape.rank()
}

fn is_variable_at(graph: &Graph, node: &Node, index: usize) -> bool {
    node.input(index).is_some_and(|id| is_variable(graph, id))
}
