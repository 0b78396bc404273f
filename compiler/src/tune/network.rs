//! A network of real numbers with shared, trainable weights: the levels of a nested network, or one level alone.
//!
//! Weights and the grids of values are shared by all levels; every level has biases of its own for the channels it keeps.
//! A forward pass works on a batch, with the quantization of values and weights (straight-through gradients) or without
//! it.

use std::collections::BTreeMap;

use candle_core::{D, Device, Result, Tensor, Var};
use redsc_ir::ops::{BinaryKind, Operands, PadMode, Padding, PoolKind, ReduceKind, UnaryKind};
use redsc_ir::params::activation::{float_clamp, quantized_clamp};
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::pool::PoolParams;
use redsc_ir::params::window::Window;
use redsc_ir::{ElemType, Graph, Node, Op, Quant, TensorType, ValueId};
use redsc_passes::nest::Level;

use super::primitives::{Clamp, Grid, Leaky, Logistic, Tanh, Windows, map};

/// Whether a pass works with codes or with real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Values and weights are real numbers.
    Real,
    /// Values and weights lie on their grids.
    Quantized,
}

/// The trainable parts of one layer.
pub(super) struct Layer {
    /// Filters `[c_out, taps, c_in]`; depthwise `[taps, c]`.
    pub weights: Var,
    /// By level: the bias.
    pub biases: Vec<Var>,
    /// Whether weights are `[taps, c]`.
    pub is_depthwise: bool,
    /// How weights are quantized.
    pub grid: WeightGrid,
}

/// How the weights of a layer are quantized, without zero points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WeightGrid {
    /// They are real numbers.
    None,
    /// One scale.
    PerTensor,
    /// One scale for each output channel.
    PerChannel,
}

/// The levels of a network.
pub(super) struct Network {
    /// The levels, the full network last.
    pub levels: Vec<Level>,
    /// By node: its trainable parts.
    pub layers: BTreeMap<usize, Layer>,
    /// By value: its grid.
    pub grids: Vec<Option<Grid>>,
}

/// Called with each value that a forward pass computes.
pub(super) type Watch<'w> = &'w mut dyn FnMut(ValueId, &Tensor) -> Result<()>;

impl Network {
    /// The network of some levels, with the weights of the last one.
    ///
    /// # Errors
    /// The nodes that cannot be trained through, each with the reason.
    pub fn new(levels: Vec<Level>) -> std::result::Result<Self, Vec<(String, String)>> {
        let Some(full) = levels.last() else { return Err(vec![(String::new(), "there is no level".into())]) };
        let graph = full.module.entry();
        let mut problems = Vec::new();
        let mut layers = BTreeMap::new();
        for (position, node) in graph.nodes.iter().enumerate() {
            match layer(&levels, position).and_then(|layer| supported(graph, node).map(|()| layer)) {
                Ok(layer) => layers.extend(layer.map(|layer| (position, layer))),
                Err(reason) => problems.push((node.location.clone(), reason)),
            }
        }
        if graph.inputs.len() != 1 || graph.ty(graph.inputs[0]).shape.first() != Some(&1) {
            problems.push((String::new(), "training needs one input with a leading dimension of 1".into()));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let grids = graph.values.iter().map(|value| grid(&value.ty)).collect();
        Ok(Network { levels, layers, grids })
    }

    /// The value that is compared with labels: the first output, before softmax and changes of type.
    pub fn logits(&self) -> ValueId {
        let graph = self.levels[0].module.entry();
        let producers = graph.producers();
        let mut id = graph.outputs[0];
        while let Some(node) = producers[id.index()].map(|position| &graph.nodes[position]) {
            match (&node.op, node.input(0)) {
                (Op::Softmax(_) | Op::Quantize(_) | Op::Dequantize(_) | Op::LogSoftmax(_), Some(x)) => id = x,
                _ => break,
            }
        }
        id
    }

    /// The logits `[n, classes]` of a level for a batch of real numbers `[n, …]`.
    pub fn forward(
        &self,
        level: usize,
        batch: &Tensor,
        precision: Precision,
        watch: Watch<'_>,
    ) -> Result<Tensor> {
        let graph = self.levels[level].module.entry();
        let logits = self.logits();
        let pass = Pass { network: self, level, graph, precision };
        let mut values: Vec<Option<Tensor>> = vec![None; graph.values.len()];
        values[graph.inputs[0].index()] = Some(batch.clone());
        let last_use = last_uses(graph);
        for (position, node) in graph.nodes.iter().enumerate() {
            if values[logits.index()].is_some() {
                break;
            }
            let results = pass.node(position, node, &values)?;
            for (&id, result) in node.outputs.iter().zip(results) {
                watch(id, &result)?;
                values[id.index()] = Some(result);
            }
            for id in node.operands().filter(|id| last_use[id.index()] == position && *id != logits) {
                values[id.index()] = None;
            }
        }
        let found = values[logits.index()].take().ok_or_else(|| error("there are no logits"))?;
        let rows = found.dim(0)?;
        found.reshape((rows, found.elem_count() / rows.max(1)))
    }

    /// Whether values have grids at all.
    pub fn is_quantized(&self) -> bool {
        self.grids.iter().any(Option::is_some)
    }

    /// All that is trained.
    pub fn variables(&self) -> Vec<Var> {
        let of = |layer: &Layer| {
            std::iter::once(layer.weights.clone()).chain(layer.biases.clone()).collect::<Vec<_>>()
        };
        self.layers.values().flat_map(of).collect()
    }
}

/// One forward pass.
struct Pass<'n> {
    network: &'n Network,
    level: usize,
    graph: &'n Graph,
    precision: Precision,
}

impl Pass<'_> {
    fn node(&self, position: usize, node: &Node, values: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
        let result = node.outputs[0];
        let ty = self.graph.ty(result);
        let x = || self.operand(node, 0, values);
        let found = match &node.op {
            Op::Conv2d(op) => self.limit(&self.convolution(position, node, &x()?)?, op.act, ty, result)?,
            Op::DepthwiseConv2d(op) => {
                self.limit(&self.depthwise(position, node, &x()?)?, op.act, ty, result)?
            }
            Op::FullyConnected(op) => self.limit(&self.dense(position, &x()?, ty)?, op.act, ty, result)?,
            Op::Pool2d(op) => {
                let windows = windows(&PoolParams::new(op, &self.operands(node), ty).map_err(error)?.window);
                let pooled = match op.kind {
                    PoolKind::Max => windows.maxima(&x()?)?,
                    PoolKind::Average => average(windows, &x()?)?,
                };
                self.limit(&pooled, op.act, ty, result)?
            }
            Op::Binary(op) => {
                let (a, b) = (x()?, self.operand(node, 1, values)?);
                let found = match op.kind {
                    BinaryKind::Add => a.broadcast_add(&b)?,
                    BinaryKind::Sub => a.broadcast_sub(&b)?,
                    BinaryKind::Mul => a.broadcast_mul(&b)?,
                    BinaryKind::Maximum => a.broadcast_maximum(&b)?,
                    BinaryKind::Minimum => a.broadcast_minimum(&b)?,
                    _ => return Err(unsupported(node)),
                };
                self.limit(&found, op.act, ty, result)?
            }
            Op::LeakyRelu(op) => self.on_grid(&map(&x()?, Leaky { alpha: op.alpha })?, result)?,
            Op::Unary(op) => {
                self.on_grid(&unary(op.kind, &x()?).ok_or_else(|| unsupported(node))??, result)?
            }
            Op::Reshape(_) => x()?.reshape(self.batch_shape(&x()?, ty))?,
            Op::Pad(op) => {
                let pad = |x: Tensor, axis: usize| x.pad_with_zeros(axis, op.before[axis], op.after[axis]);
                (1..ty.shape.rank()).try_fold(x()?, pad)?
            }
            Op::Concat(op) => {
                let parts: Result<Vec<Tensor>> =
                    (0..node.inputs.len()).map(|index| self.operand(node, index, values)).collect();
                self.limit(&Tensor::cat(&parts?, op.axis)?, op.act, ty, result)?
            }
            Op::Reduce(op) => {
                let mean = op.axes.iter().rev().try_fold(x()?, |x, &axis| x.mean_keepdim(axis))?;
                self.on_grid(&mean.reshape(self.batch_shape(&mean, ty))?, result)?
            }
            Op::Quantize(_) => self.on_grid(&x()?, result)?,
            Op::Dequantize(_) => x()?,
            _ => return Err(unsupported(node)),
        };
        Ok(vec![found])
    }

    fn operands<'g>(&'g self, node: &'g Node) -> Operands<'g> {
        Operands { module: &self.network.levels[self.level].module, graph: self.graph, node }
    }

    /// The `index`-th operand; constants in real numbers.
    fn operand(&self, node: &Node, index: usize, values: &[Option<Tensor>]) -> Result<Tensor> {
        let id = node.input(index).ok_or_else(|| error("an operand is missing"))?;
        if let Some(tensor) = &values[id.index()] {
            return Ok(tensor.clone());
        }
        let numbers = reals(self.graph, id).ok_or_else(|| error("an operand cannot be read"))?;
        Tensor::from_vec(numbers, self.graph.ty(id).shape.0.clone(), &Device::Cpu)
    }

    /// The shape of a value for a batch.
    fn batch_shape(&self, x: &Tensor, ty: &TensorType) -> Vec<usize> {
        let per_sample: usize = ty.shape.elements();
        let batch = x.elem_count() / per_sample.max(1);
        std::iter::once(batch).chain(ty.shape.iter().skip(1).copied()).collect()
    }

    /// Filters `[c_out, taps · c_in]` or `[taps, c]` of a layer at this level, and its bias.
    fn weights(&self, position: usize) -> Result<(Tensor, &Tensor)> {
        let layer = &self.network.layers[&position];
        let level = &self.network.levels[self.level];
        let node = &self.graph.nodes[position];
        let kept = |id: Option<ValueId>| id.and_then(|id| level.kept[id.index()].as_deref());
        let (inputs, outputs) = (kept(node.input(0)), kept(node.outputs.first().copied()));
        let mut weights = layer.weights.as_tensor().clone();
        if self.precision == Precision::Quantized {
            weights = layer.rounded(&weights)?;
        }
        let out_axis = usize::from(layer.is_depthwise);
        weights = select(&weights, out_axis, outputs)?;
        if !layer.is_depthwise {
            weights = select(&weights, 2, inputs)?;
        }
        Ok((weights, layer.biases[self.level].as_tensor()))
    }

    fn convolution(&self, position: usize, node: &Node, x: &Tensor) -> Result<Tensor> {
        let Op::Conv2d(op) = &node.op else { return Err(unsupported(node)) };
        let result = self.graph.ty(node.outputs[0]);
        let window = ConvParams::conv2d(op, &self.operands(node), result).map_err(error)?.window;
        let (weights, bias) = self.weights(position)?;
        let is_pointwise = window.y.taps * window.x.taps == 1
            && (window.y.stride, window.x.stride) == (1, 1)
            && op.padding == Padding::default();
        let rows = match is_pointwise {
            true => x.flatten(0, 2)?,
            false => windows(&window).rows(x)?,
        };
        let y = rows.matmul(&weights.flatten(1, 2)?.t()?)?.broadcast_add(bias)?;
        y.reshape(self.batch_shape(&y, result))
    }

    fn depthwise(&self, position: usize, node: &Node, x: &Tensor) -> Result<Tensor> {
        let Op::DepthwiseConv2d(op) = &node.op else { return Err(unsupported(node)) };
        let params = ConvParams::depthwise(op, &self.operands(node), self.graph.ty(node.outputs[0]));
        let window = params.map_err(error)?.window;
        let multiplier = window.out_channels / window.in_channels;
        let repeated = match multiplier {
            1 => x.clone(),
            _ => {
                let sources: Vec<u32> = (0..window.out_channels).map(|c| (c / multiplier) as u32).collect();
                x.index_select(&Tensor::new(sources, x.device())?, 3)?
            }
        };
        let (weights, bias) = self.weights(position)?;
        windows(&window).depthwise(&repeated, &weights)?.broadcast_add(bias)
    }

    fn dense(&self, position: usize, x: &Tensor, ty: &TensorType) -> Result<Tensor> {
        let (weights, bias) = self.weights(position)?;
        let weights = weights.flatten(1, 2)?;
        let depth = weights.dim(1)?;
        let rows = x.reshape((x.elem_count() / depth.max(1), depth))?;
        let y = rows.matmul(&weights.t()?)?.broadcast_add(bias)?;
        y.reshape(self.batch_shape(&y, ty))
    }

    /// Applies the clamp of a node and the grid of its result.
    fn limit(
        &self,
        x: &Tensor,
        act: redsc_ir::ops::Activation,
        ty: &TensorType,
        id: ValueId,
    ) -> Result<Tensor> {
        let grid = self.network.grids[id.index()].filter(|_| self.precision == Precision::Quantized);
        if let Some(grid) = grid {
            let quant = Quant::PerTensor { scale: grid.scale, zero_point: grid.zero_point as i32 };
            let (low, high) = quantized_clamp(act, &TensorType { quant, ..ty.clone() }).map_err(error)?;
            return map(x, Grid { codes: [low as f32, high as f32], ..grid });
        }
        match float_clamp(act).map_err(error)? {
            (f32::MIN, f32::MAX) => Ok(x.clone()),
            (low, high) => map(x, Clamp { low, high }),
        }
    }

    fn on_grid(&self, x: &Tensor, id: ValueId) -> Result<Tensor> {
        match self.network.grids[id.index()].filter(|_| self.precision == Precision::Quantized) {
            Some(grid) => map(x, grid),
            None => Ok(x.clone()),
        }
    }
}

impl Layer {
    /// The scale of each output channel, or of all: the largest magnitude becomes code 127.
    pub fn scales(&self) -> Result<Tensor> {
        let magnitudes = self.weights.as_tensor().detach().abs()?;
        let largest = match (self.grid, self.is_depthwise) {
            (WeightGrid::PerChannel, true) => magnitudes.max_keepdim(0)?,
            (WeightGrid::PerChannel, false) => {
                magnitudes.flatten(1, 2)?.max_keepdim(D::Minus1)?.unsqueeze(2)?
            }
            _ => magnitudes.flatten_all()?.max_keepdim(0)?.reshape(vec![1; magnitudes.rank()])?,
        };
        largest.maximum(1e-9)? / 127.0
    }

    /// Weights on their grid; the gradient passes through.
    fn rounded(&self, weights: &Tensor) -> Result<Tensor> {
        if self.grid == WeightGrid::None {
            return Ok(weights.clone());
        }
        let scales = self.scales()?;
        let rounded = weights.detach().broadcast_div(&scales)?.round()?.broadcast_mul(&scales)?;
        weights + (rounded - weights.detach())?
    }
}

/// The trainable parts of node `position`; `None` if it has none.
fn layer(levels: &[Level], position: usize) -> std::result::Result<Option<Layer>, String> {
    let full = levels[levels.len() - 1].module.entry();
    let node = &full.nodes[position];
    let is_depthwise = matches!(node.op, Op::DepthwiseConv2d(_));
    if !is_depthwise && !matches!(node.op, Op::Conv2d(_) | Op::FullyConnected(_)) {
        return Ok(None);
    }
    let id = node.input(1).ok_or("there are no weights")?;
    let numbers = reals(full, id).ok_or("the weights are not constant")?;
    let ty = full.ty(id);
    let channels = if is_depthwise { ty.shape.last() } else { ty.shape.first() }.copied().unwrap_or(1);
    let depth = ty.shape.last().copied().unwrap_or(1);
    let shape = match is_depthwise {
        true => vec![numbers.len() / channels, channels],
        false => vec![channels, numbers.len() / channels / depth.max(1), depth],
    };
    let grid = match &ty.quant {
        _ if ty.elem == ElemType::F32 => WeightGrid::None,
        Quant::PerAxis { .. } => WeightGrid::PerChannel,
        Quant::PerTensor { zero_point: 0, .. } => WeightGrid::PerTensor,
        Quant::PerTensor { .. } | Quant::None => return Err("the weights have a zero point".into()),
    };
    let make = || -> Result<Layer> {
        let variable = |numbers: Vec<f32>, shape: Vec<usize>| {
            Var::from_tensor(&Tensor::from_vec(numbers, shape, &Device::Cpu)?)
        };
        let mut layer = Layer { weights: variable(numbers, shape)?, biases: Vec::new(), is_depthwise, grid };
        for level in levels {
            let graph = level.module.entry();
            let node = &graph.nodes[position];
            let channels = graph.ty(node.outputs[0]).shape.last().copied().unwrap_or(1);
            let bias = node.input(2).and_then(|id| reals(graph, id)).unwrap_or_else(|| vec![0.0; channels]);
            layer.biases.push(variable(bias, vec![channels])?);
        }
        Ok(layer)
    };
    make().map(Some).map_err(|e| e.to_string())
}

/// Whether a pass knows the node.
fn supported(graph: &Graph, node: &Node) -> std::result::Result<(), String> {
    let reason = match &node.op {
        Op::Conv2d(_) => {
            let channels = |id: Option<ValueId>| id.and_then(|id| graph.ty(id).shape.last().copied());
            (channels(node.input(0)) != channels(node.input(1))).then_some("grouped convolutions")
        }
        Op::Binary(op) => {
            use BinaryKind as K;
            let known = [K::Add, K::Sub, K::Mul, K::Maximum, K::Minimum];
            (!known.contains(&op.kind)).then_some("this operator")
        }
        Op::Unary(op) => {
            use UnaryKind as K;
            let known = [K::Relu, K::Relu6, K::ReluN1To1, K::Logistic, K::Tanh];
            (!known.contains(&op.kind)).then_some("this function")
        }
        Op::Pad(op) => (op.mode != PadMode::Constant || node.input(1).is_some())
            .then_some("padding with other than zero"),
        Op::Reduce(op) => (op.kind != ReduceKind::Mean || op.axes.contains(&0)).then_some("this reduction"),
        Op::Concat(op) => (op.axis == 0).then_some("joining samples"),
        Op::DepthwiseConv2d(_)
        | Op::FullyConnected(_)
        | Op::Pool2d(_)
        | Op::LeakyRelu(_)
        | Op::Reshape(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_) => None,
        _ => Some("this operator"),
    };
    reason.map_or(Ok(()), |what| Err(format!("`{}`: there are no gradients for {what}", node.op.mnemonic())))
}

/// The grid of a quantized type.
fn grid(ty: &TensorType) -> Option<Grid> {
    let (scale, zero_point) = ty.quant.per_tensor()?;
    let (low, high) = ty.elem.quantized_range()?;
    Some(Grid { scale, zero_point: zero_point as f32, codes: [low as f32, high as f32] })
}

/// The real numbers of a constant.
pub(super) fn reals(graph: &Graph, id: ValueId) -> Option<Vec<f32>> {
    let (ty, data) = (graph.ty(id), graph.constant(id)?);
    let codes: Vec<f32> = match ty.elem {
        ElemType::F32 => return Some(data.to_vec::<f32>()),
        ElemType::I8 => data.to_vec::<i8>().into_iter().map(f32::from).collect(),
        ElemType::U8 => data.to_vec::<u8>().into_iter().map(f32::from).collect(),
        ElemType::I16 => data.to_vec::<i16>().into_iter().map(f32::from).collect(),
        ElemType::I32 => data.to_vec::<i32>().into_iter().map(|q| q as f32).collect(),
        ElemType::I64 => data.to_vec::<i64>().into_iter().map(|q| q as f32).collect(),
        _ => return None,
    };
    let inner = |axis: usize| ty.shape.iter().skip(axis + 1).product::<usize>().max(1);
    let quantum = |index: usize| match &ty.quant {
        Quant::None => (1.0, 0.0),
        Quant::PerTensor { scale, zero_point } => (*scale, *zero_point as f32),
        Quant::PerAxis { axis, scales, zero_points } => {
            let channel = index / inner(*axis) % scales.len().max(1);
            (scales[channel], zero_points.get(channel).map_or(0.0, |&z| z as f32))
        }
    };
    let real = |(index, code): (usize, f32)| {
        let (scale, zero) = quantum(index);
        (code - zero) * scale
    };
    Some(codes.into_iter().enumerate().map(real).collect())
}

/// Some indices of a dimension.
pub(super) fn select(x: &Tensor, axis: usize, kept: Option<&[usize]>) -> Result<Tensor> {
    let Some(kept) = kept else { return Ok(x.clone()) };
    if kept.iter().enumerate().all(|(position, &channel)| position == channel) {
        return x.narrow(axis, 0, kept.len());
    }
    let indices: Vec<u32> = kept.iter().map(|&channel| channel as u32).collect();
    x.contiguous()?.index_select(&Tensor::new(indices, x.device())?, axis)
}

fn unary(kind: UnaryKind, x: &Tensor) -> Option<Result<Tensor>> {
    Some(match kind {
        UnaryKind::Relu => map(x, Leaky { alpha: 0.0 }),
        UnaryKind::Relu6 => map(x, Clamp { low: 0.0, high: 6.0 }),
        UnaryKind::ReluN1To1 => map(x, Clamp { low: -1.0, high: 1.0 }),
        UnaryKind::Logistic => map(x, Logistic),
        UnaryKind::Tanh => map(x, Tanh),
        _ => return None,
    })
}

fn average(windows: Windows, x: &Tensor) -> Result<Tensor> {
    let channels = x.dim(3)?;
    let ones =
        Tensor::ones((windows.y.taps * windows.x.taps, channels), candle_core::DType::F32, x.device())?;
    let shares = Tensor::from_vec(windows.shares(), (windows.y.output, windows.x.output, 1), x.device())?;
    windows.depthwise(x, &ones)?.broadcast_mul(&shares)
}

fn windows(window: &Window) -> Windows {
    Windows { y: window.y, x: window.x }
}

/// By value: the last node that reads it.
fn last_uses(graph: &Graph) -> Vec<usize> {
    graph.users().into_iter().map(|users| users.into_iter().max().unwrap_or(0)).collect()
}

fn unsupported(node: &Node) -> candle_core::Error {
    error(format!("`{}` cannot be trained through", node.op.mnemonic()))
}

fn error(message: impl ToString) -> candle_core::Error {
    candle_core::Error::Msg(message.to_string())
}
