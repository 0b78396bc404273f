//! ONNX's backend tests: what passed before must pass, and `docs/onnx_support.md` says what passes.
//!
//! `REDSC_BLESS=1` rewrites the table. `REDSC_ONNX_FILTER=part` runs the tests whose names contain a part and prints
//! what is wrong with them; `REDSC_ONNX_INTERPRETER=1` leaves out the C.

#![allow(clippy::print_stderr, reason = "what is skipped or asked for is said")]

use std::env;
use std::fs;
use std::path::PathBuf;

use rayon::prelude::*;
use redsc_tests::conformance::{self, Loaded, Outcome, Row, Table, Test};

/// The sets of the package that come with their data.
const SETS: [&str; 4] = ["node", "pytorch-converted", "pytorch-operator", "simple"];

/// Models that are linked into one program.
const BATCH: usize = 24;

const MARKER: &str = "<!-- Generated below this line. -->\n";

fn doc() -> PathBuf {
    redsc_tests::golden::repository().join("docs/onnx_support.md")
}

#[test]
fn onnx_backend_tests() {
    let Some(folder) = conformance::folder() else {
        eprintln!("skipped: tests/onnx_tests.py fetches the tests");
        return;
    };
    let filter = env::var("REDSC_ONNX_FILTER").ok();
    let chosen = |test: &Test| filter.as_ref().is_none_or(|part| test.name.contains(part.as_str()));
    std::panic::set_hook(Box::new(|_| {}));
    let mut table = Table::new();
    for set in SETS {
        let tests: Vec<Test> = conformance::tests(&folder, set).into_iter().filter(chosen).collect();
        let results: Vec<(String, Row)> = tests.par_chunks(BATCH).flat_map_iter(run).collect();
        table.insert(set.into(), results.into_iter().collect());
    }
    let _ = std::panic::take_hook();
    if filter.is_some() {
        show(&table);
        return;
    }
    check(&table);
}

/// Runs tests in the interpreter, then all that the front end serves as one program.
fn run(tests: &[Test]) -> Vec<(String, Row)> {
    let loaded: Vec<Result<Loaded, Outcome>> = tests.iter().map(Test::load).collect();
    let good: Vec<&Loaded> = loaded.iter().flatten().collect();
    let compiled = match env::var_os("REDSC_ONNX_INTERPRETER") {
        Some(_) => vec![Outcome::Unsupported("not asked for".into()); good.len()],
        None => conformance::run_c(&good).unwrap_or_else(|e| vec![Outcome::Fail(e); good.len()]),
    };
    let mut compiled = compiled.into_iter();
    let row = |loaded: &Result<Loaded, Outcome>| match loaded {
        Err(outcome) => Row { interpreter: outcome.clone(), c: outcome.clone() },
        Ok(loaded) => Row {
            interpreter: loaded.interpret(),
            c: compiled.next().unwrap_or(Outcome::Fail("no result".into())),
        },
    };
    let rows: Vec<Row> = loaded.iter().map(row).collect();
    tests.iter().map(|test| test.name.clone()).zip(rows).collect()
}

fn show(table: &Table) {
    for (name, row) in table.values().flatten() {
        eprintln!("{name}: {:?} / {:?}", row.interpreter, row.c);
    }
}

/// Nothing that passed may fail.
fn check(table: &Table) {
    let page = fs::read_to_string(doc()).unwrap_or_default();
    let (head, before) = page.split_once(MARKER).unwrap_or((page.as_str(), ""));
    let generated = conformance::page(table);
    if env::var_os("REDSC_BLESS").is_some() {
        fs::write(doc(), format!("{head}{MARKER}\n{generated}")).unwrap();
        return;
    }
    let passes = |set: &str, name: &str| table.get(set).and_then(|rows| rows.get(name)).map(Row::passes);
    let mut lost = Vec::new();
    for (set, names) in conformance::passing(before) {
        lost.extend(names.into_iter().filter(|name| passes(&set, name) == Some(false)));
    }
    assert!(lost.is_empty(), "{} tests pass no more: {}", lost.len(), lost.join(" "));
}
