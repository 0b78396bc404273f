//! Layers that run in one function to save code: what they agree on is constant in it, what they differ in comes from a
//! small record for each layer.

use std::collections::BTreeMap;
use std::fmt::Write;

use redsc_ir::kernels::Kernel;

use super::Optimize;
use super::call::{Struct, Value};
use super::layers::{Param, Shape};

/// Layers with one function.
pub(super) struct Family {
    key: Key,
    /// The function's parameters, without that for the record.
    pub(super) params: Vec<Param>,
    /// What the record holds, largest fields first.
    fields: Vec<Field>,
}

/// A number in which layers differ.
struct Field {
    /// Where it is in the parameter struct: `window.in_h`.
    path: String,
    /// Its name in the record.
    name: String,
    c_type: CType,
    /// Whether all values are integers that 4 divides.
    is_multiple_of_4: bool,
    /// The names that occur, if it is one of several named constants.
    words: Vec<String>,
}

/// Types of fields, largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CType {
    I64,
    F32,
    I32,
    I16,
    I8,
}

/// What layers of a family have in common.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    kernel: Kernel,
    /// Paths of the numbers, so that all of them have a place in the record.
    paths: Vec<String>,
    /// What must agree besides.
    constant: Vec<Value>,
}

impl Key {
    fn of(shape: &Shape, optimize: Optimize) -> Self {
        let numbers = shape.constants.numbers();
        let agrees = |path: &str| match optimize {
            Optimize::Speed => true,
            Optimize::Balanced => !shape.kernel.has_shared_loops() || decides_paths(path),
            Optimize::Size => false,
        };
        let constant = numbers.iter().filter(|(path, _)| agrees(path)).map(|(_, value)| (*value).clone());
        let constant = constant.collect();
        Key { kernel: shape.kernel, paths: numbers.into_iter().map(|(path, _)| path).collect(), constant }
    }
}

/// Whether a number decides which code runs, rather than how often.
fn decides_paths(path: &str) -> bool {
    let field = path.rsplit('.').next().unwrap_or(path);
    ["kernel_", "stride_", "dilation_", "window_", "reads", "finish"]
        .iter()
        .any(|prefix| field.starts_with(prefix))
}

/// The families of all layers, in the order of their first members.
pub(super) fn families(shapes: &[Shape], optimize: Optimize) -> Vec<Family> {
    let mut members: Vec<(Key, Vec<&Shape>)> = Vec::new();
    for shape in shapes {
        let key = Key::of(shape, optimize);
        match members.iter_mut().find(|(known, _)| *known == key) {
            Some((_, shapes)) => shapes.push(shape),
            None => members.push((key, vec![shape])),
        }
    }
    members.into_iter().map(|(key, shapes)| Family::new(key, &shapes)).collect()
}

impl Family {
    fn new(key: Key, shapes: &[&Shape]) -> Self {
        let mut values: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        let numbers: Vec<_> = shapes.iter().map(|shape| shape.constants.numbers()).collect();
        for (path, value) in numbers.iter().flatten() {
            values.entry(path).or_default().push(value);
        }
        let differing = |path: &String| {
            let values = &values[path.as_str()];
            values.iter().any(|value| value != &values[0]).then(|| Field {
                path: path.clone(),
                name: path.replace(['.', '['], "_").replace(']', ""),
                c_type: values.iter().map(|value| CType::of(value)).min().unwrap_or(CType::I64),
                is_multiple_of_4: values.iter().all(|v| matches!(v, Value::Int(n) if n % 4 == 0)),
                words: words(values),
            })
        };
        let mut fields: Vec<Field> = key.paths.iter().filter_map(differing).collect();
        fields.sort_by_key(|field| field.c_type);
        let arguments = shapes[0].params.len();
        let params =
            (0..arguments).map(|i| merged(shapes.iter().filter_map(|shape| shape.params.get(i)))).collect();
        Family { key, params, fields }
    }

    /// Whether a layer belongs to the family.
    pub(super) fn contains(&self, shape: &Shape, optimize: Optimize) -> bool {
        self.key == Key::of(shape, optimize)
    }

    /// Whether its function takes a record.
    pub(super) fn has_record(&self) -> bool {
        !self.fields.is_empty()
    }

    /// The record's type, which is called `c_type`.
    pub(super) fn record_type(&self, c_type: &str) -> String {
        let mut text = String::from("typedef struct {\n");
        for field in &self.fields {
            let _ = writeln!(text, "    {} {};", field.c_type.name(), field.name);
        }
        text + &format!("}} {c_type};\n")
    }

    /// The initialiser of a layer's record.
    pub(super) fn record(&self, constants: &Struct) -> String {
        let numbers = constants.numbers();
        let value = |field: &Field| {
            let number = numbers.iter().find(|(path, _)| *path == field.path);
            number.map_or_else(String::new, |(_, value)| value.text())
        };
        format!("{{{}}}", self.fields.iter().map(value).collect::<Vec<_>>().join(", "))
    }

    /// The named constants in records.
    pub(super) fn words(&self) -> impl Iterator<Item = String> + '_ {
        self.fields.iter().flat_map(|field| field.words.iter().cloned())
    }

    /// Statements that tell the compiler which named constants occur in records and which numbers 4 divides, so that it
    /// drops the code for others.
    pub(super) fn assumptions(&self) -> String {
        let mut text = String::new();
        for field in self.fields.iter().filter(|field| !field.words.is_empty()) {
            let is_not = |word: &String| format!("layer->{} != {word}", field.name);
            let none = field.words.iter().map(is_not).collect::<Vec<_>>().join(" && ");
            let _ = writeln!(text, "    if ({none}) {{\n        __builtin_unreachable();\n    }}");
        }
        for field in self.fields.iter().filter(|field| field.is_multiple_of_4) {
            let _ = writeln!(
                text,
                "    if ((layer->{} & 3) != 0) {{\n        __builtin_unreachable();\n    }}",
                field.name
            );
        }
        text
    }

    /// The initialiser of the parameter struct: numbers that differ come from the record, to which `layer` points.
    pub(super) fn initialiser(&self, constants: &Struct) -> String {
        constants.initialiser_with(&|path| {
            let field = self.fields.iter().find(|field| field.path == path)?;
            Some(format!("layer->{}", field.name))
        })
    }
}

/// The named constants among values, each once.
fn words(values: &[&Value]) -> Vec<String> {
    let mut words = Vec::new();
    for value in values {
        match value {
            Value::Word(word) if !words.contains(word) => words.push(word.clone()),
            _ => {}
        }
    }
    words
}

/// The parameter that serves all layers; those that have nothing there pass `NULL`.
fn merged<'p>(params: impl Iterator<Item = &'p Param>) -> Param {
    params.fold(Param::Absent, |all, param| match (&all, param) {
        (Param::Absent, _) => param.clone(),
        (_, Param::Absent) | (Param::Number(_), _) | (_, Param::Number(_)) => all,
        (Param::Pointer { declaration: known, name }, Param::Pointer { declaration, .. }) => {
            if known == declaration {
                return all;
            }
            let constness = if declaration.starts_with("const ") { "const " } else { "" };
            Param::Pointer { declaration: format!("{constness}void *{name}"), name: name.clone() }
        }
    })
}

impl CType {
    /// The narrowest type that holds a number.
    fn of(value: &Value) -> Self {
        match value {
            Value::Float(_) => CType::F32,
            Value::Int(value) if i8::try_from(*value).is_ok() => CType::I8,
            Value::Int(value) if i16::try_from(*value).is_ok() => CType::I16,
            Value::Int(value) if i32::try_from(*value).is_ok() => CType::I32,
            Value::Word(_) => CType::I8,
            Value::Int(_) | Value::List(_) | Value::Fields(_) => CType::I64,
        }
    }

    fn name(self) -> &'static str {
        match self {
            CType::I64 => "int64_t",
            CType::F32 => "float",
            CType::I32 => "int32_t",
            CType::I16 => "int16_t",
            CType::I8 => "int8_t",
        }
    }
}
