//! In which order kernels read their first operand and write their result: what a memory planner must know to let a
//! result grow over the operand that it is made from.
//!
//! [`Kernel::access`] states the facts. What follows from them is worked out twice, by the planner, which looks for the
//! least distance, and by the checker of plans, which follows the kernel step by step.

use crate::kernels::Kernel;
use crate::ops::{Op, Operands};
use crate::params::lines::{TOGETHER_DSP, TOGETHER_MVE};
use crate::params::window::Window;

/// The order of reads and writes of a kernel whose window slides over an NHWC image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// No promise.
    Unknown,
    /// Results in the order of memory, some pixels at a time. Of the operand, only the windows of these and of later
    /// pixels are read from then on.
    Pixels {
        /// Pixels at a time.
        together: usize,
        /// Whether what a step still reads when it writes a result could be written over by this result without harm:
        /// its windows are copied before, or each channel is done with before its result is written.
        buffered: bool,
    },
    /// A few channels after the others, each over the whole image; the channels of the result are those of the operand.
    /// Line by line, results are written once all lines of the operand that their windows see have been read, and no
    /// line is read again.
    Channels {
        /// Results of a line that are computed together: what decides whether lines are rows or columns, see
        /// [`Lines`](crate::params::lines::Lines).
        together: usize,
    },
}

impl Kernel {
    /// Whether the kernel widens each row of its first operand to 16 bit before anything else: upwards, four bytes at a
    /// time, to the start of its scratch memory. If there is but one row, it reads the operand no more from then on.
    pub fn widens_first(self) -> bool {
        matches!(self, Kernel::FullyConnectedS8Dsp)
    }

    /// In which order the kernel reads its first operand and writes its result.
    pub fn access(self) -> Access {
        match self {
            Kernel::Conv2dS8
            | Kernel::Conv2dU8
            | Kernel::Conv2dS16
            | Kernel::Conv2dF32
            | Kernel::DepthwiseConv2dS8
            | Kernel::DepthwiseConv2dU8
            | Kernel::DepthwiseConv2dS16
            | Kernel::DepthwiseConv2dF32
            | Kernel::Conv2dF32Fpu
            | Kernel::DepthwiseF32Fpu => Access::Pixels { together: 1, buffered: false },
            Kernel::AveragePool2d | Kernel::AveragePool2dF32 | Kernel::MaxPool2d | Kernel::MaxPool2dF32 => {
                Access::Pixels { together: 1, buffered: true }
            }
            Kernel::Conv2dS8Dsp | Kernel::Conv2dRowsS8Dsp => Access::Pixels { together: 3, buffered: true },
            Kernel::Conv2dS8Mve | Kernel::Conv2dTiledS8 | Kernel::DepthwiseTiledS8 => {
                Access::Pixels { together: 2, buffered: false }
            }
            Kernel::Conv2dSparseS8 => Access::Pixels { together: 4, buffered: false },
            Kernel::Conv2dSparseS8Dsp => Access::Pixels { together: 8, buffered: true },
            Kernel::Conv2dRowsS8Mve => Access::Pixels { together: 2, buffered: true },
            Kernel::DepthwiseS8Dsp => Access::Channels { together: TOGETHER_DSP },
            Kernel::DepthwiseS8Mve => Access::Channels { together: TOGETHER_MVE },
            _ => Access::Unknown,
        }
    }
}

/// The window that slides over the first operand of a convolution or pooling; `None` for other operators.
pub fn window(operands: &Operands<'_>) -> Option<Window> {
    let (input, result) = (operands.get(0)?, operands.graph.ty(*operands.node.outputs.first()?));
    let taps = || {
        let weights = &operands.get(1)?.shape.0;
        Some([*weights.get(1)?, *weights.get(2)?])
    };
    match &operands.node.op {
        Op::Conv2d(op) => Window::new(input, result, taps()?, op.stride, op.dilation, op.padding).ok(),
        Op::DepthwiseConv2d(op) => {
            Window::new(input, result, taps()?, op.stride, op.dilation, op.padding).ok()
        }
        Op::Pool2d(op) => Window::new(input, result, op.filter, op.stride, [1, 1], op.padding).ok(),
        _ => None,
    }
}
