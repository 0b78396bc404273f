//! Rules of the elementwise operators.

use super::{Binary, Compare, Inferred, LeakyRelu, OpRules, Operands, Unary};

impl OpRules for Binary {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for Compare {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for Unary {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for LeakyRelu {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}
