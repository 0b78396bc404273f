//! Nested subnetworks of recorded models: what levels compute, and how they hang together.

use std::path::{Path, PathBuf};

use redsc::nest::{Request, nest, prepare};
use redsc::{driver, export_tflite, frontend};
use redsc_ir::interp::Interpreter;
use redsc_ir::plan::Level;
use redsc_ir::verify::verify;
use redsc_ir::{Data, Module, Target};
use redsc_passes::nest::knapsack::Nesting;
use redsc_passes::nest::{NestOptions, Nested};
use redsc_tests::passes::same_behaviour;
use redsc_tests::random::inputs;

const MODELS: [&str; 4] = ["kws_dscnn_int8", "image_mobilenet_int8", "image_resnet_int8", "image_cnn_f32"];

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(format!("{name}.tflite"))
}

fn load(name: &str) -> Module {
    driver::load(&model(name)).unwrap_or_else(|e| panic!("{e}"))
}

fn levels(module: Module, nesting: Nesting) -> Nested {
    let request = Request { percent: vec![40.0, 70.0], nesting, multiple: Some(2), ..Request::default() };
    nest(module, &request, &Target::builtin()[0]).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_full_level_computes_what_the_model_computes() {
    for name in MODELS {
        let module = load(name);
        let nested = levels(module.clone(), Nesting::Joint);
        same_behaviour(&module, &nested.levels.last().unwrap().module);
    }
}

#[test]
fn levels_are_valid_cheaper_and_contained_in_each_other() {
    for name in MODELS {
        for nesting in [Nesting::BottomUp, Nesting::TopDown, Nesting::Joint] {
            let nested = levels(load(name), nesting);
            let full = nested.levels.last().unwrap().cost as f64;
            for (level, percent) in nested.levels.iter().zip([0.4, 0.7, 1.0]) {
                assert_eq!(verify(&level.module), Ok(()), "{name}");
                assert!(level.cost as f64 <= percent * full, "{name}");
                assert!(level.value <= level.bound, "{name}");
            }
            for pair in nested.levels.windows(2) {
                assert!(pair[0].widths.iter().zip(&pair[1].widths).all(|(a, b)| a <= b), "{name}");
                assert!(pair[0].widths != pair[1].widths, "{name}");
            }
        }
    }
}

#[test]
fn passes_keep_what_levels_compute_and_their_nodes_alike() {
    for name in MODELS {
        let nested = levels(load(name), Nesting::Joint);
        let prepared = prepare(&nested, &driver::Options::default()).unwrap_or_else(|e| panic!("{e}"));
        for (level, Level { module, .. }) in nested.levels.iter().zip(&prepared) {
            same_behaviour(&level.module, module);
            let mnemonics = |module: &Module| -> Vec<_> {
                module.entry().nodes.iter().map(|node| node.op.mnemonic()).collect()
            };
            assert_eq!(mnemonics(module), mnemonics(&prepared.last().unwrap().module), "{name}");
        }
    }
}

#[test]
fn levels_survive_the_way_through_tflite() {
    for name in MODELS {
        for level in levels(load(name), Nesting::Joint).levels {
            let file = export_tflite::write(&level.module).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let read = frontend::load(&file, name).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let inputs = inputs(&read, 3);
            let [before, after] =
                [&level.module, &read].map(|m| Interpreter::new(m).invoke(&inputs).unwrap());
            assert_eq!(before, after, "{name}");
        }
    }
}

#[test]
fn what_cannot_be_served_is_a_diagnostic() {
    let codes = |name: &str, request: Request| -> Vec<&'static str> {
        let failure = nest(load(name), &request, &Target::builtin()[0]).unwrap_err();
        failure.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
    };
    let percent = |percent: f64| Request { percent: vec![percent], ..Request::default() };
    assert_eq!(codes("kws_dscnn_int8", percent(0.01)), ["E0518"]);
    assert_eq!(codes("elementwise_int8", percent(50.0)), ["E0518"]);
    let no_samples = Request { calibration: Some(model("kws_dscnn_int8")), samples: 1, ..percent(50.0) };
    assert_eq!(codes("kws_dscnn_int8", no_samples), ["E0517"]);
    let poor = Request { ram: Some(10), ..percent(50.0) };
    assert_eq!(codes("kws_dscnn_int8", poor), ["E0518"]);
}

/// Mean distance of a level's outputs from those of the full network.
fn distance(nested: &Nested, level: usize, samples: &[Vec<Data>]) -> f64 {
    let run = |module: &Module, sample: &[Data]| Interpreter::new(module).invoke(sample).unwrap();
    let full = &nested.levels.last().unwrap().module;
    let of_sample = |sample: &Vec<Data>| {
        let [a, b] = [&nested.levels[level].module, full].map(|module| run(module, sample)[0].to_vec::<i8>());
        a.iter().zip(&b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs()).sum::<f64>()
    };
    samples.iter().map(of_sample).sum::<f64>() / samples.len() as f64
}

#[test]
fn compensation_brings_levels_closer_to_the_full_network_and_keeps_their_weights() {
    let module = load("kws_dscnn_int8");
    let samples: Vec<Vec<Data>> = (0..24).map(|step| inputs(&module, step)).collect();
    let options =
        |compensate| NestOptions { percent: vec![60.0], multiple: 2, compensate, ..NestOptions::default() };
    let [with, without] = [true, false]
        .map(|compensate| redsc_passes::nest::nest(module.clone(), &samples, &options(compensate)).unwrap());
    assert_eq!(with.levels[0].widths, without.levels[0].widths);
    assert_eq!(with.levels[1].module, without.levels[1].module);
    let [near, far] = [&with, &without].map(|nested| distance(nested, 0, &samples));
    assert!(near < far, "{near} with compensation, {far} without");
}
