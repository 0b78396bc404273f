//! Which kernel runs each node, and how much scratch memory it needs: one table, operator by element type by target.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::{ElemType, Op, Target};

/// How a node will run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The kernel, if the result needs computing: the memory planner may still turn the node into a view.
    pub kernel: Kernel,
    /// Scratch memory in bytes, 0 for none.
    pub scratch_bytes: usize,
}

impl From<Kernel> for Choice {
    fn from(kernel: Kernel) -> Self {
        Choice { kernel, scratch_bytes: 0 }
    }
}

/// The kernel for one node on a target, or what is not supported.
pub fn select_kernel(operands: &Operands<'_>, target: &Target) -> Result<Choice, String> {
    match optimized(operands, target) {
        Some(choice) => Ok(choice),
        None => Ok(Choice { kernel: portable(operands)?, scratch_bytes: portable_scratch(operands) }),
    }
}

/// The kernel that makes use of the target's extensions, if there is one that fits the node.
fn optimized(_operands: &Operands<'_>, _target: &Target) -> Option<Choice> {
    None
}

/// The portable kernel: it serves every shape, and weights that are not constant.
fn portable(operands: &Operands<'_>) -> Result<Kernel, String> {
    use Kernel as K;
    let by_type = |table: &[(ElemType, Kernel)]| by_type(operands, table);
    match &operands.node.op {
        Op::Conv2d(_) => by_type(&[
            (ElemType::I8, K::Conv2dS8),
            (ElemType::U8, K::Conv2dU8),
            (ElemType::I16, K::Conv2dS16),
            (ElemType::F32, K::Conv2dF32),
        ]),
        Op::DepthwiseConv2d(_) => by_type(&[
            (ElemType::I8, K::DepthwiseConv2dS8),
            (ElemType::U8, K::DepthwiseConv2dU8),
            (ElemType::I16, K::DepthwiseConv2dS16),
            (ElemType::F32, K::DepthwiseConv2dF32),
        ]),
        Op::TransposeConv2d(_) => by_type(&[
            (ElemType::I8, K::TransposeConv2dS8),
            (ElemType::U8, K::TransposeConv2dU8),
            (ElemType::I16, K::TransposeConv2dS16),
            (ElemType::F32, K::TransposeConv2dF32),
        ]),
        Op::FullyConnected(_) => by_type(&[
            (ElemType::I8, K::FullyConnectedS8),
            (ElemType::U8, K::FullyConnectedU8),
            (ElemType::I16, K::FullyConnectedS16),
            (ElemType::F32, K::FullyConnectedF32),
        ]),
        Op::Reshape(_) | Op::Transpose(_) | Op::Pad(_) | Op::Concat(_) | Op::Split(_) | Op::Slice(_) => {
            Ok(K::Copy)
        }
        Op::Svdf(_) => by_type(&[(ElemType::I8, K::SvdfS8), (ElemType::F32, K::SvdfF32)]),
        Op::Lstm(_) => by_type(&[(ElemType::I8, K::LstmS8), (ElemType::F32, K::LstmF32)]),
        Op::ReadVariable(_) | Op::AssignVariable(_) | Op::CallOnce(_) | Op::If(_) | Op::While(_) => {
            Ok(K::Inline)
        }
        Op::Pool2d(_)
        | Op::Binary(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Lut(_)
        | Op::Reduce(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Cast(_)
        | Op::Resize2d(_) => Err(format!("there is no kernel for `{}`", operands.node.op.mnemonic())),
    }
}

/// Scratch memory of the portable kernel in bytes.
fn portable_scratch(operands: &Operands<'_>) -> usize {
    match &operands.node.op {
        // The next outputs of one sequence, while the last ones are still read.
        Op::Lstm(op) => operands.module.variable(op.output_state).ty.bytes(),
        _ => 0,
    }
}

/// The row of the first operand's element type.
fn by_type(operands: &Operands<'_>, table: &[(ElemType, Kernel)]) -> Result<Kernel, String> {
    let elem = operands.require(0, "the first operand")?.elem;
    let row = table.iter().find(|(known, _)| *known == elem);
    row.map(|(_, kernel)| *kernel)
        .ok_or_else(|| format!("there is no kernel for `{}` of {elem}", operands.node.op.mnemonic()))
}
