//! The textual form of modules: what people read, what tests are written in, what `.reds` files hold.
//!
//! ```text
//! module "tiny" weights "tiny.weights"
//! var $0 "state" : 1x4xi8 q(0.1, -128) = zeros
//! graph @0 "main"(%0 "input" : 1x8x8x3xi8 q(0.5, 3)) {
//!   %1 "w" = const : 2x1x1x3xi8 q(axis 0, [0.01, 0.02], 0) = [1, 2, -3, 4, 5, -6]
//!   %2 "b" = const : 2xi32 = @weights[0, 8, "2144df1c"]
//!   %3 "conv" = conv2d(%0, %1, %2) {padding = [0, 0, 0, 0], …} : 1x8x8x2xi8 q(0.25, -1) loc "CONV_2D #0"
//!   return %3
//! }
//! ```
//!
//! Operators and attributes come from [`Op`](crate::Op)'s table; nothing here knows a single operator. The grammar is
//! in `docs/ir.md`.
//!
//! * [`print()`] numbers values in the order in which the text defines them and leaves out what nothing reads, so equal
//!   networks print equally. Reading a text that was printed gives the same module, provided that its values were
//!   numbered in that order already (as [`parse`] numbers them).
//! * [`parse`] checks the syntax, names and literals; whether the module makes sense is the
//!   [verifier's](crate::verify) business. It is safe on hostile text: time and memory are linear in the text, the side
//!   file and a fixed budget for made-up data.

mod literal;
mod parser;
mod printer;
mod source_map;
mod token;

pub use literal::format_elements;
pub(crate) use printer::Numbers;
pub use printer::{PrintOptions, Printed, print, print_with};
pub use source_map::SourceMap;

use crate::diag::Diagnostic;
use crate::graph::Module;

/// Most bytes of constant data that a text may ask for beyond what it spells out or its side file holds.
pub const MADE_UP_BYTES: usize = 64 << 20;

/// Reads a module; `weights` finds the side file that the text names.
///
/// # Errors
/// Everything that is wrong with the text, in its order.
pub fn parse(text: &str, weights: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Module, Vec<Diagnostic>> {
    parse_located(text, weights).map(|(module, _)| module)
}

/// As [`parse`]; also says where in the text everything stands, for diagnostics of later stages.
///
/// # Errors
/// As [`parse`].
pub fn parse_located(
    text: &str,
    weights: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<(Module, SourceMap), Vec<Diagnostic>> {
    parser::parse(text, weights)
}

/// Whether bytes look like the textual form: the first word that is not a comment is `module`.
pub fn is_text(bytes: &[u8]) -> bool {
    let mut rest = bytes.trim_ascii_start();
    while rest.starts_with(b"//") {
        let line = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        rest = rest[line..].trim_ascii_start();
    }
    rest.starts_with(b"module")
}
