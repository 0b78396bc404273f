//! Random layers with weights and windows, and the table that says which layers select a kernel.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{
    Accumulate, Activation, BinaryKind as B, Conv2d, DepthwiseConv2d, FullyConnected, Padding, Pool2d,
    PoolKind, ReduceKind as R, ResizeKind, TransposeConv2d, UnaryKind as U,
};
use redsc_ir::{ElemType, Quant, TensorType, ValueId};

use super::builder::{Builder, scaled};
use super::{elements, recurrent};

/// Most multiplications of a sample.
const MOST_MACS: usize = 250_000;

const CODES: &[ElemType] = &[ElemType::I8, ElemType::I8, ElemType::I16];
const REAL: &[ElemType] = &[ElemType::F32];
const PLAIN: &[ElemType] = &[ElemType::I32];

/// Appends a random layer that may select `kernel`; `None` if the attempt failed or nothing is known of the kernel.
pub(super) fn add(kernel: Kernel, b: &mut Builder) -> Option<()> {
    use ElemType::{F32, I8, I16, U8};
    use Kernel as K;
    match kernel {
        K::Conv2dS8Dsp | K::Conv2dS8Mve => conv2d(b, I8, false),
        K::Conv2dRowsS8Dsp | K::Conv2dRowsS8Mve => conv2d(b, I8, true),
        K::Conv2dS8 => conv2d(b, I8, false),
        K::Conv2dU8 => conv2d(b, U8, false),
        K::Conv2dS16 => conv2d(b, I16, false),
        K::Conv2dF32 | K::Conv2dF32Fpu => conv2d(b, F32, false),
        K::DepthwiseS8Dsp | K::DepthwiseS8Mve | K::DepthwiseConv2dS8 => depthwise(b, I8),
        K::DepthwiseConv2dU8 => depthwise(b, U8),
        K::DepthwiseConv2dS16 => depthwise(b, I16),
        K::DepthwiseConv2dF32 | K::DepthwiseF32Fpu => depthwise(b, F32),
        K::TransposeConv2dS8 => transpose_conv2d(b, I8),
        K::TransposeConv2dU8 => transpose_conv2d(b, U8),
        K::TransposeConv2dS16 => transpose_conv2d(b, I16),
        K::TransposeConv2dF32 => transpose_conv2d(b, F32),
        K::FullyConnectedS8Dsp | K::FullyConnectedS8Mve => fully_connected(b, I8, 0),
        K::FullyConnectedS8 => fully_connected(b, I8, 3),
        K::FullyConnectedU8 => fully_connected(b, U8, 130),
        K::FullyConnectedS16 => fully_connected(b, I16, 0),
        K::FullyConnectedF32 | K::FullyConnectedF32Fpu => fully_connected(b, F32, 0),
        K::BatchMatmulS8 => elements::batch_matmul(b, I8),
        K::BatchMatmulS16 => elements::batch_matmul(b, I16),
        K::BatchMatmulF32 => elements::batch_matmul(b, F32),
        K::Copy => elements::movement(b),
        K::SvdfS8 | K::SvdfS8Dsp | K::SvdfS8Mve => recurrent::svdf(b, I8),
        K::SvdfF32 => recurrent::svdf(b, F32),
        K::LstmS8 | K::LstmS8Dsp | K::LstmS8Mve => recurrent::lstm(b, I8),
        K::LstmS16 => recurrent::lstm(b, I16),
        K::LstmF32 | K::LstmF32Fpu => recurrent::lstm(b, F32),
        K::AveragePool2d => pool2d(b, PoolKind::Average, CODES),
        K::AveragePool2dF32 => pool2d(b, PoolKind::Average, REAL),
        K::MaxPool2d => pool2d(b, PoolKind::Max, CODES),
        K::MaxPool2dF32 => pool2d(b, PoolKind::Max, REAL),
        K::SumS8Mve => elements::binary(b, &[I8], &[B::Add, B::Sub, B::SquaredDifference]),
        K::ProductS8Mve => elements::binary(b, &[I8], &[B::Mul]),
        K::ExtremumS8Mve => elements::binary(b, &[I8], &[B::Maximum, B::Minimum]),
        K::Sum => elements::binary(b, CODES, &[B::Add, B::Sub, B::SquaredDifference]),
        K::Product => elements::binary(b, CODES, &[B::Mul]),
        K::Quotient => elements::binary(b, CODES, &[B::Div]),
        K::Extremum => elements::binary(b, CODES, &[B::Maximum, B::Minimum]),
        K::BinaryInt => elements::binary(b, PLAIN, B::ALL),
        K::BinaryF32 => elements::binary(b, REAL, B::ALL),
        K::CompareCodes => elements::compare(b, CODES),
        K::CompareInt => elements::compare(b, PLAIN),
        K::CompareF32 => elements::compare(b, REAL),
        K::Rescale if b.chance(50) => elements::unary(b, &[I16], &[U::Relu, U::Relu6, U::Abs]),
        K::Rescale => elements::quantize(b, CODES, CODES),
        K::Rsqrt => elements::unary(b, CODES, &[U::Rsqrt]),
        K::SigmoidS16 => elements::unary(b, &[I16], &[U::Logistic, U::Tanh]),
        K::UnaryF32 => elements::unary(b, REAL, U::ALL),
        K::UnaryS32 => elements::unary(b, PLAIN, U::ALL),
        K::LeakyRelu => elements::leaky_relu(b, I16),
        K::LeakyReluF32 => elements::leaky_relu(b, F32),
        K::Lut => elements::lut(b),
        K::ReduceSum => elements::reduce(b, CODES, &[R::Mean, R::Sum]),
        K::ReduceSumF32 => elements::reduce(b, REAL, &[R::Mean, R::Sum]),
        K::ReduceExtremum => elements::reduce(b, CODES, &[R::Max, R::Min]),
        K::ReduceExtremumF32 => elements::reduce(b, REAL, &[R::Max, R::Min]),
        K::Softmax if b.chance(20) => elements::softmax(b, U8),
        K::Softmax => elements::softmax(b, I8),
        K::SoftmaxS16 => elements::softmax(b, I16),
        K::SoftmaxF32 => elements::softmax(b, F32),
        K::LogSoftmaxS8 => elements::log_softmax(b, I8),
        K::LogSoftmaxF32 => elements::log_softmax(b, F32),
        K::Quantize => elements::quantize(b, REAL, CODES),
        K::Dequantize => elements::dequantize(b, CODES, false),
        K::DequantizeAxis => elements::dequantize(b, &[I8], true),
        K::DequantizeF16 => elements::dequantize(b, &[ElemType::F16], false),
        K::Cast => elements::cast(b),
        K::ResizeNearest => elements::resize(b, ResizeKind::Nearest, &[I8, I8, I16, F32]),
        K::ResizeBilinear => elements::resize(b, ResizeKind::Bilinear, CODES),
        K::ResizeBilinearF32 => elements::resize(b, ResizeKind::Bilinear, REAL),
        K::Inline => recurrent::variable(b),
        // Nothing to measure, selected by choices that no layer alone makes, or without a formula so far.
        _ => None,
    }
}

/// How the window of a sample slides.
struct Geometry {
    input: [usize; 2],
    filter: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
}

impl Geometry {
    /// Usual windows, mostly: `large` ones have many taps.
    fn random(b: &mut Builder, large: bool) -> Self {
        let input = [b.size(1, 28), b.size(1, 28)];
        let square = if large { b.pick(&[3, 5, 7, 9]) } else { b.pick(&[1, 1, 2, 3, 3, 3, 5]) };
        let filter = if b.chance(30) { [b.size(1, 10), b.size(1, 5)] } else { [square; 2] };
        let stride = b.pick(&[[1, 1], [1, 1], [2, 2], [2, 1], [3, 2]]);
        let dilation = if b.chance(10) { [b.size(1, 3), b.size(1, 3)] } else { [1, 1] };
        let mut padding = Padding { top: 0, bottom: 0, left: 0, right: 0 };
        if b.chance(60) {
            [padding.top, padding.bottom] = same(input[0], filter[0], stride[0], dilation[0]);
            [padding.left, padding.right] = same(input[1], filter[1], stride[1], dilation[1]);
        }
        Geometry { input, filter, stride, dilation, padding }
    }
}

/// Padding with which the output has `input / stride` cells, before and after.
fn same(input: usize, taps: usize, stride: usize, dilation: usize) -> [usize; 2] {
    let needed = (input.div_ceil(stride) - 1) * stride + (taps - 1) * dilation + 1;
    let padding = needed.saturating_sub(input);
    [padding / 2, padding - padding / 2]
}

/// How sums become results.
struct Finish {
    act: Activation,
    /// Scale of the result for inputs and weights of scale 1.
    scale: f32,
    zero_point: i32,
}

impl Finish {
    fn random(b: &mut Builder) -> Self {
        match b.rng.u32(..3) {
            0 => Finish { act: Activation::Relu, scale: 60.0, zero_point: -128 },
            1 => Finish { act: Activation::None, scale: 90.0, zero_point: b.rng.i32(-40..40) },
            _ => Finish { act: Activation::Relu6, scale: 50.0, zero_point: b.rng.i32(-40..40) },
        }
    }
}

/// Scales of inputs and weights.
const SCALES: [f32; 2] = [0.05, 0.01];

/// The quantization of the result.
fn result(elem: ElemType, finish: &Finish) -> Quant {
    match elem {
        ElemType::F32 => Quant::None,
        ElemType::I16 => Quant::PerTensor { scale: finish.scale * SCALES[0] * SCALES[1], zero_point: 0 },
        _ => Quant::PerTensor { scale: finish.scale * SCALES[0] * SCALES[1], zero_point: finish.zero_point },
    }
}

/// The operands `(x, w, bias)` of a layer.
fn operands(
    b: &mut Builder,
    elem: ElemType,
    x: Vec<usize>,
    w: Vec<usize>,
    axis: usize,
) -> [Option<ValueId>; 3] {
    let filters = w[axis];
    let scales: Vec<f32> = (0..filters).map(|_| SCALES[1] * (0.5 + b.rng.f32())).collect();
    let (x, w, bias) = match elem {
        ElemType::F32 => {
            let plain = |shape| TensorType::plain(ElemType::F32, shape);
            (plain(x), plain(w), ElemType::F32)
        }
        ElemType::U8 => (scaled(elem, x, SCALES[0], 120), scaled(elem, w, SCALES[1], 130), ElemType::I32),
        _ => {
            let quant = Quant::PerAxis { axis, zero_points: vec![0; filters], scales };
            let weights = TensorType { elem: ElemType::I8, shape: w.into(), quant };
            let bias = if elem == ElemType::I16 { ElemType::I64 } else { ElemType::I32 };
            (scaled(elem, x, SCALES[0], if elem == ElemType::I16 { 0 } else { -5 }), weights, bias)
        }
    };
    let x = b.input(x);
    let w = b.random(w);
    let bias = b.random(TensorType::plain(bias, [filters]));
    [Some(x), Some(w), Some(bias)]
}

fn conv2d(b: &mut Builder, elem: ElemType, large: bool) -> Option<()> {
    let Geometry { input, filter, stride, dilation, padding } = Geometry::random(b, large);
    let groups = if !large && b.chance(15) { b.size(2, 4) } else { 1 };
    let c_in = groups * channels(b, if large { 16 } else { 1 }, 100 / groups);
    let c_out = groups * channels(b, 1, 70 / groups);
    let pixels = input[0].div_ceil(stride[0]) * input[1].div_ceil(stride[1]);
    if pixels * c_in / groups * c_out * filter[0] * filter[1] > MOST_MACS * if large { 4 } else { 1 } {
        return None;
    }
    let finish = Finish::random(b);
    let batches = if b.chance(90) { 1 } else { 2 };
    let x = vec![batches, input[0], input[1], c_in];
    let operands = operands(b, elem, x, vec![c_out, filter[0], filter[1], c_in / groups], 0);
    let op = Conv2d { padding, stride, dilation, act: finish.act, accumulate: Accumulate::Centered };
    b.push(op, &operands, elem, &result(elem, &finish))
}

/// Often a multiple of 4, as in most networks.
fn channels(b: &mut Builder, least: usize, most: usize) -> usize {
    let channels = b.size(least, most);
    if b.chance(50) { channels.next_multiple_of(4) } else { channels }
}

fn depthwise(b: &mut Builder, elem: ElemType) -> Option<()> {
    let Geometry { input, filter, stride, dilation, padding } = Geometry::random(b, false);
    let channels = channels(b, 1, 100);
    let filters = channels * if b.chance(15) { 2 } else { 1 };
    let pixels = input[0].div_ceil(stride[0]) * input[1].div_ceil(stride[1]);
    if pixels * filters * filter[0] * filter[1] > MOST_MACS {
        return None;
    }
    let finish = Finish::random(b);
    let x = vec![1, input[0], input[1], channels];
    let operands = operands(b, elem, x, vec![1, filter[0], filter[1], filters], 3);
    let op = DepthwiseConv2d { padding, stride, dilation, act: finish.act, accumulate: Accumulate::Centered };
    b.push(op, &operands, elem, &result(elem, &finish))
}

fn transpose_conv2d(b: &mut Builder, elem: ElemType) -> Option<()> {
    let (input, filter) = ([b.size(1, 10), b.size(1, 10)], [b.size(1, 4), b.size(1, 4)]);
    let stride = b.pick(&[[1, 1], [2, 2], [2, 1]]);
    let (c_in, c_out) = (b.size(1, 24), b.size(1, 16));
    let output = [0, 1].map(|i| (input[i] - 1) * stride[i] + filter[i]);
    if input[0] * input[1] * filter[0] * filter[1] * c_in * c_out > MOST_MACS {
        return None;
    }
    let finish = Finish::random(b);
    let x = vec![1, input[0], input[1], c_in];
    let operands = operands(b, elem, x, vec![c_out, filter[0], filter[1], c_in], 0);
    let padding = Padding { top: 0, bottom: 0, left: 0, right: 0 };
    let op = TransposeConv2d { padding, stride, output, act: finish.act };
    b.push(op, &operands, elem, &result(elem, &finish))
}

fn pool2d(b: &mut Builder, kind: PoolKind, elems: &[ElemType]) -> Option<()> {
    let elem = b.pick(elems);
    let Geometry { input, filter, stride, padding, .. } = Geometry::random(b, false);
    let filter = if b.chance(20) { input } else { filter };
    let fits = (0..2).all(|i| filter[i] <= input[i]);
    let channels = b.size(1, 64);
    let pixels = input[0].div_ceil(stride[0]) * input[1].div_ceil(stride[1]);
    if !fits || pixels * channels * filter[0] * filter[1] > MOST_MACS {
        return None;
    }
    let x = TensorType { elem, shape: vec![1, input[0], input[1], channels].into(), quant: plain(elem) };
    let quant = x.quant.clone();
    let x = b.input(x);
    let act = if b.chance(50) { Activation::None } else { Activation::Relu };
    b.push(Pool2d { kind, padding, filter, stride, act }, &[Some(x)], elem, &quant)
}

fn plain(elem: ElemType) -> Quant {
    match elem {
        ElemType::F32 => Quant::None,
        _ => Quant::PerTensor { scale: 0.05, zero_point: 0 },
    }
}

/// One scale for all weights, and their zero point.
fn fully_connected(b: &mut Builder, elem: ElemType, zero_point: i32) -> Option<()> {
    let rows = if b.chance(70) { 1 } else { b.size(1, 12) };
    let (depth, channels) = (b.size(1, 700), b.size(1, 200));
    if rows * depth * channels > MOST_MACS {
        return None;
    }
    let finish = Finish::random(b);
    let operands = operands(b, elem, vec![rows, depth], vec![channels, depth], 0);
    if let (Some(weights), false) = (operands[1], elem == ElemType::F32) {
        b.set_quant(weights, Quant::PerTensor { scale: SCALES[1], zero_point });
    }
    let op = FullyConnected { keep_dims: false, act: finish.act, accumulate: Accumulate::Centered };
    b.push(op, &operands, elem, &result(elem, &finish))
}
