//! Compiles a model, runs it in every way this machine can, and compares with the reference interpreter.

use redsc_ir::{Data, ElemType, Module, TensorType};

use crate::driver::{self, Observer, Options};
use crate::engine::{self, Engine};
use crate::error::Result;

/// One comparison with the reference interpreter on the module as it was read.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was compared.
    pub what: String,
    /// Whether all integers are equal and all floats close.
    pub equal: bool,
    /// Where the first difference is, or how many elements were compared.
    pub detail: String,
}

impl Check {
    /// `equal` or `DIFFERS`.
    pub fn verdict(&self) -> String {
        if self.equal { "equal".into() } else { "DIFFERS".into() }
    }
}

/// Largest difference of floats, relative to the largest magnitude of the tensor.
const FLOAT_TOLERANCE: f64 = 1e-4;

/// Compares the module after the passes, compiled C and native code (both for this machine, whatever the target) with
/// the interpreter on the module as it was read, over `steps` invocations with random inputs made from `seed`.
pub fn verify(
    module: &Module,
    options: &Options,
    steps: usize,
    seed: u64,
    observer: &mut dyn Observer,
) -> Result<Vec<Check>> {
    let inputs = random_inputs(module, steps, seed);
    let expected = engine::run(module, Engine::Reference, &inputs)?;
    let compiled = driver::compile(module.clone(), options, observer)?;
    let optimized = engine::run(&compiled.module, Engine::Reference, &inputs)?;
    let c = engine::run(module, Engine::C, &inputs)?;
    let checks = vec![
        compare("interpreter, after the passes", module, &expected, &optimized),
        compare("generated C, on this machine", module, &expected, &c),
    ];
    #[cfg(feature = "native")]
    let checks = {
        let native = engine::run(module, Engine::Native, &inputs)?;
        let native = compare("native code, on this machine", module, &expected, &native);
        checks.into_iter().chain([native]).collect()
    };
    Ok(checks)
}

/// Uniform over the whole range for integers; in `[-1, 1)` for floats.
fn random_inputs(module: &Module, steps: usize, seed: u64) -> Vec<Vec<Data>> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let graph = module.entry();
    let mut inputs = || graph.inputs.iter().map(|&id| random_tensor(graph.ty(id), &mut rng)).collect();
    (0..steps).map(|_| inputs()).collect()
}

fn random_tensor(ty: &TensorType, rng: &mut fastrand::Rng) -> Data {
    let count = ty.elements();
    match ty.elem {
        ElemType::F16 => {
            let unit = || half::f16::from_f32(rng.f32() * 2.0 - 1.0).to_bits();
            Data::from_slice(&std::iter::repeat_with(unit).take(count).collect::<Vec<u16>>())
        }
        ElemType::F32 => Data::from_slice(
            &std::iter::repeat_with(|| rng.f32() * 2.0 - 1.0).take(count).collect::<Vec<f32>>(),
        ),
        ElemType::F64 => Data::from_slice(
            &std::iter::repeat_with(|| rng.f64() * 2.0 - 1.0).take(count).collect::<Vec<f64>>(),
        ),
        ElemType::Bool => {
            Data::from_slice(&std::iter::repeat_with(|| rng.u8(0..2)).take(count).collect::<Vec<u8>>())
        }
        _ => Data::from_slice(&std::iter::repeat_with(|| rng.u8(..)).take(ty.bytes()).collect::<Vec<u8>>()),
    }
}

fn compare(what: &str, module: &Module, expected: &[Vec<Data>], actual: &[Vec<Data>]) -> Check {
    let graph = module.entry();
    let mut compared = 0;
    for (step, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        for (output, &id) in graph.outputs.iter().enumerate() {
            let elem = graph.ty(id).elem;
            if let Some(element) = first_difference(elem, &expected[output], &actual[output]) {
                let name = &graph.value(id).name;
                let detail = format!("invocation {step}, output {output} \"{name}\", element {element}");
                return Check { what: what.into(), equal: false, detail };
            }
            compared += graph.ty(id).elements();
        }
    }
    Check { what: what.into(), equal: true, detail: format!("{compared} elements") }
}

/// Index of the first element that differs; floats may differ by [`FLOAT_TOLERANCE`].
fn first_difference(elem: ElemType, expected: &Data, actual: &Data) -> Option<usize> {
    if elem != ElemType::F32 {
        let size = elem.bytes();
        return expected.bytes().chunks(size).zip(actual.bytes().chunks(size)).position(|(a, b)| a != b);
    }
    let (expected, actual) = (expected.to_vec::<f32>(), actual.to_vec::<f32>());
    let peak = expected.iter().fold(0.0f64, |peak, &x| peak.max(f64::from(x.abs())));
    let close = |a: f32, b: f32| {
        a.to_bits() == b.to_bits()
            || (f64::from(a) - f64::from(b)).abs() <= FLOAT_TOLERANCE * peak
            || (a.is_nan() && b.is_nan())
    };
    expected.iter().zip(&actual).position(|(&a, &b)| !close(a, b))
}
