//! Rules of the control operators.

use super::{AssignVariable, CallOnce, If, Inferred, OpRules, Operands, ReadVariable, While};

impl OpRules for ReadVariable {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for AssignVariable {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for CallOnce {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for If {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for While {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}
