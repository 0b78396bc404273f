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
    /// Its initialisers: one for each field, without line breaks.
    fields: Vec<String>,
}

impl Struct {
    /// A struct without fields.
    pub(super) fn new(c_type: &'static str) -> Self {
        Struct { c_type, fields: Vec::new() }
    }

    /// Adds an integer.
    pub(super) fn int(self, field: &str, value: impl TryInto<i64>) -> Self {
        self.text(field, literals::int(value.try_into().unwrap_or(i64::MAX)))
    }

    /// Adds a named constant.
    pub(super) fn word(self, field: &str, value: &str) -> Self {
        self.text(field, value.into())
    }

    /// Adds a number of single precision.
    pub(super) fn float(self, field: &str, value: f32) -> Self {
        self.text(field, literals::float(value))
    }

    /// Adds an array of integers.
    pub(super) fn ints(self, field: &str, values: impl IntoIterator<Item = i64>) -> Self {
        let values: Vec<String> = values.into_iter().map(literals::int).collect();
        self.text(field, format!("{{{}}}", values.join(", ")))
    }

    /// Adds a struct.
    pub(super) fn nested(self, field: &str, value: Struct) -> Self {
        let fields = value.fields.join(", ");
        self.text(field, format!("{{{fields}}}"))
    }

    fn text(mut self, field: &str, value: String) -> Self {
        self.fields.push(format!(".{field} = {value}"));
        self
    }

    /// The fields on one line.
    pub(super) fn fields(&self) -> String {
        self.fields.join(", ")
    }

    /// The initialiser, its fields on lines of their own.
    pub(super) fn initialiser(&self) -> String {
        initialiser(&self.fields())
    }
}

/// The initialiser with these fields.
pub(super) fn initialiser(fields: &str) -> String {
    format!("{{\n{}\n    }}", literals::wrap(fields.split_inclusive(", ").map(str::trim_end), 8))
}
