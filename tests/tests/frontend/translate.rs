//! Operators in, representation out.

use redsc_tests::fixture::{Fixture, int8, quantized, tensor, tflite};
use tflite::{ActivationFunctionType, BuiltinOperator, BuiltinOptions, Padding, TensorType};

use crate::text;

/// A model of one operator on 8-bit tensors: the shapes of operands and results, and integer operands at the end.
fn single(
    code: BuiltinOperator,
    operands: &[&[usize]],
    integers: &[&[i32]],
    results: &[&[usize]],
    options: Option<BuiltinOptions>,
) -> Fixture {
    let mut f = Fixture::new();
    let mut inputs: Vec<i32> = operands.iter().map(|shape| f.input(int8("x", shape, 0.5, 1))).collect();
    inputs.extend(integers.iter().map(|values| f.integers(values)));
    let results: Vec<i32> = results.iter().map(|shape| f.add(int8("y", shape, 0.5, 1))).collect();
    f.op(code, &inputs, &results, options);
    f.outputs(&results);
    f
}

/// The nodes of the entry graph, without names, quantization and places.
fn nodes(fixture: &Fixture) -> String {
    let text = text(fixture).replace(" q(0.5, 1)", "").replace(" \"y\"", "");
    let is_node =
        |line: &&str| line.contains('=') && !line.contains("= const :") && !line.starts_with("graph");
    let lines = text.lines().filter(is_node);
    lines.map(|line| format!("{}\n", line.split(" loc ").next().unwrap_or(line).trim())).collect()
}

#[test]
fn activations_fused_into_arithmetic() {
    let act = ActivationFunctionType::Relu6;
    let add = tflite::AddOptions { fused_activation_function: act, pot_scale_int16: false };
    let sub = tflite::SubOptions { fused_activation_function: act, pot_scale_int16: true };
    let mul = tflite::MulOptions { fused_activation_function: act };
    let text: String = [
        (BuiltinOperator::Add, BuiltinOptions::AddOptions(Box::new(add))),
        (BuiltinOperator::Sub, BuiltinOptions::SubOptions(Box::new(sub))),
        (BuiltinOperator::Mul, BuiltinOptions::MulOptions(Box::new(mul))),
    ]
    .into_iter()
    .map(|(code, options)| nodes(&single(code, &[&[1, 4, 2], &[2]], &[], &[&[1, 4, 2]], Some(options))))
    .collect();
    insta::assert_snapshot!(text, @r"
    %2 = add(%0, %1) {act = relu6} : 1x4x2xi8
    %2 = sub(%0, %1) {act = relu6} : 1x4x2xi8
    %2 = mul(%0, %1) {act = relu6} : 1x4x2xi8
    ");
}

/// A convolution with constant weights and a bias, both quantized.
fn convolution(
    code: BuiltinOperator,
    x: &[usize],
    y: &[usize],
    w: &[usize],
    options: BuiltinOptions,
) -> Fixture {
    let mut f = Fixture::new();
    let x = f.input(int8("x", x, 0.5, 1));
    let channels = y[3];
    let elements: usize = w.iter().product();
    let w = f.constant(int8("w", w, 0.25, 0), vec![1u8; elements]);
    let bias = quantized(tensor("b", TensorType::Int32, &[channels]), &[0.125], &[0], 0);
    let b = f.constant(bias, vec![0u8; 4 * channels]);
    let y = f.add(int8("y", y, 0.5, 1));
    f.op(code, &[x, w, b], &[y], Some(options));
    f.outputs(&[y]);
    f
}

#[test]
fn same_padding_puts_the_odd_cell_at_the_end() {
    let options =
        tflite::Conv2DOptions { stride_h: 2, stride_w: 1, dilation_h_factor: 1, ..Default::default() };
    let options = BuiltinOptions::Conv2DOptions(Box::new(options));
    let f = convolution(BuiltinOperator::Conv2d, &[1, 8, 8, 1], &[1, 4, 8, 2], &[2, 3, 4, 1], options);
    insta::assert_snapshot!(nodes(&f), @r"%3 = conv2d(%0, %1, %2) {padding = [0, 1, 1, 2], stride = [2, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x8x2xi8");
}

#[test]
fn depth_multiplier_follows_from_the_shapes() {
    let options = tflite::DepthwiseConv2DOptions {
        padding: Padding::Valid,
        stride_h: 1,
        stride_w: 1,
        depth_multiplier: 0,
        dilation_h_factor: 2,
        ..Default::default()
    };
    let options = BuiltinOptions::DepthwiseConv2DOptions(Box::new(options));
    let f =
        convolution(BuiltinOperator::DepthwiseConv2d, &[1, 8, 8, 2], &[1, 4, 6, 6], &[1, 3, 3, 6], options);
    insta::assert_snapshot!(nodes(&f), @r"%3 = depthwise_conv2d(%0, %1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [2, 1], act = none, accumulate = centered} : 1x4x6x6xi8");
}

#[test]
fn transposed_convolution_cuts_what_the_forward_one_pads() {
    let mut f = Fixture::new();
    let x = f.input(int8("x", &[1, 4, 5, 1], 0.5, 1));
    let shape = f.integers(&[1, 8, 10, 2]);
    let w = f.constant(int8("w", &[2, 3, 3, 1], 0.25, 0), vec![1u8; 18]);
    let y = f.add(int8("y", &[1, 8, 10, 2], 0.5, 1));
    let options = tflite::TransposeConvOptions { stride_h: 2, stride_w: 2, ..Default::default() };
    let options = BuiltinOptions::TransposeConvOptions(Box::new(options));
    f.op(BuiltinOperator::TransposeConv, &[shape, w, x], &[y], Some(options));
    f.outputs(&[y]);
    insta::assert_snapshot!(nodes(&f), @r"%2 = transpose_conv2d(%0, %1) {padding = [0, 1, 0, 1], stride = [2, 2], output = [8, 10], act = none} : 1x8x10x2xi8");
}

fn fully_connected(x: &[usize], y: &[usize], keep_num_dims: bool) -> Fixture {
    let mut f = Fixture::new();
    let x = f.input(int8("x", x, 0.5, 1));
    let w = f.constant(int8("w", &[3, 4], 0.25, 0), vec![1u8; 12]);
    let y = f.add(int8("y", y, 0.5, 1));
    let options = tflite::FullyConnectedOptions { keep_num_dims, ..Default::default() };
    let options = BuiltinOptions::FullyConnectedOptions(Box::new(options));
    f.op(BuiltinOperator::FullyConnected, &[x, w, -1], &[y], Some(options));
    f.outputs(&[y]);
    f
}

#[test]
fn fully_connected_keeps_dimensions_or_makes_rows() {
    let kept = nodes(&fully_connected(&[1, 2, 4], &[1, 2, 3], true));
    let rows = nodes(&fully_connected(&[1, 2, 4], &[2, 3], false));
    let reshaped = nodes(&fully_connected(&[1, 2, 4], &[1, 2, 3], false));
    insta::assert_snapshot!([kept, rows, reshaped].join("\n"), @r"
    %2 = fully_connected(%0, %1) {keep_dims = true, act = none, accumulate = centered} : 1x2x3xi8

    %2 = fully_connected(%0, %1) {keep_dims = false, act = none, accumulate = centered} : 2x3xi8

    %2 = fully_connected(%0, %1) {keep_dims = false, act = none, accumulate = centered} : 2x3xi8
    %3 = reshape(%2) {shape = [1, 2, 3]} : 1x2x3xi8
    ");
}

#[test]
fn shape_operators_become_reshapes() {
    let squeeze = single(BuiltinOperator::Squeeze, &[&[1, 3, 1, 2]], &[], &[&[3, 2]], None);
    let expand = single(BuiltinOperator::ExpandDims, &[&[3, 2]], &[&[-1]], &[&[3, 2, 1]], None);
    let open = single(BuiltinOperator::Reshape, &[&[3, 2]], &[&[-1, 1]], &[&[6, 1]], None);
    let scalar = single(BuiltinOperator::Reshape, &[&[1, 1]], &[&[]], &[&[]], None);
    let option = tflite::ReshapeOptions { new_shape: Some(vec![6]) };
    let option = Some(BuiltinOptions::ReshapeOptions(Box::new(option)));
    let option = single(BuiltinOperator::Reshape, &[&[3, 2]], &[], &[&[6]], option);
    let text: String = [squeeze, expand, open, scalar, option].iter().map(nodes).collect();
    insta::assert_snapshot!(text, @r"
    %1 = reshape(%0) {shape = [3, 2]} : 3x2xi8
    %1 = reshape(%0) {shape = [3, 2, 1]} : 3x2x1xi8
    %1 = reshape(%0) {shape = [6, 1]} : 6x1xi8
    %1 = reshape(%0) {shape = []} : i8
    %1 = reshape(%0) {shape = [6]} : 6xi8
    ");
}

#[test]
fn computed_shapes_need_no_evaluation() {
    let mut f = Fixture::new();
    let int32 = |name, shape: &[usize]| tensor(name, TensorType::Int32, shape);
    let x = f.input(int8("x", &[1, 1, 1, 10], 0.5, 1));
    let shape = f.add(int32("shape", &[4]));
    let batch = f.add(int32("batch", &[]));
    let new_shape = f.add(int32("new shape", &[2]));
    let y = f.add(int8("y", &[1, 10], 0.5, 1));
    let (zero, one, ten) = (f.integers(&[0]), f.integers(&[1]), f.constant(int32("ten", &[]), [10, 0, 0, 0]));
    f.op(BuiltinOperator::Shape, &[x], &[shape], None);
    let slice = tflite::StridedSliceOptions { shrink_axis_mask: 1, ..Default::default() };
    let slice = Some(BuiltinOptions::StridedSliceOptions(Box::new(slice)));
    f.op(BuiltinOperator::StridedSlice, &[shape, zero, one, one], &[batch], slice);
    let pack = tflite::PackOptions { values_count: 2, axis: 0 };
    let pack = Some(BuiltinOptions::PackOptions(Box::new(pack)));
    f.op(BuiltinOperator::Pack, &[batch, ten], &[new_shape], pack);
    f.op(BuiltinOperator::Reshape, &[x, new_shape], &[y], None);
    f.outputs(&[y]);
    insta::assert_snapshot!(text(&f), @r#"
    graph @0(%0 "x" : 1x1x1x10xi8 q(0.5, 1)) {
      %1 "shape" = const : 4xi32 = [1, 1, 1, 10]
      %2 = slice(%1) {begin = [0], size = [1], stride = [1]} : 1xi32 loc "STRIDED_SLICE #1"
      %3 "batch" = reshape(%2) {shape = []} : i32 loc "STRIDED_SLICE #1"
      %4 = reshape(%3) {shape = [1]} : 1xi32 loc "PACK #2"
      %5 "ten" = const : i32 = [10]
      %6 = reshape(%5) {shape = [1]} : 1xi32 loc "PACK #2"
      %7 "new shape" = concat(%4, %6) {axis = 0, act = none} : 2xi32 loc "PACK #2"
      %8 "y" = reshape(%0) {shape = [1, 10]} : 1x10xi8 q(0.5, 1) loc "RESHAPE #3"
      return %8
    }
    "#);
}

#[test]
fn packing_and_unpacking() {
    let pack = tflite::PackOptions { values_count: 2, axis: -1 };
    let pack = Some(BuiltinOptions::PackOptions(Box::new(pack)));
    let pack = single(BuiltinOperator::Pack, &[&[3], &[3]], &[], &[&[3, 2]], pack);
    let unpack = tflite::UnpackOptions { num: 2, axis: 1 };
    let unpack = Some(BuiltinOptions::UnpackOptions(Box::new(unpack)));
    let unpack = single(BuiltinOperator::Unpack, &[&[3, 2]], &[], &[&[3], &[3]], unpack);
    insta::assert_snapshot!([nodes(&pack), nodes(&unpack)].join("\n"), @r"
    %2 = reshape(%0) {shape = [3, 1]} : 3x1xi8
    %3 = reshape(%1) {shape = [3, 1]} : 3x1xi8
    %4 = concat(%2, %3) {axis = 1, act = none} : 3x2xi8

    %1, %2 = split(%0) {axis = 1, sizes = [1, 1]} : 3x1xi8, 3x1xi8
    %3 = reshape(%1) {shape = [3]} : 3xi8
    %4 = reshape(%2) {shape = [3]} : 3xi8
    ");
}

#[test]
fn splits_concatenations_and_slices() {
    let axis = tflite::ConcatenationOptions { axis: -1, ..Default::default() };
    let axis = Some(BuiltinOptions::ConcatenationOptions(Box::new(axis)));
    let concat = single(BuiltinOperator::Concatenation, &[&[1, 2], &[1, 3]], &[], &[&[1, 5]], axis);
    let sizes = single(
        BuiltinOperator::SplitV,
        &[&[2, 6]],
        &[&[1, -1, 2], &[-1]],
        &[&[2, 1], &[2, 3], &[2, 2]],
        None,
    );
    let slice = single(BuiltinOperator::Slice, &[&[4, 6]], &[&[1, 2], &[2, -1]], &[&[2, 4]], None);
    let mut split = Fixture::new();
    let x = split.input(int8("x", &[2, 6], 0.5, 1));
    let parts = [(); 2].map(|()| split.add(int8("y", &[2, 3], 0.5, 1)));
    let axis = split.constant(tensor("axis", TensorType::Int32, &[]), [1, 0, 0, 0]);
    split.op(BuiltinOperator::Split, &[axis, x], &parts, None);
    split.outputs(&parts);
    let text: String = [concat, sizes, slice, split].iter().map(nodes).collect();
    insta::assert_snapshot!(text, @r"
    %2 = concat(%0, %1) {axis = 1, act = none} : 1x5xi8
    %1, %2, %3 = split(%0) {axis = 1, sizes = [1, 3, 2]} : 2x1xi8, 2x3xi8, 2x2xi8
    %1 = slice(%0) {begin = [1, 2], size = [2, 4], stride = [1, 1]} : 2x4xi8
    %1, %2 = split(%0) {axis = 1, sizes = [3, 3]} : 2x3xi8, 2x3xi8
    ");
}

/// Name, shape of the operand, begin, end and strides, shape of the result, and the five masks.
type SliceCase<'a> = (&'a str, &'a [usize], [&'a [i32]; 3], &'a [usize], [i32; 5]);

#[test]
fn strided_slice_masks() {
    let cases: [SliceCase; 9] = [
        ("plain", &[4, 6], [&[1, 2], &[4, 6], &[2, 3]], &[2, 2], [0, 0, 0, 0, 0]),
        ("negative positions", &[4, 6], [&[-3, -4], &[-1, 9], &[1, 1]], &[2, 4], [0, 0, 0, 0, 0]),
        ("backwards", &[4, 6], [&[-1, 0], &[-9, 6], &[-2, 1]], &[2, 6], [0, 0, 0, 0, 0]),
        ("begin mask", &[4, 6], [&[2, 3], &[4, 6], &[1, 1]], &[4, 3], [1, 0, 0, 0, 0]),
        ("end mask backwards", &[4, 6], [&[3, 0], &[0, 1], &[-1, 1]], &[4, 1], [0, 1, 0, 0, 0]),
        ("fewer entries", &[4, 6], [&[1], &[2], &[1]], &[1, 6], [0, 0, 0, 0, 0]),
        ("ellipsis", &[2, 3, 6], [&[0, 4], &[0, 6], &[1, 1]], &[2, 3, 2], [0, 0, 1, 0, 0]),
        ("new axis", &[4, 6], [&[0, 0, 2], &[0, 4, 4], &[1, 1, 1]], &[1, 4, 2], [0, 0, 0, 1, 0]),
        ("shrink axis", &[4, 6], [&[-1, 2], &[0, 4], &[1, 1]], &[2], [0, 0, 0, 0, 1]),
    ];
    let mut text = String::new();
    for (name, x, integers, y, masks) in cases {
        let [begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask] = masks;
        let options = tflite::StridedSliceOptions {
            begin_mask,
            end_mask,
            ellipsis_mask,
            new_axis_mask,
            shrink_axis_mask,
            offset: false,
        };
        let options = Some(BuiltinOptions::StridedSliceOptions(Box::new(options)));
        let f = single(BuiltinOperator::StridedSlice, &[x], &integers, &[y], options);
        text += &format!("{name}:\n{}", nodes(&f));
    }
    insta::assert_snapshot!(text, @r"
    plain:
    %1 = slice(%0) {begin = [1, 2], size = [2, 2], stride = [2, 3]} : 2x2xi8
    negative positions:
    %1 = slice(%0) {begin = [1, 2], size = [2, 4], stride = [1, 1]} : 2x4xi8
    backwards:
    %1 = slice(%0) {begin = [3, 0], size = [2, 6], stride = [-2, 1]} : 2x6xi8
    begin mask:
    %1 = slice(%0) {begin = [0, 3], size = [4, 3], stride = [1, 1]} : 4x3xi8
    end mask backwards:
    %1 = slice(%0) {begin = [3, 0], size = [4, 1], stride = [-1, 1]} : 4x1xi8
    fewer entries:
    %1 = slice(%0) {begin = [1, 0], size = [1, 6], stride = [1, 1]} : 1x6xi8
    ellipsis:
    %1 = slice(%0) {begin = [0, 0, 4], size = [2, 3, 2], stride = [1, 1, 1]} : 2x3x2xi8
    new axis:
    %1 = slice(%0) {begin = [0, 2], size = [4, 2], stride = [1, 1]} : 4x2xi8
    %2 = reshape(%1) {shape = [1, 4, 2]} : 1x4x2xi8
    shrink axis:
    %1 = slice(%0) {begin = [3, 2], size = [1, 2], stride = [1, 1]} : 1x2xi8
    %2 = reshape(%1) {shape = [2]} : 2xi8
    ");
}

#[test]
fn reductions_sort_their_axes() {
    let options = tflite::ReducerOptions { keep_dims: true };
    let options = Some(BuiltinOptions::ReducerOptions(Box::new(options)));
    let mean = single(BuiltinOperator::Mean, &[&[1, 4, 4, 2]], &[&[-2, 1, 2]], &[&[1, 1, 1, 2]], options);
    let max = single(BuiltinOperator::ReduceMax, &[&[1, 4, 2]], &[&[1]], &[&[1, 2]], None);
    insta::assert_snapshot!([nodes(&mean), nodes(&max)].concat(), @r"
    %1 = mean(%0) {axes = [1, 2], keep_dims = true} : 1x1x1x2xi8
    %1 = reduce_max(%0) {axes = [1], keep_dims = false} : 1x2xi8
    ");
}

#[test]
fn paddings_of_both_integer_types() {
    let narrow = single(BuiltinOperator::Pad, &[&[2, 3]], &[&[0, 1, 2, 0]], &[&[3, 5]], None);
    let mut wide = Fixture::new();
    let x = wide.input(int8("x", &[2, 3], 0.5, 1));
    let paddings: Vec<u8> = [0i64, 1, 2, 0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let paddings = wide.constant(tensor("paddings", TensorType::Int64, &[2, 2]), paddings);
    let value = wide.constant(int8("value", &[], 0.5, 1), [7]);
    let y = wide.add(int8("y", &[3, 5], 0.5, 1));
    wide.op(BuiltinOperator::Padv2, &[x, paddings, value], &[y], None);
    wide.outputs(&[y]);
    insta::assert_snapshot!([nodes(&narrow), nodes(&wide)].concat(), @r"
    %1 = pad(%0) {before = [0, 2], after = [1, 0], mode = constant} : 3x5xi8
    %2 = pad(%0, %1) {before = [0, 2], after = [1, 0], mode = constant} : 3x5xi8
    ");
}

#[test]
fn pooling_resizing_and_requantizing() {
    let pool = tflite::Pool2DOptions {
        stride_h: 2,
        stride_w: 2,
        filter_height: 3,
        filter_width: 2,
        fused_activation_function: ActivationFunctionType::Relu,
        ..Default::default()
    };
    let pool = Some(BuiltinOptions::Pool2DOptions(Box::new(pool)));
    let pool = single(BuiltinOperator::AveragePool2d, &[&[1, 5, 5, 2]], &[], &[&[1, 3, 3, 2]], pool);
    let resize = tflite::ResizeBilinearOptions { half_pixel_centers: true, ..Default::default() };
    let resize = Some(BuiltinOptions::ResizeBilinearOptions(Box::new(resize)));
    let resize =
        single(BuiltinOperator::ResizeBilinear, &[&[1, 2, 2, 1]], &[&[4, 6]], &[&[1, 4, 6, 1]], resize);
    let mut quantize = Fixture::new();
    let x = quantize.input(int8("x", &[2], 0.25, -128));
    let y = quantize.add(quantized(tensor("y", TensorType::Int16, &[2]), &[0.125], &[0], 0));
    quantize.op(BuiltinOperator::Quantize, &[x], &[y], None);
    quantize.outputs(&[y]);
    let text: String = [pool, resize, quantize].iter().map(nodes).collect();
    insta::assert_snapshot!(text, @r"
    %1 = average_pool2d(%0) {padding = [1, 1, 0, 1], filter = [3, 2], stride = [2, 2], act = relu} : 1x3x3x2xi8
    %1 = resize_bilinear(%0) {size = [4, 6], align_corners = false, half_pixel_centers = true} : 1x4x6x1xi8
    %1 = quantize(%0) : 2xi16 q(0.125, 0)
    ");
}
