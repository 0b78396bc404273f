//! Tensor contents: little-endian bytes, shared and immutable.

use std::sync::Arc;

/// The contents of a constant or of a computed tensor: densely packed little-endian elements.
///
/// The element type and the shape are those of the value that carries the data.
#[derive(Clone, PartialEq, Eq)]
pub struct Data(Arc<[u8]>);

impl Data {
    /// Contents from raw little-endian bytes.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Data(bytes.into())
    }

    /// Contents from elements.
    pub fn from_slice<T: Scalar>(elements: &[T]) -> Self {
        let mut bytes = Vec::with_capacity(size_of_val(elements));
        elements.iter().for_each(|e| e.push_le(&mut bytes));
        Data(bytes.into())
    }

    /// The raw little-endian bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The elements, read as `T`; a trailing partial element is dropped.
    pub fn to_vec<T: Scalar>(&self) -> Vec<T> {
        self.0.chunks_exact(size_of::<T>()).map(T::read_le).collect()
    }
}

impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Data({} bytes, crc32 {:08x})", self.0.len(), crc32fast::hash(&self.0))
    }
}

/// A Rust number that can be a tensor element.
pub trait Scalar: Copy + Default + PartialEq + PartialOrd + Send + Sync + 'static {
    /// Reads one element from exactly `size_of::<Self>()` bytes.
    fn read_le(bytes: &[u8]) -> Self;
    /// Appends one element.
    fn push_le(self, out: &mut Vec<u8>);
}

macro_rules! scalars {
    ($($t:ty)*) => {$(
        impl Scalar for $t {
            fn read_le(bytes: &[u8]) -> Self {
                let mut raw = [0; size_of::<$t>()];
                raw.copy_from_slice(bytes);
                <$t>::from_le_bytes(raw)
            }
            fn push_le(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

scalars!(i8 u8 i16 u16 i32 u32 i64 u64 f32 f64);
