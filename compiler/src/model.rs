//! Models in programs that embed the compiler: load, run, no files and no C.

use std::path::Path;

use redsc_codegen::native::Jit;
use redsc_ir::{Data, ElemType, Scalar, Shape, TensorType};

use crate::error::{Failure, Result};
use crate::{driver, native};

/// A network as native code, with its state.
///
/// ```
/// use redsc::{Model, Tensor};
///
/// # fn main() -> Result<(), redsc::error::Failure> {
/// let mut model = Model::load("../tests/models/sensor_float_io_int8.tflite")?;
/// let input = Tensor::zeros(&model.inputs()[0]);
/// let outputs = model.run(&[input])?;
/// assert_eq!(outputs[0].shape(), &model.outputs()[0].shape);
/// let scores: Vec<f32> = outputs[0].to_vec()?;
/// assert_eq!(scores.len(), model.outputs()[0].elements());
/// # Ok(())
/// # }
/// ```
pub struct Model {
    jit: Jit,
    inputs: Vec<TensorType>,
    outputs: Vec<TensorType>,
}

/// Numbers of one type in a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    elem: ElemType,
    shape: Shape,
    data: Data,
}

/// A Rust number that tensors are made of.
pub trait Element: Scalar {
    /// The element type of such tensors.
    const ELEM: ElemType;
}

macro_rules! elements {
    ($($t:ty => $elem:ident),*) => {$(impl Element for $t { const ELEM: ElemType = ElemType::$elem; })*};
}

elements!(i8 => I8, u8 => U8, i16 => I16, u16 => U16, i32 => I32, u32 => U32, i64 => I64, u64 => U64, f32 => F32, f64 => F64);

impl Model {
    /// Reads a model and compiles it for this machine; state has its initial contents.
    ///
    /// # Errors
    /// What cannot be read or served.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let module = driver::load(path.as_ref())?;
        let (module, jit) = native::compile(module, &native::options(), &mut driver::Quiet)?;
        let entry = module.entry();
        let types = |ids: &[redsc_ir::ValueId]| ids.iter().map(|&id| entry.ty(id).clone()).collect();
        Ok(Model { jit, inputs: types(&entry.inputs), outputs: types(&entry.outputs) })
    }

    /// The types of the inputs, in the model's order.
    pub fn inputs(&self) -> &[TensorType] {
        &self.inputs
    }

    /// The types of the outputs, in the model's order.
    pub fn outputs(&self) -> &[TensorType] {
        &self.outputs
    }

    /// Lets `threads` threads share the work of layers.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn set_threads(&mut self, threads: usize) -> Result<()> {
        self.jit.set_threads(threads).map_err(|message| failure(&message, "ask for fewer"))
    }

    /// Restores the initial state.
    pub fn reset(&mut self) {
        self.jit.reset();
    }

    /// Runs the network once.
    ///
    /// # Errors
    /// If the tensors do not have the types and shapes of the inputs.
    pub fn run(&mut self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        if inputs.len() != self.inputs.len() {
            let message = format!("the model has {} inputs, {} were given", self.inputs.len(), inputs.len());
            return Err(failure(&message, "give one tensor for each of Model::inputs"));
        }
        for (index, (tensor, ty)) in inputs.iter().zip(&self.inputs).enumerate() {
            if tensor.elem != ty.elem || tensor.shape != ty.shape {
                let message = format!(
                    "input {index} is {}x{}, not {}x{}",
                    tensor.shape, tensor.elem, ty.shape, ty.elem
                );
                return Err(failure(&message, "Model::inputs says what is expected"));
            }
        }
        let data: Vec<Data> = inputs.iter().map(|tensor| tensor.data.clone()).collect();
        let outputs = self.jit.invoke(&data).map_err(|message| failure(&message, ""))?;
        let tensor =
            |(data, ty): (Data, &TensorType)| Tensor { elem: ty.elem, shape: ty.shape.clone(), data };
        Ok(outputs.into_iter().zip(&self.outputs).map(tensor).collect())
    }
}

impl Tensor {
    /// A tensor of these elements, outermost dimension first.
    ///
    /// # Errors
    /// If there are more or fewer than the shape has.
    pub fn new<T: Element>(shape: impl Into<Shape>, elements: &[T]) -> Result<Self> {
        let shape = shape.into();
        if shape.elements() != elements.len() {
            let message = format!("{} elements do not fill the shape [{shape}]", elements.len());
            return Err(failure(&message, "give as many as the product of the extents"));
        }
        Ok(Tensor { elem: T::ELEM, shape, data: Data::from_slice(elements) })
    }

    /// A tensor of zeros.
    pub fn zeros(ty: &TensorType) -> Self {
        Tensor { elem: ty.elem, shape: ty.shape.clone(), data: Data::from_bytes(vec![0; ty.bytes()]) }
    }

    /// Extents, outermost first.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The element type.
    pub fn elem(&self) -> ElemType {
        self.elem
    }

    /// The elements.
    ///
    /// # Errors
    /// If they are of another type.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if self.elem == T::ELEM {
            return Ok(self.data.to_vec());
        }
        let message = format!("the elements are {}, not {}", self.elem, T::ELEM);
        Err(failure(&message, "read them as what Tensor::elem says"))
    }
}

fn failure(message: &str, help: &str) -> Failure {
    Failure::new("E0514", message, "model", help)
}
