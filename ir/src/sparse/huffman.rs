//! Canonical Huffman codes of bytes, at most 15 bits long.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Longest code in bits.
const LONGEST: u8 = 15;

/// A prefix code of signed bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Length of the code of each symbol from -128 on; 0 if it does not occur.
    lengths: [u8; 256],
}

impl Code {
    /// The best code for these numbers of occurrences, from symbol -128 on.
    pub fn best(counts: &[usize; 256]) -> Self {
        let mut scaled = *counts;
        loop {
            let lengths = lengths(&scaled);
            if lengths.iter().all(|&length| length <= LONGEST) {
                return Code { lengths };
            }
            // Flatter counts make shorter trees.
            scaled.iter_mut().filter(|count| **count > 0).for_each(|count| *count = *count / 2 + 1);
        }
    }

    /// A code from its lengths; `None` if no code has these lengths.
    pub fn from_lengths(lengths: [u8; 256]) -> Option<Self> {
        let used = lengths.iter().filter(|&&length| length > 0);
        let space: u32 = used.map(|&length| 1 << (LONGEST - length.min(LONGEST))).sum();
        let fits = space <= 1 << LONGEST && lengths.iter().all(|&length| length <= LONGEST);
        fits.then_some(Code { lengths })
    }

    /// Length of the code of a symbol, 0 if it has none.
    pub fn length(&self, symbol: i8) -> u8 {
        self.lengths[index(symbol)]
    }

    /// The first and the last symbol that have a code.
    pub fn range(&self) -> Option<(i8, i8)> {
        let first = self.lengths.iter().position(|&length| length > 0)?;
        let last = self.lengths.iter().rposition(|&length| length > 0)?;
        Some((symbol(first), symbol(last)))
    }

    /// Symbols with codes, shortest codes first, small symbols first among equals: the order of their codes.
    pub fn symbols(&self) -> Vec<i8> {
        let mut order: Vec<usize> = (0..256).filter(|&i| self.lengths[i] > 0).collect();
        order.sort_by_key(|&i| (self.lengths[i], i));
        order.into_iter().map(symbol).collect()
    }

    /// The code of each symbol from -128 on.
    pub fn codes(&self) -> [u32; 256] {
        let (mut codes, mut next, mut length) = ([0; 256], 0u32, 0);
        for symbol in self.symbols() {
            let own = self.length(symbol);
            next <<= own - length;
            length = own;
            codes[index(symbol)] = next;
            next += 1;
        }
        codes
    }

    /// Reads a symbol, bit by bit.
    pub fn read(&self, symbols: &[i8], mut bit: impl FnMut() -> Option<u32>) -> Option<i8> {
        let (mut code, mut first, mut index) = (0u32, 0u32, 0u32);
        for length in 1..=LONGEST {
            code |= bit()?;
            let count = self.lengths.iter().filter(|&&own| own == length).count() as u32;
            if code < first + count {
                return symbols.get((index + code - first) as usize).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

/// Position of a symbol.
pub(super) fn index(symbol: i8) -> usize {
    (i32::from(symbol) + 128) as usize
}

fn symbol(index: usize) -> i8 {
    (index as i32 - 128) as i8
}

/// Depths of the leaves of the Huffman tree (Huffman 1952). A single symbol gets one bit.
fn lengths(counts: &[usize; 256]) -> [u8; 256] {
    let mut lengths = [0u8; 256];
    let mut heap: BinaryHeap<Reverse<(usize, usize, Vec<usize>)>> = counts
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count > 0)
        .map(|(index, &count)| Reverse((count, index, vec![index])))
        .collect();
    if heap.len() == 1 {
        heap.iter().for_each(|Reverse((_, index, _))| lengths[*index] = 1);
    }
    while let Some(Reverse((a, order, mut leaves))) = heap.pop() {
        let Some(Reverse((b, _, others))) = heap.pop() else { break };
        leaves.extend(others);
        leaves.iter().for_each(|&leaf| lengths[leaf] = lengths[leaf].saturating_add(1));
        heap.push(Reverse((a + b, order, leaves)));
    }
    lengths
}
