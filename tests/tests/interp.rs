//! What operators compute: the outputs of `data/interp/CASE.reds`, whose graphs take no inputs, are in `CASE.snap`
//! beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use redsc_ir::Module;
use redsc_ir::interp::Interpreter;
use redsc_ir::text::{format_elements, parse};
use redsc_ir::verify::verify;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/interp")
}

/// The outputs of one invocation, a line for each.
fn invoke(module: &Module, interpreter: &mut Interpreter<'_>) -> String {
    let outputs = match interpreter.invoke(&[]) {
        Ok(outputs) => outputs,
        Err(error) => return format!("error: {error}\n"),
    };
    let entry = module.entry();
    let mut lines = String::new();
    for (&id, data) in entry.outputs.iter().zip(outputs) {
        let value = entry.value(id);
        let elements = format_elements(value.ty.elem, &data);
        writeln!(lines, "{} : {}{} = {elements}", value.name, value.ty.shape, value.ty.elem).unwrap();
    }
    lines
}

/// One invocation, and two more with a reset in between if there is state.
fn run(text: &str) -> String {
    let module = parse(text, &|_| None).unwrap_or_else(|errors| panic!("{errors:?}"));
    verify(&module).unwrap_or_else(|errors| panic!("{errors:?}"));
    let mut interpreter = Interpreter::new(&module);
    let first = invoke(&module, &mut interpreter);
    if module.variables.is_empty() {
        return first;
    }
    let second = invoke(&module, &mut interpreter);
    interpreter.reset();
    let third = invoke(&module, &mut interpreter);
    format!("{first}-- again\n{second}-- after a reset\n{third}")
}

#[test]
fn texts_compute_their_snapshots() {
    let files = std::fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|e| e == "reds")) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(directory());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(stem, run(&std::fs::read_to_string(&path).unwrap())));
    }
}
