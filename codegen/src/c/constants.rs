//! The constant arrays of a model: named, deduplicated, in the order of first use.

use std::collections::HashMap;
use std::fmt::Write;

use redsc_ir::{Data, ElemType};

use super::literals;

/// Alignment of arrays, so that kernels may load whole words.
const ALIGNMENT: usize = 4;

/// A constant array as a kernel wants it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    /// Type of the elements.
    pub(super) elem: ElemType,
    /// The elements.
    pub(super) data: Data,
}

impl Array {
    /// An array of 32-bit integers.
    pub(super) fn i32(elements: &[i32]) -> Self {
        Array { elem: ElemType::I32, data: Data::from_slice(elements) }
    }

    /// An array of unsigned 16-bit integers.
    pub(super) fn u16(elements: &[u16]) -> Self {
        Array { elem: ElemType::U16, data: Data::from_slice(elements) }
    }

    /// An array of 16-bit integers.
    pub(super) fn i16(elements: &[i16]) -> Self {
        Array { elem: ElemType::I16, data: Data::from_slice(elements) }
    }

    /// An array of numbers of single precision.
    pub(super) fn f32(elements: &[f32]) -> Self {
        Array { elem: ElemType::F32, data: Data::from_slice(elements) }
    }

    /// An array of 8-bit integers.
    pub(super) fn i8(elements: &[i8]) -> Self {
        Array { elem: ElemType::I8, data: Data::from_slice(elements) }
    }
}

/// All arrays of a model.
#[derive(Default)]
pub(super) struct Constants {
    arrays: Vec<(String, Array)>,
    known: HashMap<(ElemType, Vec<u8>), usize>,
}

impl Constants {
    /// The name of that array; a new one is called `name`, with a number if that is taken.
    pub(super) fn intern(&mut self, array: Array, name: &str) -> &str {
        let key = (array.elem, array.data.bytes().to_vec());
        let index = *self.known.entry(key).or_insert_with(|| {
            let taken = |name: &String| self.arrays.iter().any(|(known, _)| known == name);
            let numbered = (2..).map(|n| format!("{name}_{n}"));
            let free = std::iter::once(name.to_string()).chain(numbered).find(|name| !taken(name));
            self.arrays.push((free.unwrap_or_default(), array));
            self.arrays.len() - 1
        });
        &self.arrays[index].0
    }

    /// Size of all arrays.
    pub(super) fn bytes(&self) -> usize {
        self.arrays.iter().map(|(_, array)| array.data.bytes().len()).sum()
    }

    /// Whether an array contains a number that only `math.h` can spell.
    pub(super) fn need_math(&self) -> bool {
        self.arrays.iter().any(|(_, array)| match array.elem {
            ElemType::F32 => array.data.to_vec::<f32>().iter().any(|x| !x.is_finite()),
            ElemType::F64 => array.data.to_vec::<f64>().iter().any(|x| !x.is_finite()),
            _ => false,
        })
    }

    /// Definitions, each preceded by `linkage` (`static const` or `const`).
    pub(super) fn definitions(&self, linkage: &str) -> String {
        let mut text = String::new();
        for (name, array) in &self.arrays {
            let head = declarator(name, array);
            let elements = literals::array(array.elem, &array.data);
            let _ = write!(text, "{linkage} {head} = {{\n{elements}\n}};\n\n");
        }
        text
    }

    /// `extern` declarations, for arrays that live in a file of their own.
    pub(super) fn declarations(&self) -> String {
        self.arrays
            .iter()
            .map(|(name, array)| format!("extern const {};\n", declarator(name, array)))
            .collect()
    }
}

fn declarator(name: &str, array: &Array) -> String {
    let count = (array.data.bytes().len() / array.elem.bytes()).max(1);
    let align = match array.elem.bytes() {
        bytes if bytes < ALIGNMENT && count * bytes >= ALIGNMENT => {
            format!(" __attribute__((aligned({ALIGNMENT})))")
        }
        _ => String::new(),
    };
    format!("{} {name}[{count}]{align}", array.elem.c_name())
}
