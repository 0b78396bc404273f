//! Convolutions and fully connected layers as matrices: output channels by columns, each of which reads one channel of
//! the input.

use redsc_ir::ops::Padding;
use redsc_ir::{Data, ElemType, Graph, Node, Op, Quant, TensorType, ValueId};

/// A layer whose weights are known.
pub(super) struct Layer<'g> {
    pub(super) input: &'g TensorType,
    pub(super) weights: &'g TensorType,
    pub(super) data: &'g Data,
    /// Channels of the input.
    pub(super) channels: usize,
    /// Output channels.
    pub(super) rows: usize,
    /// Weights per output channel; column `j` reads channel `j % channels`.
    pub(super) columns: usize,
    /// Whether the layer reads cells outside of its input.
    pub(super) is_padded: bool,
}

impl<'g> Layer<'g> {
    /// The layer of a node, if it is one that mixes all channels and whose weights are constant and symmetric.
    pub(super) fn of(graph: &'g Graph, node: &Node) -> Option<Layer<'g>> {
        let is_padded = match &node.op {
            Op::Conv2d(op) => op.padding != Padding::default(),
            Op::FullyConnected(_) => false,
            _ => return None,
        };
        let (x, w) = (node.input(0)?, node.input(1)?);
        let (input, weights, data) = (graph.ty(x), graph.ty(w), graph.constant(w)?);
        let has_known_bias = node.input(2).is_none_or(|bias| graph.constant(bias).is_some());
        let (channels, rows) = (*input.shape.last()?, *weights.shape.first()?);
        let columns = weights.elements().checked_div(rows)?;
        let mixes_all = match &node.op {
            Op::Conv2d(_) => weights.shape.last() == Some(&channels),
            _ => columns.is_multiple_of(channels),
        };
        (mixes_all && has_known_bias && has_plain_zero(weights)).then_some(Layer {
            input,
            weights,
            data,
            channels,
            rows,
            columns,
            is_padded,
        })
    }

    /// Whether a weight is zero.
    pub(super) fn is_zero(&self, row: usize, column: usize) -> bool {
        let bytes = self.weights.elem.bytes();
        let at = (row * self.columns + column) * bytes;
        self.data.bytes()[at..at + bytes].iter().all(|&byte| byte == 0)
    }

    /// An integer weight; 0 for real numbers.
    pub(super) fn weight(&self, row: usize, column: usize) -> i64 {
        let bytes = self.weights.elem.bytes();
        let at = (row * self.columns + column) * bytes;
        number(self.weights.elem, &self.data.bytes()[at..at + bytes]).unwrap_or(0)
    }

    /// The columns that read a channel.
    pub(super) fn columns_of(&self, channel: usize) -> impl Iterator<Item = usize> {
        (channel..self.columns).step_by(self.channels)
    }

    /// Whether all weights of a channel of the input are zero.
    pub(super) fn ignores(&self, channel: usize) -> bool {
        self.columns_of(channel).all(|column| (0..self.rows).all(|row| self.is_zero(row, column)))
    }

    /// Whether all weights of an output channel are zero.
    pub(super) fn is_empty_row(&self, row: usize) -> bool {
        (0..self.columns).all(|column| self.is_zero(row, column))
    }

    /// Whether the bias can take over the share of a channel that always holds `code`: what it holds must not differ
    /// from what the cells outside of the input read as, if there are any, and the sum must be exact.
    pub(super) fn can_absorb(&self, code: &[u8]) -> bool {
        let Some(zero_point) = self.zero_point() else { return false };
        let Some(code) = number(self.input.elem, code) else { return false };
        !self.is_padded || code == zero_point
    }

    /// The zero point of an integer input.
    pub(super) fn zero_point(&self) -> Option<i64> {
        let is_known = matches!(self.input.elem, ElemType::I8 | ElemType::I16);
        self.input.quant.per_tensor().filter(|_| is_known).map(|(_, zero_point)| i64::from(zero_point))
    }
}

/// An 8- or 16-bit element.
pub(super) fn number(elem: ElemType, bytes: &[u8]) -> Option<i64> {
    let data = Data::from_bytes(bytes);
    crate::codes::numbers(elem, &data)?.first().map(|&number| i64::from(number))
}

/// Whether a weight stands for zero if and only if its bytes are zero.
fn has_plain_zero(weights: &TensorType) -> bool {
    match (&weights.elem, &weights.quant) {
        (ElemType::F32, _) => true,
        (ElemType::I8, Quant::PerTensor { zero_point, .. }) => *zero_point == 0,
        (ElemType::I8, Quant::PerAxis { zero_points, .. }) => zero_points.iter().all(|&z| z == 0),
        _ => false,
    }
}

/// Whether a value is computed or given, rather than constant.
pub(super) fn is_variable(graph: &Graph, id: ValueId) -> bool {
    graph.constant(id).is_none()
}
