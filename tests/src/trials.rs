//! Test binaries with one trial per model, so that each has a name and all failures are listed at the end.

use libtest_mimic::{Completion, Failed};

use crate::golden::Case;
use crate::model::Problem;

/// What a trial reports: a refusal is a failure only for a model that must be served.
///
/// # Errors
/// What failed.
pub fn outcome(case: &Case, result: Result<(), Problem>) -> Result<Completion, Failed> {
    match result {
        Ok(()) => Ok(Completion::Completed),
        Err(Problem::DoesNotFit(reason)) => Ok(Completion::ignored_with(reason)),
        Err(Problem::Unsupported(reason)) if !case.required => {
            Ok(Completion::ignored_with(reason.lines().next().unwrap_or_default()))
        }
        Err(Problem::Unsupported(reason)) => Err(format!("must be served, but: {reason}").into()),
        Err(Problem::Failed(message)) => Err(message.into()),
    }
}
