//! Kernels for real numbers on Arm cores with an FPU; those with packed weights need them constant.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::recurrent::LstmGate;
use redsc_ir::{ElemType, Op};

use super::Choice;

/// The kernel for a node, if there is one that fits.
pub(super) fn select(operands: &Operands<'_>) -> Option<Choice> {
    let result = operands.graph.ty(*operands.node.outputs.first()?);
    let weights = operands.get(1)?;
    if operands.get(0)?.elem != ElemType::F32 || weights.elem != ElemType::F32 {
        return None;
    }
    let constants = |mut indices: std::ops::Range<usize>| {
        indices.all(|i| operands.node.input(i).is_none_or(|id| operands.graph.constant(id).is_some()))
    };
    match &operands.node.op {
        Op::Conv2d(op) => {
            let params = ConvParams::conv2d(op, operands, result).ok()?;
            let one_group = params.filter_channels == params.window.in_channels;
            (one_group && constants(1..3)).then_some(Kernel::Conv2dF32Fpu.into())
        }
        Op::DepthwiseConv2d(op) => {
            let params = ConvParams::depthwise(op, operands, result).ok()?;
            (params.filters_per_group == 1).then_some(Kernel::DepthwiseF32Fpu.into())
        }
        Op::FullyConnected(_) => constants(1..3).then_some(Kernel::FullyConnectedF32Fpu.into()),
        Op::Lstm(op) => {
            let last = LstmGate::Output.bias() + 1;
            let scratch_bytes = operands.module.variable(op.output_state).ty.bytes();
            constants(1..last).then_some(Choice::dense(Kernel::LstmF32Fpu, scratch_bytes))
        }
        _ => None,
    }
}
