//! Diagnostics: what is wrong, where, and what would help. The one place that knows `codespan-reporting`.

/// One problem of the user's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code such as `E0101`; [`crate::diag`] lists them.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// Where in a model: graph, operator, tensor. Empty if the position says it all.
    pub location: String,
    /// Where in a text: byte range and what is there.
    pub span: Option<std::ops::Range<usize>>,
    /// What would help; may be empty.
    pub help: String,
}
