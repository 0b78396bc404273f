//! Nested subnetworks as C: every level computes what the interpreter computes on the cut network, in any order of
//! selections, on the host and on emulated cores.

use std::path::Path;

use redsc::driver::{self, Options};
use redsc::nest::Request;
use redsc_codegen::COptions;
use redsc_ir::interp::Interpreter;
use redsc_ir::ops::{Accumulate, Activation, Conv2d, DepthwiseConv2d, FullyConnected, Padding, Reshape};
use redsc_ir::{Data, ElemType, Graph, Module, Op, Quant, Shape, Target, TensorType, ValueId};
use redsc_tests::golden::{Sequence, Step};
use redsc_tests::model::{self, Compiled};
use redsc_tests::qemu::{self, Core};
use redsc_tests::random::inputs;
use redsc_tests::tools;

/// An order of selections in which every level follows every other one.
const ORDER: [usize; 10] = [2, 0, 1, 1, 2, 2, 1, 0, 0, 2];
const SELECT: &str = "-DRIG_SUBNET(i)=((unsigned)(\"2011221002\"[i]-'0'))";

/// Numbers that look random and are the same everywhere.
fn bytes(count: usize, seed: u32) -> Data {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 24) as i8 / 8) as u8
    };
    Data::from_bytes((0..count).map(|_| next()).collect::<Vec<u8>>())
}

/// A layer wide enough for vectors: its weights, a factor for each output, and the node.
fn add_layer(graph: &mut Graph, x: ValueId, op: Op, weights: [usize; 4], to: &[usize]) -> ValueId {
    let is_depthwise = matches!(op, Op::DepthwiseConv2d(_));
    let is_flat = matches!(op, Op::FullyConnected(_));
    let (axis, outputs) = if is_depthwise { (3, weights[3]) } else { (0, weights[0]) };
    let scales = (0..outputs).map(|f| 0.002 + 0.0005 * (f % 7) as f32).collect();
    let quant = Quant::PerAxis { axis, scales, zero_points: vec![0; outputs] };
    let seed = graph.values.len() as u32;
    let shape: Shape = if is_flat { [weights[0], weights[3]].into() } else { weights.into() };
    let ty = TensorType { elem: ElemType::I8, quant, shape };
    let data = bytes(ty.bytes(), seed);
    let w = graph.add_constant("w", ty, data);
    let y = graph.add_value("y", activation(to));
    graph.push(op, &[x, w], &[y], format!("layer {seed}"));
    y
}

fn activation(shape: &[usize]) -> TensorType {
    let quant = Quant::PerTensor { scale: 0.05, zero_point: -7 };
    TensorType { elem: ElemType::I8, quant, shape: shape.to_vec().into() }
}

/// A network with windows, cut inputs, two widths in a row and a flattened image, wide enough for chunks of 16.
fn wide() -> Module {
    let mut module = Module { name: "wide".into(), graphs: vec![Graph::default()], ..Module::default() };
    let graph = module.entry_mut();
    let conv = |padding| {
        let (padding, accumulate) =
            (Padding { top: padding, bottom: padding, left: padding, right: padding }, Accumulate::Centered);
        Conv2d { padding, stride: [1, 1], dilation: [1, 1], act: Activation::None, accumulate }
    };
    let x = graph.add_value("x", activation(&[1, 4, 4, 8]));
    graph.inputs.push(x);
    let y = add_layer(graph, x, conv(1).into(), [48, 3, 3, 8], &[1, 4, 4, 48]);
    let Conv2d { padding, stride, dilation, act, accumulate } = conv(1);
    let depthwise = DepthwiseConv2d { padding, stride, dilation, act, accumulate };
    let y = add_layer(graph, y, depthwise.into(), [1, 3, 3, 48], &[1, 4, 4, 48]);
    let y = add_layer(graph, y, conv(0).into(), [32, 1, 1, 48], &[1, 4, 4, 32]);
    let y = add_layer(graph, y, conv(1).into(), [52, 3, 3, 32], &[1, 4, 4, 52]);
    let flat = graph.add_value("flat", activation(&[1, 832]));
    graph.push(Reshape { shape: vec![1, 832] }.into(), &[y], &[flat], "reshape");
    let dense = FullyConnected { keep_dims: false, act: Activation::None, accumulate: Accumulate::Centered };
    let y = add_layer(graph, flat, dense.into(), [10, 1, 1, 832], &[1, 10]);
    graph.outputs.push(y);
    module
}

fn compile(name: &str, target: &Target, c: COptions) -> Compiled {
    if name == "wide" {
        let request = Request { percent: vec![40.0, 70.0], multiple: Some(16), ..Request::default() };
        let options = Options { target: target.clone(), nest: Some(request), c, ..Options::default() };
        let compiled = model::compile_module(wide(), &options).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let has_own_calls = compiled
            .artifacts
            .iter()
            .any(|file| String::from_utf8_lossy(&file.bytes).contains("switch (level)"));
        assert_eq!(has_own_calls, target.name == "generic", "levels do not share their weights");
        return compiled;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(format!("{name}.tflite"));
    let request = Request { percent: vec![50.0, 75.0], multiple: Some(4), ..Request::default() };
    let options = Options { target: target.clone(), nest: Some(request), c, ..Options::default() };
    let module = driver::load(&path).unwrap_or_else(|e| panic!("{e}"));
    model::compile_module(module, &options).unwrap_or_else(|e| panic!("{name}: {e:?}"))
}

/// What the levels must compute, in the order of selections.
fn expected(compiled: &Compiled) -> Sequence {
    let step = |(index, &level): (usize, &usize)| {
        let module = &compiled.levels[level].module;
        let inputs = inputs(module, index as u64);
        let outputs = Interpreter::new(module).invoke(&inputs).unwrap_or_else(|e| panic!("{e}"));
        Step { inputs, outputs }
    };
    Sequence { set: "order".into(), steps: ORDER.iter().enumerate().map(step).collect() }
}

fn check_on_host(name: &str, target: &str) {
    for size in [false, true] {
        let optimize = if size { redsc_codegen::Optimize::Size } else { redsc_codegen::Optimize::Speed };
        let options = COptions { optimize, ..COptions::new("model") };
        let compiled = compile(name, Target::named(target).unwrap(), options);
        let sequences = [expected(&compiled)];
        let dir = tempfile::tempdir().unwrap();
        let run =
            compiled.run_on_host(dir.path(), &["-O1", SELECT], &sequences).unwrap_or_else(|e| panic!("{e}"));
        compiled.check(&run, &sequences).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

fn check_on_core(name: &str, core: Core) {
    if !qemu::available() {
        return;
    }
    let compiled = compile(name, core.target(), COptions::new("model"));
    let sequences = [expected(&compiled)];
    let dir = tempfile::tempdir().unwrap();
    let image =
        compiled.build_for_core(dir.path(), core, &["-O2", SELECT]).unwrap_or_else(|e| panic!("{e:?}"));
    let run = model::run_on_core(&image, dir.path(), &sequences).unwrap_or_else(|e| panic!("{e}"));
    compiled.check(&run, &sequences).unwrap_or_else(|e| panic!("{name}: {e}"));
    for (level, instructions) in ORDER.iter().zip(&run.instructions) {
        tools::note(&format!("{name} level {level}: {instructions} instructions"));
    }
}

#[test]
fn levels_on_the_host() {
    for name in ["wide", "kws_dscnn_int8", "image_mobilenet_int8", "image_resnet_int8", "image_cnn_f32"] {
        check_on_host(name, "generic");
    }
}

#[test]
fn levels_on_a_core_with_dsp() {
    for name in ["wide", "kws_dscnn_int8", "image_mobilenet_int8", "image_resnet_int8"] {
        check_on_core(name, Core::M4);
    }
}

#[test]
fn levels_on_a_core_with_vectors() {
    for name in ["wide", "kws_dscnn_int8", "image_mobilenet_int8", "image_resnet_int8"] {
        check_on_core(name, Core::M55);
    }
}
