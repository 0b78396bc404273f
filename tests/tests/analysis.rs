//! Facts about modules: MACs, bytes, live ranges.

use redsc_ir::analysis::{LiveRange, Summary, live_bytes, live_ranges, node_macs};
use redsc_ir::text::parse;
use redsc_ir::{Module, verify::verify};

fn module(text: &str) -> Module {
    let module = parse(text, &|_| None).unwrap();
    verify(&module).unwrap();
    module
}

#[test]
fn a_residual_keeps_its_operand_alive() {
    let module = module(
        r#"module "residual"
        graph @0 "main"(%0 : 1x4x4x8xf32) {
          %1 = relu(%0) : 1x4x4x8xf32
          %2 = const : 8x1x1x8xf32 = splat(0.5)
          %3 = conv2d(%1, %2, _) {padding = [0, 0, 0, 0], stride = [2, 2], dilation = [1, 1], act = none, accumulate = centered} : 1x2x2x8xf32
          %4 = max_pool2d(%1) {padding = [0, 0, 0, 0], filter = [2, 2], stride = [2, 2], act = none} : 1x2x2x8xf32
          %5 = add(%3, %4) {act = relu} : 1x2x2x8xf32
          return %5
        }"#,
    );
    let graph = module.entry();
    let range = |first, last| Some(LiveRange { first, last });
    assert_eq!(live_ranges(graph), [range(0, 1), range(1, 3), None, range(2, 4), range(3, 4), range(4, 5)]);
    let (large, small) = (4 * 4 * 8 * 4, 2 * 2 * 8 * 4);
    assert_eq!(live_bytes(graph), [2 * large, large + small, large + 2 * small, 3 * small]);
    assert_eq!(node_macs(&module, graph, &graph.nodes[1]), 2 * 2 * 8 * 8);
    let expected = Summary {
        nodes: 4,
        macs: 2 * 2 * 8 * 8,
        weight_bytes: 8 * 8 * 4,
        activation_bytes: 2 * large + 3 * small,
        variable_bytes: 0,
        peak_live_bytes: 2 * large,
    };
    assert_eq!(Summary::of(&module), expected);
}

#[test]
fn the_dearer_branch_counts() {
    let module = module(
        r#"module "branches"
        var $0 : 1x4xf32 = zeros
        graph @0 "main"(%0 : bool, %1 : 1x4xf32) {
          %2 = if(%0, %1) {then_graph = @1, else_graph = @2} : 1x2xf32
          return %2
        }
        graph @1 "then"(%0 : 1x4xf32) {
          %1 = const : 2x4xf32 = splat(1.0)
          %2 = fully_connected(%0, %1) {keep_dims = false, act = none, accumulate = centered} : 1x2xf32
          return %2
        }
        graph @2 "else"(%0 : 1x4xf32) {
          %1 = slice(%0) {begin = [0, 1], size = [1, 2], stride = [1, 1]} : 1x2xf32
          return %1
        }"#,
    );
    let summary = Summary::of(&module);
    assert_eq!((summary.macs, summary.weight_bytes, summary.variable_bytes), (8, 32, 16));
    assert_eq!(summary.peak_live_bytes, (1 + 16 + 8) + (16 + 8));
}
