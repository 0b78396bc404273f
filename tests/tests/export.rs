//! Modules written as TFLite files: reading them back gives the same modules.

use std::fs;

use redsc::{export_tflite, frontend};
use redsc_ir::{Diagnostic, Module, text};
use redsc_tests::golden;

/// The module as text without places, which count the operators of the file.
fn printed(module: &Module) -> String {
    let text = text::print(module).text;
    text.lines().map(|line| format!("{}\n", line.split(" loc \"").next().unwrap_or(line))).collect()
}

fn lines(errors: &[Diagnostic]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}

fn again(module: &Module) -> Module {
    let file = export_tflite::write(module).unwrap_or_else(|e| panic!("{}", lines(&e)));
    let mut again = frontend::load(&file, "").unwrap_or_else(|e| panic!("{}", lines(&e)));
    again.name.clone_from(&module.name);
    again
}

#[test]
fn every_model_that_loads_can_be_written() {
    for path in golden::model_files() {
        let name = path.display().to_string();
        let Ok(module) = frontend::load(&fs::read(&path).unwrap(), &name) else { continue };
        assert!(printed(&again(&module)) == printed(&module), "{name} changes");
    }
}

fn parse(source: &str) -> Module {
    frontend::load(source.as_bytes(), "test.reds").unwrap_or_else(|e| panic!("{}", lines(&e)))
}

#[test]
fn what_needs_more_than_one_operator() {
    let module = parse(
        r#"module "m"
var $0 "kept" : 2xi8 q(0.5, 1) = [3, 4]
var $1 "kept" : 2xi8 q(0.5, 1) = [1, 1]
graph @0(%0 : 1x4x4x1xi8 q(0.5, 1)) {
  %1 = const : 1x3x3x1xi8 q(0.25, 0) = splat(1)
  %2 = conv2d(%0, %1) {padding = [2, 0, 0, 1], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x3x1xi8 q(0.5, 1)
  %3 = slice(%2) {begin = [0, 3, 1, 0], size = [1, 2, 2, 1], stride = [1, -3, -1, 1]} : 1x2x2x1xi8 q(0.5, 1)
  %4 = read_variable() {variable = $0} : 2xi8 q(0.5, 1)
  assign_variable(%4) {variable = $1}
  %5 = slice(%3) {begin = [0, 1, 1, 0], size = [1, 2, 3, 1], stride = [1, -1, 0, 1]} : 1x2x3x1xi8 q(0.5, 1)
  return %5
}
"#,
    );
    insta::assert_snapshot!(printed(&again(&module)), @r#"
    module "m"
    var $0 "kept$0" : 2xi8 q(0.5, 1) = [1, 1]
    var $1 "kept$1" : 2xi8 q(0.5, 1) = [1, 1]
    graph @0(%0 : 1x4x4x1xi8 q(0.5, 1)) {
      call_once() {graph = @1}
      %1 = pad(%0) {before = [0, 2, 0, 0], after = [0, 0, 1, 0], mode = constant} : 1x6x5x1xi8 q(0.5, 1)
      %2 = const : 1x3x3x1xi8 q(0.25, 0) = [1, 1, 1, 1, 1, 1, 1, 1, 1]
      %3 = conv2d(%1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x3x1xi8 q(0.5, 1)
      %4 = slice(%3) {begin = [0, 3, 1, 0], size = [1, 2, 2, 1], stride = [1, -3, -1, 1]} : 1x2x2x1xi8 q(0.5, 1)
      %5 = read_variable() {variable = $0} : 2xi8 q(0.5, 1)
      assign_variable(%5) {variable = $1}
      %6 = slice(%4) {begin = [0, 1, 1, 0], size = [1, 2, 1, 1], stride = [1, -1, 1, 1]} : 1x2x1x1xi8 q(0.5, 1)
      %7 = slice(%6) {begin = [0, 0, 0, 0], size = [1, 2, 3, 1], stride = [1, 1, 0, 1]} : 1x2x3x1xi8 q(0.5, 1)
      return %7
    }
    graph @1 "set variables"() {
      %0 = const : 2xi8 q(0.5, 1) = [3, 4]
      assign_variable(%0) {variable = $0}
      return
    }
    "#);
}

#[test]
fn what_the_format_does_not_have() {
    let module = parse(
        r#"module "m"
graph @0(%0 : 1x4xi8 q(0.5, 0), %1 : 1x4x4x1xi8 q(0.5, 1)) {
  %2 = const : 256xi8 = splat(1)
  %3 = lut(%0, %2) : 1x4xi8 q(0.5, 0)
  %4 = maximum(%0, %3) {act = none} : 1x4xi8 q(0.5, 0)
  %5 = max_pool2d(%1) {padding = [1, 0, 1, 0], filter = [2, 2], stride = [2, 2], act = none} : 1x2x2x1xi8 q(0.5, 1)
  return %4, %5
}
"#,
    );
    insta::assert_snapshot!(lines(&export_tflite::write(&module).unwrap_err()), @r#"
    error[E0220]: graph @0, node 0 lut "": TFLite has no tables of codes; write the module before it is tabulated
    error[E0220]: graph @0, node 2 max_pool2d "": the padding is neither SAME nor VALID
    "#);
}
