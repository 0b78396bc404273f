//! Layers with a memory of their own as optimized kernels take them: what comes from 8-bit inputs are dot products that
//! become 16-bit numbers, each a [`FoldedLayer`].

use super::folded::{Finish, FoldedLayer};
use super::mac::Accumulator;
use super::recurrent::{LstmArithmetic, LstmGate, LstmParams, SvdfArithmetic, SvdfParams};
use crate::ops::Operands;
use crate::quant::Requant;

/// The sums of an 8-bit LSTM, gate by gate in operand order.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmSums {
    /// From the input, with the biases.
    pub input: Vec<FoldedLayer>,
    /// From the last output.
    pub recurrent: Vec<FoldedLayer>,
}

/// The sums of an 8-bit SVDF layer.
#[derive(Clone, Debug, PartialEq)]
pub struct SvdfSums {
    /// The newest cells, before the zero point of the state is added.
    pub features: FoldedLayer,
    /// For each unit its bias, into which the zero point of the state is folded.
    pub biases: Vec<i32>,
}

/// How sums are finished on cores with the DSP extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumsFinish {
    /// Filters in pairs, all factors below 1/2.
    Linear,
    /// Filters in pairs, any factors.
    General,
    /// Filters apart, any factors: for weights that do not go into one lane.
    Apart,
}

impl SumsFinish {
    /// What serves all of these layers.
    pub fn of(layers: &[FoldedLayer]) -> Self {
        if !layers.iter().all(FoldedLayer::pairs_fit) {
            return SumsFinish::Apart;
        }
        let linear = layers.iter().all(|layer| layer.finish() == Finish::Linear);
        if linear { SumsFinish::Linear } else { SumsFinish::General }
    }
}

impl LstmSums {
    /// The sums of a layer; `None` if it is not 8 bit or a weight is not constant.
    pub fn new(operands: &Operands<'_>, params: &LstmParams) -> Option<Self> {
        let LstmArithmetic::Quantized(q) = &params.arithmetic else { return None };
        let layer = |weights: usize, biases: Vec<i32>, requant: Requant, offset| {
            let weights = constant(operands, weights)?.to_vec::<i8>();
            Some(FoldedLayer::of_sums(&weights, &biases, requant, offset))
        };
        let input = |gate: LstmGate| {
            let biases = constant(operands, gate.bias())?.to_vec();
            layer(gate.input_weights(), biases, q.input_requant[gate as usize], q.input_offset)
        };
        let recurrent = |gate: LstmGate| {
            let (weights, requant) = (gate.recurrent_weights(), q.recurrent_requant[gate as usize]);
            layer(weights, vec![0; params.units], requant, q.recurrent_offset)
        };
        if q.accumulator != Accumulator::I32 {
            return None;
        }
        Some(LstmSums {
            input: LstmGate::ALL.into_iter().map(input).collect::<Option<_>>()?,
            recurrent: LstmGate::ALL.into_iter().map(recurrent).collect::<Option<_>>()?,
        })
    }
}

impl SvdfSums {
    /// The sums of a layer; `None` if it is not 8 bit or a weight is not constant.
    pub fn new(operands: &Operands<'_>, params: &SvdfParams) -> Option<Self> {
        let SvdfArithmetic::Quantized(q) = &params.arithmetic else { return None };
        let feature = constant(operands, 1)?.to_vec::<i8>();
        let none = vec![0; params.filters];
        let features = FoldedLayer::of_sums(&feature, &none, q.feature_requant, q.input_offset);
        let time = constant(operands, 2)?;
        let time: Vec<i32> = match operands.get(2)?.elem.bytes() {
            1 => time.to_vec::<i8>().into_iter().map(i32::from).collect(),
            _ => time.to_vec::<i16>().into_iter().map(i32::from).collect(),
        };
        let mut biases = match operands.get(3) {
            Some(_) => constant(operands, 3)?.to_vec::<i32>(),
            None => vec![0; params.units],
        };
        for (bias, weights) in biases.iter_mut().zip(time.chunks(params.rank * params.memory)) {
            *bias = bias.wrapping_sub(q.state_zero_point.wrapping_mul(weights.iter().sum()));
        }
        Some(SvdfSums { features, biases })
    }
}

fn constant<'a>(operands: &Operands<'a>, index: usize) -> Option<&'a crate::data::Data> {
    operands.graph.constant(operands.node.input(index)?)
}
