//! Random layers with weights and windows.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{Accumulate, Activation, Conv2d, DepthwiseConv2d, FullyConnected, Padding};
use redsc_ir::{ElemType, Quant, TensorType, ValueId};

use super::builder::{Builder, scaled};

/// Most multiplications of a sample.
const MOST_MACS: usize = 250_000;

/// Appends a random layer that may select `kernel`; `None` if the attempt failed or nothing is known of the kernel.
pub(super) fn add(kernel: Kernel, b: &mut Builder) -> Option<()> {
    use Kernel as K;
    match kernel {
        K::Conv2dS8Dsp | K::Conv2dS8Mve => conv2d(b, ElemType::I8, false),
        K::Conv2dRowsS8Dsp | K::Conv2dRowsS8Mve => conv2d(b, ElemType::I8, true),
        K::DepthwiseS8Dsp | K::DepthwiseS8Mve => depthwise(b, ElemType::I8),
        K::FullyConnectedS8Dsp | K::FullyConnectedS8Mve => fully_connected(b, ElemType::I8),
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
    let c_in = b.size(if large { 16 } else { 1 }, 100);
    let c_out = b.size(1, 70);
    let pixels = input[0].div_ceil(stride[0]) * input[1].div_ceil(stride[1]);
    if pixels * c_in * c_out * filter[0] * filter[1] > MOST_MACS * if large { 4 } else { 1 } {
        return None;
    }
    let finish = Finish::random(b);
    let batches = if b.chance(90) { 1 } else { 2 };
    let x = vec![batches, input[0], input[1], c_in];
    let operands = operands(b, elem, x, vec![c_out, filter[0], filter[1], c_in], 0);
    let op = Conv2d { padding, stride, dilation, act: finish.act, accumulate: Accumulate::Centered };
    b.push(op, &operands, elem, &result(elem, &finish))
}

fn depthwise(b: &mut Builder, elem: ElemType) -> Option<()> {
    let Geometry { input, filter, stride, dilation, padding } = Geometry::random(b, false);
    let channels = b.size(1, 100);
    let pixels = input[0].div_ceil(stride[0]) * input[1].div_ceil(stride[1]);
    if pixels * channels * filter[0] * filter[1] > MOST_MACS {
        return None;
    }
    let finish = Finish::random(b);
    let x = vec![1, input[0], input[1], channels];
    let operands = operands(b, elem, x, vec![1, filter[0], filter[1], channels], 3);
    let op = DepthwiseConv2d { padding, stride, dilation, act: finish.act, accumulate: Accumulate::Centered };
    b.push(op, &operands, elem, &result(elem, &finish))
}

fn fully_connected(b: &mut Builder, elem: ElemType) -> Option<()> {
    let rows = if b.chance(70) { 1 } else { b.size(1, 12) };
    let (depth, channels) = (b.size(1, 700), b.size(1, 200));
    if rows * depth * channels > MOST_MACS {
        return None;
    }
    let finish = Finish::random(b);
    let operands = operands(b, elem, vec![rows, depth], vec![channels, depth], 0);
    let op = FullyConnected { keep_dims: false, act: finish.act, accumulate: Accumulate::Centered };
    b.push(op, &operands, elem, &result(elem, &finish))
}
