//! Rules of softmax and its logarithm.

use super::check::{LAYER, expect_elem, expect_fraction, expect_not_empty, expect_quantized};
use super::{Inferred, LogSoftmax, OpRules, Operands, Softmax};
use crate::types::{ElemType, TensorType};

impl OpRules for Softmax {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let x = logits(operands, LAYER)?;
        if !(self.beta.is_finite() && self.beta > 0.0) {
            return Err(format!("beta is {}; expected a positive number", self.beta));
        }
        let elems: &[ElemType] = match x.elem {
            ElemType::I8 => &[ElemType::I8, ElemType::I16],
            ElemType::I16 => &[ElemType::I16],
            ElemType::U8 => &[ElemType::U8],
            _ => &[ElemType::F32],
        };
        operands.check_result(|y, what| match (x.elem, y.elem) {
            (ElemType::I8, ElemType::I16) => expect_fraction(y, 16, -32768, what),
            (_, ElemType::I16) => expect_fraction(y, 15, 0, what),
            (_, ElemType::I8) => expect_fraction(y, 8, -128, what),
            (_, ElemType::U8) => expect_fraction(y, 8, 0, what),
            _ => Ok(()),
        })?;
        Ok(vec![Inferred { shape: x.shape.clone(), elems: elems.to_vec() }])
    }
}

impl OpRules for LogSoftmax {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let x = logits(operands, &[ElemType::I8, ElemType::F32])?;
        operands.check_result(|y, what| match y.elem {
            ElemType::I8 => expect_fraction(y, 4, 127, what),
            _ => Ok(()),
        })?;
        Ok(vec![Inferred { shape: x.shape.clone(), elems: vec![x.elem] }])
    }
}

/// The one operand, of one of the given element types and with a last dimension.
fn logits<'a>(operands: &Operands<'a>, elems: &[ElemType]) -> Result<&'a TensorType, String> {
    operands.expect_count(1, 1)?;
    let x = operands.require(0, "operand")?;
    expect_elem(x.elem, elems, "the operand")?;
    expect_not_empty(x, "the operand")?;
    if x.shape.rank() == 0 {
        return Err("the operand is a scalar; expected at least 1 dimension".into());
    }
    expect_quantized(x, "the operand")?;
    Ok(x)
}
