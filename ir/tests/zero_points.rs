//! Folding the input zero point into the bias changes no result: `bias' = bias − zero_point · Σ w`.

use proptest::prelude::*;
use redsc_ir::interp::Interpreter;
use redsc_ir::ops::{Accumulate, Activation, Conv2d, DepthwiseConv2d, FullyConnected, Padding};
use redsc_ir::{Data, ElemType, Graph, Module, Op, Quant, TensorType};

/// The extents and numbers of a layer with 8-bit operands.
#[derive(Clone, Debug)]
struct Layer {
    op: Op,
    input: Vec<usize>,
    weights: Vec<usize>,
    output: Vec<usize>,
    /// The dimension of the weights that counts output channels.
    channel_axis: usize,
    zero_points: [i32; 2],
    scales: Vec<f32>,
    x: Vec<i8>,
    w: Vec<i8>,
    bias: Vec<i32>,
}

impl Layer {
    /// The results with the input zero point subtracted from each input.
    fn centered(&self) -> Vec<Data> {
        self.run(self.op.clone(), &self.bias)
    }

    /// The results with the input zero point folded into the bias.
    fn raw(&self) -> Vec<Data> {
        let mut op = self.op.clone();
        match &mut op {
            Op::Conv2d(conv) => conv.accumulate = Accumulate::Raw,
            Op::DepthwiseConv2d(conv) => conv.accumulate = Accumulate::Raw,
            Op::FullyConnected(layer) => layer.accumulate = Accumulate::Raw,
            other => panic!("{} does not accumulate", other.mnemonic()),
        }
        let bias: Vec<i32> = (0..self.bias.len())
            .map(|channel| self.bias[channel] - self.zero_points[0] * self.weight_sum(channel))
            .collect();
        self.run(op, &bias)
    }

    fn weight_sum(&self, channel: usize) -> i32 {
        let inner: usize = self.weights[self.channel_axis + 1..].iter().product();
        let of_channel = |(i, _): &(usize, &i8)| i / inner % self.weights[self.channel_axis] == channel;
        self.w.iter().enumerate().filter(of_channel).map(|(_, &w)| i32::from(w)).sum()
    }

    fn run(&self, op: Op, bias: &[i32]) -> Vec<Data> {
        let quantized = |shape: &[usize], zero_point| TensorType {
            elem: ElemType::I8,
            shape: shape.to_vec().into(),
            quant: Quant::PerTensor { scale: 0.05, zero_point },
        };
        let mut weights = quantized(&self.weights, 0);
        let zero_points = vec![0; self.scales.len()];
        weights.quant = Quant::PerAxis { axis: self.channel_axis, scales: self.scales.clone(), zero_points };

        let mut graph = Graph::default();
        let x = graph.add_value("x", quantized(&self.input, self.zero_points[0]));
        let w = graph.add_constant("w", weights, Data::from_slice(&self.w));
        let b = TensorType::plain(ElemType::I32, [bias.len()]);
        let b = graph.add_constant("b", b, Data::from_slice(bias));
        let y = graph.add_value("y", quantized(&self.output, self.zero_points[1]));
        graph.push(op, &[x, w, b], &[y], "");
        (graph.inputs, graph.outputs) = (vec![x], vec![y]);
        let module = Module { graphs: vec![graph], ..Module::default() };
        Interpreter::new(&module).invoke(&[Data::from_slice(&self.x)]).unwrap()
    }
}

/// Numbers for a layer of those extents.
fn fill(
    op: Op,
    input: Vec<usize>,
    weights: Vec<usize>,
    output: Vec<usize>,
    channel_axis: usize,
) -> impl Strategy<Value = Layer> {
    let channels = weights[channel_axis];
    let [inputs, factors] = [&input, &weights].map(|shape| shape.iter().product::<usize>());
    let zero_point = -128..=127i32;
    (
        [zero_point.clone(), zero_point],
        prop::collection::vec(0.0005f32..0.02, channels),
        prop::collection::vec(any::<i8>(), inputs),
        prop::collection::vec(-127..=127i8, factors),
        prop::collection::vec(-5000..5000i32, channels),
    )
        .prop_map(move |(zero_points, scales, x, w, bias)| Layer {
            op: op.clone(),
            input: input.clone(),
            weights: weights.clone(),
            output: output.clone(),
            channel_axis,
            zero_points,
            scales,
            x,
            w,
            bias,
        })
}

/// Attributes of one spatial axis: `[input, taps, stride, dilation, before, after]`.
fn axis() -> impl Strategy<Value = [usize; 6]> {
    (1..7usize, 1..4usize, 1..3usize, 1..3usize, 0..4usize, 0..4usize)
        .prop_map(|(input, taps, stride, dilation, before, after)| {
            [input, taps, stride, dilation, before, after]
        })
        .prop_filter("the window must fit", |a| a[0] + a[4] + a[5] > (a[1] - 1) * a[3])
}

fn output([input, taps, stride, dilation, before, after]: [usize; 6]) -> usize {
    (input + before + after - (taps - 1) * dilation - 1) / stride + 1
}

fn convolution() -> impl Strategy<Value = Layer> {
    let channels = (1..3usize, 1..4usize, 1..4usize);
    (axis(), axis(), channels, any::<bool>()).prop_flat_map(|(y, x, (groups, inputs, filters), depthwise)| {
        let padding = Padding { top: y[4], bottom: y[5], left: x[4], right: x[5] };
        let (stride, dilation) = ([y[2], x[2]], [y[3], x[3]]);
        let (act, accumulate) = (Activation::Relu6, Accumulate::Centered);
        let image = |h, w, channels| vec![2, h, w, channels];
        if depthwise {
            let op = DepthwiseConv2d { padding, stride, dilation, act, accumulate };
            let to = inputs * filters;
            let (from, weights) = (image(y[0], x[0], inputs), vec![1, y[1], x[1], to]);
            fill(op.into(), from, weights, image(output(y), output(x), to), 3).boxed()
        } else {
            let op = Conv2d { padding, stride, dilation, act, accumulate };
            let (from, to) = (groups * inputs, groups * filters);
            let weights = vec![to, y[1], x[1], inputs];
            fill(op.into(), image(y[0], x[0], from), weights, image(output(y), output(x), to), 0).boxed()
        }
    })
}

fn fully_connected() -> impl Strategy<Value = Layer> {
    (1..4usize, 1..200usize, 1..9usize).prop_flat_map(|(rows, depth, channels)| {
        let (act, accumulate) = (Activation::None, Accumulate::Centered);
        let op = FullyConnected { keep_dims: false, act, accumulate };
        fill(op.into(), vec![rows, depth], vec![channels, depth], vec![rows, channels], 0)
    })
}

proptest! {
    #[test]
    fn convolutions_do_not_care(layer in convolution()) {
        prop_assert_eq!(layer.centered(), layer.raw());
    }

    #[test]
    fn fully_connected_layers_do_not_care(layer in fully_connected()) {
        prop_assert_eq!(layer.centered(), layer.raw());
    }
}
