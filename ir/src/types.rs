//! Element types, shapes and tensor types.

use crate::quant::Quant;

/// Declares [`ElemType`]: variant, name in the textual form, C type, bytes per element.
macro_rules! elem_types {
    ($($variant:ident $name:literal $c:literal $bytes:literal $doc:literal;)*) => {
        /// The type of one tensor element.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ElemType { $(#[doc = $doc] $variant,)* }

        impl ElemType {
            /// All element types.
            pub const ALL: &[ElemType] = &[$(ElemType::$variant),*];

            /// Name in the textual IR, e.g. `i8`.
            pub fn name(self) -> &'static str {
                match self { $(ElemType::$variant => $name,)* }
            }

            /// The C99 type that holds one element, e.g. `int8_t`.
            pub fn c_name(self) -> &'static str {
                match self { $(ElemType::$variant => $c,)* }
            }

            /// Size of one element in bytes.
            pub fn bytes(self) -> usize {
                match self { $(ElemType::$variant => $bytes,)* }
            }
        }
    };
}

elem_types! {
    Bool "bool" "uint8_t" 1 "0 or 1 in one byte.";
    I8 "i8" "int8_t" 1 "Signed 8 bit, usually quantized.";
    U8 "u8" "uint8_t" 1 "Unsigned 8 bit, usually quantized.";
    I16 "i16" "int16_t" 2 "Signed 16 bit, usually quantized.";
    U16 "u16" "uint16_t" 2 "Unsigned 16 bit.";
    I32 "i32" "int32_t" 4 "Signed 32 bit: accumulators, biases, indices.";
    U32 "u32" "uint32_t" 4 "Unsigned 32 bit.";
    I64 "i64" "int64_t" 8 "Signed 64 bit: biases of 16x8 layers, indices.";
    U64 "u64" "uint64_t" 8 "Unsigned 64 bit.";
    F16 "f16" "uint16_t" 2 "IEEE half precision, a storage type.";
    F32 "f32" "float" 4 "IEEE single precision.";
    F64 "f64" "double" 8 "IEEE double precision.";
}

impl ElemType {
    /// The type of that name in the textual IR.
    pub fn from_name(name: &str) -> Option<ElemType> {
        ElemType::ALL.iter().copied().find(|e| e.name() == name)
    }

    /// Whether elements are floating-point numbers.
    pub fn is_float(self) -> bool {
        matches!(self, ElemType::F16 | ElemType::F32 | ElemType::F64)
    }

    /// Smallest and largest value of an 8- or 16-bit integer type (the quantized activation types).
    pub fn quantized_range(self) -> Option<(i32, i32)> {
        match self {
            ElemType::I8 => Some((-128, 127)),
            ElemType::U8 => Some((0, 255)),
            ElemType::I16 => Some((-32768, 32767)),
            _ => None,
        }
    }
}

impl std::fmt::Display for ElemType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Extents of a tensor, outermost first; a scalar has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape(pub Vec<usize>);

impl Shape {
    /// Number of elements; 1 for a scalar. Saturates, so that hostile shapes compare as too large.
    pub fn elements(&self) -> usize {
        self.0.iter().fold(1usize, |n, &d| n.saturating_mul(d))
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Row-major strides in elements.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.rank()];
        for axis in (1..self.rank()).rev() {
            strides[axis - 1] = strides[axis] * self.0[axis];
        }
        strides
    }
}

impl std::ops::Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl From<Vec<usize>> for Shape {
    fn from(dims: Vec<usize>) -> Self {
        Shape(dims)
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(dims: [usize; N]) -> Self {
        Shape(dims.to_vec())
    }
}

/// `1x8x8x16`; a scalar prints as nothing.
impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let dims: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&dims.join("x"))
    }
}

/// The static type of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorType {
    /// Element type.
    pub elem: ElemType,
    /// Extents.
    pub shape: Shape,
    /// What the integers stand for.
    pub quant: Quant,
}

impl TensorType {
    /// A type without quantization.
    pub fn plain(elem: ElemType, shape: impl Into<Shape>) -> Self {
        TensorType { elem, shape: shape.into(), quant: Quant::None }
    }

    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.elements()
    }

    /// Size in bytes, dense.
    pub fn bytes(&self) -> usize {
        self.elements().saturating_mul(self.elem.bytes())
    }
}
