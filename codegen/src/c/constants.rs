//! The constant arrays of a model: named, deduplicated, in the order of first use.

use std::collections::HashMap;
use std::fmt::Write;

use redsc_ir::target::Memory;
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
    /// By array: multiplications of the nodes that use it.
    products: Vec<u64>,
    /// Multiplications of the node whose arrays come next.
    current: u64,
    /// By array: the linker section, once arrays have been spread over memories.
    sections: Vec<Option<String>>,
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
            self.products.push(0);
            self.arrays.len() - 1
        });
        self.products[index] += self.current;
        &self.arrays[index].0
    }

    /// Says how many multiplications the node takes whose arrays come next.
    pub(super) fn set_products(&mut self, products: u64) {
        self.current = products;
    }

    /// Spreads the arrays over memories, which are sorted by the cost of an access: what is used most for its size goes
    /// first.
    ///
    /// # Errors
    /// How many bytes are left over.
    pub(super) fn spread(&mut self, memories: &[&Memory]) -> Result<(), usize> {
        if memories.is_empty() {
            return Ok(());
        }
        let bytes = |index: &usize| self.arrays[*index].1.data.bytes().len().next_multiple_of(ALIGNMENT);
        let mut order: Vec<usize> = (0..self.arrays.len()).collect();
        let price = |index: &usize| self.products[*index] as f64 / bytes(index).max(1) as f64;
        order.sort_by(|a, b| price(b).total_cmp(&price(a)));
        let mut room: Vec<usize> = memories.iter().map(|memory| memory.bytes).collect();
        let (mut sections, mut left) = (vec![None; self.arrays.len()], 0);
        for index in order {
            match room.iter().position(|&free| bytes(&index) <= free) {
                Some(memory) => {
                    room[memory] -= bytes(&index);
                    sections[index] = memories[memory].section.clone();
                }
                None => left += bytes(&index),
            }
        }
        self.sections = sections;
        if left == 0 { Ok(()) } else { Err(left) }
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
        for (index, (name, array)) in self.arrays.iter().enumerate() {
            let section = self.sections.get(index).and_then(Option::as_deref);
            let head = declarator(name, array) + &section.map(section_attribute).unwrap_or_default();
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

/// Puts a definition into a linker section.
pub(super) fn section_attribute(section: &str) -> String {
    format!(" __attribute__((section(\"{section}\")))")
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
