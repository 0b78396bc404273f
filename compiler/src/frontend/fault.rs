//! Why a part of a model cannot be translated.

use redsc_ir::Diagnostic;
use redsc_schema::planus;

/// The file is damaged: it contradicts the format or itself.
pub(in crate::frontend) const DAMAGED: &str = "E0202";
/// There is no translation for the operator.
pub(in crate::frontend) const OPERATOR: &str = "E0203";
/// The element type or the storage of a tensor is not supported.
pub(in crate::frontend) const STORAGE: &str = "E0204";
/// The shape of a tensor is unknown or too large.
pub(in crate::frontend) const SHAPE: &str = "E0205";
/// The quantization of a tensor is invalid or not supported.
pub(in crate::frontend) const QUANTIZATION: &str = "E0206";
/// The contents of a constant do not fit its type or are elsewhere.
pub(in crate::frontend) const CONTENTS: &str = "E0207";
/// The operator is supported, but not in this form.
pub(in crate::frontend) const FORM: &str = "E0208";
/// Operators and tensors do not form a graph in execution order.
pub(in crate::frontend) const STRUCTURE: &str = "E0209";
/// Float activations meet integer weights.
pub(in crate::frontend) const HYBRID: &str = "E0210";

/// The result of translating a part.
pub(in crate::frontend) type Outcome<T = ()> = Result<T, Problem>;

/// Why a part could not be translated.
#[derive(Debug)]
pub(in crate::frontend) enum Problem {
    /// It depends on something that is in the list of diagnostics already.
    Reported,
    /// Something new.
    Fault(Box<Fault>),
}

/// One thing that is wrong; the place is added by who knows it.
#[derive(Debug)]
pub(in crate::frontend) struct Fault {
    code: &'static str,
    message: String,
    tensor: Option<String>,
    help: String,
}

impl Problem {
    pub(in crate::frontend) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Problem::Fault(Box::new(Fault { code, message, tensor: None, help: String::new() }))
    }

    /// Says what would help.
    pub(in crate::frontend) fn help(mut self, help: &str) -> Self {
        if let Problem::Fault(fault) = &mut self {
            fault.help = help.into();
        }
        self
    }

    /// Names the tensor that is at fault, unless that is known already.
    pub(in crate::frontend) fn in_tensor(mut self, name: &str) -> Self {
        if let Problem::Fault(fault) = &mut self {
            fault.tensor.get_or_insert_with(|| name.into());
        }
        self
    }

    /// The diagnostic of a fault at a place, unless it is reported already.
    pub(in crate::frontend) fn diagnostic(self, place: &str) -> Option<Diagnostic> {
        let Problem::Fault(fault) = self else { return None };
        let tensor = fault.tensor.map(|name| format!("tensor `{name}`"));
        let parts = [Some(place.to_string()).filter(|p| !p.is_empty()), tensor];
        let location = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        Some(Diagnostic::new(fault.code, fault.message).at(location).help(fault.help))
    }
}

impl From<planus::Error> for Problem {
    fn from(error: planus::Error) -> Self {
        let place = error.source_location;
        let message = format!("`{}.{}` cannot be read: {}", place.type_, place.method, error.error_kind);
        Problem::new(DAMAGED, message)
            .help("the file is damaged or of a newer version; convert the model again")
    }
}

/// The file contradicts the format or itself.
pub(in crate::frontend) fn damaged(message: impl Into<String>) -> Problem {
    Problem::new(DAMAGED, message)
}

/// The operator is supported, but not in this form.
pub(in crate::frontend) fn form(message: impl Into<String>) -> Problem {
    Problem::new(FORM, message)
}
