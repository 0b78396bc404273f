//! Models with recorded inputs and outputs of the reference implementation.
//!
//! `models/NAME.tflite` goes with `golden/NAME.json` (`stateful`, `steps`, `sets`) and the sets it names, files
//! `NAME.sK.npz` with `in_0…`, `out_0…` in the order of the model's inputs and outputs. Where TFLM's reference
//! kernels differ from `out_j`, `tflm_out_j` holds their result, and that is what counts. Arrays of stateful models
//! have a leading axis of steps, which start from the initial state.
//!
//! Our own models are in `tests/`; many more are expected in `$REDSC_SHARED` (default: `../shared` beside the
//! repository) and are skipped where that folder is absent.

use std::path::{Path, PathBuf};
use std::{env, fs};

use half::f16;
use redsc_ir::interp::Interpreter;
use redsc_ir::ops::UnaryKind;
use redsc_ir::{Data, ElemType, Module, Op};
use serde::Deserialize;

use crate::npz::{self, Array};

/// Families of shared models that must be served; others may be refused, but what is accepted must be right.
const REQUIRED: [&str; 9] =
    ["dcsr_", "derived_", "microflow_", "mlperftiny_", "mww_", "reds_", "tflm_", "tinyengine_", "tinymaix_"];

/// Members of those families that need operators or storage types outside the present scope.
const OUT_OF_SCOPE: [&str; 2] = ["mlperftiny_kws_dscnn_dynrange_hybrid", "tflm_audio_preprocessor_int8"];

/// A model and where its recorded vectors are.
#[derive(Clone, Debug)]
pub struct Case {
    /// The stem of the file name.
    pub name: String,
    /// The `.tflite` file.
    pub model: PathBuf,
    /// Whether a refusal of this model is a failure.
    pub required: bool,
    record: PathBuf,
}

/// The part of a golden `.json` that tests need.
#[derive(Deserialize)]
struct Record {
    stateful: bool,
    steps: usize,
    sets: Vec<String>,
    #[serde(default)]
    layers_set0: Vec<Layer>,
}

/// What the reference computed for one operator in the last step of set `s0`.
#[derive(Clone, Debug, Deserialize)]
pub struct Layer {
    /// Position of the operator in the model file.
    pub op: usize,
    /// Its name in TFLite's schema.
    pub kind: String,
    /// CRC-32 of the bytes of its first result.
    pub crc32: u32,
}

/// A run from the initial state: for each step the inputs and the outputs they must give.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The set it comes from: `s0`.
    pub set: String,
    /// The steps in order; one for models without state.
    pub steps: Vec<Step>,
}

/// One invocation.
#[derive(Clone, Debug)]
pub struct Step {
    /// The inputs in the model's order.
    pub inputs: Vec<Data>,
    /// The expected outputs in the model's order.
    pub outputs: Vec<Data>,
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder with further test material, if it is there.
pub fn shared() -> Option<PathBuf> {
    let chosen = env::var_os("REDSC_SHARED").map(PathBuf::from);
    let dir = chosen.unwrap_or_else(|| repository().join("../shared"));
    dir.join("models").is_dir().then_some(dir)
}

/// Our own models, sorted by name.
pub fn fixtures() -> Vec<Case> {
    cases(Path::new(env!("CARGO_MANIFEST_DIR")), |_| true)
}

/// The models of the shared folder, sorted by name; none where it is absent.
pub fn shared_models() -> Vec<Case> {
    let required =
        |name: &str| REQUIRED.iter().any(|family| name.starts_with(family)) && !OUT_OF_SCOPE.contains(&name);
    shared().map(|dir| cases(&dir, required)).unwrap_or_default()
}

/// All `.tflite` files, ours and the shared ones, recorded or not, sorted by path.
pub fn model_files() -> Vec<PathBuf> {
    let folders = shared().into_iter().chain([PathBuf::from(env!("CARGO_MANIFEST_DIR"))]);
    let entries = folders.flat_map(|dir| fs::read_dir(dir.join("models"))).flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "tflite"));
    files.sort();
    files
}

/// All `.tflite` files in `dir/models` that have a record in `dir/golden`.
fn cases(dir: &Path, required: impl Fn(&str) -> bool) -> Vec<Case> {
    let Ok(entries) = fs::read_dir(dir.join("models")) else { return Vec::new() };
    let case = |model: PathBuf| {
        let name = model.file_name()?.to_str()?.strip_suffix(".tflite")?.to_owned();
        let record = dir.join("golden").join(format!("{name}.json"));
        let required = required(&name);
        record.is_file().then_some(Case { name, model, required, record })
    };
    let mut cases: Vec<_> = entries.flatten().filter_map(|entry| case(entry.path())).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    /// The model file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.model).map_err(|e| format!("{}: {e}", self.model.display()))
    }

    /// The recorded runs.
    ///
    /// # Errors
    /// If the record or a file it names cannot be read or does not have the expected form.
    pub fn sequences(&self) -> Result<Vec<Sequence>, String> {
        let record = self.read_record()?;
        record.sets.iter().map(|file| self.sequence(&record, file)).collect()
    }

    /// The recorded layers, if there are any.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn layers(&self) -> Result<Vec<Layer>, String> {
        Ok(self.read_record()?.layers_set0)
    }

    fn read_record(&self) -> Result<Record, String> {
        let text = fs::read(&self.record).map_err(|e| format!("{}: {e}", self.record.display()))?;
        serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", self.record.display()))
    }

    fn sequence(&self, record: &Record, file: &str) -> Result<Sequence, String> {
        let path = self.record.with_file_name(file);
        let mut outputs = npz::read_series(&path, "out_")?;
        for (index, array) in npz::read_series(&path, "tflm_out_")? {
            let slot = outputs.iter_mut().find(|(i, _)| *i == index);
            slot.ok_or_else(|| format!("{file}: tflm_out_{index} without out_{index}"))?.1 = array;
        }
        let steps = record.stateful.then_some(record.steps);
        let inputs = by_step(&npz::read_series(&path, "in_")?, steps)?;
        let outputs = by_step(&outputs, steps)?;
        let step = |(inputs, outputs)| Step { inputs, outputs };
        let set = file.trim_end_matches(".npz").rsplit('.').next().unwrap_or_default().to_owned();
        Ok(Sequence { set, steps: inputs.into_iter().zip(outputs).map(step).collect() })
    }
}

/// From one array per tensor to one list of tensors per step.
fn by_step(series: &[(usize, Array)], steps: Option<usize>) -> Result<Vec<Vec<Data>>, String> {
    let Some(steps) = steps else {
        return Ok(vec![series.iter().map(|(_, array)| Data::from_bytes(array.bytes.as_slice())).collect()]);
    };
    let mut rows = vec![Vec::new(); steps];
    for (_, array) in series {
        rows.iter_mut().zip(array.steps(steps)?).for_each(|(row, piece)| row.push(piece));
    }
    Ok(rows)
}

/// Runs a module in the interpreter and compares its outputs with the recorded ones.
///
/// # Errors
/// The first step and output that differ.
pub fn check(module: &Module, sequence: &Sequence) -> Result<(), String> {
    let entry = module.entry();
    let tolerance = tolerance(module);
    let mut interpreter = Interpreter::new(module);
    for (index, step) in sequence.steps.iter().enumerate() {
        let outputs = interpreter.invoke(&step.inputs)?;
        if outputs.len() != step.outputs.len() {
            return Err(format!("{} outputs instead of {}", outputs.len(), step.outputs.len()));
        }
        for (output, (expected, actual)) in step.outputs.iter().zip(&outputs).enumerate() {
            let elem = entry.ty(entry.outputs[output]).elem;
            compare(elem, expected, actual, tolerance)
                .map_err(|e| format!("step {index}, output {output}: {e}"))?;
        }
    }
    Ok(())
}

/// How far floating-point results may be from the recorded ones, relative to the largest of the tensor: 1e-5, or
/// 1e-4 if the model computes transcendental functions. Integers must be equal.
pub fn tolerance(module: &Module) -> f64 {
    let mut nodes = module.graphs.iter().flat_map(|graph| &graph.nodes);
    if nodes.any(|node| is_transcendental(&node.op)) { 1e-4 } else { 1e-5 }
}

fn is_transcendental(op: &Op) -> bool {
    match op {
        Op::Softmax(_) | Op::LogSoftmax(_) | Op::Lstm(_) => true,
        Op::Unary(unary) => {
            matches!(unary.kind, UnaryKind::Exp | UnaryKind::Log | UnaryKind::Tanh | UnaryKind::Logistic)
        }
        _ => false,
    }
}

/// Whether a module computes in floating point.
pub fn has_floats(module: &Module) -> bool {
    let mut values = module.graphs.iter().flat_map(|graph| &graph.values);
    values.any(|value| value.ty.elem.is_float())
}

/// Compares a tensor with what it must be.
///
/// # Errors
/// How many elements differ, the first of them, and the largest difference.
pub fn compare(elem: ElemType, expected: &Data, actual: &Data, tolerance: f64) -> Result<(), String> {
    if expected.bytes().len() != actual.bytes().len() {
        return Err(format!("{} bytes instead of {}", actual.bytes().len(), expected.bytes().len()));
    }
    if !elem.is_float() && expected == actual {
        return Ok(());
    }
    let (expected, actual) = (numbers(elem, expected), numbers(elem, actual));
    let peak = expected.iter().fold(0.0f64, |peak, v| peak.max(v.abs()));
    let allowed = if elem.is_float() { tolerance * peak } else { 0.0 };
    let same = |e: f64, a: f64| e == a || (e - a).abs() <= allowed || (e.is_nan() && a.is_nan());
    let wrong: Vec<usize> = (0..expected.len()).filter(|&i| !same(expected[i], actual[i])).collect();
    let Some(&first) = wrong.first() else { return Ok(()) };
    let largest = wrong.iter().map(|&i| (expected[i] - actual[i]).abs()).fold(0.0, f64::max);
    Err(format!(
        "{} of {} elements differ, at most by {largest}; first: [{first}] is {} instead of {}",
        wrong.len(),
        expected.len(),
        actual[first],
        expected[first],
    ))
}

fn numbers(elem: ElemType, data: &Data) -> Vec<f64> {
    fn read<T: redsc_ir::Scalar>(data: &Data, number: fn(T) -> f64) -> Vec<f64> {
        data.to_vec::<T>().into_iter().map(number).collect()
    }
    match elem {
        ElemType::Bool | ElemType::U8 => read::<u8>(data, f64::from),
        ElemType::I8 => read::<i8>(data, f64::from),
        ElemType::I16 => read::<i16>(data, f64::from),
        ElemType::U16 => read::<u16>(data, f64::from),
        ElemType::F16 => read::<u16>(data, |bits| f16::from_bits(bits).to_f64()),
        ElemType::I32 => read::<i32>(data, f64::from),
        ElemType::U32 => read::<u32>(data, f64::from),
        ElemType::I64 => read::<i64>(data, |v| v as f64),
        ElemType::U64 => read::<u64>(data, |v| v as f64),
        ElemType::F32 => read::<f32>(data, f64::from),
        ElemType::F64 => read::<f64>(data, |v| v),
    }
}
