//! The constants of a network: one block of bytes.

use std::collections::HashMap;

/// Alignment of each constant, and of the block.
pub(super) const ALIGNMENT: usize = 64;

/// Readable bytes behind the last constant: vectors may be loaded whole.
const SLACK: usize = 64;

/// Constants while they are collected; equal ones are kept once.
#[derive(Default)]
pub(super) struct Pool {
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, usize>,
}

impl Pool {
    /// Where a constant lies.
    pub(super) fn intern(&mut self, contents: &[u8]) -> usize {
        if let Some(&offset) = self.known.get(contents) {
            return offset;
        }
        let offset = self.bytes.len().next_multiple_of(ALIGNMENT);
        self.bytes.resize(offset, 0);
        self.bytes.extend_from_slice(contents);
        self.known.insert(contents.to_vec(), offset);
        offset
    }

    /// The whole block.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + SLACK, 0);
        self.bytes
    }
}
