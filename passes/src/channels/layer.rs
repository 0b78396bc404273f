//! Convolutions and fully connected layers as matrices: output channels by columns, each of which reads one channel of
//! the input.

use redsc_ir::ops::Padding;
use redsc_ir::{Data, ElemType, Graph, Node, Op, Quant, Scalar, TensorType, ValueId};

/// A layer whose weights are known.
pub(crate) struct Layer<'g> {
    pub(crate) input: &'g TensorType,
    pub(crate) weights: &'g TensorType,
    pub(crate) data: &'g Data,
    /// Channels of the input.
    pub(crate) channels: usize,
    /// Output channels.
    pub(crate) rows: usize,
    /// Weights per output channel; column `j` reads channel `j % channels`.
    pub(crate) columns: usize,
    /// Whether the layer reads cells outside of its input.
    pub(crate) is_padded: bool,
    /// Scale of the weights of each output channel; nothing for real numbers.
    scales: Option<Vec<f32>>,
}

impl<'g> Layer<'g> {
    /// The layer of a node, if it is one that mixes all channels and whose weights are constant and symmetric.
    pub(crate) fn of(graph: &'g Graph, node: &Node) -> Option<Layer<'g>> {
        let is_padded = match &node.op {
            Op::Conv2d(op) => op.padding != Padding::default(),
            Op::FullyConnected(_) => false,
            Op::TransposeConv2d(_) => true,
            _ => return None,
        };
        let (x, w) = (node.input(0)?, node.input(1)?);
        let (input, weights, data) = (graph.ty(x), graph.ty(w), graph.constant(w)?);
        let has_known_bias = node.input(2).is_none_or(|bias| graph.constant(bias).is_some());
        let (channels, rows) = (*input.shape.last()?, *weights.shape.first()?);
        let columns = weights.elements().checked_div(rows)?;
        let mixes_all = match &node.op {
            Op::Conv2d(_) | Op::TransposeConv2d(_) => weights.shape.last() == Some(&channels),
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
            scales: weights.quant.channel_scales(rows),
        })
    }

    /// Whether a weight is zero.
    pub(crate) fn is_zero(&self, row: usize, column: usize) -> bool {
        let bytes = self.weights.elem.bytes();
        let at = (row * self.columns + column) * bytes;
        self.data.bytes()[at..at + bytes].iter().all(|&byte| byte == 0)
    }

    /// An integer weight; 0 for real numbers.
    pub(crate) fn weight(&self, row: usize, column: usize) -> i64 {
        match self.weights.elem {
            ElemType::I8 => i64::from(self.data.bytes()[row * self.columns + column] as i8),
            _ => 0,
        }
    }

    /// The real number that a weight stands for.
    pub(crate) fn real(&self, row: usize, column: usize) -> f64 {
        let at = 4 * (row * self.columns + column);
        match (self.weights.elem, &self.scales) {
            (ElemType::F32, _) => f64::from(f32::read_le(&self.data.bytes()[at..at + 4])),
            (_, Some(scales)) => self.weight(row, column) as f64 * f64::from(scales[row]),
            (_, None) => self.weight(row, column) as f64,
        }
    }

    /// The columns that read a channel.
    pub(crate) fn columns_of(&self, channel: usize) -> impl Iterator<Item = usize> {
        (channel..self.columns).step_by(self.channels)
    }

    /// Whether all weights of a channel of the input are zero.
    pub(crate) fn ignores(&self, channel: usize) -> bool {
        self.columns_of(channel).all(|column| (0..self.rows).all(|row| self.is_zero(row, column)))
    }

    /// Whether all weights of an output channel are zero.
    pub(crate) fn is_empty_row(&self, row: usize) -> bool {
        (0..self.columns).all(|column| self.is_zero(row, column))
    }

    /// Whether the bias can take over the share of a channel that always holds `code`: what it holds must not differ
    /// from what the cells outside of the input read as, if there are any, and the sum must be exact.
    pub(crate) fn can_absorb(&self, code: &[u8]) -> bool {
        let Some(zero_point) = self.zero_point() else { return false };
        let Some(code) = number(self.input.elem, code) else { return false };
        !self.is_padded || code == zero_point
    }

    /// The zero point of an integer input.
    pub(crate) fn zero_point(&self) -> Option<i64> {
        let is_known = matches!(self.input.elem, ElemType::I8 | ElemType::I16);
        self.input.quant.per_tensor().filter(|_| is_known).map(|(_, zero_point)| i64::from(zero_point))
    }
}

/// An 8- or 16-bit element.
pub(crate) fn number(elem: ElemType, bytes: &[u8]) -> Option<i64> {
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
pub(crate) fn is_variable(graph: &Graph, id: ValueId) -> bool {
    graph.constant(id).is_none()
}

/// The elements of a constant as real numbers: scaled along the last dimension.
pub(crate) fn real_elements(graph: &Graph, id: ValueId) -> Option<Vec<f64>> {
    let (ty, data) = (graph.ty(id), graph.constant(id)?);
    if ty.elem == ElemType::F32 {
        return Some(data.to_vec::<f32>().into_iter().map(f64::from).collect());
    }
    let channels = *ty.shape.last()?;
    let scales = ty.quant.channel_scales(channels)?;
    let numbers = crate::codes::numbers(ty.elem, data)?;
    Some(numbers.iter().enumerate().map(|(i, &q)| f64::from(q) * f64::from(scales[i % channels])).collect())
}
