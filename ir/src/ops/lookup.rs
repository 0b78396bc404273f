//! Rules of the table lookup.

use super::check::{expect_elem, expect_elements};
use super::{Inferred, Lut, OpRules, Operands};
use crate::types::ElemType;

impl OpRules for Lut {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(2, 2)?;
        let (x, table) = (operands.require(0, "operand")?, operands.require(1, "table")?);
        expect_elem(x.elem, &[ElemType::I8, ElemType::U8], "the operand")?;
        expect_elements(table, 256, "the table")?;
        Ok(vec![Inferred { shape: x.shape.clone(), elems: vec![table.elem] }])
    }
}
