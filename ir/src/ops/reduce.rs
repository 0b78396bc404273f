//! Rules of the reductions.

use super::check::{ARITHMETIC, NUMERIC, expect_axis, expect_elem, expect_not_empty, expect_quantized};
use super::{Inferred, OpRules, Operands, Reduce, ReduceKind};
use crate::types::{ElemType, Shape, TensorType};

impl OpRules for Reduce {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 1)?;
        let x = operands.require(0, "operand")?;
        expect_elem(x.elem, self.kind.elems(), "the operand")?;
        expect_not_empty(x, "the operand")?;
        if matches!(self.kind, ReduceKind::Mean | ReduceKind::Sum) {
            // Plain integers pass.
            expect_quantized(x, "the operand")?;
            operands.check_result(expect_quantized)?;
        }
        Ok(vec![Inferred { shape: self.result_shape(x)?, elems: vec![x.elem] }])
    }
}

impl Reduce {
    fn result_shape(&self, x: &TensorType) -> Result<Shape, String> {
        for (index, &axis) in self.axes.iter().enumerate() {
            expect_axis(x, axis)?;
            if index > 0 && self.axes[index - 1] >= axis {
                return Err(format!("axes are {:?}; expected ascending numbers", self.axes));
            }
        }
        let extents = x.shape.iter().enumerate();
        let kept = extents.filter_map(|(axis, &extent)| match (self.axes.contains(&axis), self.keep_dims) {
            (false, _) => Some(extent),
            (true, true) => Some(1),
            (true, false) => None,
        });
        Ok(Shape(kept.collect()))
    }
}

impl ReduceKind {
    fn elems(self) -> &'static [ElemType] {
        match self {
            ReduceKind::Mean => ARITHMETIC,
            ReduceKind::Sum => NUMERIC,
            ReduceKind::Product => &[ElemType::F32, ElemType::I32, ElemType::I64],
            ReduceKind::Max | ReduceKind::Min => {
                &[ElemType::I8, ElemType::U8, ElemType::I16, ElemType::F32, ElemType::I32, ElemType::I64]
            }
        }
    }
}
