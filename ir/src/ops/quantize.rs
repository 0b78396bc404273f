//! Rules of the operators that change the element type.

use super::check::{expect_axis, expect_elem, expect_quantized};
use super::{Cast, Dequantize, Inferred, OpRules, Operands, Quantize};
use crate::quant::Quant;
use crate::types::{ElemType, TensorType};

impl OpRules for Quantize {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 1)?;
        let x = operands.require(0, "operand")?;
        let elems: &[ElemType] = match x.elem {
            ElemType::F32 => &[ElemType::I8, ElemType::U8, ElemType::I16, ElemType::I32],
            ElemType::I8 => &[ElemType::I8, ElemType::U8, ElemType::I16, ElemType::I32],
            ElemType::U8 => &[ElemType::I8],
            ElemType::I16 => &[ElemType::I8, ElemType::I16, ElemType::I32],
            ElemType::I32 => &[ElemType::I8, ElemType::I16],
            other => {
                return Err(format!(
                    "the operand has elements of type {other}; expected f32, i8, u8, i16, i32"
                ));
            }
        };
        if !x.elem.is_float() {
            expect_scaled(x, "the operand")?;
        }
        operands.check_result(expect_scaled)?;
        Ok(vec![Inferred { shape: x.shape.clone(), elems: elems.to_vec() }])
    }
}

impl OpRules for Dequantize {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 1)?;
        let x = operands.require(0, "operand")?;
        let elems = [ElemType::I8, ElemType::U8, ElemType::I16, ElemType::I32, ElemType::F16];
        expect_elem(x.elem, &elems, "the operand")?;
        match x.quant {
            _ if x.elem == ElemType::F16 => {}
            Quant::PerAxis { .. } => expect_axis_scales(x)?,
            Quant::None | Quant::PerTensor { .. } => expect_scaled(x, "the operand")?,
        }
        Ok(vec![Inferred { shape: x.shape.clone(), elems: vec![ElemType::F32] }])
    }
}

impl OpRules for Cast {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 1)?;
        let x = operands.require(0, "operand")?;
        Ok(vec![Inferred { shape: x.shape.clone(), elems: ElemType::ALL.to_vec() }])
    }
}

/// As [`expect_quantized`], for 32-bit integers too.
fn expect_scaled(ty: &TensorType, what: &str) -> Result<(), String> {
    match (&ty.quant, ty.elem) {
        (Quant::PerTensor { scale, .. }, ElemType::I32) if scale.is_finite() && *scale > 0.0 => Ok(()),
        (_, ElemType::I32) => Err(format!("{what} of type i32 needs one positive scale")),
        _ => expect_quantized(ty, what),
    }
}

/// Fails unless there are as many scales and zero points as indices of the quantized dimension.
fn expect_axis_scales(ty: &TensorType) -> Result<(), String> {
    let Quant::PerAxis { axis, scales, zero_points } = &ty.quant else { return Ok(()) };
    let extent = expect_axis(ty, *axis)?;
    if scales.len() == extent && zero_points.len() == extent {
        return Ok(());
    }
    Err(format!(
        "the operand has {} scales and {} zero points along axis {axis}; expected {extent}",
        scales.len(),
        zero_points.len()
    ))
}
