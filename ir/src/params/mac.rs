//! Layers that multiply, accumulate and requantize: convolutions, fully connected layers and matrix products.
//!
//! A quantized layer computes, for output channel `c`,
//!
//! ```text
//! acc = bias[c] + Σ (x + input_offset) · (w + weights_offset)
//! y   = clamp(requant[c](acc) + output_offset, act_min, act_max)
//! ```
//!
//! where `x` reads as `pad_value` outside of the input.

use crate::ops::{Accumulate, Activation, Operands};
use crate::params::activation;
use crate::quant::{Quant, Requant};
use crate::types::{ElemType, TensorType};

/// The width of an accumulator, and with it the requantization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accumulator {
    /// 32 bits, wrapping; [`Requant::apply`].
    I32,
    /// 64 bits; [`Requant::apply64`].
    I64,
}

/// Constants of a quantized layer.
#[derive(Clone, Debug, PartialEq)]
pub struct MacQuantized {
    /// Added to each input: minus its zero point, or 0 if the bias accounts for it ([`Accumulate::Raw`]).
    pub input_offset: i32,
    /// Added to each weight: minus their zero point; 0 unless the weights are unsigned or of a fully connected
    /// layer.
    pub weights_offset: i32,
    /// What inputs outside of the image read as: the zero point of the input.
    pub pad_value: i32,
    /// Added after requantization: the zero point of the result.
    pub output_offset: i32,
    /// One factor per output channel; all equal if the weights have one scale.
    pub requant: Vec<Requant>,
    /// Smallest stored result.
    pub act_min: i32,
    /// Largest stored result.
    pub act_max: i32,
    /// Width of the accumulator.
    pub accumulator: Accumulator,
}

/// The arithmetic of a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum MacArithmetic {
    /// Integers.
    Quantized(MacQuantized),
    /// Single precision, with the clamp of the result.
    Float {
        /// Smallest result.
        act_min: f32,
        /// Largest result.
        act_max: f32,
    },
}

impl MacArithmetic {
    /// The arithmetic of a layer with operands `(x, w, bias?)`, `channels` output channels and result `result`.
    pub(super) fn new(
        operands: &Operands<'_>,
        result: &TensorType,
        channels: usize,
        act: Activation,
        accumulate: Accumulate,
    ) -> Result<Self, String> {
        let input = operands.require(0, "input")?;
        let weights = operands.require(1, "weights")?;
        let bias = operands.get(2).map(|ty| ty.elem);
        if input.elem != result.elem {
            return Err(format!("the input is {} and the result {}", input.elem, result.elem));
        }
        match (input.elem, weights.elem) {
            (ElemType::F32, ElemType::F32) => {
                let (act_min, act_max) = activation::float_clamp(act)?;
                Ok(MacArithmetic::Float { act_min, act_max })
            }
            (ElemType::I8, ElemType::I8) | (ElemType::U8, ElemType::U8) | (ElemType::I16, ElemType::I8) => {
                let accumulator = accumulator(input.elem, bias)?;
                let layer = Layer { input, weights, result, channels, act, accumulate, accumulator };
                Ok(MacArithmetic::Quantized(layer.quantized()?))
            }
            (x, w) => Err(format!("there is no arithmetic for {x} inputs and {w} weights")),
        }
    }
}

impl MacArithmetic {
    /// The arithmetic of products of elements of `a` and `b`, which both are computed; one factor serves all.
    pub(super) fn of_products(a: &TensorType, b: &TensorType, result: &TensorType) -> Result<Self, String> {
        let act = Activation::None;
        let accumulator = match (a.elem, b.elem, result.elem) {
            (ElemType::F32, ElemType::F32, ElemType::F32) => {
                let (act_min, act_max) = activation::float_clamp(act)?;
                return Ok(MacArithmetic::Float { act_min, act_max });
            }
            (ElemType::I8, ElemType::I8, ElemType::I8) => Accumulator::I32,
            (ElemType::I16, ElemType::I16, ElemType::I16) => Accumulator::I64,
            (a, b, y) => return Err(format!("there is no arithmetic for {a} times {b} giving {y}")),
        };
        per_tensor(b, "the second operand")?;
        let (accumulate, channels) = (Accumulate::Centered, 1);
        let layer = Layer { input: a, weights: b, result, channels, act, accumulate, accumulator };
        Ok(MacArithmetic::Quantized(layer.quantized()?))
    }
}

/// The accumulator that goes with the element types of the input and of the bias.
fn accumulator(input: ElemType, bias: Option<ElemType>) -> Result<Accumulator, String> {
    match (input, bias) {
        (ElemType::I16, None | Some(ElemType::I64)) => Ok(Accumulator::I64),
        (_, None | Some(ElemType::I32)) => Ok(Accumulator::I32),
        (x, Some(bias)) => Err(format!("there is no arithmetic for {x} inputs and {bias} biases")),
    }
}

struct Layer<'a> {
    input: &'a TensorType,
    weights: &'a TensorType,
    result: &'a TensorType,
    channels: usize,
    act: Activation,
    accumulate: Accumulate,
    accumulator: Accumulator,
}

impl Layer<'_> {
    fn quantized(&self) -> Result<MacQuantized, String> {
        let (input_scale, input_zero) = per_tensor(self.input, "the input")?;
        let (output_scale, output_zero) = per_tensor(self.result, "the result")?;
        let requant = self.requant(input_scale, output_scale)?;
        if self.accumulator == Accumulator::I64 && requant.iter().any(|r| r.shift > 14) {
            return Err("the scale of the result is too small for the scales of input and weights".into());
        }
        let (act_min, act_max) = activation::quantized_clamp(self.act, self.result)?;
        Ok(MacQuantized {
            input_offset: match self.accumulate {
                Accumulate::Centered => -input_zero,
                Accumulate::Raw => 0,
            },
            weights_offset: self.weights.quant.per_tensor().map_or(0, |(_, zero_point)| -zero_point),
            pad_value: input_zero,
            output_offset: output_zero,
            requant,
            act_min,
            act_max,
            accumulator: self.accumulator,
        })
    }

    fn requant(&self, input_scale: f32, output_scale: f32) -> Result<Vec<Requant>, String> {
        let scales = match &self.weights.quant {
            Quant::None => return Err("the weights need a quantization".into()),
            Quant::PerTensor { scale, .. } => std::slice::from_ref(scale),
            Quant::PerAxis { scales, .. } => scales.as_slice(),
        };
        match *scales {
            [scale] => {
                // The reference for unsigned layers, TensorFlow Lite, rounds the product to single precision.
                let product = match self.input.elem {
                    ElemType::U8 => f64::from(input_scale * scale),
                    _ => f64::from(input_scale) * f64::from(scale),
                };
                Ok(vec![Requant::from_real(product / f64::from(output_scale)); self.channels])
            }
            _ if scales.len() == self.channels => {
                let factor = |w: &f32| f64::from(input_scale) * f64::from(*w) / f64::from(output_scale);
                Ok(scales.iter().map(|w| Requant::from_real(factor(w))).collect())
            }
            _ => Err(format!("{} scales do not fit {} output channels", scales.len(), self.channels)),
        }
    }
}

/// Scale and zero point of a type that must have one of each; `what` names it in the error.
///
/// 16-bit tensors are symmetric: the arithmetic leaves no room for an offset.
pub(super) fn per_tensor(ty: &TensorType, what: &str) -> Result<(f32, i32), String> {
    let (scale, zero_point) =
        ty.quant.per_tensor().ok_or_else(|| format!("{what} needs one scale and zero point"))?;
    if ty.elem == ElemType::I16 && zero_point != 0 {
        return Err(format!("{what} has 16 bits and needs the zero point 0, not {zero_point}"));
    }
    Ok((scale, zero_point))
}
