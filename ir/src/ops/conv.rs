//! Rules of the conv operators.

use super::{Conv2d, DepthwiseConv2d, Inferred, OpRules, Operands, TransposeConv2d};

impl OpRules for Conv2d {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for DepthwiseConv2d {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for TransposeConv2d {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}
