//! Constants of changes of quantization.

use super::binary::scale_and_zero;
use crate::ops::Operands;
use crate::quant::{Quant, Requant};
use crate::types::{ElemType, TensorType};

/// From one scale and zero point to another: `clamp(requant(code + input_offset) + output_offset)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescale {
    /// Minus the zero point of the operand.
    pub input_offset: i32,
    /// Scale of the operand over scale of the result.
    pub requant: Requant,
    /// Zero point of the result.
    pub output_offset: i32,
    /// Smallest stored result.
    pub act_min: i32,
    /// Largest stored result.
    pub act_max: i32,
}

/// How `quantize` computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QuantizeParams {
    /// From real numbers: `clamp(round(x / scale) + zero_point)`, halves away from zero.
    Real {
        /// Scale of the result.
        scale: f32,
        /// Zero point of the result.
        zero_point: i32,
        /// Smallest code.
        least: i32,
        /// Largest code.
        most: i32,
    },
    /// From other codes.
    Rescale(Rescale),
}

/// How `dequantize` computes: `scale · (code − zero_point)`.
#[derive(Clone, Debug, PartialEq)]
pub enum DequantizeParams {
    /// Half precision to single precision.
    Half,
    /// One scale and zero point; the product is rounded once, from double precision.
    PerTensor {
        /// Scale of the operand.
        scale: f32,
        /// Zero point of the operand.
        zero_point: i32,
    },
    /// One scale and zero point for each index of a dimension.
    PerAxis {
        /// Elements between neighbours in that dimension.
        stride: usize,
        /// Scales of the operand.
        scales: Vec<f32>,
        /// Zero points of the operand.
        zero_points: Vec<i32>,
    },
}

impl Rescale {
    /// To the range of the result's type, with a factor that the reference computed.
    pub(super) fn with_factor(x: &TensorType, y: &TensorType, factor: f64) -> Result<Self, String> {
        let (act_min, act_max) = code_range(y)?;
        Ok(Rescale {
            input_offset: -scale_and_zero(x)?.1,
            requant: Requant::from_real(factor),
            output_offset: scale_and_zero(y)?.1,
            act_min,
            act_max,
        })
    }

    /// The code of the result.
    pub fn apply(&self, code: i32) -> i32 {
        let y = self.requant.apply(code.wrapping_add(self.input_offset));
        y.wrapping_add(self.output_offset).clamp(self.act_min, self.act_max)
    }
}

impl QuantizeParams {
    /// The change from the operand to the result.
    pub fn new(operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let x = operands.require(0, "operand")?;
        let (scale, zero_point) = scale_and_zero(result)?;
        if x.elem == ElemType::F32 {
            let (least, most) = code_range(result)?;
            return Ok(QuantizeParams::Real { scale, zero_point, least, most });
        }
        let factor = f64::from(scale_and_zero(x)?.0) / f64::from(scale);
        Ok(QuantizeParams::Rescale(Rescale::with_factor(x, result, factor)?))
    }
}

impl DequantizeParams {
    /// The change from the operand to real numbers.
    pub fn new(operands: &Operands<'_>) -> Result<Self, String> {
        let x = operands.require(0, "operand")?;
        match &x.quant {
            _ if x.elem == ElemType::F16 => Ok(DequantizeParams::Half),
            Quant::PerTensor { scale, zero_point } => {
                Ok(DequantizeParams::PerTensor { scale: *scale, zero_point: *zero_point })
            }
            Quant::PerAxis { axis, scales, zero_points } => {
                let stride = *x.shape.strides().get(*axis).ok_or("the quantized dimension does not exist")?;
                Ok(DequantizeParams::PerAxis {
                    stride,
                    scales: scales.clone(),
                    zero_points: zero_points.clone(),
                })
            }
            Quant::None => Err(format!("an operand of type {} needs a scale", x.elem)),
        }
    }
}

/// Smallest and largest code of an integer type of up to 32 bits.
fn code_range(ty: &TensorType) -> Result<(i32, i32), String> {
    match ty.elem {
        ElemType::I32 => Ok((i32::MIN, i32::MAX)),
        elem => elem.quantized_range().ok_or_else(|| format!("{elem} is not a quantized type")),
    }
}
