//! Front ends: bytes of a model file to a verified [`Module`].
//!
//! The content decides which front end reads a file, never its name. A model is translated as a whole: everything
//! that is wrong with it is reported at once, with the codes `E0201` to `E0210` of [`redsc_ir::diag::CODES`]; what
//! the rules of the representation forbid is reported by the verifier. No input makes a front end panic, hang or
//! allocate more than a small multiple of the input's size.

mod bindings;
mod fault;
pub mod onnx;
pub mod tflite;

use std::path::Path;

use redsc_ir::{Diagnostic, Module, text, verify};

pub use bindings::Bindings;

/// Finds the contents of a side file that a textual module refers to by name.
pub type SideFiles<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// Reads a model; `source_name` is what the user calls it, and its stem names the module.
///
/// Weights in side files are not found; see [`load_with`].
///
/// # Errors
/// Everything that is wrong with the model.
pub fn load(bytes: &[u8], source_name: &str) -> Result<Module, Vec<Diagnostic>> {
    load_with(bytes, source_name, &|_| None)
}

/// Reads a model whose parts may lie in side files.
///
/// # Errors
/// As [`load`].
pub fn load_with(bytes: &[u8], source_name: &str, files: SideFiles) -> Result<Module, Vec<Diagnostic>> {
    load_bound(bytes, source_name, files, &Bindings::default())
}

/// Reads a model whose inputs the user has said more about.
///
/// # Errors
/// As [`load`]; bindings that do not fit.
pub fn load_bound(
    bytes: &[u8],
    source_name: &str,
    files: SideFiles,
    bindings: &Bindings,
) -> Result<Module, Vec<Diagnostic>> {
    let mut module = match Format::of(bytes).map_err(|diagnostic| vec![*diagnostic])? {
        Format::Tflite => {
            let mut module = tflite::read(bytes)?;
            bindings.apply(&mut module)?;
            verify::verify(&module)?;
            module
        }
        Format::Onnx => {
            let module = onnx::read(bytes, files, bindings)?;
            verify::verify(&module)?;
            module
        }
        Format::Text(source) => {
            let (mut module, places) = text::parse_located(source, files)?;
            bindings.apply(&mut module)?;
            verify::verify_located(&module, &places)?;
            module
        }
    };
    if module.name.is_empty() {
        module.name = Path::new(source_name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    }
    Ok(module)
}

/// A format that can be read.
enum Format<'a> {
    Tflite,
    Onnx,
    Text(&'a str),
}

impl<'a> Format<'a> {
    /// Recognises a format by its content.
    fn of(bytes: &'a [u8]) -> Result<Self, Box<Diagnostic>> {
        if tflite::has_identifier(bytes) {
            return Ok(Format::Tflite);
        }
        if bytes.is_empty() {
            return Err(unreadable("the file is empty", ""));
        }
        if onnx::looks_like(bytes) {
            return Ok(Format::Onnx);
        }
        match std::str::from_utf8(bytes) {
            Ok(source) if text::is_text(bytes) => Ok(Format::Text(source)),
            _ => Err(unreadable(
                "this is not a model that redsc reads",
                "redsc reads TFLite files (`TFL3` at byte 4), ONNX files and its own textual form",
            )),
        }
    }
}

fn unreadable(message: &str, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new("E0201", message).help(help))
}
