//! Layer functions: each binds a kernel to parameters and takes pointers.
//!
//! Layers that agree in kernel, parameters and present operands share one function. To save code, layers that differ
//! in parameters share one as well: see [`families`](super::families).

use std::fmt::Write;

use redsc_ir::kernels::Kernel;

use super::Optimize;
use super::call::Struct;
use super::families::{Family, families};
use super::literals::wrap;

/// A parameter of a layer function, or `NULL` where the kernel's argument is absent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Param {
    /// Type and name, e.g. `const int8_t *x`, and the name alone.
    Pointer { declaration: String, name: String },
    /// The kernel gets `NULL`.
    Absent,
    /// A number in the parameter struct that levels of a nested network do not share; passed behind the pointers.
    Number(String),
}

/// What a layer is apart from where its tensors are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) kernel: Kernel,
    pub(super) params: Vec<Param>,
    /// The parameter struct.
    pub(super) constants: Struct,
}

struct Layer {
    name: String,
    shape: Shape,
    users: Vec<String>,
    /// The family that it speaks for; none for one set of parameters.
    family: Option<usize>,
}

/// A record of a family, by the layer function.
struct Record {
    function: usize,
    name: String,
    text: String,
}

/// How a layer is called.
pub(super) struct Target {
    /// The function.
    pub(super) function: String,
    /// Which of the kernel's pointers the function takes; a layer that has none there passes `NULL`.
    pub(super) takes: Vec<bool>,
    /// The record that follows the pointers, if any.
    pub(super) record: Option<String>,
}

/// All layer functions of a model, in the order of first use.
pub(super) struct Layers {
    optimize: Optimize,
    families: Vec<Family>,
    layers: Vec<Layer>,
    records: Vec<Record>,
}

impl Layers {
    /// Layers that share functions only where they agree.
    pub(super) fn separate() -> Self {
        Layers { optimize: Optimize::Speed, families: Vec::new(), layers: Vec::new(), records: Vec::new() }
    }

    /// No layers yet; when they come, they will be those of `surveyed`, and share functions as `optimize` asks for.
    pub(super) fn sharing(surveyed: Layers, optimize: Optimize) -> Self {
        let shapes: Vec<Shape> = surveyed.layers.into_iter().map(|layer| layer.shape).collect();
        Layers { optimize, families: families(&shapes, optimize), ..Layers::separate() }
    }

    /// How to call a layer of that shape; a new function is called after `operator`, `user` is the layer's label.
    pub(super) fn intern(&mut self, shape: Shape, operator: &str, user: &str) -> Target {
        let family = self.families.iter().position(|family| family.contains(&shape, self.optimize));
        let takes =
            |params: &[Param]| params.iter().map(|param| matches!(param, Param::Pointer { .. })).collect();
        let takes = family.map_or_else(|| takes(&shape.params), |index| takes(&self.families[index].params));
        let found = self.layers.iter().position(|layer| match family {
            Some(_) => layer.family == family,
            None => layer.shape == shape,
        });
        let constants = shape.constants.clone();
        let index = found.unwrap_or_else(|| self.add(shape, operator, family));
        let layer = &mut self.layers[index];
        if layer.users.last().is_none_or(|last| last != user) {
            layer.users.push(user.into());
        }
        let function = layer.name.clone();
        let record = family.and_then(|family| self.record(family, index, &constants, user));
        Target { function, takes, record }
    }

    fn add(&mut self, shape: Shape, operator: &str, family: Option<usize>) -> usize {
        let prefix = format!("{operator}_");
        let number = self.layers.iter().filter(|layer| numbered(&layer.name, &prefix)).count();
        self.layers.push(Layer { name: format!("{prefix}{number}"), shape, users: Vec::new(), family });
        self.layers.len() - 1
    }

    /// The name of a layer's record, if its family has records.
    fn record(&mut self, family: usize, function: usize, constants: &Struct, user: &str) -> Option<String> {
        let family = &self.families[family];
        if !family.has_record() {
            return None;
        }
        let text = family.record(constants);
        if let Some(known) = self.records.iter().find(|r| r.function == function && r.text == text) {
            return Some(known.name.clone());
        }
        let mut name = format!("{user}_layer");
        let alike =
            self.records.iter().filter(|record| numbered(&record.name, &name) || record.name == name).count();
        if alike > 0 {
            let _ = write!(name, "{}", alike + 1);
        }
        self.records.push(Record { function, name: name.clone(), text });
        Some(name)
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

    /// Files and names of what the C needs: the kernels, and the named constants that their parameters mention.
    pub(super) fn needs(&self) -> Vec<(&'static str, String)> {
        let kernels = self.kernels().into_iter().map(|kernel| (kernel.file(), kernel.symbol().to_owned()));
        let shapes = self.families.iter().flat_map(|family| family.words());
        let own = self.layers.iter().flat_map(|layer| layer.shape.constants.words());
        let file = |name: String| (self.layers.first().map_or("", |layer| layer.shape.kernel.file()), name);
        kernels.chain(shapes.chain(own).map(file)).collect()
    }

    /// Whether a parameter is a number that only `math.h` can spell.
    pub(super) fn need_math(&self) -> bool {
        let is_infinite = |text: &String| text.contains("INFINITY");
        self.layers.iter().any(|layer| is_infinite(&layer.shape.constants.initialiser()))
            || self.records.iter().any(|record| is_infinite(&record.text))
    }

    /// The C functions and records.
    pub(super) fn definitions(&self) -> String {
        (0..self.layers.len()).map(|index| self.definition(index)).collect::<Vec<_>>().join("\n")
    }

    fn definition(&self, index: usize) -> String {
        let layer = &self.layers[index];
        let family = layer.family.map(|family| &self.families[family]);
        let with_record = family.filter(|family| family.has_record());
        let mut text = String::new();
        let plural = if layer.users.len() == 1 { "" } else { "s" };
        if let Some(family) = with_record {
            let c_type = format!("{}_t", layer.name);
            let _ = writeln!(text, "/* In what layers {} differ. */", layer.users.join(", "));
            let _ = writeln!(text, "{}", family.record_type(&c_type));
            for record in self.records.iter().filter(|record| record.function == index) {
                let head = format!("static const {c_type} {} = {};", record.name, record.text);
                text += wrap(head.split_inclusive(", ").map(str::trim_end), 4).trim_start();
                text.push('\n');
            }
            text.push('\n');
        }
        let _ = writeln!(text, "/* Layer{plural} {}. */", layer.users.join(", "));
        let params = family.map_or(&layer.shape.params, |family| &family.params);
        let (mut declarations, mut arguments, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        for param in params {
            match param {
                Param::Pointer { declaration, name } => {
                    declarations.push(declaration.clone());
                    arguments.push(name.as_str());
                }
                Param::Absent => arguments.push("NULL"),
                Param::Number(name) => numbers.push(format!("int32_t {name}")),
            }
        }
        let is_fixed = numbers.is_empty() && with_record.is_none();
        declarations.extend(numbers);
        if with_record.is_some() {
            declarations.push(format!("const {}_t *layer", layer.name));
        }
        let head = format!("static REDSC_LAYER void {}({})", layer.name, declarations.join(", "));
        let _ = writeln!(text, "{}", wrap(head.split_inclusive(", ").map(str::trim_end), 4).trim_start());
        let constants = &layer.shape.constants;
        let initialiser =
            with_record.map_or_else(|| constants.initialiser(), |family| family.initialiser(constants));
        let linkage = if is_fixed { "static const" } else { "const" };
        text += "{\n";
        text += &with_record.map(Family::assumptions).unwrap_or_default();
        let _ = writeln!(text, "    {linkage} {} p = {initialiser};", constants.c_type);
        let _ = writeln!(text, "    {}({}, &p);\n}}", layer.shape.kernel.symbol(), arguments.join(", "));
        text
    }
}

fn numbered(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}
