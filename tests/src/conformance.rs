//! ONNX's own backend tests: a model, inputs and outputs each, run by the interpreter and by compiled C.
//!
//! The pip package `onnx` brings them; `$REDSC_ONNX_TESTS` (default: `target/onnx-tests`) is a folder with a copy of its
//! `backend/test/data`, which `tests/onnx_tests.py` makes. Inputs that decide shapes are bound as constants, as the
//! diagnostics advise.

mod c;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, panic};

use half::f16;
use redsc::frontend::{self, Bindings};
use redsc_ir::interp::Interpreter;
use redsc_ir::{Data, Diagnostic, ElemType, Module, Scalar, TensorType};
use redsc_onnx_schema::tensor_proto::DataType;
use redsc_onnx_schema::{Message, ModelProto, TensorProto};

pub use c::run as run_c;
pub use report::{Row, Table, page, passing};

/// Tolerances of the tests, relative and absolute.
const RELATIVE: f64 = 1e-3;
const ABSOLUTE: f64 = 1e-7;

/// One test of a set.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name, unique in its set.
    pub name: String,
    dir: PathBuf,
}

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All outputs agree.
    Pass,
    /// Something is wrong with the compiler.
    Fail(String),
    /// The compiler says that it does not serve the model.
    Unsupported(String),
}

/// A test that the front end serves.
pub struct Loaded {
    /// The model with its shape-like inputs bound.
    pub module: Module,
    /// What its inputs hold.
    pub inputs: Vec<Data>,
    /// What its outputs must be.
    pub outputs: Vec<Tensor>,
}

/// A tensor of a data set.
#[derive(Clone, Debug)]
pub struct Tensor {
    ty: TensorType,
    data: Data,
}

/// The folder with the sets, if it is there.
pub fn folder() -> Option<PathBuf> {
    let chosen = env::var_os("REDSC_ONNX_TESTS").map(PathBuf::from);
    let dir = chosen.unwrap_or_else(|| crate::golden::repository().join("target/onnx-tests"));
    dir.join("node").is_dir().then_some(dir)
}

/// The tests of a set, sorted by name.
pub fn tests(dir: &Path, set: &str) -> Vec<Test> {
    let entries = fs::read_dir(dir.join(set)).into_iter().flatten().flatten();
    let test = |dir: PathBuf| {
        let name = dir.file_name()?.to_str()?.to_owned();
        dir.join("model.onnx").is_file().then_some(Test { name, dir })
    };
    let mut tests: Vec<Test> = entries.filter_map(|entry| test(entry.path())).collect();
    tests.sort_by(|a, b| a.name.cmp(&b.name));
    tests
}

impl Test {
    /// Reads model and first data set; what is not served or breaks is an outcome.
    ///
    /// # Errors
    /// The outcome, if there is nothing to run.
    pub fn load(&self) -> Result<Loaded, Outcome> {
        let loaded = panic::catch_unwind(|| self.load_calmly());
        loaded.unwrap_or_else(|_| Err(Outcome::Fail("the compiler panics".into())))
    }

    fn load_calmly(&self) -> Result<Loaded, Outcome> {
        let broken = |e: String| Outcome::Fail(e);
        let bytes = fs::read(self.dir.join("model.onnx")).map_err(|e| broken(e.to_string()))?;
        let model = ModelProto::decode(bytes.as_slice()).map_err(|e| broken(e.to_string()))?;
        let graph = model.graph.unwrap_or_default();
        let given = self.tensors("input")?;
        let initialized: Vec<&str> = graph.initializer.iter().map(TensorProto::name).collect();
        let names = graph.input.iter().map(|i| i.name()).filter(|name| !initialized.contains(name));
        let given: BTreeMap<String, Tensor> = names.map(str::to_owned).zip(given).collect();
        let module = self.bound_module(&bytes, &given)?;
        let entry = module.entry();
        let input = |&id: &redsc_ir::ValueId| given.get(&entry.value(id).name).map(|t| t.data.clone());
        let inputs: Option<Vec<Data>> = entry.inputs.iter().map(input).collect();
        let inputs = inputs.ok_or_else(|| broken("an input has no data".into()))?;
        Ok(Loaded { inputs, outputs: self.tensors("output")?, module })
    }

    /// The module, with the inputs bound that the diagnostics ask for.
    fn bound_module(&self, bytes: &[u8], given: &BTreeMap<String, Tensor>) -> Result<Module, Outcome> {
        let mut bindings = Bindings::default();
        for (name, tensor) in given {
            bindings.shapes.insert(name.clone(), tensor.ty.shape.0.clone());
        }
        loop {
            let diagnostics = match frontend::load_bound(bytes, &self.name, &|_| None, &bindings) {
                Ok(module) => return Ok(module),
                Err(diagnostics) => diagnostics,
            };
            let before = bindings.values.len();
            let advised = diagnostics.iter().flat_map(|d| d.help.split("--input-value ").skip(1));
            for name in advised.filter_map(|rest| rest.split("=FILE").next()) {
                if let Some(tensor) = given.get(name) {
                    bindings.values.insert(name.into(), (tensor.ty.clone(), tensor.data.clone()));
                }
            }
            if bindings.values.len() == before {
                return Err(refusal(&diagnostics));
            }
        }
    }

    fn tensors(&self, kind: &str) -> Result<Vec<Tensor>, Outcome> {
        let mut tensors = Vec::new();
        for index in 0.. {
            let path = self.dir.join("test_data_set_0").join(format!("{kind}_{index}.pb"));
            let Ok(bytes) = fs::read(&path) else { break };
            tensors.push(decode(&bytes)?);
        }
        Ok(tensors)
    }
}

/// What diagnostics mean for a test.
fn refusal(diagnostics: &[Diagnostic]) -> Outcome {
    let Some(first) = diagnostics.first() else { return Outcome::Fail("no reason is given".into()) };
    let text = format!("{}: {}", first.location, first.message);
    // Verifier errors are mistakes of the front end.
    if first.code.starts_with("E02") { Outcome::Unsupported(text) } else { Outcome::Fail(text) }
}

/// A tensor as the model's interface has it: raw elements.
fn decode(bytes: &[u8]) -> Result<Tensor, Outcome> {
    let unsupported =
        |what: &str| Outcome::Unsupported(format!("the data is no tensor of a supported type: {what}"));
    let proto = TensorProto::decode(bytes).map_err(|_| unsupported("not a tensor"))?;
    let (elem, data) = match DataType::try_from(proto.data_type()).unwrap_or_default() {
        DataType::Float => (ElemType::F32, Data::from_slice(&proto.float_data)),
        DataType::Double => (ElemType::F64, Data::from_slice(&proto.double_data)),
        DataType::Int64 => (ElemType::I64, Data::from_slice(&proto.int64_data)),
        DataType::Uint64 => (ElemType::U64, Data::from_slice(&proto.uint64_data)),
        DataType::Uint32 => (ElemType::U32, narrowed(&proto.uint64_data, |v| v as u32)),
        DataType::Int32 => (ElemType::I32, Data::from_slice(&proto.int32_data)),
        DataType::Int16 => (ElemType::I16, narrowed(&proto.int32_data, |v| v as i16)),
        DataType::Uint16 => (ElemType::U16, narrowed(&proto.int32_data, |v| v as u16)),
        DataType::Int8 => (ElemType::I8, narrowed(&proto.int32_data, |v| v as i8)),
        DataType::Uint8 => (ElemType::U8, narrowed(&proto.int32_data, |v| v as u8)),
        DataType::Bool => (ElemType::Bool, narrowed(&proto.int32_data, |v| v as u8)),
        DataType::Float16 => (ElemType::F16, narrowed(&proto.int32_data, |v| v as u16)),
        other => return Err(unsupported(other.as_str_name())),
    };
    let shape: Vec<usize> = proto.dims.iter().map(|&d| usize::try_from(d).unwrap_or(0)).collect();
    let data = proto.raw_data.as_ref().map_or(data, |raw| Data::from_bytes(raw.to_vec()));
    Ok(Tensor { ty: TensorType::plain(elem, shape), data })
}

fn narrowed<A: Copy, T: Scalar>(values: &[A], convert: impl Fn(A) -> T) -> Data {
    Data::from_slice(&values.iter().map(|&v| convert(v)).collect::<Vec<T>>())
}

impl Loaded {
    /// Runs the interpreter and compares.
    pub fn interpret(&self) -> Outcome {
        let run = || Interpreter::new(&self.module).invoke(&self.inputs);
        match panic::catch_unwind(panic::AssertUnwindSafe(run)) {
            Ok(Ok(outputs)) => self.compare(&outputs),
            Ok(Err(message)) => Outcome::Fail(message),
            Err(_) => Outcome::Fail("the interpreter panics".into()),
        }
    }

    /// Compares outputs with what they must be.
    pub fn compare(&self, outputs: &[Data]) -> Outcome {
        let entry = self.module.entry();
        if outputs.len() != self.outputs.len() {
            return Outcome::Fail(format!("{} outputs instead of {}", outputs.len(), self.outputs.len()));
        }
        for (index, (actual, expected)) in outputs.iter().zip(&self.outputs).enumerate() {
            let ty = entry.ty(entry.outputs[index]);
            if ty.shape != expected.ty.shape {
                return Outcome::Fail(format!(
                    "output {index} has shape [{}] instead of [{}]",
                    ty.shape, expected.ty.shape
                ));
            }
            if ty.elem != expected.ty.elem {
                return Outcome::Fail(format!("output {index} has elements {}", ty.elem));
            }
            let (a, e) = (numbers(ty.elem, actual), numbers(ty.elem, &expected.data));
            let wrong = (0..e.len()).find(|&i| !close(a.get(i).copied().unwrap_or(f64::NAN), e[i]));
            if let Some(i) = wrong {
                return Outcome::Fail(format!("output {index}: [{i}] is {} instead of {}", a[i], e[i]));
            }
        }
        Outcome::Pass
    }
}

fn close(actual: f64, expected: f64) -> bool {
    actual == expected
        || (actual - expected).abs() <= ABSOLUTE + RELATIVE * expected.abs()
        || actual.is_nan() && expected.is_nan()
}

fn numbers(elem: ElemType, data: &Data) -> Vec<f64> {
    fn read<T: Scalar>(data: &Data, number: fn(T) -> f64) -> Vec<f64> {
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
