//! How often the loops of each kernel turn: one formula per kernel, in the order of [`Kernel`].
//!
//! The name of a feature says what one turn is; its cost stands under that name in the laws of a target. A kernel whose
//! code differs with element types or attributes has one law for each variant.

mod dsp;
mod elements;
mod fpu;
mod movement;
mod mve;
mod recurrent;
mod windows;

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::ResizeKind;
use redsc_ir::params::folded::Finish;
use redsc_ir::params::window::{Axis, Window};
use redsc_ir::{Op, TensorType};

use super::Layer;

/// How often the loops of a kernel turn for one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    variant: String,
    counts: Vec<(&'static str, f64)>,
}

impl Features {
    /// The features of a kernel without variants; it is called once.
    pub(super) fn new() -> Self {
        Features::default().add("call", 1)
    }

    /// Adds what happens `count` times; nothing if that is never.
    pub(super) fn add(mut self, feature: &'static str, count: impl Count) -> Self {
        let count = count.count();
        match self.counts.iter_mut().find(|(known, _)| *known == feature) {
            _ if count == 0.0 => {}
            Some((_, total)) => *total += count,
            None => self.counts.push((feature, count)),
        }
        self
    }

    /// Names the variant.
    pub(super) fn variant(mut self, variant: &str) -> Self {
        self.variant = variant.into();
        self
    }

    /// The name of the law of `kernel` for this variant.
    pub fn law(&self, kernel: Kernel) -> String {
        let kernel = if kernel == Kernel::Inline { "inline" } else { kernel.symbol() };
        match self.variant.as_str() {
            "" => kernel.into(),
            variant => format!("{kernel}.{variant}"),
        }
    }

    /// The features that occur, each with its count.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.counts.iter().copied()
    }
}

/// A number of turns.
pub(super) trait Count {
    /// As a real number.
    fn count(self) -> f64;
}

impl Count for usize {
    fn count(self) -> f64 {
        self as f64
    }
}

impl Count for i32 {
    fn count(self) -> f64 {
        self.into()
    }
}

impl Count for f64 {
    fn count(self) -> f64 {
        self
    }
}

/// Whether a kernel takes its constants in one packed array: how it finishes sums depends on them.
pub(super) fn takes_packed(kernel: Kernel) -> bool {
    use Kernel as K;
    matches!(
        kernel,
        K::Conv2dS8Dsp
            | K::Conv2dRowsS8Dsp
            | K::DepthwiseS8Dsp
            | K::FullyConnectedS8Dsp
            | K::Conv2dS8Mve
            | K::Conv2dRowsS8Mve
            | K::DepthwiseS8Mve
            | K::FullyConnectedS8Mve
    )
}

/// How often the loops of `kernel` turn.
///
/// # Errors
/// If the kernel has no formula, or does not run such a layer.
pub fn of(layer: &Layer, kernel: Kernel) -> Result<Features, String> {
    match layer {
        Layer::Window { window, filter_channels, finish, elem } => {
            of_window(kernel, window, *filter_channels, *finish, elem.name())
        }
        &Layer::Rows { rows, depth, channels, finish } => of_rows(kernel, rows, depth, channels, finish),
        Layer::Other { op, inputs, outputs } => of_other(kernel, op, inputs, outputs),
    }
}

fn of_window(
    kernel: Kernel,
    window: &Window,
    filter_channels: usize,
    finish: Finish,
    elem: &'static str,
) -> Result<Features, String> {
    use Kernel as K;
    match kernel {
        K::Conv2dS8Dsp => Ok(dsp::conv2d(window, finish)),
        K::Conv2dRowsS8Dsp => Ok(dsp::conv2d_rows(window, finish)),
        K::DepthwiseS8Dsp => Ok(dsp::depthwise(window, finish)),
        K::Conv2dS8Mve => Ok(mve::conv2d(window, finish)),
        K::Conv2dRowsS8Mve => Ok(mve::conv2d_rows(window, finish)),
        K::DepthwiseS8Mve => Ok(mve::depthwise(window, finish)),
        K::Conv2dF32Fpu => Ok(fpu::conv2d(window)),
        K::DepthwiseF32Fpu => Ok(fpu::depthwise(window)),
        K::Conv2dS8 | K::Conv2dU8 | K::Conv2dS16 | K::Conv2dF32 => {
            Ok(windows::conv2d(window, filter_channels))
        }
        K::DepthwiseConv2dS8 | K::DepthwiseConv2dU8 | K::DepthwiseConv2dS16 | K::DepthwiseConv2dF32 => {
            Ok(windows::depthwise(window))
        }
        K::TransposeConv2dS8 | K::TransposeConv2dU8 | K::TransposeConv2dS16 | K::TransposeConv2dF32 => {
            Ok(windows::transpose_conv2d(window))
        }
        K::AveragePool2d | K::MaxPool2d => Ok(windows::pool2d(window, elem)),
        K::AveragePool2dF32 | K::MaxPool2dF32 => Ok(windows::pool2d(window, elem)),
        _ => missing(kernel),
    }
}

fn of_rows(
    kernel: Kernel,
    rows: usize,
    depth: usize,
    channels: usize,
    finish: Finish,
) -> Result<Features, String> {
    use Kernel as K;
    // A convolution with one tap does the same: a row is a pixel.
    let axis = |extent| Axis { input: extent, output: extent, taps: 1, stride: 1, dilation: 1, before: 0 };
    let window = Window { batches: 1, y: axis(1), x: axis(rows), in_channels: depth, out_channels: channels };
    match kernel {
        K::FullyConnectedS8Dsp => Ok(dsp::fully_connected(rows, depth, channels, finish)),
        K::FullyConnectedS8Mve => Ok(mve::fully_connected(rows, depth, channels, finish)),
        K::FullyConnectedF32Fpu => Ok(fpu::fully_connected(rows, depth, channels)),
        K::FullyConnectedS8 | K::FullyConnectedU8 | K::FullyConnectedS16 | K::FullyConnectedF32 => {
            Ok(elements::fully_connected(rows, depth, channels))
        }
        _ => of_window(kernel, &window, depth, finish, "i8"),
    }
}

fn of_other(
    kernel: Kernel,
    op: &Op,
    inputs: &[Option<TensorType>],
    outputs: &[TensorType],
) -> Result<Features, String> {
    if let Op::ReadVariable(_) | Op::AssignVariable(_) = op {
        let value = inputs.iter().flatten().chain(outputs).next();
        return Ok(movement::variable(value.map_or(0, TensorType::bytes)));
    }
    let (Some(Some(x)), Some(y)) = (inputs.first(), outputs.first()) else { return missing(kernel) };
    let types = elements::types(x.elem, y.elem);
    match (kernel, op) {
        (Kernel::Copy, op) => movement::copies(op, inputs, outputs),
        (Kernel::Lut, _) => Ok(elements::each(y.elements(), y.elem.name())),
        (Kernel::SumS8Mve | Kernel::ProductS8Mve | Kernel::ExtremumS8Mve, Op::Binary(op)) => match inputs {
            [Some(a), Some(b), ..] => Ok(elements::lanes(&a.shape, &b.shape, &y.shape, op.kind.name())),
            _ => Err("an operand is missing".into()),
        },
        (_, Op::Binary(op)) => pairs(inputs, y, &format!("{types}.{}", op.kind.name())),
        (_, Op::Compare(op)) => pairs(inputs, y, &format!("{}.{}", x.elem, op.kind.name())),
        (_, Op::Unary(op)) => Ok(elements::each(y.elements(), &format!("{types}.{}", op.kind.name()))),
        (_, Op::LeakyRelu(_) | Op::Quantize(_) | Op::Dequantize(_) | Op::Cast(_)) => {
            Ok(elements::each(y.elements(), &types))
        }
        (_, Op::Reduce(op)) => Ok(elements::reduce(op, x, &format!("{types}.{}", op.kind.name()))),
        (_, Op::Softmax(_) | Op::LogSoftmax(_)) => Ok(elements::rows(x, &types)),
        (_, Op::BatchMatmul(op)) => Ok(elements::batch_matmul(op, x, y)),
        (_, Op::Resize2d(op)) => {
            let &[batches, rows, columns, channels] = y.shape.0.as_slice() else { return missing(kernel) };
            let pixels = batches * rows * columns;
            Ok(match op.kind {
                ResizeKind::Nearest => movement::nearest(batches * rows, pixels, channels * y.elem.bytes()),
                ResizeKind::Bilinear => windows::resize(pixels, batches * rows, channels, types),
            })
        }
        (Kernel::SvdfS8Dsp, Op::Svdf(op)) => recurrent::svdf(op, inputs, 4),
        (Kernel::SvdfS8Mve, Op::Svdf(op)) => recurrent::svdf(op, inputs, 16),
        (_, Op::Svdf(op)) => recurrent::svdf(op, inputs, 1),
        (Kernel::LstmF32Fpu, Op::Lstm(op)) => recurrent::lstm(op, inputs, 4),
        (Kernel::LstmS8Dsp, Op::Lstm(op)) => recurrent::lstm(op, inputs, 4),
        (Kernel::LstmS8Mve, Op::Lstm(op)) => recurrent::lstm(op, inputs, 16),
        (_, Op::Lstm(op)) => recurrent::lstm(op, inputs, 1),
        _ => missing(kernel),
    }
}

fn pairs(inputs: &[Option<TensorType>], y: &TensorType, variant: &str) -> Result<Features, String> {
    match inputs {
        [Some(a), Some(b), ..] => Ok(elements::pairs(&a.shape, &b.shape, &y.shape, variant)),
        _ => Err("an operand is missing".into()),
    }
}

fn missing(kernel: Kernel) -> Result<Features, String> {
    Err(format!("there is no cost formula for the kernel `{}`", kernel.symbol()))
}
