//! Diagnostics: what is wrong, where, and what would help. The one place that knows `codespan-reporting`.
//!
//! Every problem that a user can cause is a [`Diagnostic`] with a code from [`CODES`]. Codes are stable: a code that
//! was published keeps its meaning, a new meaning gets a new code.

use std::borrow::Cow;
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic as Report, Label};
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term::{self, Config};

/// One problem of the user's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code such as `E0101`; [`CODES`] lists them.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// Where in a model: graph, operator, tensor. Empty if the position says it all.
    pub location: String,
    /// Where in a text: byte range and what is there.
    pub span: Option<Range<usize>>,
    /// What would help; may be empty.
    pub help: String,
}

/// All codes with their meaning. `E01xx` text and verifier, `E02xx` front ends, `E03xx` passes and plan, `E04xx` code
/// generation, `E05xx` driver and files.
pub const CODES: &[(&str, &str)] = &[
    // Text and verifier.
    ("E0101", "the text does not follow the grammar"),
    ("E0102", "a literal does not fit its place"),
    ("E0103", "there is no such operator, or its attributes are wrong"),
    ("E0104", "the side file with the weights is missing, too short or not the right one"),
    ("E0105", "the text asks for more constant data than the reader makes up"),
    ("E0106", "graphs and variables are not numbered in order"),
    ("E0110", "a value is defined more than once"),
    ("E0111", "a value is used before it is defined"),
    ("E0112", "a value, variable or graph does not exist"),
    ("E0113", "there is no entry graph"),
    ("E0114", "graphs run each other in a cycle or nest too deep"),
    ("E0120", "tensors are too large"),
    ("E0121", "a tensor has too many dimensions or an extent of zero"),
    ("E0122", "an attribute is too large or not finite"),
    ("E0123", "contents do not fit their type"),
    ("E0130", "a scale is not a finite positive number"),
    ("E0131", "the quantized axis does not exist or has another number of scales or zero points"),
    ("E0132", "a zero point is not a value of the element type"),
    ("E0133", "the element type cannot be quantized"),
    ("E0140", "operands or attributes do not fit the operator"),
    ("E0141", "results do not have the types that the operator gives them"),
    // Front ends.
    ("E0201", "the content is no model that redsc reads"),
    ("E0202", "the model file is damaged: it contradicts the format or itself"),
    ("E0203", "an operator of the model is not supported"),
    ("E0204", "the element type or the storage of a tensor is not supported"),
    ("E0205", "the shape of a tensor is unknown or too large"),
    ("E0206", "the quantization of a tensor is invalid or not supported"),
    ("E0207", "the contents of a constant do not fit its type, or are elsewhere"),
    ("E0208", "an operator is supported, but not in this form"),
    ("E0209", "operators and tensors do not form a graph in execution order"),
    ("E0210", "float activations meet integer weights"),
    ("E0220", "a part of the module has no counterpart in TFLite"),
    // Passes and plan.
    ("E0301", "the plan does not fit the module"),
    ("E0302", "something lies outside the arena"),
    ("E0303", "something in the arena is misaligned"),
    ("E0304", "a value is overwritten before it is read"),
    ("E0305", "what a node reads and writes overlaps"),
    ("E0306", "variables overlap"),
    ("E0307", "a value has no place, or a wrong one"),
    ("E0308", "a view does not have the bytes of its operands"),
    ("E0309", "there is no kernel for an operator"),
    ("E0310", "an output overlaps an input"),
    // Code generation.
    ("E0401", "an operator has no C"),
    ("E0402", "the files of a program cannot be put together"),
    ("E0403", "there is no native code for a machine"),
    ("E0404", "an operator has no native code"),
    ("E0405", "native code cannot be made"),
    // Driver and files.
    ("E0501", "a file cannot be read"),
    ("E0502", "a file cannot be written"),
    ("E0503", "a file is not a usable .npy array"),
    ("E0504", "a file does not describe a target"),
    ("E0505", "there is no such target"),
    ("E0506", "a memory budget is exceeded"),
    ("E0507", "there is no such pass"),
    ("E0508", "a pass cannot serve the model"),
    ("E0509", "a pass made an invalid model"),
    ("E0510", "the interpreter cannot run the model"),
    ("E0511", "the C compiler or the compiled model failed"),
    ("E0512", "it is not clear what to emit"),
    ("E0513", "the number of inputs is wrong"),
    ("E0514", "an input has the wrong type or shape"),
    ("E0515", "results differ from the reference interpreter"),
    ("E0516", "a report cannot be made"),
    ("E0517", "a file is no set of calibration samples for the model"),
    ("E0518", "there are no such nested subnetworks"),
    ("E0519", "weights cannot be emitted in that format"),
    ("E0520", "measurements cannot calibrate a board"),
    ("E0521", "what an operator costs is not known"),
    ("E0522", "kernels cannot be measured"),
    ("E0523", "a file does not describe a board, or the board does not fit"),
    ("E0524", "a model cannot be trained"),
];

/// The meaning of a code.
pub fn explain(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}

impl Diagnostic {
    /// A problem that is nowhere in particular; the other methods say where.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { code, message: message.into(), location: String::new(), span: None, help: String::new() }
    }

    /// Says where in a model it is.
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = location.into();
        self
    }

    /// Says where in a text it is, in bytes.
    pub fn span(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }

    /// Says what would help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

/// One line: code, place, message.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "error[{}]: ", self.code)?;
        if !self.location.is_empty() {
            write!(f, "{}: ", self.location)?;
        }
        f.write_str(&self.message)
    }
}

/// The diagnostics as a terminal shows them: message, excerpt of the source where there is one, place and help.
///
/// `source_name` is what the user calls the input; `source_text` is the text that the spans refer to, absent for
/// binary inputs; `color` asks for ANSI escapes.
pub fn render(
    diagnostics: &[Diagnostic],
    source_name: &str,
    source_text: Option<&str>,
    color: bool,
) -> String {
    let text = source_text.map(printable);
    let file = SimpleFile::new(source_name, text.as_deref().unwrap_or(""));
    let mut out = String::new();
    for diagnostic in diagnostics {
        let report = report(diagnostic, source_name, text.as_deref());
        match emit(&file, &report, color) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&format!("{diagnostic}\n")),
        }
    }
    out
}

/// The text without characters that would control the terminal; byte positions stay.
fn printable(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.contains(hostile) { text.replace(hostile, "?").into() } else { text.into() }
}

fn emit(file: &SimpleFile<&str, &str>, report: &Report<()>, color: bool) -> Option<String> {
    let config = Config::default();
    if !color {
        return term::emit_into_string(&config, file, report).ok();
    }
    let mut buffer = term::termcolor::Buffer::ansi();
    term::emit_to_write_style(&mut buffer, &config, file, report).ok()?;
    String::from_utf8(buffer.into_inner()).ok()
}

/// Longest source line that is shown; generated text may have lines that nobody wants to see whole.
const LONGEST_LINE: usize = 300;

fn report(diagnostic: &Diagnostic, source_name: &str, source_text: Option<&str>) -> Report<()> {
    let span = source_text.and_then(|text| {
        let span = clamp(diagnostic.span.clone()?, text);
        (line_length(&span, text) <= LONGEST_LINE).then_some(span)
    });
    let mut notes = Vec::new();
    match (&span, diagnostic.location.is_empty()) {
        (None, true) => notes.push(format!("in: {source_name}")),
        (None, false) => notes.push(format!("in: {source_name}: {}", diagnostic.location)),
        (Some(_), true) => {}
        (Some(_), false) => notes.push(format!("in: {}", diagnostic.location)),
    }
    if !diagnostic.help.is_empty() {
        notes.push(format!("help: {}", diagnostic.help));
    }
    let labels = span.into_iter().map(|span| Label::primary((), span)).collect();
    Report::error()
        .with_code(diagnostic.code)
        .with_message(printable(&diagnostic.message))
        .with_labels(labels)
        .with_notes(notes.iter().map(|note| printable(note).into_owned()).collect())
}

/// Length of the line in which the span starts.
fn line_length(span: &Range<usize>, text: &str) -> usize {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.start..].find('\n').map_or(text.len(), |at| span.start + at);
    end - start
}

/// The span moved to character boundaries inside the text, so that rendering cannot fail.
fn clamp(span: Range<usize>, text: &str) -> Range<usize> {
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(span.start);
    start..boundary(span.end).max(start)
}
