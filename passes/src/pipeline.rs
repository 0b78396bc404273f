//! Runs passes by name, watches over them and lets the caller look on.
//!
//! The caller's observer hears when a pass begins and when it has ended, with the module as it is then: printing
//! and timing are its business.

use redsc_ir::verify::verify;
use redsc_ir::{Diagnostic, Module};

use crate::{Config, Pass, Stats, table};

/// A sequence of passes.
#[derive(Clone, Debug)]
pub struct Pipeline {
    passes: Vec<&'static Pass>,
}

/// What the observer of a run hears.
#[derive(Debug)]
pub enum Event<'a> {
    /// The pass is about to run.
    Begin(&'static Pass),
    /// The pass has run and its result is valid.
    End(&'static Pass, &'a Module, &'a Stats),
}

/// Why a pipeline did not run to its end.
#[derive(Clone, Debug, PartialEq)]
pub enum PipelineError {
    /// There is no pass of that name.
    UnknownPass(String),
    /// The module was not valid before the first pass.
    InvalidInput(Vec<Diagnostic>),
    /// The pass cannot serve the module.
    Failed {
        /// Name of the pass.
        pass: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The pass made a module that is not valid: a bug of the pass.
    Broken {
        /// Name of the pass.
        pass: &'static str,
        /// What the verifier says.
        diagnostics: Vec<Diagnostic>,
    },
}

impl Default for Pipeline {
    /// The passes of the table that do not wait to be asked for, in its order.
    fn default() -> Self {
        Pipeline { passes: table::default_pipeline().into_iter().filter_map(table::find).collect() }
    }
}

impl Pipeline {
    /// The passes of these names, in this order; a pass may occur more than once.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, PipelineError> {
        let find =
            |name: &'n str| table::find(name).ok_or_else(|| PipelineError::UnknownPass(name.to_owned()));
        Ok(Pipeline { passes: names.into_iter().map(find).collect::<Result<_, _>>()? })
    }

    /// The passes, in order.
    pub fn passes(&self) -> &[&'static Pass] {
        &self.passes
    }

    /// Runs the passes on a module that is verified before, between and after them.
    ///
    /// # Errors
    /// On the first failure; the module is left as the failing pass left it, so that it can be printed.
    pub fn run(
        &self,
        module: &mut Module,
        config: &Config,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<(&'static str, Stats)>, PipelineError> {
        verify(module).map_err(PipelineError::InvalidInput)?;
        let mut statistics = Vec::with_capacity(self.passes.len());
        for &pass in &self.passes {
            observer(Event::Begin(pass));
            let stats = (pass.run)(module, config)
                .map_err(|message| PipelineError::Failed { pass: pass.name, message })?;
            verify(module).map_err(|diagnostics| PipelineError::Broken { pass: pass.name, diagnostics })?;
            observer(Event::End(pass, module, &stats));
            statistics.push((pass.name, stats));
        }
        Ok(statistics)
    }
}

impl std::fmt::Display for PipelineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PipelineError::UnknownPass(name) => write!(f, "there is no pass `{name}`"),
            PipelineError::InvalidInput(diagnostics) => {
                write!(f, "the module is not valid{}", first_message(diagnostics))
            }
            PipelineError::Failed { pass, message } => write!(f, "pass `{pass}`: {message}"),
            PipelineError::Broken { pass, diagnostics } => {
                write!(f, "pass `{pass}` made an invalid module{}", first_message(diagnostics))
            }
        }
    }
}

impl std::error::Error for PipelineError {}

/// `: message of the first diagnostic`
fn first_message(diagnostics: &[Diagnostic]) -> String {
    diagnostics.first().map(|d| format!(": {}", d.message)).unwrap_or_default()
}
