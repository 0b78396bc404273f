//! Modules as TFLite files: the way back from [`crate::frontend::tflite`].
//!
//! What the format has an operator for is written with standard operators alone, so any TFLite runtime can run it.
//! Shape-like attributes become constant operands again; padding that is neither SAME nor VALID becomes a PAD before
//! the convolution; variables become state tensors (recurrent layers) or resources (the others), and a resource
//! that does not start at zero is set by a subgraph that runs once. Reading the file back gives the same module, but
//! for places and for that subgraph.
//!
//! Tables of codes and layers with folded zero points have no counterpart: a module is written before such passes.

mod graph;
mod layers;
mod ops;
mod values;

use redsc_ir::{Diagnostic, Module, VarId};
use redsc_schema::planus::Builder;
use redsc_schema::tflite::{self, BuiltinOperator};

use graph::GraphWriter;

/// The module as a TFLite file.
///
/// # Errors
/// `E0220` for everything that has no counterpart in the format.
pub fn write(module: &Module) -> Result<Vec<u8>, Vec<Diagnostic>> {
    write_as(module, Storage::Dense)
}

/// How weights with zeros are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// As they are, with the standard fields of the format alone.
    #[default]
    Dense,
    /// As delta-compressed sparse rows wherever these are smaller, in the fields of the published tool, which standard
    /// runtimes refuse.
    Dcsr,
}

/// The module as a TFLite file with weights stored like that.
///
/// # Errors
/// As [`write()`].
pub fn write_as(module: &Module, storage: Storage) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let mut file = FileWriter { storage, ..FileWriter::default() };
    let first_set = module.graphs.len();
    let initialized = values::variables_to_set(module);
    for (index, graph) in module.graphs.iter().enumerate() {
        let mut writer = GraphWriter::new(&mut file, module, graph);
        if index == 0 && !initialized.is_empty() {
            writer.call_once(first_set);
        }
        let subgraph = writer.write(index);
        file.subgraphs.push(subgraph);
    }
    file.push_setter(module, &initialized);
    file.finish()
}

/// What all subgraphs of a file share.
#[derive(Default)]
struct FileWriter {
    subgraphs: Vec<tflite::SubGraph>,
    codes: Vec<BuiltinOperator>,
    /// Contents of the buffers after the first, which is empty.
    buffers: Vec<Vec<u8>>,
    errors: Vec<Diagnostic>,
    storage: Storage,
}

impl FileWriter {
    /// The index of an operator code.
    fn code(&mut self, code: BuiltinOperator) -> u32 {
        let index = self.codes.iter().position(|known| *known == code).unwrap_or_else(|| {
            self.codes.push(code);
            self.codes.len() - 1
        });
        index as u32
    }

    /// The index of a new buffer.
    fn buffer(&mut self, bytes: &[u8]) -> u32 {
        self.buffers.push(bytes.to_vec());
        self.buffers.len() as u32
    }

    /// Adds the subgraph that sets variables in the first invocation.
    fn push_setter(&mut self, module: &Module, variables: &[VarId]) {
        if variables.is_empty() {
            return;
        }
        let empty = redsc_ir::Graph { name: "set variables".into(), ..Default::default() };
        let mut writer = GraphWriter::new(self, module, &empty);
        variables.iter().for_each(|&variable| writer.set_variable(variable));
        let subgraph = writer.write(module.graphs.len());
        self.subgraphs.push(subgraph);
    }

    fn finish(self) -> Result<Vec<u8>, Vec<Diagnostic>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let buffer = |data| tflite::Buffer { data, ..Default::default() };
        let model = tflite::Model {
            version: 3,
            description: Some("written by redsc".into()),
            operator_codes: Some(self.codes.into_iter().map(operator_code).collect()),
            subgraphs: Some(self.subgraphs),
            buffers: Some([None].into_iter().chain(self.buffers.into_iter().map(Some)).map(buffer).collect()),
            ..Default::default()
        };
        Ok(redsc_schema::write_file(&mut Builder::new(), &model))
    }
}

/// Readers from before the 128th operator look at the byte alone.
fn operator_code(code: BuiltinOperator) -> tflite::OperatorCode {
    let byte = code.min(BuiltinOperator::PlaceholderForGreaterOpCodes) as i8;
    tflite::OperatorCode { deprecated_builtin_code: byte, builtin_code: code, ..Default::default() }
}
