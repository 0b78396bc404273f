//! Nested subnetworks as C: every level computes what the interpreter computes on the cut network, in any order of
//! selections, on the host and on emulated cores.

use std::path::Path;

use redsc::driver::{self, Options};
use redsc::nest::Request;
use redsc_codegen::COptions;
use redsc_ir::Target;
use redsc_ir::interp::Interpreter;
use redsc_tests::golden::{Sequence, Step};
use redsc_tests::model::{self, Compiled};
use redsc_tests::qemu::{self, Core};
use redsc_tests::random::inputs;
use redsc_tests::tools;

/// An order of selections in which every level follows every other one.
const ORDER: [usize; 10] = [2, 0, 1, 1, 2, 2, 1, 0, 0, 2];
const SELECT: &str = "-DRIG_SUBNET(i)=((unsigned)(\"2011221002\"[i]-'0'))";

fn compile(name: &str, target: &Target, c: COptions) -> Compiled {
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
    for name in ["kws_dscnn_int8", "image_mobilenet_int8", "image_resnet_int8", "image_cnn_f32"] {
        check_on_host(name, "generic");
    }
}

#[test]
fn levels_on_a_core_with_dsp() {
    for name in ["kws_dscnn_int8", "image_mobilenet_int8", "image_resnet_int8"] {
        check_on_core(name, Core::M4);
    }
}

#[test]
fn levels_on_a_core_with_vectors() {
    for name in ["kws_dscnn_int8", "image_mobilenet_int8", "image_resnet_int8"] {
        check_on_core(name, Core::M55);
    }
}
