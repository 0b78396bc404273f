//! Which kernel runs each node, and how much scratch memory it needs: one table, operator by target.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::{Op, Target};

/// How a node will run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The kernel, if the result needs computing: the memory planner may still turn the node into a view.
    pub kernel: Kernel,
    /// Scratch memory in bytes, 0 for none.
    pub scratch_bytes: usize,
}

/// The kernel for one node on a target, or what is not supported.
pub fn select_kernel(operands: &Operands<'_>, _target: &Target) -> Result<Choice, String> {
    match &operands.node.op {
        Op::Reshape(_) => Ok(Choice { kernel: Kernel::View, scratch_bytes: 0 }),
        op => Err(format!("there is no kernel for `{}` yet", op.mnemonic())),
    }
}
