//! The verifier: what every valid module satisfies, checked.
//!
//! [`verify`] collects all errors, not only the first. A module that passes is safe for every later stage: sizes do
//! not overflow, handles are in range, operators have the operands that their rules ask for. A module that a pass
//! produced and that fails is a bug of the pass.
//!
//! # Rules
//!
//! Structure:
//! * `E0110` A value is defined once: as an input, as a constant or by one node.
//! * `E0111` A value is defined before it is used; outputs are defined.
//! * `E0112` Handles of values, variables and graphs are in range.
//! * `E0113` There is an entry graph.
//! * `E0114` Regions are not cyclic, nest at most [`MOST_NESTED`] deep and run at most [`MOST_RUNS`] graphs.
//!
//! Sizes, so that no later arithmetic overflows:
//! * `E0120` A tensor takes at most [`MOST_TENSOR_BYTES`], all tensors of a module together [`MOST_MODULE_BYTES`].
//! * `E0121` A tensor has at most [`MOST_DIMENSIONS`] dimensions and no extent is zero.
//! * `E0122` Attributes are integers of at most 31 bits or finite numbers.
//! * `E0123` Constants and initial contents have as many bytes as their type asks for; `bool` elements are 0 or 1.
//!
//! Quantization:
//! * `E0130` Scales are finite and positive.
//! * `E0131` A quantized axis exists, with one scale and one zero point for each index.
//! * `E0132` Zero points are values of the element type.
//! * `E0133` Only integers are quantized.
//!
//! Operators:
//! * `E0140` Operands and attributes satisfy the operator's [rules](crate::ops::OpRules): number, shapes and types of
//!   operands, quantization of what it computes with, types of variables, inputs and outputs of the graphs it runs.
//! * `E0141` A node has as many results as the rules say, with the shapes and element types that they say.
//!
//! Plans have their own rules, see [`verify_plan`].

mod attributes;
mod findings;
mod nodes;
mod plan;
mod regions;
mod structure;
mod tensors;

use crate::diag::Diagnostic;
use crate::graph::Module;
use crate::text::SourceMap;
use findings::Findings;
pub use plan::{verify_plan, verify_plan_located};

/// Largest tensor, in bytes.
pub const MOST_TENSOR_BYTES: usize = 1 << 30;

/// Most bytes of all tensors of a module, variables and constants included.
pub const MOST_MODULE_BYTES: usize = 1 << 32;

/// Most dimensions of a tensor.
pub const MOST_DIMENSIONS: usize = 8;

/// Deepest nesting of graphs, the entry graph included.
pub const MOST_NESTED: usize = 8;

/// Most graphs that one invocation runs, each counted as often as nodes name it.
pub const MOST_RUNS: usize = 1024;

/// Checks all rules.
///
/// # Errors
/// Everything that is wrong. If handles are out of range or sizes too large, only that: the other rules need them.
pub fn verify(module: &Module) -> Result<(), Vec<Diagnostic>> {
    verify_located(module, &SourceMap::default())
}

/// As [`verify`], for a module that was read from text: the errors point into it.
///
/// # Errors
/// As [`verify`].
pub fn verify_located(module: &Module, map: &SourceMap) -> Result<(), Vec<Diagnostic>> {
    let mut findings = Findings::new(module, map);
    structure::check(module, &mut findings);
    tensors::check(module, &mut findings);
    attributes::check(module, &mut findings);
    regions::check(module, &mut findings);
    // Rules of operators look operands up and multiply extents, so they run only where both are safe.
    if findings.is_empty() {
        nodes::check(module, &mut findings);
    }
    findings.finish()
}
