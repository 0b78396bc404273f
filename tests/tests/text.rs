//! The textual form: what is printed reads back as the same module, and what is wrong is said where it stands.

use redsc_ir::analysis::Summary;
use redsc_ir::diag::render;
use redsc_ir::text::{PrintOptions, parse, print, print_with};
use redsc_ir::verify::verify;
use redsc_tests::golden;

const EVERYTHING: &str = r#"module "all \"forms\"\n\u{1}"
var $0 "state" : 1x4xi8 q(0.1, -128) = zeros
var $1 : 2xf32 = [-0.0, nan]
graph @0 "main"(%0 "input" : 1x4x4x1xi8 q(0.58, 83), %1 : bool) {
  %2 "w" = const : 2x1x1x1xi8 q(axis 0, [0.01, 1e-7], [0, 1]) = [-128, 127]
  %3 "conv" = conv2d(%0, %2, _) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = relu6, accumulate = centered} : 1x4x4x2xi8 q(0.02, -128) loc "CONV_2D #0"
  %4 "a", %5 "b" = split(%3) {axis = 3, sizes = [1, 1]} : 1x4x4x1xi8 q(0.02, -128), 1x4x4x1xi8 q(0.02, -128)
  %6 = softmax(%4) {beta = 1.0} : 1x4x4x1xi8 q(0.00390625, -128)
  assign_variable(%6) {variable = $0}
  call_once() {graph = @1}
  %7 = const : f32 = [3.4028235e38]
  %8 = const : 4xf16 = [inf, -inf, 0.099975586, nan(7e01)]
  %9 = const : 2xf64 = [nan(7ff8000000000001), 5e-324]
  %10 = const : 0x3xi64 = []
  return %5, %0, %7, %8, %9, %10
}
graph @1() {
  return
}
"#;

fn no_side_file(_: &str) -> Option<Vec<u8>> {
    None
}

#[test]
fn printed_text_reads_back_and_prints_again() {
    let module = parse(EVERYTHING, &no_side_file)
        .unwrap_or_else(|e| panic!("{}", render(&e, "all", Some(EVERYTHING), false)));
    assert_eq!(print(&module).text, EVERYTHING);
}

#[test]
fn large_constants_live_in_the_side_file() {
    let text = "module \"m\"\ngraph @0() {\n  %0 = const : 100xi8 = random(seed 7, density 0.5)\n  \
                %1 = const : 40xi32 = splat(-3)\n  return %0, %1\n}\n";
    let module = parse(text, &no_side_file).unwrap();
    let printed = print_with(&module, &PrintOptions { weights_name: "m.bin".into(), inline_elements: 10 });
    insta::assert_snapshot!(printed.text);
    let again = parse(&printed.text, &|name| (name == "m.bin").then(|| printed.weights.clone())).unwrap();
    assert_eq!(again, module);
}

#[test]
fn errors_are_collected_and_shown_where_they_stand() {
    let text = r#"module "bad"
var $1 : 2xi8 = zeros
graph @0(%0 : 1x4xi9) {
  return %0
}
graph @1(%0 : 1x4xi8 q(0.5, 0)) {
  %1 = relu(%0 %0) : 1x4xi8
  %2 = relu(%1) : 1x4xi8
  %2 = relu(%9) : 1x4xi8
  %3 = const : 2xi8 = [1, 300]
  %4 = frobnicate(%0) : 1x4xi8
  %5 = softmax(%0) {bta = 1.0} : 1x4xi8
  %6 = const : 8xi8 = @weights[0, 8]
  %7 "open = relu(%0) : 1x4xi8
  %8, %9 = relu(%0) : 1x4xi8
  return %2, %8
}
"#;
    let errors = parse(text, &no_side_file).unwrap_err();
    insta::assert_snapshot!(render(&errors, "bad.reds", Some(text), false));
}

#[test]
fn hostile_text_is_refused_in_bounded_memory() {
    let nested = format!("module graph @0() {{ relu() {{a = {}", "[".repeat(1_000_000));
    assert!(parse(&nested, &no_side_file).is_err());
    let huge = "module graph @0() { %0 = const : 99999999999xi64 = zeros return }";
    assert!(parse(huge, &no_side_file).is_err());
    let extent = "module graph @0() { %0 = const : 99999999999999999999999xi64 = zeros return }";
    assert!(parse(extent, &no_side_file).is_err());
    let many = format!("module graph @0() {{ {} return }}", "%0 = const : 60000000xi8 = zeros ".repeat(1000));
    assert!(parse(&many, &no_side_file).is_err());
    assert!(parse("", &no_side_file).is_err());
}

#[test]
fn models_survive_printing_and_reading() {
    let options = PrintOptions { weights_name: "model.weights".into(), ..PrintOptions::default() };
    for case in golden::fixtures().into_iter().chain(golden::shared_models()) {
        // What the front end refuses is the business of its own tests.
        let Ok(module) = redsc::frontend::load(&case.bytes().unwrap(), &case.name) else { continue };
        let printed = print_with(&module, &options);
        let again = parse(&printed.text, &|_| Some(printed.weights.clone())).unwrap_or_else(|errors| {
            panic!("{}\n{}", case.name, render(&errors, &case.name, Some(&printed.text), false))
        });
        verify(&again).unwrap_or_else(|errors| panic!("{}: {errors:?}", case.name));
        assert!(print_with(&again, &options) == printed, "{} prints differently", case.name);
        assert_eq!(Summary::of(&again), Summary::of(&module), "{}", case.name);
    }
}
