//! What the user says about the inputs of a model.

use std::collections::BTreeMap;

use redsc_ir::{Data, Diagnostic, Module, TensorType};

/// Shapes and contents of inputs by name.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// Extents of inputs, or of symbolic dimensions.
    pub shapes: BTreeMap<String, Vec<usize>>,
    /// Inputs that are constants.
    pub values: BTreeMap<String, (TensorType, Data)>,
}

impl Bindings {
    /// Applies them to a module whose format has static shapes: inputs become constants, shapes can only be confirmed.
    ///
    /// # Errors
    /// Names that the module does not have, contents or shapes that do not fit.
    pub(super) fn apply(&self, module: &mut Module) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        for (name, shape) in &self.shapes {
            let found = module.entry().inputs.iter().find(|id| module.entry().value(**id).name == *name);
            match found.map(|&id| &module.entry().ty(id).shape.0) {
                None => problems.push(unknown(module, name)),
                Some(known) if known != shape => problems.push(
                    Diagnostic::new(
                        "E0208",
                        format!("--shape {name} differs from {known:?}, which is fixed"),
                    )
                    .help("convert the model with that shape"),
                ),
                Some(_) => {}
            }
        }
        for (name, (ty, data)) in &self.values {
            problems.extend(bind(module, name, ty, data).err());
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

fn bind(module: &mut Module, name: &str, ty: &TensorType, data: &Data) -> Result<(), Diagnostic> {
    let graph = module.entry();
    let position = graph.inputs.iter().position(|&id| graph.value(id).name == name);
    let position = position.ok_or_else(|| unknown(module, name))?;
    let id = module.entry().inputs[position];
    let expected = module.entry().ty(id).clone();
    if (expected.elem, &expected.shape) != (ty.elem, &ty.shape) {
        let message = format!(
            "--input-value {name} is {}x{}; expected {}x{}",
            ty.shape, ty.elem, expected.shape, expected.elem
        );
        return Err(Diagnostic::new("E0208", message));
    }
    let graph = module.entry_mut();
    graph.inputs.remove(position);
    graph.values[id.index()].data = Some(data.clone());
    Ok(())
}

fn unknown(module: &Module, name: &str) -> Diagnostic {
    let graph = module.entry();
    let names: Vec<&str> = graph.inputs.iter().map(|&id| graph.value(id).name.as_str()).collect();
    Diagnostic::new("E0208", format!("the model has no input `{name}`"))
        .help(format!("the inputs are {}", names.join(", ")))
}
