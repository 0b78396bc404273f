//! Rules of the layout operators.

use super::{Concat, Inferred, OpRules, Operands, Pad, Reshape, Resize2d, Slice, Split, Transpose};

impl OpRules for Reshape {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for Transpose {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for Pad {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for Concat {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for Split {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for Slice {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}

impl OpRules for Resize2d {
    fn infer(&self, _operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        Err("rules are missing".into())
    }
}
