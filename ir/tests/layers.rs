//! Heavy operators on numbers small enough to check by hand.

use redsc_ir::diag::render;
use redsc_ir::interp::Interpreter;
use redsc_ir::text::parse;
use redsc_ir::{Data, Module, Scalar};

fn module(body: &str) -> Module {
    let text = format!("module \"m\"\n{body}");
    parse(&text, &|_| None).unwrap_or_else(|e| panic!("{}", render(&e, "m", Some(&text), false)))
}

/// Runs a module without inputs and reads its only result.
fn run<T: Scalar>(body: &str) -> Vec<T> {
    let module = module(body);
    Interpreter::new(&module).invoke(&[]).unwrap()[0].to_vec()
}

fn error(body: &str) -> String {
    let module = module(body);
    Interpreter::new(&module).invoke(&[]).unwrap_err()
}

const CONV: &str =
    "{padding = [1, 1, 1, 1], stride = [2, 1], dilation = [1, 1], act = none, accumulate = centered}";

/// A 3x3 sum over a 3x2 image with zero point 1, two rows apart.
#[test]
fn padding_stands_for_real_zeros() {
    let y = run::<i8>(&format!(
        "graph @0() {{
           %0 = const : 1x3x2x1xi8 q(1.0, 1) = [2, 3, 4, 5, 6, 7]
           %1 = const : 1x3x3x1xi8 q(1.0, 0) = [1, 1, 1, 1, 1, 1, 1, 1, 1]
           %2 = const : 1xi32 = [10]
           %3 = conv2d(%0, %1, %2) {CONV} : 1x2x2x1xi8 q(1.0, -3)
           return %3
         }}"
    ));
    // Real inputs 1 to 6; both windows of a row see both columns.
    assert_eq!(y, [1 + 2 + 3 + 4 + 10 - 3, 17, 3 + 4 + 5 + 6 + 10 - 3, 25]);
}

/// `raw` reads the zero point in the padding and leaves the rest to the bias.
#[test]
fn raw_accumulation_reads_the_zero_point_in_the_padding() {
    let conv = CONV.replace("centered", "raw");
    let y = run::<i8>(&format!(
        "graph @0() {{
           %0 = const : 1x3x2x1xi8 q(1.0, 1) = [2, 3, 4, 5, 6, 7]
           %1 = const : 1x3x3x1xi8 q(1.0, 0) = [1, 1, 1, 1, 1, 1, 1, 1, 1]
           %2 = const : 1xi32 = [{}]
           %3 = conv2d(%0, %1, %2) {conv} : 1x2x2x1xi8 q(1.0, -3)
           return %3
         }}",
        10 - 9
    ));
    assert_eq!(y, [17, 17, 25, 25]);
}

#[test]
fn groups_see_their_own_channels() {
    let y = run::<i8>(
        "graph @0() {
           %0 = const : 1x1x1x4xi8 q(1.0, 0) = [1, 2, 3, 4]
           %1 = const : 4x1x1x2xi8 q(axis 0, [1.0, 1.0, 0.5, 1.0], [0, 0, 0, 0]) = [1, 0, 0, 1, 1, 1, 10, 1]
           %2 = conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = relu6, accumulate = centered} : 1x1x1x4xi8 q(1.0, 0)
           return %2
         }",
    );
    assert_eq!(y, [1, 2, 4, 6]);
}

#[test]
fn depthwise_channels_multiply_and_taps_dilate() {
    let y = run::<f32>(
        "graph @0() {
           %0 = const : 1x1x3x2xf32 = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
           %1 = const : 1x1x2x4xf32 = [1.0, 10.0, 1.0, 10.0, 1.0, 1.0, 1.0, 1.0]
           %2 = depthwise_conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 2], act = none, accumulate = centered} : 1x1x1x4xf32
           return %2
         }",
    );
    assert_eq!(y, [6.0, 15.0, 8.0, 26.0]);
}

#[test]
fn transposed_windows_overlap_and_are_cut() {
    let y = run::<i8>(
        "graph @0() {
           %0 = const : 1x1x2x1xi8 q(1.0, 0) = [1, 2]
           %1 = const : 1x1x3x1xi8 q(1.0, 0) = [1, 10, 20]
           %2 = transpose_conv2d(%0, %1) {padding = [0, 0, 1, 0], stride = [1, 2], output = [1, 4], act = none} : 1x1x4x1xi8 q(1.0, 0)
           return %2
         }",
    );
    // 1 at 0, 10 at 1, 20 + 2 at 2, 20 at 3, 40 at 4, without position 0.
    assert_eq!(y, [10, 22, 20, 40]);
}

/// 12288230 / 384 = 32000.6, but with a multiplier of 16 bits, 21845 / 2^23 instead of 1 / 384, it is 32000.1.
#[test]
fn accumulators_of_64_bits_have_a_coarser_factor() {
    let layer = |bias: &str| {
        run::<i16>(&format!(
            "graph @0() {{
               %0 = const : 1x3xi16 q(1.0, 0) = [32252, 32252, 32252]
               %1 = const : 1x3xi8 q(0.0078125, 0) = [127, 127, 127]
               %2 = const : 1x{bias} = [218]
               %3 = fully_connected(%0, %1, %2) {{keep_dims = false, act = none, accumulate = centered}} : 1x1xi16 q(3.0, 0)
               return %3
             }}"
        ))
    };
    assert_eq!(layer("i32"), [32001]);
    assert_eq!(layer("i64"), [32000]);
}

/// `[[1, 2], [3, 4]]` and its double, times a column that serves both, stored as a row.
#[test]
fn matrices_transpose_and_broadcast() {
    let y = run::<f32>(
        "graph @0() {
           %0 = const : 2x2x2xf32 = [1.0, 3.0, 2.0, 4.0, 2.0, 6.0, 4.0, 8.0]
           %1 = const : 1x1x2xf32 = [10.0, 1.0]
           %2 = batch_matmul(%0, %1) {transpose_a = true, transpose_b = true} : 2x2x1xf32
           return %2
         }",
    );
    assert_eq!(y, [12.0, 34.0, 24.0, 68.0]);
}

#[test]
fn both_factors_of_matrix_products_have_zero_points() {
    let y = run::<i8>(
        "graph @0() {
           %0 = const : 1x2xi8 q(1.0, -1) = [0, 2]
           %1 = const : 2x2xi8 q(1.0, 10) = [11, 12, 13, 14]
           %2 = batch_matmul(%0, %1) {transpose_a = false, transpose_b = false} : 1x2xi8 q(1.0, 100)
           return %2
         }",
    );
    assert_eq!(y, [110, 114]);
}

#[test]
fn averages_round_halves_away_from_zero_and_skip_padding() {
    let y = run::<i8>(
        "graph @0() {
           %0 = const : 1x1x4x1xi8 q(1.0, 0) = [-3, -4, 3, 4]
           %1 = average_pool2d(%0) {padding = [0, 0, 1, 1], filter = [1, 2], stride = [1, 1], act = none} : 1x1x5x1xi8 q(1.0, 0)
           return %1
         }",
    );
    assert_eq!(y, [-3, -4, -1, 4, 4]);
}

#[test]
fn maxima_are_clamped() {
    let y = run::<i16>(
        "graph @0() {
           %0 = const : 1x2x2x2xi16 q(1.0, 0) = [-3, 9, -4, 2, -7, 8, -9, 3]
           %1 = max_pool2d(%0) {padding = [0, 0, 0, 0], filter = [2, 2], stride = [2, 2], act = relu6} : 1x1x1x2xi16 q(1.0, 0)
           return %1
         }",
    );
    assert_eq!(y, [0, 6]);
}

/// One unit of rank 2 that remembers two steps.
#[test]
fn svdf_remembers() {
    let module = module(
        "var $0 : 1x4xi8 q(1.0, 0) = zeros
         graph @0(%0 : 1x1xi8 q(1.0, -1)) {
           %1 = const : 2x1xi8 q(1.0, 0) = [1, 2]
           %2 = const : 2x2xi8 q(1.0, 0) = [10, 1, -1, 1]
           %3 = const : 1xi32 = [5]
           %4 = svdf(%0, %1, %2, %3) {rank = 2, act = relu, state = $0} : 1x1xi8 q(1.0, -10)
           return %4
         }",
    );
    let mut interpreter = Interpreter::new(&module);
    let mut step = |x: i8| interpreter.invoke(&[Data::from_slice(&[x])]).unwrap()[0].to_vec::<i8>()[0];
    // Real inputs 1, 3, 0: filters see [_, x] and [_, 2x].
    assert_eq!(step(0), (1 + 2) + 5 - 10);
    assert_eq!(step(2), (10 + 3) + (-2 + 6) + 5 - 10);
    assert_eq!(step(-1), 30 - 6 + 5 - 10);
}

#[test]
fn zero_points_of_16_bit_layers_are_refused() {
    let message = error(
        "graph @0() {
           %0 = const : 1x1xi16 q(1.0, 1) = [1]
           %1 = const : 1x1xi8 q(1.0, 0) = [1]
           %2 = fully_connected(%0, %1) {keep_dims = false, act = none, accumulate = centered} : 1x1xi16 q(1.0, 0)
           return %2
         }",
    );
    assert!(message.contains("needs the zero point 0, not 1"), "{message}");
}
