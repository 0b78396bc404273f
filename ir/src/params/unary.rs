//! Constants of elementwise functions of one operand.

use super::activation;
use super::binary::scale_and_zero;
use super::quantize::Rescale;
use super::sigmoid::SigmoidScale;
use crate::fixed;
use crate::ops::{Activation, LeakyRelu, Operands, Unary, UnaryKind};
use crate::quant::Requant;
use crate::types::{ElemType, TensorType};

/// How a function computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UnaryParams {
    /// Numbers that are not quantized.
    Plain,
    /// Clamps of the rescaled code.
    Clamp(Rescale),
    /// The absolute value of the offset code, rescaled.
    Abs(Rescale),
    /// Inverse square root.
    Rsqrt(RsqrtParams),
    /// Logistic function of bytes; results have 8 fractional bits and zero point −128.
    Logistic(SigmoidParams),
    /// Tanh of bytes; results have 7 fractional bits and zero point 0.
    Tanh(SigmoidParams),
    /// Logistic function of 16-bit codes, by table; results have 15 fractional bits and zero point 0.
    LogisticTable(SigmoidScale),
    /// Tanh of 16-bit codes, by the same table; results have 15 fractional bits and zero point 0.
    TanhTable(SigmoidScale),
}

/// Constants of the inverse square root; see [`RsqrtParams::apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RsqrtParams {
    /// Minus the zero point of the operand.
    pub input_offset: i32,
    /// From `2^20 / √code` to the result.
    pub requant: Requant,
    /// Zero point of the result.
    pub output_offset: i32,
    /// Smallest stored result.
    pub act_min: i32,
    /// Largest stored result, also of what has no inverse square root.
    pub act_max: i32,
}

/// Constants of the logistic function and tanh of bytes.
///
/// `code + input_offset` times the factor is an argument in `Q4`; from the radius on, it would not fit and the function
/// saturates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigmoidParams {
    /// Minus the zero point of the operand.
    pub input_offset: i32,
    /// To `Q4`.
    pub requant: Requant,
    /// Smallest magnitude that saturates.
    pub radius: i32,
}

/// Where a function saturates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Towards minus infinity.
    Left,
    /// Towards infinity.
    Right,
}

/// Constants of the leaky clamp: codes below the zero point have a factor of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LeakyReluParams {
    /// Real numbers.
    Float,
    /// Codes.
    Quantized {
        /// The right half.
        positive: Rescale,
        /// Factor of the left half, without its sign.
        slope: Requant,
        /// Whether the slope is negative.
        flips: bool,
    },
}

impl UnaryParams {
    /// The arithmetic of `op` for this operand and this result.
    pub fn new(op: &Unary, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let x = operands.require(0, "operand")?;
        match x.elem {
            ElemType::F32 | ElemType::I32 => Ok(UnaryParams::Plain),
            ElemType::I8 | ElemType::I16 => quantized(op.kind, x, result),
            other => Err(format!("{} of {other} elements is not defined", op.kind.name())),
        }
    }
}

fn quantized(kind: UnaryKind, x: &TensorType, y: &TensorType) -> Result<UnaryParams, String> {
    let ratio = f64::from(scale_and_zero(x)?.0) / f64::from(scale_and_zero(y)?.0);
    let clamp = |act: Activation| {
        let (act_min, act_max) = activation::quantized_clamp(act, y)?;
        Ok(UnaryParams::Clamp(Rescale { act_min, act_max, ..Rescale::with_factor(x, y, ratio)? }))
    };
    match (kind, x.elem) {
        (UnaryKind::Relu, _) => clamp(Activation::Relu),
        (UnaryKind::Relu6, _) => clamp(Activation::Relu6),
        (UnaryKind::ReluN1To1, _) => clamp(Activation::ReluN1To1),
        (UnaryKind::Abs, _) => Ok(UnaryParams::Abs(Rescale::with_factor(x, y, ratio)?)),
        (UnaryKind::Rsqrt, _) => RsqrtParams::new(x, y).map(UnaryParams::Rsqrt),
        (UnaryKind::Logistic, ElemType::I8) => SigmoidParams::new(x).map(UnaryParams::Logistic),
        (UnaryKind::Tanh, ElemType::I8) => SigmoidParams::new(x).map(UnaryParams::Tanh),
        (UnaryKind::Logistic, _) => sigmoid_scale(x, 0).map(UnaryParams::LogisticTable),
        (UnaryKind::Tanh, _) => sigmoid_scale(x, 1).map(UnaryParams::TanhTable),
        (
            UnaryKind::Neg
            | UnaryKind::Exp
            | UnaryKind::Log
            | UnaryKind::Sqrt
            | UnaryKind::Square
            | UnaryKind::Sin
            | UnaryKind::Cos
            | UnaryKind::Tan
            | UnaryKind::Asin
            | UnaryKind::Acos
            | UnaryKind::Atan
            | UnaryKind::Sinh
            | UnaryKind::Cosh
            | UnaryKind::Asinh
            | UnaryKind::Acosh
            | UnaryKind::Atanh
            | UnaryKind::Erf
            | UnaryKind::Ceil
            | UnaryKind::Floor
            | UnaryKind::Round,
            elem,
        ) => Err(format!("{} of quantized {elem} elements is not defined", kind.name())),
    }
}

/// Scales whose exponent is at most `most_left` above −12 are taken for powers of two, others exactly.
fn sigmoid_scale(x: &TensorType, most_left: i32) -> Result<SigmoidScale, String> {
    SigmoidScale::of_scale(scale_and_zero(x)?.0, most_left)
}

impl RsqrtParams {
    /// Fractional bits of the inverse square root on its way to the result.
    const BITS: i32 = 20;

    fn new(x: &TensorType, y: &TensorType) -> Result<Self, String> {
        let ((x_scale, x_zero), (y_scale, y_zero)) = (scale_and_zero(x)?, scale_and_zero(y)?);
        let (act_min, act_max) = activation::quantized_clamp(Activation::None, y)?;
        let factor = Requant::from_real(1.0 / (f64::from(x_scale).sqrt() * f64::from(y_scale)));
        let requant = match factor.shift - Self::BITS {
            shift @ -31.. => Requant { multiplier: factor.multiplier, shift },
            _ => Requant { multiplier: 0, shift: 0 },
        };
        Ok(RsqrtParams { input_offset: -x_zero, requant, output_offset: y_zero, act_min, act_max })
    }

    /// The code of the inverse square root; that of 0 and of negative numbers is the largest.
    pub fn apply(&self, code: i32) -> i32 {
        let x = code.wrapping_add(self.input_offset);
        if x <= 0 {
            return self.act_max;
        }
        let (multiplier, shift) = fixed::inverse_sqrt(x);
        let root = Requant { multiplier, shift: shift + Self::BITS }.apply(1);
        self.requant.apply(root).wrapping_add(self.output_offset).clamp(self.act_min, self.act_max)
    }
}

impl SigmoidParams {
    /// Integer bits of the argument.
    pub const INTEGER_BITS: i32 = 4;

    fn new(x: &TensorType) -> Result<Self, String> {
        let (scale, zero_point) = scale_and_zero(x)?;
        let requant = Requant::from_real(f64::from(scale) * f64::from(1u32 << (31 - Self::INTEGER_BITS)));
        let radius = input_radius(Self::INTEGER_BITS, requant.shift);
        Ok(SigmoidParams { input_offset: -zero_point, requant, radius })
    }

    /// The argument in `Q4`, or where the function saturates.
    pub fn argument(&self, code: i32) -> Result<i32, Side> {
        let x = code.wrapping_add(self.input_offset);
        match x {
            x if x <= -self.radius => Err(Side::Left),
            x if x >= self.radius => Err(Side::Right),
            x => Ok(self.requant.apply(x)),
        }
    }
}

/// The largest integer whose product with a factor of that left shift stays within `integer_bits` integer bits.
pub(super) fn input_radius(integer_bits: i32, left_shift: i32) -> i32 {
    let largest = f64::from((1i32 << integer_bits) - 1) * f64::from(31 - integer_bits).exp2();
    (largest / f64::from(left_shift).exp2()).floor() as i32
}

impl LeakyReluParams {
    /// The arithmetic of `op` for this operand and this result.
    pub fn new(op: &LeakyRelu, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let x = operands.require(0, "operand")?;
        if x.elem == ElemType::F32 {
            return Ok(LeakyReluParams::Float);
        }
        let (x_scale, y_scale) = (f64::from(scale_and_zero(x)?.0), f64::from(scale_and_zero(result)?.0));
        Ok(LeakyReluParams::Quantized {
            positive: Rescale::with_factor(x, result, x_scale / y_scale)?,
            slope: Requant::from_real((x_scale * f64::from(op.alpha) / y_scale).abs()),
            flips: op.alpha < 0.0,
        })
    }
}
