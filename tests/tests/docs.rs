//! The documentation is true: its examples are valid, and generated pages are up to date.
//!
//! `REDSC_BLESS=1` rewrites the generated pages.

use std::fmt::Write as _;
use std::path::PathBuf;

use redsc_ir::Op;
use redsc_ir::diag::render;
use redsc_ir::ops::OpRow;
use redsc_ir::text::parse_located;
use redsc_ir::verify::verify_located;

fn doc(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

#[test]
fn examples_of_the_textual_ir_are_valid() {
    let page = std::fs::read_to_string(doc("ir.md")).unwrap();
    let examples: Vec<&str> =
        page.split("```reds\n").skip(1).map(|rest| rest.split("```").next().unwrap_or("")).collect();
    assert!(examples.len() >= 2);
    for text in examples {
        let checked = parse_located(text, &|_| None).and_then(|(module, map)| verify_located(&module, &map));
        assert!(checked.is_ok(), "{}", render(&checked.unwrap_err(), "ir.md", Some(text), false));
    }
}

#[test]
fn operators_page_is_generated_from_the_table() {
    let expected = operators_page();
    if std::env::var_os("REDSC_BLESS").is_some() {
        std::fs::write(doc("operators.md"), &expected).unwrap();
    }
    let actual = std::fs::read_to_string(doc("operators.md")).unwrap_or_default();
    assert!(
        actual == expected,
        "docs/operators.md is out of date: REDSC_BLESS=1 cargo test -p redsc-tests operators"
    );
}

fn operators_page() -> String {
    let mut page = String::from(
        "# Operators\n\nGenerated from the table in `ir/src/ops.rs`; \
         `REDSC_BLESS=1 cargo test -p redsc-tests operators` rewrites it.\n\
         How operators are written is in [ir.md](ir.md), what their integers compute in [numerics.md](numerics.md).\n",
    );
    for row in Op::table() {
        push_operator(&mut page, &row);
    }
    page
}

fn push_operator(page: &mut String, row: &OpRow) {
    let names: Vec<String> = row.mnemonics.iter().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(page, "\n## {}\n\n{}", names.join(", "), row.doc);
    if row.attributes.is_empty() {
        return;
    }
    page.push_str("\n| attribute | type | |\n| --- | --- | --- |\n");
    for attribute in &row.attributes {
        let _ = writeln!(page, "| `{}` | {} | {} |", attribute.name, type_name(attribute.ty), attribute.doc);
    }
}

/// What an attribute's Rust type is in the text.
fn type_name(ty: &str) -> String {
    match ty {
        "usize" => "integer, not negative".into(),
        "i64" => "integer".into(),
        "f32" => "number".into(),
        "bool" => "`true` or `false`".into(),
        "VarId" => "variable".into(),
        "GraphId" => "graph".into(),
        "Padding" => "`[top, bottom, left, right]`".into(),
        "[usize; 2]" => "two integers".into(),
        "Vec<usize>" | "Vec<i64>" => "list of integers".into(),
        word => words_of(word),
    }
}

fn words_of(ty: &str) -> String {
    use redsc_ir::ops::{Accumulate, Activation, PadMode};
    let words: Vec<&str> = match ty {
        "Activation" => Activation::ALL.iter().map(|w| w.name()).collect(),
        "Accumulate" => Accumulate::ALL.iter().map(|w| w.name()).collect(),
        "PadMode" => PadMode::ALL.iter().map(|w| w.name()).collect(),
        other => panic!("say how attributes of type {other} are written"),
    };
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
