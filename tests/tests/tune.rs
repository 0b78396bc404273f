//! Training of nested levels: what comes back are networks of integers that compute what training promised.

use std::path::Path;

use redsc::nest::{Request, nest};
use redsc::tune::{Dataset, Recipe, Tuner};
use redsc::{driver, export_tflite, frontend};
use redsc_ir::interp::Interpreter;
use redsc_ir::verify::verify;
use redsc_ir::{Data, Module, Op, Target};
use redsc_passes::nest::Level;

fn levels(model: &str) -> Vec<Level> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("models/{model}.tflite"));
    let request = Request { percent: vec![50.0], multiple: Some(2), ..Request::default() };
    nest(driver::load(&path).unwrap(), &request, &Target::builtin()[0]).unwrap().levels
}

/// Inputs that differ enough for a network to tell them apart.
fn dataset(module: &Module, count: usize) -> Dataset {
    let elements = module.entry().ty(module.entry().inputs[0]).elements();
    let mut rng = fastrand::Rng::with_seed(5);
    let sample = |_| Data::from_slice(&(0..elements).map(|_| rng.i8(..)).collect::<Vec<i8>>());
    Dataset { inputs: (0..count).map(sample).collect(), labels: None }
}

fn recipe() -> Recipe {
    Recipe {
        epochs: 4,
        quantized_epochs: 1,
        batch: 8,
        rate: 2e-3,
        distillation: 1.0,
        temperature: 1.0,
        level_weights: None,
        seed: 1,
    }
}

/// The class that a module answers, input by input.
fn answers(module: &Module, dataset: &Dataset) -> Vec<u32> {
    let mut interpreter = Interpreter::new(module);
    let mut answer = |input: &Data| {
        let output = interpreter.invoke(std::slice::from_ref(input)).unwrap().remove(0).to_vec::<i8>();
        let largest = output.iter().enumerate().max_by_key(|(index, code)| (**code, -(*index as i64)));
        largest.unwrap().0 as u32
    };
    dataset.inputs.iter().map(&mut answer).collect()
}

#[test]
fn levels_learn_and_come_back_as_integers() {
    for model in ["kws_dscnn_int8", "image_resnet_int8"] {
        let levels = levels(model);
        let data = dataset(&levels[0].module, 32);
        let mut tuner = Tuner::new(levels.clone()).unwrap();
        let mut losses = Vec::new();
        tuner.train(&data, &recipe(), None, &mut |progress| losses.push(progress.loss)).unwrap();
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        let (first, last) = (mean(&losses[..4]), mean(&losses[12..]));
        assert!(last < 0.9 * first, "{model}: the loss went from {first} to {last}");

        let modules = tuner.modules().unwrap();
        for module in &modules {
            assert_eq!(verify(module), Ok(()), "{model}");
            let bytes = export_tflite::write(module).unwrap();
            assert!(frontend::load(&bytes, model).is_ok(), "{model}");
        }
        weights_are_shared(&modules, &levels[0]);
        for (level, module) in modules.iter().enumerate() {
            let labels = Some(answers(module, &data));
            let accuracy = tuner.accuracy(&Dataset { labels, ..data.clone() }).unwrap().unwrap()[level];
            assert!(
                accuracy >= 0.9,
                "{model}, level {level}: {accuracy} of the answers are those of training"
            );
        }
    }
}

/// The codes of the smaller level are codes of the full network.
fn weights_are_shared(modules: &[Module], small: &Level) {
    let [a, b] = [modules[0].entry(), modules[1].entry()];
    for (small_node, full_node) in a.nodes.iter().zip(&b.nodes) {
        let Op::Conv2d(_) = small_node.op else { continue };
        let kept = |id: Option<redsc_ir::ValueId>, all: usize| {
            let kept = id.and_then(|id| small.kept[id.index()].clone());
            kept.unwrap_or_else(|| (0..all).collect())
        };
        let ids = [small_node.input(1).unwrap(), full_node.input(1).unwrap()];
        let (part, whole) = (a.constant(ids[0]).unwrap().bytes(), b.constant(ids[1]).unwrap().bytes());
        let shape = &b.ty(ids[1]).shape;
        let (rows, taps, columns) = (shape[0], shape[1] * shape[2], shape[3]);
        let inputs = kept(full_node.input(0), columns);
        let outputs = kept(Some(full_node.outputs[0]), rows);
        let mut expected = Vec::new();
        for (row, tap) in outputs.iter().flat_map(|row| (0..taps).map(move |tap| (row, tap))) {
            expected.extend(inputs.iter().map(|column| whole[(row * taps + tap) * columns + column]));
        }
        assert_eq!(part, expected);
    }
}

#[test]
fn training_goes_on_from_a_checkpoint() {
    let levels = levels("kws_dscnn_int8");
    let data = dataset(&levels[0].module, 16);
    let dir = tempfile::tempdir().unwrap();
    let checkpoint = dir.path().join("state");
    let run = |epochs: usize, checkpoint: Option<&Path>| {
        let mut tuner = Tuner::new(levels.clone()).unwrap();
        let mut steps = Vec::new();
        let recipe = Recipe { epochs, quantized_epochs: 0, ..recipe() };
        tuner.train(&data, &recipe, checkpoint, &mut |progress| steps.push(progress.step)).unwrap();
        steps
    };
    assert_eq!(run(1, Some(&checkpoint)), [1, 2]);
    assert_eq!(run(2, Some(&checkpoint)), [3, 4]);
    std::fs::write(&checkpoint, b"something else").unwrap();
    let error = Tuner::new(levels.clone()).unwrap().train(&data, &recipe(), Some(&checkpoint), &mut |_| {});
    assert!(error.unwrap_err().to_string().contains("E0524"));
}

#[test]
fn what_cannot_be_trained_is_named() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/sequence_lstm_int8.tflite");
    let module = driver::load(&path).unwrap();
    let kept = vec![None; module.entry().values.len()];
    let level = Level { module, kept, widths: Vec::new(), cost: 0, value: 1.0, bound: 1.0 };
    let error = Tuner::new(vec![level]).err().unwrap().to_string();
    assert!(error.contains("E0524") && error.contains("lstm"), "{error}");
}
