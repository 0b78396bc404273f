//! Trained weights back into networks of integers: codes and scales that all levels share, biases for each.

use candle_core::{Result, Tensor};
use redsc_ir::{Data, ElemType, Module, Quant, TensorType, ValueId};
use redsc_passes::nest::Level;

use super::network::{Layer, Network, WeightGrid, select};

/// The levels with what was trained: the structure is as it was.
pub(super) fn modules(network: &Network) -> Result<Vec<Module>> {
    (0..network.levels.len()).map(|level| module(network, level)).collect()
}

fn module(network: &Network, index: usize) -> Result<Module> {
    let level = &network.levels[index];
    let mut module = level.module.clone();
    let graph = module.entry_mut();
    for (value, grid) in graph.values.iter_mut().zip(&network.grids) {
        if let (None, Some(grid)) = (&value.data, grid) {
            value.ty.quant = Quant::PerTensor { scale: grid.scale, zero_point: grid.zero_point as i32 };
        }
    }
    for (&position, layer) in &network.layers {
        let written = Written::of(level, index, position, layer)?;
        let node = &graph.nodes[position];
        let [x, w] = [node.input(0), node.input(1)].map(|id| id.unwrap_or(ValueId::new(0)));
        let input_scale = graph.ty(x).quant.per_tensor().map(|(scale, _)| scale);
        let (weights, bias) = (written.weights(graph.ty(w)), written.bias(graph.ty(x).elem, input_scale));
        let bias_name = node.input(2).map(|id| graph.value(id).name.clone()).unwrap_or_default();
        let name = graph.value(w).name.clone();
        let weights = graph.add_constant(name, weights.0, weights.1);
        let bias = graph.add_constant(bias_name, bias.0, bias.1);
        let inputs = &mut graph.nodes[position].inputs;
        inputs.resize(inputs.len().max(3), None);
        inputs[1] = Some(weights);
        inputs[2] = Some(bias);
    }
    Ok(module)
}

/// The numbers of one layer at one level.
struct Written {
    /// Codes, or real numbers of a network of real numbers, in the order of the weights.
    weights: Vec<f32>,
    /// One scale, or one for each output channel.
    scales: Vec<f32>,
    /// Real numbers.
    bias: Vec<f32>,
    grid: WeightGrid,
    is_depthwise: bool,
}

impl Written {
    fn of(level: &Level, index: usize, position: usize, layer: &Layer) -> Result<Self> {
        let node = &level.module.entry().nodes[position];
        let kept = |id: Option<ValueId>| id.and_then(|id| level.kept[id.index()].as_deref());
        let (inputs, outputs) = (kept(node.input(0)), kept(node.outputs.first().copied()));
        let out_axis = usize::from(layer.is_depthwise);
        let cut = |x: &Tensor| -> Result<Tensor> {
            let x = select(x, out_axis, outputs)?;
            if layer.is_depthwise { Ok(x) } else { select(&x, 2, inputs) }
        };
        let weights = layer.weights.as_tensor().detach();
        let (codes, scales) = match layer.grid {
            WeightGrid::None => (weights, Vec::new()),
            WeightGrid::PerTensor | WeightGrid::PerChannel => {
                let scales = layer.scales()?;
                let codes = weights.broadcast_div(&scales)?.round()?.clamp(-127.0, 127.0)?;
                let scales = match layer.grid {
                    WeightGrid::PerChannel => select(&scales, out_axis, outputs)?,
                    _ => scales,
                };
                (codes, scales.flatten_all()?.to_vec1::<f32>()?)
            }
        };
        let numbers = cut(&codes)?.contiguous()?.flatten_all()?.to_vec1::<f32>()?;
        let bias = layer.biases[index].as_tensor().to_vec1::<f32>()?;
        Ok(Written { weights: numbers, scales, bias, grid: layer.grid, is_depthwise: layer.is_depthwise })
    }

    fn quant(&self, axis: usize, factor: f32) -> Quant {
        let scales: Vec<f32> = self.scales.iter().map(|scale| scale * factor).collect();
        match (self.grid, scales.as_slice()) {
            (WeightGrid::PerTensor, [scale]) => Quant::PerTensor { scale: *scale, zero_point: 0 },
            (WeightGrid::None, _) => Quant::None,
            _ => Quant::PerAxis { axis, zero_points: vec![0; scales.len()], scales },
        }
    }

    fn weights(&self, old: &TensorType) -> (TensorType, Data) {
        let axis = if self.is_depthwise { old.shape.rank() - 1 } else { 0 };
        let ty = TensorType { quant: self.quant(axis, 1.0), ..old.clone() };
        let data = match old.elem {
            ElemType::F32 => Data::from_slice(&self.weights),
            _ => Data::from_slice(&self.weights.iter().map(|&code| code as i8).collect::<Vec<i8>>()),
        };
        (ty, data)
    }

    fn bias(&self, input: ElemType, input_scale: Option<f32>) -> (TensorType, Data) {
        let shape = [self.bias.len()];
        let Some(input_scale) = input_scale.filter(|_| self.grid != WeightGrid::None) else {
            return (TensorType::plain(ElemType::F32, shape), Data::from_slice(&self.bias));
        };
        let scale = |channel: usize| self.scales[channel.min(self.scales.len() - 1)] * input_scale;
        let steps = self.bias.iter().enumerate().map(|(c, &bias)| f64::from(bias) / f64::from(scale(c)));
        let (elem, data) = match input {
            ElemType::I16 => {
                (ElemType::I64, Data::from_slice(&steps.map(|s| s.round() as i64).collect::<Vec<_>>()))
            }
            _ => (ElemType::I32, Data::from_slice(&steps.map(|s| s.round() as i32).collect::<Vec<_>>())),
        };
        (TensorType { quant: self.quant(0, input_scale), ..TensorType::plain(elem, shape) }, data)
    }
}
