//! Attribute types and their textual form.

use std::collections::BTreeMap;

use crate::entity::{GraphId, VarId};

/// An attribute in the textual form.
#[derive(Clone, Debug, PartialEq)]
pub enum AttrValue {
    /// `12`, `-3`
    Int(i64),
    /// `0.25`
    Float(f32),
    /// `relu6`, `true`
    Word(String),
    /// `$2`
    Var(VarId),
    /// `@1`
    Graph(GraphId),
    /// `[1, 2]`
    List(Vec<AttrValue>),
}

/// A type that can be an attribute.
pub trait Attr: Sized {
    /// The textual form.
    fn to_attr(&self) -> AttrValue;
    /// Reads the textual form; the error says what is expected.
    fn from_attr(value: &AttrValue) -> Result<Self, String>;
}

/// Attributes by name, as the parser found them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttrMap(pub BTreeMap<String, AttrValue>);

impl AttrMap {
    /// Removes and converts the attribute `name`.
    pub fn take<T: Attr>(&mut self, name: &str) -> Result<T, String> {
        let value = self.0.remove(name).ok_or_else(|| format!("attribute `{name}` is missing"))?;
        T::from_attr(&value).map_err(|expected| format!("attribute `{name}`: {expected}"))
    }

    /// Fails if an attribute was not taken.
    pub fn expect_empty(&self) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("there is no attribute `{name}`")),
            None => Ok(()),
        }
    }
}

/// Declares an enum whose variants are words of the textual form.
macro_rules! word_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All variants in declaration order.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The word of the textual form.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// The variant of that word.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.name() == name)
            }
        }

        impl Attr for $name {
            fn to_attr(&self) -> AttrValue {
                AttrValue::Word(self.name().into())
            }
            fn from_attr(value: &AttrValue) -> Result<Self, String> {
                let found = match value {
                    AttrValue::Word(word) => Self::from_name(word),
                    _ => None,
                };
                found.ok_or_else(|| ["expected one of", $($word),*].join(" "))
            }
        }
    };
}

word_enum! {
    /// Clamp (or function) applied to a result before it is stored.
    Activation {
        /// Nothing.
        None = "none",
        /// `max(x, 0)`
        Relu = "relu",
        /// `min(max(x, 0), 6)`
        Relu6 = "relu6",
        /// `min(max(x, -1), 1)`
        ReluN1To1 = "relu_n1_to_1",
        /// Hyperbolic tangent (recurrent layers only).
        Tanh = "tanh",
    }
}

word_enum! {
    /// How a layer with folded zero points accumulates.
    Accumulate {
        /// `Σ (x − zero_point) · w + bias`; padding contributes nothing.
        Centered = "centered",
        /// `Σ x · w + bias`; padding reads as the zero point, and the bias already holds `−zero_point · Σ w`.
        Raw = "raw",
    }
}

word_enum! {
    /// What padding cells hold.
    PadMode {
        /// A constant.
        Constant = "constant",
        /// Mirrored without repeating the border element.
        Reflect = "reflect",
        /// Mirrored, repeating the border element.
        Symmetric = "symmetric",
    }
}

word_enum! {
    /// Functions of a pooling window.
    PoolKind {
        /// Mean of the cells that are not padding.
        Average = "average_pool2d",
        /// Largest cell.
        Max = "max_pool2d",
    }
}

word_enum! {
    /// Ways to change height and width.
    ResizeKind {
        /// The nearest sample.
        Nearest = "resize_nearest",
        /// Between the four nearest samples.
        Bilinear = "resize_bilinear",
    }
}

word_enum! {
    /// What happens where several updates meet.
    ScatterKind {
        /// The last one stays.
        Set = "scatter",
        /// Sum.
        Add = "scatter_add",
        /// Product.
        Mul = "scatter_mul",
        /// Largest.
        Max = "scatter_max",
        /// Smallest.
        Min = "scatter_min",
    }
}

word_enum! {
    /// Elementwise functions of two operands.
    BinaryKind {
        /// `a + b`
        Add = "add",
        /// `a − b`
        Sub = "sub",
        /// `a · b`
        Mul = "mul",
        /// `a / b`
        Div = "div",
        /// The larger.
        Maximum = "maximum",
        /// The smaller.
        Minimum = "minimum",
        /// `(a − b)²`
        SquaredDifference = "squared_difference",
        /// `a` to the power of `b`; real numbers only.
        Power = "power",
        /// `a − b · floor(a / b)`: the sign of `b`. By zero: 0 for integers.
        Modulo = "modulo",
        /// `a − b · trunc(a / b)`: the sign of `a`. By zero: 0 for integers.
        Remainder = "remainder",
        /// Bits that both have; integers and `bool`.
        BitAnd = "bit_and",
        /// Bits that either has; integers and `bool`.
        BitOr = "bit_or",
        /// Bits that one has; integers and `bool`.
        BitXor = "bit_xor",
        /// `a · 2^b`, low bits kept; 0 if `b` is not below 64.
        ShiftLeft = "shift_left",
        /// `floor(a / 2^b)`; as if `b` were 63 if it is not below 64.
        ShiftRight = "shift_right",
    }
}

word_enum! {
    /// Comparisons.
    CompareKind {
        /// `a = b`
        Equal = "equal",
        /// `a ≠ b`
        NotEqual = "not_equal",
        /// `a < b`
        Less = "less",
        /// `a ≤ b`
        LessEqual = "less_equal",
        /// `a > b`
        Greater = "greater",
        /// `a ≥ b`
        GreaterEqual = "greater_equal",
    }
}

word_enum! {
    /// Elementwise functions of one operand.
    UnaryKind {
        /// `|x|`
        Abs = "abs",
        /// `−x`
        Neg = "neg",
        /// `e^x`
        Exp = "exp",
        /// Natural logarithm.
        Log = "log",
        /// Square root.
        Sqrt = "sqrt",
        /// `1 / √x`
        Rsqrt = "rsqrt",
        /// `x²`
        Square = "square",
        /// `max(x, 0)`
        Relu = "relu",
        /// `min(max(x, 0), 6)`
        Relu6 = "relu6",
        /// `min(max(x, -1), 1)`
        ReluN1To1 = "relu_n1_to_1",
        /// Hyperbolic tangent.
        Tanh = "tanh",
        /// `1 / (1 + e^−x)`
        Logistic = "logistic",
        /// Sine.
        Sin = "sin",
        /// Cosine.
        Cos = "cos",
        /// Tangent.
        Tan = "tan",
        /// Inverse sine.
        Asin = "asin",
        /// Inverse cosine.
        Acos = "acos",
        /// Inverse tangent.
        Atan = "atan",
        /// Hyperbolic sine.
        Sinh = "sinh",
        /// Hyperbolic cosine.
        Cosh = "cosh",
        /// Inverse hyperbolic sine.
        Asinh = "asinh",
        /// Inverse hyperbolic cosine.
        Acosh = "acosh",
        /// Inverse hyperbolic tangent.
        Atanh = "atanh",
        /// Error function.
        Erf = "erf",
        /// Smallest integer that is not smaller.
        Ceil = "ceil",
        /// Largest integer that is not larger.
        Floor = "floor",
        /// Nearest integer; halves to the even one.
        Round = "round",
    }
}

word_enum! {
    /// Reductions.
    ReduceKind {
        /// Arithmetic mean.
        Mean = "mean",
        /// Sum.
        Sum = "sum",
        /// Largest element.
        Max = "reduce_max",
        /// Smallest element.
        Min = "reduce_min",
        /// Product of plain numbers.
        Product = "reduce_product",
    }
}

/// Cells around height and width: `[top, bottom, left, right]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Padding {
    /// Rows above.
    pub top: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns on the left.
    pub left: usize,
    /// Columns on the right.
    pub right: usize,
}

impl Attr for Padding {
    fn to_attr(&self) -> AttrValue {
        [self.top, self.bottom, self.left, self.right].to_vec().to_attr()
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        let [top, bottom, left, right] = <[usize; 4]>::from_attr(value)?;
        Ok(Padding { top, bottom, left, right })
    }
}

impl Attr for bool {
    fn to_attr(&self) -> AttrValue {
        AttrValue::Word(self.to_string())
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        match value {
            AttrValue::Word(word) if word == "true" => Ok(true),
            AttrValue::Word(word) if word == "false" => Ok(false),
            _ => Err("expected true or false".into()),
        }
    }
}

impl Attr for f32 {
    fn to_attr(&self) -> AttrValue {
        AttrValue::Float(*self)
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        match value {
            AttrValue::Float(x) => Ok(*x),
            AttrValue::Int(x) => Ok(*x as f32),
            _ => Err("expected a number".into()),
        }
    }
}

impl Attr for i64 {
    fn to_attr(&self) -> AttrValue {
        AttrValue::Int(*self)
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        match value {
            AttrValue::Int(x) => Ok(*x),
            _ => Err("expected an integer".into()),
        }
    }
}

impl Attr for usize {
    fn to_attr(&self) -> AttrValue {
        AttrValue::Int(*self as i64)
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        let x = i64::from_attr(value)?;
        usize::try_from(x).map_err(|_| "expected a non-negative integer".into())
    }
}

impl Attr for VarId {
    fn to_attr(&self) -> AttrValue {
        AttrValue::Var(*self)
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        match value {
            AttrValue::Var(id) => Ok(*id),
            _ => Err("expected a variable such as $0".into()),
        }
    }
}

impl Attr for GraphId {
    fn to_attr(&self) -> AttrValue {
        AttrValue::Graph(*self)
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        match value {
            AttrValue::Graph(id) => Ok(*id),
            _ => Err("expected a graph such as @1".into()),
        }
    }
}

impl<T: Attr> Attr for Vec<T> {
    fn to_attr(&self) -> AttrValue {
        AttrValue::List(self.iter().map(Attr::to_attr).collect())
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        match value {
            AttrValue::List(items) => items.iter().map(T::from_attr).collect(),
            _ => Err("expected a list such as [1, 2]".into()),
        }
    }
}

impl<T: Attr, const N: usize> Attr for [T; N] {
    fn to_attr(&self) -> AttrValue {
        AttrValue::List(self.iter().map(Attr::to_attr).collect())
    }
    fn from_attr(value: &AttrValue) -> Result<Self, String> {
        let items = Vec::<T>::from_attr(value)?;
        items.try_into().map_err(|_| format!("expected a list of {N}"))
    }
}
