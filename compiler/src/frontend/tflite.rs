//! The TFLite front end: schema version 3, including files from before the extended operator codes.
//!
//! The parts: [`model`] holds what all subgraphs share (operator codes, buffers, variables); [`graph`] walks one
//! subgraph and turns tensors into values; [`tensor`] reads types and quantization; [`operator`] is what a single
//! translation sees of its operator; [`ops`] is the table of translations, one small function per operator.
//!
//! Subgraph 0 is the entry. Other subgraphs are read when an operator refers to them, so that what is never run
//! cannot make a model unsupported.

mod graph;
mod model;
mod operator;
mod ops;
mod tensor;
pub(crate) mod window;

use redsc_ir::{Diagnostic, Module};

use super::fault;

use graph::GraphReader;
use model::ModelReader;
pub(crate) use model::initial_contents;

/// Whether the bytes carry the identifier of the format.
pub fn has_identifier(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(redsc_schema::IDENTIFIER.as_slice())
}

/// Names of the operators that can be read, in the order of their codes.
pub fn operators() -> Vec<&'static str> {
    let mut codes: Vec<_> = ops::TABLE.iter().map(|row| row.code).collect();
    codes.sort();
    codes.into_iter().map(|code| code.schema_name()).collect()
}

/// Translates a TFLite file; the module is not verified yet.
///
/// # Errors
/// Everything that is wrong with the model, operator by operator.
pub fn read(bytes: &[u8]) -> Result<Module, Vec<Diagnostic>> {
    let mut model = ModelReader::open(bytes).map_err(|problem| Vec::from_iter(problem.diagnostic("")))?;
    let mut graphs = Vec::new();
    while let Some(subgraph) = model.subgraph_of(graphs.len()) {
        graphs.push(GraphReader::read(&mut model, subgraph));
    }
    model.finish(graphs)
}
