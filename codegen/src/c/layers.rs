//! Layer functions: each binds a kernel to one set of parameters and takes only pointers.
//!
//! Layers that agree in kernel, parameters and present operands share one function.

use std::fmt::Write;

use redsc_ir::kernels::Kernel;

use super::literals::wrap;

/// A parameter of a layer function, or `NULL` where the kernel's argument is absent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Param {
    /// Type and name, e.g. `const int8_t *x`, and the name alone.
    Pointer { declaration: String, name: String },
    /// The kernel gets `NULL`.
    Absent,
    /// A number in the parameter struct that levels of a nested network do not share.
    Number(String),
}

/// What makes layers share a function.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) kernel: Kernel,
    pub(super) params: Vec<Param>,
    /// C type of the parameter struct and its initialiser.
    pub(super) constants: (&'static str, String),
}

struct Layer {
    name: String,
    shape: Shape,
    users: Vec<String>,
}

/// All layer functions of a model, in the order of first use.
#[derive(Default)]
pub(super) struct Layers {
    layers: Vec<Layer>,
}

impl Layers {
    /// The name of the function of that shape; a new one is called after `operator`. `user` is the layer's label.
    pub(super) fn intern(&mut self, shape: Shape, operator: &str, user: &str) -> String {
        if let Some(layer) = self.layers.iter_mut().find(|layer| layer.shape == shape) {
            if layer.users.last().is_none_or(|last| last != user) {
                layer.users.push(user.into());
            }
            return layer.name.clone();
        }
        let prefix = format!("{operator}_");
        let number = self.layers.iter().filter(|layer| numbered(&layer.name, &prefix)).count();
        let name = format!("{prefix}{number}");
        self.layers.push(Layer { name: name.clone(), shape, users: vec![user.into()] });
        name
    }

    /// The kernels in use, in the order of first use.
    pub(super) fn kernels(&self) -> Vec<Kernel> {
        let mut kernels = Vec::new();
        for layer in &self.layers {
            if !kernels.contains(&layer.shape.kernel) {
                kernels.push(layer.shape.kernel);
            }
        }
        kernels
    }

    /// Whether a parameter is a number that only `math.h` can spell.
    pub(super) fn need_math(&self) -> bool {
        self.layers.iter().any(|layer| layer.shape.constants.1.contains("INFINITY"))
    }

    /// The C functions.
    pub(super) fn definitions(&self) -> String {
        self.layers.iter().map(definition).collect::<Vec<_>>().join("\n")
    }
}

fn numbered(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

fn definition(layer: &Layer) -> String {
    let mut text = String::new();
    let plural = if layer.users.len() == 1 { "" } else { "s" };
    let _ = writeln!(text, "/* Layer{plural} {}. */", layer.users.join(", "));
    let (mut declarations, mut arguments, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for param in &layer.shape.params {
        match param {
            Param::Pointer { declaration, name } => {
                declarations.push(declaration.as_str());
                arguments.push(name.as_str());
            }
            Param::Absent => arguments.push("NULL"),
            Param::Number(name) => numbers.push(format!("int32_t {name}")),
        }
    }
    declarations.extend(numbers.iter().map(String::as_str));
    let storage = if numbers.is_empty() { "static const" } else { "const" };
    let (c_type, initialiser) = &layer.shape.constants;
    let head = format!("static REDSC_LAYER void {}({})", layer.name, declarations.join(", "));
    let _ = writeln!(text, "{}", wrap(head.split_inclusive(", ").map(str::trim_end), 4).trim_start());
    let _ = writeln!(text, "{{\n    {storage} {c_type} p = {initialiser};");
    let _ = writeln!(text, "    {}({}, &p);\n}}", layer.shape.kernel.symbol(), arguments.join(", "));
    text
}
