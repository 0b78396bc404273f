//! Constants of elementwise arithmetic and comparisons of two operands.

use super::activation;
use crate::ops::{Activation, Binary, BinaryKind, Operands};
use crate::quant::Requant;
use crate::types::{ElemType, TensorType};

/// How an arithmetic operator computes.
#[derive(Clone, Debug, PartialEq)]
pub enum BinaryParams {
    /// Quantized `a + b`.
    Add(SumParams),
    /// Quantized `a − b`.
    Sub(SumParams),
    /// Quantized `(a − b)²`.
    SquaredDifference(SumParams),
    /// Quantized `a · b`.
    Mul(ProductParams),
    /// Quantized `a / b`.
    Div(ProductParams),
    /// The larger code, as it is.
    Maximum,
    /// The smaller code, as it is.
    Minimum,
    /// Plain integers, wrapping, then clamped to these bounds.
    Integer {
        /// Smallest result.
        act_min: i64,
        /// Largest result.
        act_max: i64,
    },
    /// Floats, then clamped to these bounds.
    Float {
        /// Smallest result.
        act_min: f32,
        /// Largest result.
        act_max: f32,
    },
}

/// Two operands of different scales brought to a common one: `operand · ((q + offset) << left_shift)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    /// Shift before the factors, which keeps precision.
    pub left_shift: u32,
    /// Minus the zero points of the operands.
    pub offsets: [i32; 2],
    /// Factors of the operands.
    pub operands: [Requant; 2],
}

/// Constants of quantized sums; see [`SumParams::apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SumParams {
    /// The operands.
    pub common: Common,
    /// Factor of the sum, the difference or the squared difference.
    pub result: Requant,
    /// Zero point of the result.
    pub output_offset: i32,
    /// Smallest stored result.
    pub act_min: i32,
    /// Largest stored result.
    pub act_max: i32,
}

/// Constants of quantized products and quotients; see [`ProductParams::apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductParams {
    /// Minus the zero points of the operands.
    pub offsets: [i32; 2],
    /// Factor of the product or quotient.
    pub result: Requant,
    /// Zero point of the result.
    pub output_offset: i32,
    /// Smallest stored result.
    pub act_min: i32,
    /// Largest stored result.
    pub act_max: i32,
}

/// How a comparison compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareParams {
    /// The elements as they are.
    Plain,
    /// Quantized operands, after they were brought to a common scale.
    Common(Common),
}

impl BinaryParams {
    /// The arithmetic of `op` for these operands and this result.
    pub fn new(op: &Binary, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let [a, b] = pair(operands)?;
        if matches!(op.kind, BinaryKind::BitAnd | BinaryKind::BitOr | BinaryKind::BitXor) {
            return integer(op.act, result.elem);
        }
        match result.elem {
            ElemType::F32 => {
                let (act_min, act_max) = activation::float_clamp(op.act)?;
                Ok(BinaryParams::Float { act_min, act_max })
            }
            ElemType::I32 | ElemType::I64 => integer(op.act, result.elem),
            ElemType::I8 | ElemType::U8 | ElemType::I16 => quantized(op, a, b, result),
            other => Err(format!("{} of {other} elements is not defined", op.kind.name())),
        }
    }
}

fn integer(act: Activation, elem: ElemType) -> Result<BinaryParams, String> {
    let (least, most) = match elem {
        ElemType::I32 => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    };
    let (act_min, act_max) = match act {
        Activation::None => (least, most),
        Activation::Relu => (0, most),
        Activation::Relu6 => (0, 6),
        Activation::ReluN1To1 => (-1, 1),
        Activation::Tanh => return Err("activation tanh exists in recurrent layers only".into()),
    };
    Ok(BinaryParams::Integer { act_min, act_max })
}

fn quantized(op: &Binary, a: &TensorType, b: &TensorType, y: &TensorType) -> Result<BinaryParams, String> {
    let layer = Quantized { a, b, y, act: op.act };
    let by_width = |byte: u32, word: u32| if y.elem == ElemType::I8 { byte } else { word };
    let linear = |twice: f64, steps: f64, scale: f64| twice / (steps * scale);
    let square = |twice: f64, steps: f64, scale: f64| twice * twice / (steps * steps * scale);
    match op.kind {
        BinaryKind::Add => layer.sum(by_width(20, 15), linear).map(BinaryParams::Add),
        BinaryKind::Sub => layer.sum(by_width(20, 15), linear).map(BinaryParams::Sub),
        BinaryKind::SquaredDifference => {
            layer.sum(by_width(7, 0), square).map(BinaryParams::SquaredDifference)
        }
        BinaryKind::Mul => layer.product(|a, b, y| a * b / y).map(BinaryParams::Mul),
        BinaryKind::Div => layer.product(|a, b, y| a / (b * y)).map(BinaryParams::Div),
        BinaryKind::Maximum => Ok(BinaryParams::Maximum),
        BinaryKind::Minimum => Ok(BinaryParams::Minimum),
        BinaryKind::Power
        | BinaryKind::Modulo
        | BinaryKind::Remainder
        | BinaryKind::BitAnd
        | BinaryKind::BitOr
        | BinaryKind::BitXor
        | BinaryKind::ShiftLeft
        | BinaryKind::ShiftRight => {
            Err(format!("{} of quantized {} elements is not defined", op.kind.name(), y.elem))
        }
    }
}

struct Quantized<'a> {
    a: &'a TensorType,
    b: &'a TensorType,
    y: &'a TensorType,
    act: Activation,
}

impl Quantized<'_> {
    /// `factor` takes twice the larger scale of the operands, `2^left_shift` and the scale of the result.
    fn sum(&self, left_shift: u32, factor: impl Fn(f64, f64, f64) -> f64) -> Result<SumParams, String> {
        let (scale, output_offset) = scale_and_zero(self.y)?;
        let (act_min, act_max) = activation::quantized_clamp(self.act, self.y)?;
        let common = Common::new(self.a, self.b, left_shift)?;
        let twice = twice_larger(scale_and_zero(self.a)?.0, scale_and_zero(self.b)?.0);
        let result = Requant::from_real(factor(twice, f64::from(1u32 << left_shift), scale.into()));
        Ok(SumParams { common, result, output_offset, act_min, act_max })
    }

    /// `factor` takes the scales of the operands and of the result.
    fn product(&self, factor: impl Fn(f64, f64, f64) -> f64) -> Result<ProductParams, String> {
        let ((a_scale, a_zero), (b_scale, b_zero)) = (scale_and_zero(self.a)?, scale_and_zero(self.b)?);
        let (scale, output_offset) = scale_and_zero(self.y)?;
        let (act_min, act_max) = activation::quantized_clamp(self.act, self.y)?;
        let result = Requant::from_real(factor(a_scale.into(), b_scale.into(), scale.into()));
        Ok(ProductParams { offsets: [-a_zero, -b_zero], result, output_offset, act_min, act_max })
    }
}

fn twice_larger(a: f32, b: f32) -> f64 {
    2.0 * f64::from(a.max(b))
}

impl Common {
    /// Brings the operands to twice the larger scale.
    fn new(a: &TensorType, b: &TensorType, left_shift: u32) -> Result<Self, String> {
        let ((a_scale, a_zero), (b_scale, b_zero)) = (scale_and_zero(a)?, scale_and_zero(b)?);
        let twice = twice_larger(a_scale, b_scale);
        let factor = |scale: f32| Requant::from_real(f64::from(scale) / twice);
        Ok(Common { left_shift, offsets: [-a_zero, -b_zero], operands: [factor(a_scale), factor(b_scale)] })
    }

    /// Both operands in the common scale.
    pub fn apply(&self, a: i32, b: i32) -> [i32; 2] {
        let scaled = |index: usize, code: i32| {
            self.operands[index].apply(code.wrapping_add(self.offsets[index]).wrapping_shl(self.left_shift))
        };
        [scaled(0, a), scaled(1, b)]
    }
}

impl SumParams {
    /// `combine` of the operands in the common scale, stored in the scale of the result.
    pub fn apply(&self, a: i32, b: i32, combine: impl Fn(i32, i32) -> i32) -> i32 {
        let [a, b] = self.common.apply(a, b);
        let y = self.result.apply(combine(a, b)).wrapping_add(self.output_offset);
        y.clamp(self.act_min, self.act_max)
    }
}

impl ProductParams {
    /// `combine` of the factor and the operands, stored in the scale of the result.
    pub fn apply(&self, a: i32, b: i32, combine: impl Fn(Requant, i32, i32) -> i32) -> i32 {
        let [a, b] = [a.wrapping_add(self.offsets[0]), b.wrapping_add(self.offsets[1])];
        combine(self.result, a, b).saturating_add(self.output_offset).clamp(self.act_min, self.act_max)
    }
}

impl CompareParams {
    /// How these operands are compared.
    pub fn new(operands: &Operands<'_>) -> Result<Self, String> {
        let [a, b] = pair(operands)?;
        if a.elem.quantized_range().is_none() {
            return Ok(CompareParams::Plain);
        }
        let ((a_scale, a_zero), (b_scale, b_zero)) = (scale_and_zero(a)?, scale_and_zero(b)?);
        let factors = [a_scale, b_scale].map(|scale| Requant::from_real(scale.into()));
        Ok(CompareParams::Common(Common { left_shift: 8, offsets: [-a_zero, -b_zero], operands: factors }))
    }
}

fn pair<'a>(operands: &Operands<'a>) -> Result<[&'a TensorType; 2], String> {
    Ok([operands.require(0, "first operand")?, operands.require(1, "second operand")?])
}

pub(super) fn scale_and_zero(ty: &TensorType) -> Result<(f32, i32), String> {
    ty.quant
        .per_tensor()
        .ok_or_else(|| format!("a tensor of type {} needs one scale and zero point", ty.elem))
}
