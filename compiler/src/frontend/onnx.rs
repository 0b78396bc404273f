//! The ONNX front end: opsets 7 and later, static shapes.
//!
//! The parts: [`tensor`] decodes constants; [`builder`] appends nodes of the representation and computes at once what
//! depends on constants alone, which is how shape arithmetic disappears; [`math`] has the arithmetic that importers
//! share; [`graph`] walks nodes, functions and branches, names in hand; [`call`] is what an importer sees of its node;
//! [`ops`] is the table of importers, one row and one small function per operator. [`quantized`] turns what computes
//! on dequantized codes into integer operators.
//!
//! Images keep ONNX's order of dimensions at every operator's border: what works on images transposes to and fro, and
//! the pass `cancel-transposes` removes what meets.
//!
//! Halves and doubles are computed in single precision; only inputs and outputs have their declared types.

mod builder;
mod call;
mod folded;
mod graph;
mod math;
mod ops;
mod quantized;
mod tensor;

use redsc_ir::{Diagnostic, Module};
use redsc_onnx_schema::{Bytes, Message, ModelProto};

use super::{Bindings, SideFiles, fault};
use graph::Reader;

/// Whether the bytes look like a model: field 1, a small version number, and the key of another field of the message.
pub fn looks_like(bytes: &[u8]) -> bool {
    const VERSION_KEY: u8 = 0x08;
    const OTHER_KEYS: [u8; 12] = [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72, 0xA2, 0xCA, 0xD2, 0x08];
    matches!(bytes, [VERSION_KEY, 1..=0x1F, key, ..] if OTHER_KEYS.contains(key))
}

/// Names of the operators that can be read, in alphabetical order.
pub fn operators() -> Vec<&'static str> {
    let mut names: Vec<_> = ops::table().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Translates an ONNX file; the module is not verified yet.
///
/// # Errors
/// Everything that is wrong with the model, node by node.
pub fn read(bytes: &[u8], files: SideFiles, bindings: &Bindings) -> Result<Module, Vec<Diagnostic>> {
    let damaged = |e: redsc_onnx_schema::prost::DecodeError| {
        Vec::from_iter(fault::damaged(format!("the file cannot be read: {e}")).diagnostic(""))
    };
    let model = ModelProto::decode(Bytes::copy_from_slice(bytes)).map_err(damaged)?;
    let mut module = Reader::read(&model, bytes.len(), files, bindings)?;
    simplify(&mut module)?;
    quantized::lower(&mut module);
    simplify(&mut module)?;
    Ok(module)
}

/// Removes what nothing needs, so that transformations see who really uses a value.
fn simplify(module: &mut Module) -> Result<(), Vec<Diagnostic>> {
    use redsc_passes::{Config, cancel_transposes, dead_code};
    for pass in [dead_code::PASS, cancel_transposes::PASS, dead_code::PASS] {
        (pass.run)(module, &Config::default())
            .map_err(|message| vec![Diagnostic::new("E0508", message).at(format!("pass {}", pass.name))])?;
    }
    folded::fold_scales(module);
    (dead_code::PASS.run)(module, &Config::default())
        .map(|_| ())
        .map_err(|message| vec![Diagnostic::new("E0508", message)])
}
