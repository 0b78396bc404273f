//! No bytes make the front end panic, hang or eat memory.
//!
//! `REDSC_MUTATIONS` sets the number of damaged files (default: 20,000).

use std::env;
use std::time::{Duration, Instant};

use redsc_schema::planus::{Builder, WriteAsOffset};
use redsc_tests::fixture::{Fixture, int8, quantized, tensor, tflite};
use redsc_tests::golden;
use redsc_tests::mutate::Mutator;
use tflite::{BuiltinOperator, BuiltinOptions, TensorType};

/// Damaged copies of models: each is refused with a diagnostic or accepted and valid, in reasonable time.
#[test]
fn damaged_files_are_refused_or_valid() {
    let count = env::var("REDSC_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let models = models();
    for (seed, model) in models.iter().enumerate() {
        let mut mutator = Mutator::new(seed as u64 + 1);
        (0..count / models.len()).for_each(|_| check(&mutator.damage(model)));
    }
}

/// Our own models; with an explicit count the models of the shared folder, too.
fn models() -> Vec<Vec<u8>> {
    let mut cases = golden::fixtures();
    if env::var_os("REDSC_MUTATIONS").is_some() {
        cases.extend(golden::shared_models());
    }
    let files = cases.iter().map(|case| case.bytes().unwrap());
    files.chain([everything().bytes()]).collect()
}

fn check(bytes: &[u8]) {
    let start = Instant::now();
    if let Err(diagnostics) = redsc::frontend::load(bytes, "damaged") {
        assert!(!diagnostics.is_empty(), "refused without a reason");
    }
    assert!(start.elapsed() < Duration::from_secs(1), "took {:?}", start.elapsed());
}

/// A small model with as many kinds of tables as possible.
fn everything() -> Fixture {
    let mut f = Fixture::new();
    let x = f.input(int8("x", &[1, 4, 4, 2], 0.5, 1));
    let once = BuiltinOptions::CallOnceOptions(Box::new(tflite::CallOnceOptions { init_subgraph_index: 1 }));
    f.op(BuiltinOperator::CallOnce, &[], &[], Some(once));
    let w = tensor("w", TensorType::Int8, &[2, 3, 3, 2]);
    let w = f.constant(quantized(w, &[0.5, 0.25], &[0, 0], 0), vec![3u8; 36]);
    let b = quantized(tensor("b", TensorType::Int32, &[2]), &[0.25, 0.125], &[0, 0], 0);
    let b = f.constant(b, vec![9u8; 8]);
    let c = f.add(int8("c", &[1, 4, 4, 2], 0.5, 1));
    let conv = tflite::Conv2DOptions { stride_h: 1, stride_w: 1, ..Default::default() };
    f.op(BuiltinOperator::Conv2d, &[x, w, b], &[c], Some(BuiltinOptions::Conv2DOptions(Box::new(conv))));

    let v = variable(&mut f);
    let (old, sum) = (f.add(int8("old", &[1, 4, 4, 2], 0.5, 1)), f.add(int8("sum", &[1, 4, 4, 2], 0.5, 1)));
    f.op(BuiltinOperator::ReadVariable, &[v], &[old], None);
    f.op(BuiltinOperator::Add, &[c, old], &[sum], Some(BuiltinOptions::AddOptions(Default::default())));
    f.op(BuiltinOperator::AssignVariable, &[v, sum], &[], None);

    let slice = tflite::StridedSliceOptions { shrink_axis_mask: 2, end_mask: 8, ..Default::default() };
    let slice = Some(BuiltinOptions::StridedSliceOptions(Box::new(slice)));
    let sliced = f.add(int8("sliced", &[1, 4, 2], 0.5, 1));
    let [begin, end, stride] = [[0, 1, 0, 0], [1, 2, 4, 1], [1, 1, 1, 1]].map(|list| f.integers(&list));
    f.op(BuiltinOperator::StridedSlice, &[sum, begin, end, stride], &[sliced], slice);
    let flat = f.add(int8("flat", &[1, 8], 0.5, 1));
    let shape = f.integers(&[1, -1]);
    f.op(BuiltinOperator::Reshape, &[sliced, shape], &[flat], None);
    let fw = f.constant(int8("fw", &[3, 8], 0.25, 0), vec![5u8; 24]);
    let y = f.add(int8("y", &[1, 3], 0.5, 1));
    f.op(BuiltinOperator::FullyConnected, &[flat, fw, -1], &[y], None);
    f.outputs(&[y, sliced]);

    f.subgraph();
    let v = variable(&mut f);
    let initial = f.constant(int8("initial", &[1, 4, 4, 2], 0.5, 1), vec![1u8; 32]);
    f.op(BuiltinOperator::AssignVariable, &[v, initial], &[], None);
    f
}

fn variable(f: &mut Fixture) -> i32 {
    let handle = f.add(tensor("handle", TensorType::Resource, &[]));
    let options = tflite::VarHandleOptions { container: None, shared_name: Some("v".into()) };
    let options = BuiltinOptions::VarHandleOptions(Box::new(options));
    f.op(BuiltinOperator::VarHandle, &[], &[handle], Some(options));
    handle
}

#[test]
fn the_undamaged_fixture_loads() {
    crate::load(&everything());
}

/// Many references to one operator with many operands: the file is small, the work would be large.
#[test]
fn shared_tables_cannot_multiply_the_work() {
    let mut f = Fixture::new();
    let x = f.input(int8(&"long ".repeat(2000), &[1, 1], 0.5, 1));
    let y = f.add(int8("y", &[1, 1], 0.5, 1));
    f.op(BuiltinOperator::Concatenation, &[x; 20_000], &[y], None);
    let graph = &f.model.subgraphs.as_ref().unwrap()[0];

    let mut builder = Builder::new();
    let operator = graph.operators.as_ref().unwrap()[0].prepare(&mut builder);
    let graph = tflite::SubGraph::builder()
        .tensors(graph.tensors.as_ref())
        .inputs(graph.inputs.as_ref())
        .outputs([y; 1])
        .operators(vec![operator; 20_000])
        .name_as_null()
        .debug_metadata_index_as_default()
        .finish(&mut builder);
    let model = tflite::Model::builder()
        .version(3u32)
        .operator_codes(f.model.operator_codes.as_ref())
        .subgraphs([graph])
        .description_as_null()
        .buffers_as_null()
        .metadata_buffer_as_null()
        .metadata_as_null()
        .signature_defs_as_null()
        .external_buffer_groups_as_null()
        .external_buffers_as_null()
        .finish(&mut builder);
    check(&redsc_schema::write_file(&mut builder, model));
}
