//! Rules of the elementwise operators.

use super::check::{
    ARITHMETIC, NUMERIC, broadcast, expect_clamp, expect_elem, expect_fraction, expect_quantized,
};
use super::{
    Activation, Binary, BinaryKind, Compare, CompareKind, Inferred, LeakyRelu, OpRules, Operands, Select,
    Unary, UnaryKind,
};
use crate::types::{ElemType, TensorType};

impl OpRules for Binary {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let (a, b) = pair(operands)?;
        expect_elem(a.elem, self.kind.elems(), "the first operand")?;
        expect_clamp(self.act)?;
        if !self.kind.rescales() && self.act != Activation::None {
            return Err(format!("{} has no activation; found {}", self.kind.name(), self.act.name()));
        }
        if self.kind.rescales() {
            expect_quantized(a, "the first operand")?;
            expect_quantized(b, "the second operand")?;
            operands.check_result(expect_quantized)?;
        }
        Ok(vec![Inferred { shape: broadcast(&a.shape, &b.shape)?, elems: vec![a.elem] }])
    }
}

impl BinaryKind {
    /// Whether quantized operands are brought to the scale of the result; otherwise the codes are used as they are.
    fn rescales(self) -> bool {
        match self {
            BinaryKind::Add
            | BinaryKind::Sub
            | BinaryKind::Mul
            | BinaryKind::Div
            | BinaryKind::SquaredDifference => true,
            BinaryKind::Maximum
            | BinaryKind::Minimum
            | BinaryKind::Power
            | BinaryKind::Modulo
            | BinaryKind::Remainder
            | BinaryKind::BitAnd
            | BinaryKind::BitOr
            | BinaryKind::BitXor
            | BinaryKind::ShiftLeft
            | BinaryKind::ShiftRight => false,
        }
    }

    fn elems(self) -> &'static [ElemType] {
        match self {
            BinaryKind::Add | BinaryKind::Sub | BinaryKind::Mul => NUMERIC,
            BinaryKind::Div => &[ElemType::I8, ElemType::F32, ElemType::I32, ElemType::I64],
            BinaryKind::SquaredDifference => &[ElemType::I8, ElemType::I16, ElemType::F32, ElemType::I32],
            BinaryKind::Maximum | BinaryKind::Minimum => {
                &[ElemType::I8, ElemType::U8, ElemType::I16, ElemType::F32, ElemType::I32, ElemType::I64]
            }
            BinaryKind::Power => &[ElemType::F32],
            BinaryKind::Modulo => &[ElemType::I32, ElemType::I64],
            BinaryKind::Remainder => &[ElemType::I32, ElemType::I64, ElemType::F32],
            BinaryKind::BitAnd | BinaryKind::BitOr | BinaryKind::BitXor => &[
                ElemType::Bool,
                ElemType::I8,
                ElemType::U8,
                ElemType::I16,
                ElemType::U16,
                ElemType::I32,
                ElemType::I64,
            ],
            BinaryKind::ShiftLeft | BinaryKind::ShiftRight => &[ElemType::I32, ElemType::I64],
        }
    }
}

impl OpRules for Select {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(3, 3)?;
        let condition = operands.require(0, "condition")?;
        let (a, b) = (operands.require(1, "first choice")?, operands.require(2, "second choice")?);
        expect_elem(condition.elem, &[ElemType::Bool], "the condition")?;
        expect_elem(b.elem, &[a.elem], "the second choice")?;
        let shape = broadcast(&broadcast(&condition.shape, &a.shape)?, &b.shape)?;
        Ok(vec![Inferred { shape, elems: vec![a.elem] }])
    }
}

impl OpRules for Compare {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let (a, b) = pair(operands)?;
        expect_elem(a.elem, self.kind.elems(), "the first operand")?;
        expect_quantized(a, "the first operand")?;
        expect_quantized(b, "the second operand")?;
        Ok(vec![Inferred { shape: broadcast(&a.shape, &b.shape)?, elems: vec![ElemType::Bool] }])
    }
}

impl CompareKind {
    fn elems(self) -> &'static [ElemType] {
        match self {
            CompareKind::Equal | CompareKind::NotEqual => {
                &[ElemType::I8, ElemType::I16, ElemType::F32, ElemType::I32, ElemType::I64, ElemType::Bool]
            }
            CompareKind::Less | CompareKind::LessEqual | CompareKind::Greater | CompareKind::GreaterEqual => {
                NUMERIC
            }
        }
    }
}

impl OpRules for Unary {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 1)?;
        let x = operands.require(0, "operand")?;
        expect_elem(x.elem, self.kind.elems(), "the operand")?;
        expect_quantized(x, "the operand")?;
        operands.check_result(expect_quantized)?;
        operands.check_result(|ty, what| expect_sigmoid(self.kind, ty, what))?;
        Ok(vec![Inferred { shape: x.shape.clone(), elems: vec![x.elem] }])
    }
}

/// The result of the quantized logistic function has all its range, that of tanh is symmetric.
fn expect_sigmoid(kind: UnaryKind, ty: &TensorType, what: &str) -> Result<(), String> {
    let (bits, zero_point) = match (kind, ty.elem) {
        (UnaryKind::Logistic, ElemType::I8) => (8, -128),
        (UnaryKind::Tanh, ElemType::I8) => (7, 0),
        (UnaryKind::Logistic | UnaryKind::Tanh, ElemType::I16) => (15, 0),
        _ => return Ok(()),
    };
    expect_fraction(ty, bits, zero_point, what)
}

impl UnaryKind {
    /// Quantized functions are those that TensorFlow Lite Micro has.
    fn elems(self) -> &'static [ElemType] {
        match self {
            UnaryKind::Abs | UnaryKind::Relu => &[ElemType::I8, ElemType::I16, ElemType::F32, ElemType::I32],
            UnaryKind::Neg | UnaryKind::Square => &[ElemType::F32, ElemType::I32],
            UnaryKind::Exp
            | UnaryKind::Log
            | UnaryKind::Sqrt
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
            | UnaryKind::Round => &[ElemType::F32],
            UnaryKind::Rsqrt
            | UnaryKind::Relu6
            | UnaryKind::ReluN1To1
            | UnaryKind::Tanh
            | UnaryKind::Logistic => ARITHMETIC,
        }
    }
}

impl OpRules for LeakyRelu {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 1)?;
        let x = operands.require(0, "operand")?;
        expect_elem(x.elem, ARITHMETIC, "the operand")?;
        expect_quantized(x, "the operand")?;
        operands.check_result(expect_quantized)?;
        if !self.alpha.is_finite() {
            return Err(format!("alpha is {}; expected a finite number", self.alpha));
        }
        Ok(vec![Inferred { shape: x.shape.clone(), elems: vec![x.elem] }])
    }
}

/// Two operands of one element type.
fn pair<'a>(operands: &Operands<'a>) -> Result<(&'a TensorType, &'a TensorType), String> {
    operands.expect_count(2, 2)?;
    let (a, b) = (operands.require(0, "first operand")?, operands.require(1, "second operand")?);
    expect_elem(b.elem, &[a.elem], "the second operand")?;
    Ok((a, b))
}
