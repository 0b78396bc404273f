//! Real models: each loads, or says which operators or types are not supported.

use std::fs;
use std::time::{Duration, Instant};

use redsc_ir::Diagnostic;
use redsc_tests::golden;

/// Whether something is missing here (an operator, an element type) rather than misunderstood.
fn is_gap(error: &Diagnostic) -> bool {
    match error.code {
        "E0203" | "E0210" => true,
        "E0140" => error.message.contains("elements of type"),
        _ => false,
    }
}

#[test]
fn every_model_loads_or_names_what_is_not_supported() {
    let mut failures = Vec::new();
    for path in golden::model_files() {
        let (bytes, name) = (fs::read(&path).unwrap(), path.display().to_string());
        let start = Instant::now();
        let loaded = redsc::frontend::load(&bytes, &name);
        let elapsed = start.elapsed();
        let known = loaded.as_ref().err().is_none_or(|e| e.iter().all(is_gap));
        if !known || elapsed > Duration::from_secs(1) {
            failures
                .push(format!("{name} ({elapsed:?}):\n{}", crate::lines(&loaded.err().unwrap_or_default())));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
