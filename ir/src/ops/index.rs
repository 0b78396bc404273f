//! Rules of the operators that pick and store rows by number.

use super::check::{expect_axis, expect_elem, expect_shape};
use super::{Gather, Inferred, OpRules, Operands, Scatter, ScatterKind};
use crate::types::{ElemType, Shape};

const INDEX: &[ElemType] = &[ElemType::I32, ElemType::I64];

impl OpRules for Gather {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(2, 2)?;
        let (x, indices) = (operands.require(0, "operand")?, operands.require(1, "indices")?);
        expect_elem(indices.elem, INDEX, "the indices")?;
        if expect_axis(x, self.axis)? == 0 && indices.elements() > 0 {
            return Err(format!("the operand has shape [{}]; there is nothing to pick", x.shape));
        }
        let shape = [&x.shape[..self.axis], &indices.shape[..], &x.shape[self.axis + 1..]].concat();
        Ok(vec![Inferred { shape: Shape(shape), elems: vec![x.elem] }])
    }
}

impl OpRules for Scatter {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(3, 3)?;
        let x = operands.require(0, "operand")?;
        let (indices, updates) = (operands.require(1, "indices")?, operands.require(2, "updates")?);
        expect_axis(x, 0)?;
        expect_elem(indices.elem, INDEX, "the indices")?;
        expect_elem(updates.elem, &[x.elem], "the updates")?;
        expect_elem(x.elem, self.kind.elems(), "the operand")?;
        if indices.shape.rank() != 1 {
            return Err(format!("the indices have shape [{}]; expected 1 dimension", indices.shape));
        }
        expect_shape(updates, &[&indices.shape[..], &x.shape[1..]].concat(), "the updates")?;
        Ok(vec![Inferred { shape: x.shape.clone(), elems: vec![x.elem] }])
    }
}

impl ScatterKind {
    fn elems(self) -> &'static [ElemType] {
        match self {
            ScatterKind::Set => ElemType::ALL,
            ScatterKind::Add | ScatterKind::Mul | ScatterKind::Max | ScatterKind::Min => {
                &[ElemType::F32, ElemType::I32, ElemType::I64]
            }
        }
    }
}
