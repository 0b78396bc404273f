//! What a user did wrong, as a value: the only error type of this crate's public API.

use redsc_ir::Diagnostic;

/// Why a request cannot be served: one or more diagnostics and the text they point into.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// What is wrong; never empty.
    pub diagnostics: Vec<Diagnostic>,
    /// Name of the input, for the rendering.
    pub source_name: String,
    /// The input, if it is text that the diagnostics' spans point into.
    pub source_text: Option<String>,
}

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// One problem that is not in a text: `code`, what is wrong, where, and what would help.
    pub fn new(
        code: &'static str,
        message: impl Into<String>,
        location: impl Into<String>,
        help: &str,
    ) -> Self {
        Failure::of(
            "",
            vec![Diagnostic {
                code,
                message: message.into(),
                location: location.into(),
                span: None,
                help: help.into(),
            }],
        )
    }

    /// Problems of the input `source_name`.
    pub fn of(source_name: &str, diagnostics: Vec<Diagnostic>) -> Self {
        Failure { diagnostics, source_name: source_name.into(), source_text: None }
    }

    /// Names the source, if nothing has named it before.
    pub fn in_source(mut self, name: &str) -> Self {
        if self.source_name.is_empty() {
            self.source_name = name.into();
        }
        self
    }

    /// The diagnostics as text for a terminal.
    pub fn render(&self, color: bool) -> String {
        redsc_ir::diag::render(&self.diagnostics, &self.source_name, self.source_text.as_deref(), color)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Failure {}
