//! Which kernel runs each node, and how much scratch memory it needs: one table, operator by element type by target.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{BinaryKind, Operands, PoolKind, ReduceKind, ResizeKind, ScatterKind, UnaryKind};
use redsc_ir::sparse::Format;
use redsc_ir::target::Feature;
use redsc_ir::{ElemType, Op, Quant, Target};

use sparse::SparseOptions;

mod dsp;
mod fpu;
mod mve;
mod recurrent;
mod scalar;
pub mod sparse;
mod wide;

/// How a node will run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The kernel, if the result needs computing: the memory planner may still turn the node into a view.
    pub kernel: Kernel,
    /// Scratch memory in bytes, 0 for none.
    pub scratch_bytes: usize,
    /// How the weights are stored.
    pub format: Format,
}

impl Choice {
    /// A kernel for dense weights with that much scratch memory.
    fn dense(kernel: Kernel, scratch_bytes: usize) -> Self {
        Choice { kernel, scratch_bytes, format: Format::Dense }
    }
}

impl From<Kernel> for Choice {
    fn from(kernel: Kernel) -> Self {
        Choice { kernel, scratch_bytes: 0, format: Format::Dense }
    }
}

/// The kernel for one node on a target, or what is not supported.
pub fn select_kernel(
    operands: &Operands<'_>,
    target: &Target,
    sparse: &SparseOptions,
) -> Result<Choice, String> {
    let dense = match optimized(operands, target) {
        Some(choice) => choice,
        None => Choice::dense(portable(operands)?, portable_scratch(operands)),
    };
    Ok(sparse::select(operands, dense, target, sparse).unwrap_or(dense))
}

/// The kernel that makes use of the target's extensions, if there is one that fits the node.
fn optimized(operands: &Operands<'_>, target: &Target) -> Option<Choice> {
    let mve = || target.has(Feature::Mve).then(|| mve::select(operands)).flatten();
    let dsp = || target.has(Feature::Dsp).then(|| dsp::select(operands)).flatten();
    let fpu = || [Feature::Dsp, Feature::Fpu].iter().all(|&f| target.has(f)).then(|| fpu::select(operands));
    mve().or_else(dsp).or_else(|| fpu().flatten()).or_else(|| scalar::select(operands))
}

/// The portable kernel: it serves every shape, and weights that are not constant.
fn portable(operands: &Operands<'_>) -> Result<Kernel, String> {
    use Kernel as K;
    let by_type = |table: &[(ElemType, Kernel)]| by_type(operands, table);
    let by_class = |kernels: [Kernel; 2]| by_class(operands, kernels);
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
        Op::BatchMatmul(_) => by_type(&[
            (ElemType::I8, K::BatchMatmulS8),
            (ElemType::I16, K::BatchMatmulS16),
            (ElemType::F32, K::BatchMatmulF32),
        ]),
        Op::Reshape(_) | Op::Transpose(_) | Op::Pad(_) | Op::Concat(_) | Op::Split(_) | Op::Slice(_) => {
            Ok(K::Copy)
        }
        Op::Svdf(_) => by_type(&[(ElemType::I8, K::SvdfS8), (ElemType::F32, K::SvdfF32)]),
        Op::Lstm(_) => {
            by_type(&[(ElemType::I8, K::LstmS8), (ElemType::I16, K::LstmS16), (ElemType::F32, K::LstmF32)])
        }
        Op::ReadVariable(_) | Op::AssignVariable(_) | Op::CallOnce(_) | Op::If(_) | Op::While(_) => {
            Ok(K::Inline)
        }
        Op::Pool2d(op) => by_class(match op.kind {
            PoolKind::Average => [K::AveragePool2d, K::AveragePool2dF32],
            PoolKind::Max => [K::MaxPool2d, K::MaxPool2dF32],
        }),
        Op::Binary(op) => binary(op.kind, operands),
        Op::Compare(_) => match operands.require(0, "operand")?.elem {
            ElemType::F32 => Ok(K::CompareF32),
            ElemType::I8 | ElemType::U8 | ElemType::I16 => Ok(K::CompareCodes),
            _ => Ok(K::CompareInt),
        },
        Op::Unary(op) => unary(op.kind, operands),
        Op::LeakyRelu(_) => by_type(&[
            (ElemType::I8, K::Lut),
            (ElemType::I16, K::LeakyRelu),
            (ElemType::F32, K::LeakyReluF32),
        ]),
        Op::Lut(_) => Ok(K::Lut),
        Op::Select(_) => Ok(K::Select),
        Op::Gather(_) => Ok(K::Gather),
        Op::Scatter(op) if op.kind == ScatterKind::Set => Ok(K::Scatter),
        Op::Scatter(_) => {
            let kernels = [K::ScatterCombine, K::ScatterCombineF32];
            Ok(kernels[usize::from(operands.require(0, "operand")?.elem == ElemType::F32)])
        }
        Op::Reduce(op) => by_class(match op.kind {
            ReduceKind::Sum | ReduceKind::Product if is_plain_integer(operands) => {
                return Ok(K::ReduceInt);
            }
            ReduceKind::Product => return Ok(K::ReduceProductF32),
            ReduceKind::Mean | ReduceKind::Sum => [K::ReduceSum, K::ReduceSumF32],
            ReduceKind::Max | ReduceKind::Min => [K::ReduceExtremum, K::ReduceExtremumF32],
        }),
        Op::Softmax(_) => by_type(&[
            (ElemType::I8, K::Softmax),
            (ElemType::U8, K::Softmax),
            (ElemType::I16, K::SoftmaxS16),
            (ElemType::F32, K::SoftmaxF32),
        ]),
        Op::LogSoftmax(_) => by_type(&[(ElemType::I8, K::LogSoftmaxS8), (ElemType::F32, K::LogSoftmaxF32)]),
        Op::Quantize(_) => match operands.require(0, "operand")?.elem {
            ElemType::F32 => Ok(K::Quantize),
            _ if is_byte_function(operands) => Ok(K::Lut),
            _ => Ok(K::Rescale),
        },
        Op::Dequantize(_) => {
            let x = operands.require(0, "operand")?;
            match (x.elem, &x.quant) {
                (ElemType::F16, _) => Ok(K::DequantizeF16),
                (_, Quant::PerAxis { .. }) => Ok(K::DequantizeAxis),
                (_, Quant::PerTensor { .. } | Quant::None) => Ok(K::Dequantize),
            }
        }
        Op::Cast(_) => Ok(K::Cast),
        Op::Resize2d(op) => match op.kind {
            ResizeKind::Nearest => Ok(K::ResizeNearest),
            ResizeKind::Bilinear => by_class([K::ResizeBilinear, K::ResizeBilinearF32]),
        },
    }
}

/// Elementwise arithmetic: quantized, of plain integers, of real numbers.
fn binary(kind: BinaryKind, operands: &Operands<'_>) -> Result<Kernel, String> {
    match (operands.require(0, "operand")?.elem, kind) {
        (ElemType::F32, _) => Ok(Kernel::BinaryF32),
        (ElemType::I32 | ElemType::I64, _) => Ok(Kernel::BinaryInt),
        (_, BinaryKind::BitAnd | BinaryKind::BitOr | BinaryKind::BitXor) => Ok(Kernel::BinaryInt),
        (_, BinaryKind::Add | BinaryKind::Sub | BinaryKind::SquaredDifference) => Ok(Kernel::Sum),
        (_, BinaryKind::Mul) => Ok(Kernel::Product),
        (_, BinaryKind::Div) => Ok(Kernel::Quotient),
        (_, BinaryKind::Maximum | BinaryKind::Minimum) => Ok(Kernel::Extremum),
        (
            _,
            BinaryKind::Power
            | BinaryKind::Modulo
            | BinaryKind::Remainder
            | BinaryKind::ShiftLeft
            | BinaryKind::ShiftRight,
        ) => by_type(operands, &[]),
    }
}

/// Functions of one operand: bytes by table, others by what they compute.
fn unary(kind: UnaryKind, operands: &Operands<'_>) -> Result<Kernel, String> {
    match operands.require(0, "operand")?.elem {
        ElemType::F32 => return Ok(Kernel::UnaryF32),
        ElemType::I32 => return Ok(Kernel::UnaryS32),
        _ if is_byte_function(operands) => return Ok(Kernel::Lut),
        _ => {}
    }
    match kind {
        UnaryKind::Relu | UnaryKind::Relu6 | UnaryKind::ReluN1To1 | UnaryKind::Abs => Ok(Kernel::Rescale),
        UnaryKind::Rsqrt => Ok(Kernel::Rsqrt),
        UnaryKind::Logistic | UnaryKind::Tanh => by_type(operands, &[(ElemType::I16, Kernel::SigmoidS16)]),
        UnaryKind::Neg
        | UnaryKind::Exp
        | UnaryKind::Log
        | UnaryKind::Sqrt
        | UnaryKind::Square
        | UnaryKind::Sin
        | UnaryKind::Cos
        | UnaryKind::Tan
        | UnaryKind::Asin
        | UnaryKind::Acos
        | UnaryKind::Atan
        | UnaryKind::Sinh
        | UnaryKind::Cosh
        | UnaryKind::Asinh
        | UnaryKind::Acosh
        | UnaryKind::Atanh
        | UnaryKind::Erf
        | UnaryKind::Ceil
        | UnaryKind::Floor
        | UnaryKind::Round => by_type(operands, &[]),
    }
}

/// Whether the first operand holds integers that stand for themselves.
fn is_plain_integer(operands: &Operands<'_>) -> bool {
    operands.get(0).is_some_and(|ty| matches!(ty.elem, ElemType::I32 | ElemType::I64))
}

/// Whether operand and result have one byte per element: a table serves every function.
fn is_byte_function(operands: &Operands<'_>) -> bool {
    let result = operands.node.outputs.first().map(|&id| operands.graph.ty(id).elem);
    [operands.get(0).map(|ty| ty.elem), result].iter().all(|elem| elem.is_some_and(|elem| elem.bytes() == 1))
}

/// Scratch memory of the portable kernel in bytes.
fn portable_scratch(operands: &Operands<'_>) -> usize {
    match &operands.node.op {
        // The next outputs of one sequence, while the last ones are still read.
        Op::Lstm(op) => operands.module.variable(op.output_state).ty.bytes(),
        _ => 0,
    }
}

/// `[integers, real numbers]`, by the first operand's element type.
fn by_class(operands: &Operands<'_>, kernels: [Kernel; 2]) -> Result<Kernel, String> {
    Ok(kernels[usize::from(operands.require(0, "the first operand")?.elem == ElemType::F32)])
}

/// The row of the first operand's element type.
fn by_type(operands: &Operands<'_>, table: &[(ElemType, Kernel)]) -> Result<Kernel, String> {
    let elem = operands.require(0, "the first operand")?.elem;
    let row = table.iter().find(|(known, _)| *known == elem);
    row.map(|(_, kernel)| *kernel)
        .ok_or_else(|| format!("there is no kernel for `{}` of {elem}", operands.node.op.mnemonic()))
}
