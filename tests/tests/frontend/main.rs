//! The TFLite front end: what it makes of models, what it says of those it cannot read, and that no bytes break it.

mod diagnose;
mod hostile;
mod model_files;
mod resources;
mod storage;
mod translate;

use redsc_ir::text::{PrintOptions, print_with};
use redsc_ir::{Diagnostic, Module};
use redsc_tests::fixture::Fixture;

/// The module of a fixture, which must load.
fn load(fixture: &Fixture) -> Module {
    let module = redsc::frontend::load(&fixture.bytes(), "fixture.tflite");
    module.unwrap_or_else(|errors| panic!("{}", lines(&errors)))
}

/// The module of a fixture as text, without its first line.
fn text(fixture: &Fixture) -> String {
    let options = PrintOptions { inline_elements: 16, ..Default::default() };
    let text = print_with(&load(fixture), &options).text;
    text.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_string())
}

/// What is wrong with a fixture, which must not load: one line each.
fn errors(fixture: &Fixture) -> String {
    match redsc::frontend::load(&fixture.bytes(), "fixture.tflite") {
        Ok(module) => panic!("it loads:\n{}", print_with(&module, &PrintOptions::default()).text),
        Err(errors) => lines(&errors),
    }
}

fn lines(errors: &[Diagnostic]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}
