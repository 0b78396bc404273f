//! Rules of the elementwise operators.

use super::check::{
    ARITHMETIC, NUMERIC, broadcast, expect_clamp, expect_elem, expect_layer_quantized, expect_quantized,
};
use super::{
    Binary, BinaryKind, Compare, CompareKind, Inferred, LeakyRelu, OpRules, Operands, Unary, UnaryKind,
};
use crate::types::{ElemType, TensorType};

impl OpRules for Binary {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let (a, b) = pair(operands)?;
        expect_elem(a.elem, self.kind.elems(), "the first operand")?;
        expect_clamp(self.act)?;
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
            BinaryKind::Maximum | BinaryKind::Minimum => false,
        }
    }

    fn elems(self) -> &'static [ElemType] {
        match self {
            BinaryKind::Add | BinaryKind::Sub | BinaryKind::Mul => NUMERIC,
            BinaryKind::Div => &[ElemType::I8, ElemType::F32, ElemType::I32],
            BinaryKind::SquaredDifference => &[ElemType::I8, ElemType::I16, ElemType::F32, ElemType::I32],
            BinaryKind::Maximum | BinaryKind::Minimum => {
                &[ElemType::I8, ElemType::U8, ElemType::I16, ElemType::F32, ElemType::I32, ElemType::I64]
            }
        }
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
        let check: fn(&TensorType, &str) -> Result<(), String> = match self.kind {
            UnaryKind::Tanh | UnaryKind::Logistic => expect_layer_quantized,
            _ => expect_quantized,
        };
        check(x, "the operand")?;
        operands.check_result(check)?;
        Ok(vec![Inferred { shape: x.shape.clone(), elems: vec![x.elem] }])
    }
}

impl UnaryKind {
    fn elems(self) -> &'static [ElemType] {
        match self {
            UnaryKind::Abs | UnaryKind::Neg | UnaryKind::Square | UnaryKind::Relu => {
                &[ElemType::I8, ElemType::I16, ElemType::F32, ElemType::I32]
            }
            UnaryKind::Exp
            | UnaryKind::Log
            | UnaryKind::Sqrt
            | UnaryKind::Rsqrt
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
