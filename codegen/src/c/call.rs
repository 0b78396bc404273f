//! What a node becomes: calls of kernels, with arguments and constant parameters.

use redsc_ir::VarId;
use redsc_ir::kernels::Kernel;

use super::constants::Array;
use super::literals;

/// One call of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// The kernel.
    pub(super) kernel: Kernel,
    /// The pointers, in the order of the kernel's signature.
    pub(super) args: Vec<Arg>,
    /// The parameters, which follow the pointers.
    pub(super) params: Struct,
}

/// A pointer that a kernel takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arg {
    /// What it points at, in the words of the kernel's signature.
    pub(super) name: &'static str,
    /// Where that is.
    pub(super) what: What,
}

/// What an argument points at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// An operand of the node, from that byte on.
    Operand { index: usize, offset: usize },
    /// A result of the node, from that byte on.
    Result { index: usize, offset: usize },
    /// A constant that the code generator made.
    Constant(Array),
    /// A constant that the code generator made, from that element on.
    ConstantFrom(Array, usize),
    /// The contents of a variable.
    Variable(VarId),
    /// The scratch memory of the node.
    Scratch,
    /// Nothing: `NULL`.
    Nothing,
}

impl Arg {
    /// An operand of the node.
    pub(super) fn operand(name: &'static str, index: usize) -> Self {
        Arg { name, what: What::Operand { index, offset: 0 } }
    }

    /// A result of the node.
    pub(super) fn result(name: &'static str, index: usize) -> Self {
        Arg { name, what: What::Result { index, offset: 0 } }
    }

    /// A constant array.
    pub(super) fn constant(name: &'static str, array: Array) -> Self {
        Arg { name, what: What::Constant(array) }
    }

    /// A constant array from an element on.
    pub(super) fn constant_from(name: &'static str, array: Array, element: usize) -> Self {
        Arg { name, what: What::ConstantFrom(array, element) }
    }

    /// The contents of a variable.
    pub(super) fn variable(name: &'static str, variable: VarId) -> Self {
        Arg { name, what: What::Variable(variable) }
    }

    /// The scratch memory of the node, `NULL` if it has none.
    pub(super) fn scratch() -> Self {
        Arg { name: "scratch", what: What::Scratch }
    }

    /// An operand that is absent.
    pub(super) fn nothing(name: &'static str) -> Self {
        Arg { name, what: What::Nothing }
    }
}

/// A C struct with designated initialisers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Struct {
    /// Its C type.
    pub(super) c_type: &'static str,
    fields: Vec<(String, Value)>,
    /// The initialiser as text, if it is not made of fields.
    text: Option<String>,
}

/// What a field is initialised with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// An integer.
    Int(i64),
    /// The name of a small integer constant.
    Word(String),
    /// A number of single precision, as C spells it.
    Float(String),
    /// An array.
    List(Vec<Value>),
    /// A struct.
    Fields(Vec<(String, Value)>),
}

impl Struct {
    /// A struct without fields.
    pub(super) fn new(c_type: &'static str) -> Self {
        Struct { c_type, fields: Vec::new(), text: None }
    }

    /// A struct with an initialiser that refers to arguments of the layer function.
    pub(super) fn verbatim(c_type: &'static str, initialiser: String) -> Self {
        Struct { text: Some(initialiser), ..Struct::new(c_type) }
    }

    /// Adds an integer.
    pub(super) fn int(self, field: &str, value: impl TryInto<i64>) -> Self {
        self.with(field, Value::Int(value.try_into().unwrap_or(i64::MAX)))
    }

    /// Adds a named constant.
    pub(super) fn word(self, field: &str, value: &str) -> Self {
        self.with(field, Value::Word(value.into()))
    }

    /// Adds a number of single precision.
    pub(super) fn float(self, field: &str, value: f32) -> Self {
        self.with(field, Value::Float(literals::float(value)))
    }

    /// Adds an array of integers.
    pub(super) fn ints(self, field: &str, values: impl IntoIterator<Item = i64>) -> Self {
        self.with(field, Value::List(values.into_iter().map(Value::Int).collect()))
    }

    /// Adds a struct.
    pub(super) fn nested(self, field: &str, value: Struct) -> Self {
        self.with(field, Value::Fields(value.fields))
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.fields.push((field.into(), value));
        self
    }

    /// The fields on one line.
    pub(super) fn fields(&self) -> String {
        fields_text(&self.fields, "", &|_| None)
    }

    /// All numbers in it, each with its path: `window.in_h`, `extent[2]`.
    pub(super) fn numbers(&self) -> Vec<(String, &Value)> {
        let mut found = Vec::new();
        for (name, value) in &self.fields {
            value.collect(name.clone(), &mut found);
        }
        found
    }

    /// The named constants in it.
    pub(super) fn words(&self) -> Vec<String> {
        let word = |(_, value): (String, &Value)| match value {
            Value::Word(word) => Some(word.clone()),
            Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Fields(_) => None,
        };
        self.numbers().into_iter().filter_map(word).collect()
    }

    /// The initialiser, its fields on lines of their own.
    pub(super) fn initialiser(&self) -> String {
        self.initialiser_with(&|_| None)
    }

    /// The same with other expressions for some numbers, given by path.
    pub(super) fn initialiser_with(&self, replaced: &dyn Fn(&str) -> Option<String>) -> String {
        self.text.clone().unwrap_or_else(|| initialiser(&fields_text(&self.fields, "", replaced)))
    }
}

/// The initialiser with these fields.
pub(super) fn initialiser(fields: &str) -> String {
    format!("{{\n{}\n    }}", literals::wrap(fields.split_inclusive(", ").map(str::trim_end), 8))
}

impl Value {
    fn collect<'v>(&'v self, path: String, found: &mut Vec<(String, &'v Value)>) {
        match self {
            Value::Int(_) | Value::Word(_) | Value::Float(_) => found.push((path, self)),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.collect(format!("{path}[{index}]"), found);
                }
            }
            Value::Fields(fields) => {
                for (name, value) in fields {
                    value.collect(format!("{path}.{name}"), found);
                }
            }
        }
    }

    /// The C expression.
    pub(super) fn text(&self) -> String {
        self.text_with("", &|_| None)
    }

    fn text_with(&self, path: &str, replaced: &dyn Fn(&str) -> Option<String>) -> String {
        let plain = match self {
            Value::Int(value) => literals::int(*value),
            Value::Word(text) | Value::Float(text) => text.clone(),
            Value::List(items) => {
                let item =
                    |(index, item): (usize, &Value)| item.text_with(&format!("{path}[{index}]"), replaced);
                return format!("{{{}}}", items.iter().enumerate().map(item).collect::<Vec<_>>().join(", "));
            }
            Value::Fields(fields) => {
                return format!("{{{}}}", fields_text(fields, &format!("{path}."), replaced));
            }
        };
        replaced(path).unwrap_or(plain)
    }
}

/// Designated initialisers; `prefix` stands before the names of fields in paths.
fn fields_text(
    fields: &[(String, Value)],
    prefix: &str,
    replaced: &dyn Fn(&str) -> Option<String>,
) -> String {
    let field = |(name, value): &(String, Value)| {
        format!(".{name} = {}", value.text_with(&format!("{prefix}{name}"), replaced))
    };
    fields.iter().map(field).collect::<Vec<_>>().join(", ")
}
