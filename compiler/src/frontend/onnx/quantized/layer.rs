//! Convolutions and fully connected layers on codes.

use redsc_ir::interp::eval_node;
use redsc_ir::ops::{Activation, Conv2d, DepthwiseConv2d, FullyConnected, TransposeConv2d};
use redsc_ir::{Data, ElemType, Node, Op, Quant, TensorType, ValueId};

use super::{Lowering, Target};

impl Lowering<'_> {
    /// The layer on the codes of input and weights. `addend` is a constant that is added behind it.
    pub(super) fn layer(
        &mut self,
        node: &Node,
        addend: Option<ValueId>,
        act: Activation,
        target: &Target,
    ) -> Option<ValueId> {
        let op = with_activation(&node.op, act)?;
        let (x, w) = (*self.codes.get(&node.input(0)?)?, *self.codes.get(&node.input(1)?)?);
        self.graph.constant(w)?;
        let channels = channels(&node.op, self.graph.ty(w))?;
        let scales = self.product_scales(x, w, channels)?;
        let mut bias = vec![0.0; channels];
        for id in node.input(2).into_iter().chain(addend) {
            let values = self.per_channel(id, channels)?;
            bias.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        let mut inputs = vec![x, w];
        if node.input(2).is_some() || addend.is_some() {
            inputs.push(self.bias(x, &bias, &scales));
        }
        self.emit(op, inputs, target.clone(), &node.location)
    }

    /// The real value of one step of the accumulators.
    fn product_scales(&self, x: ValueId, w: ValueId, channels: usize) -> Option<Vec<f64>> {
        let (x_scale, _) = self.graph.ty(x).quant.per_tensor()?;
        let scales = self.graph.ty(w).quant.channel_scales(channels)?;
        Some(scales.into_iter().map(|w_scale| f64::from(x_scale) * f64::from(w_scale)).collect())
    }

    /// A constant in steps of the accumulators.
    fn bias(&mut self, x: ValueId, values: &[f64], scales: &[f64]) -> ValueId {
        let steps = values.iter().zip(scales).map(|(value, scale)| (value / scale).round());
        let wide = self.graph.ty(x).elem == ElemType::I16;
        let (elem, data) = if wide {
            (ElemType::I64, Data::from_slice(&steps.map(|v| v as i64).collect::<Vec<_>>()))
        } else {
            (ElemType::I32, Data::from_slice(&steps.map(|v| v as i32).collect::<Vec<_>>()))
        };
        self.graph.add_constant("", TensorType::plain(elem, [values.len()]), data)
    }

    /// The numbers of a constant, given as such or as codes, one for each channel.
    fn per_channel(&self, id: ValueId, channels: usize) -> Option<Vec<f64>> {
        let values = match self.codes.get(&id) {
            Some(&codes) => self.meaning(codes)?,
            None => self.graph.constant(id)?.to_vec::<f32>().into_iter().map(f64::from).collect(),
        };
        let shape = &self.graph.ty(id).shape;
        match values.as_slice() {
            [one] => Some(vec![*one; channels]),
            _ if values.len() == channels && shape.last() == Some(&channels) => Some(values),
            _ => None,
        }
    }

    /// The real numbers of constant codes, in double precision.
    fn meaning(&self, codes: ValueId) -> Option<Vec<f64>> {
        let ty = self.graph.ty(codes);
        let data = self.graph.constant(codes)?;
        if ty.elem != ElemType::I32 {
            return self.dequantized(codes);
        }
        let scale = |index: usize| match &ty.quant {
            Quant::None => None,
            Quant::PerTensor { scale, zero_point } => Some((f64::from(*scale), *zero_point)),
            Quant::PerAxis { scales, zero_points, .. } => {
                Some((f64::from(*scales.get(index)?), *zero_points.get(index)?))
            }
        };
        let number = |(index, code): (usize, i32)| {
            scale(index).map(|(scale, zero)| scale * (i64::from(code) - i64::from(zero)) as f64)
        };
        data.to_vec::<i32>().into_iter().enumerate().map(number).collect()
    }

    fn dequantized(&self, codes: ValueId) -> Option<Vec<f64>> {
        let mut small = redsc_ir::Graph::default();
        let x = small.add_value("", self.graph.ty(codes).clone());
        let y = small.add_value("", TensorType::plain(ElemType::F32, self.graph.ty(codes).shape.0.clone()));
        small.push(redsc_ir::ops::Dequantize {}.into(), &[x], &[y], "");
        let contents = [self.graph.constant(codes).cloned()];
        let data = eval_node(&self.empty, &small, &small.nodes[0], &contents).ok()?.into_iter().next()?;
        Some(data.to_vec::<f32>().into_iter().map(f64::from).collect())
    }
}

/// Output channels, of weights as they are stored for the layer.
fn channels(op: &Op, weights: &TensorType) -> Option<usize> {
    let axis = if matches!(op, Op::DepthwiseConv2d(_)) { 3 } else { 0 };
    weights.shape.get(axis).copied()
}

/// The layer with that clamp, if it has none yet.
fn with_activation(op: &Op, act: Activation) -> Option<Op> {
    let free = |own: Activation| own == Activation::None || act == Activation::None;
    let pick = |own: Activation| if own == Activation::None { act } else { own };
    Some(match op {
        Op::Conv2d(op) if free(op.act) => Conv2d { act: pick(op.act), ..op.clone() }.into(),
        Op::DepthwiseConv2d(op) if free(op.act) => DepthwiseConv2d { act: pick(op.act), ..op.clone() }.into(),
        Op::TransposeConv2d(op) if free(op.act) => TransposeConv2d { act: pick(op.act), ..op.clone() }.into(),
        Op::FullyConnected(op) if free(op.act) => FullyConnected { act: pick(op.act), ..op.clone() }.into(),
        _ => return None,
    })
}
