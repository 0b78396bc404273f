//! Random modules are what they promise: valid, small, varied, and their text means them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use redsc_ir::analysis::Summary;
use redsc_ir::diag::render;
use redsc_ir::interp::Interpreter;
use redsc_ir::text::{PrintOptions, parse, parse_located, print, print_with};
use redsc_ir::verify::{verify, verify_located};
use redsc_tests::random::{MOST_ELEMENTS, inputs, module_of_seed, modules};

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_means_the_module(random in modules(), inline_elements in 0usize..300) {
        let module = random.module;
        let options = PrintOptions { weights_name: "side".into(), inline_elements };
        let printed = print_with(&module, &options);
        let again = parse(&printed.text, &|name| (name == "side").then(|| printed.weights.clone()));
        let again = again.map_err(|errors| TestCaseError::fail(render(&errors, "random", Some(&printed.text), false)))?;
        prop_assert_eq!(&again, &module);
        prop_assert_eq!(print_with(&again, &options), printed);
    }

    #[test]
    fn names_may_hold_anything(random in modules(), names in prop::collection::vec(any::<String>(), 4)) {
        let mut module = random.module;
        module.name = names[0].clone();
        let graph = module.entry_mut();
        graph.name = names[1].clone();
        graph.values[0].name = names[2].clone();
        graph.nodes.iter_mut().for_each(|node| node.location = names[3].clone());
        let printed = print(&module);
        prop_assert_eq!(parse(&printed.text, &|_| Some(printed.weights.clone())), Ok(module));
    }

    #[test]
    fn modules_are_valid_and_small(random in modules()) {
        let module = random.module;
        prop_assert_eq!(verify(&module), Ok(()));
        for value in &module.entry().values {
            prop_assert!(value.ty.elements() <= MOST_ELEMENTS);
        }
        let summary = Summary::of(&module);
        prop_assert!(summary.peak_live_bytes <= summary.activation_bytes);
        for (data, &input) in inputs(&module, 3).iter().zip(&module.entry().inputs) {
            prop_assert_eq!(data.bytes().len(), module.entry().ty(input).bytes());
        }
    }

    #[test]
    fn modules_run(random in modules(), seed in any::<u64>()) {
        let module = random.module;
        let mut interpreter = Interpreter::new(&module);
        for step in 0..2 {
            let outputs = interpreter.invoke(&inputs(&module, seed ^ step)).map_err(TestCaseError::fail)?;
            let lengths: Vec<usize> = outputs.iter().map(|data| data.bytes().len()).collect();
            let graph = module.entry();
            let expected: Vec<usize> = graph.outputs.iter().map(|&id| graph.ty(id).bytes()).collect();
            prop_assert_eq!(lengths, expected);
        }
    }

    #[test]
    fn damaged_text_never_panics(random in modules(), damage in prop::collection::vec(any::<(u16, u8)>(), 1..8)) {
        let printed = print(&random.module);
        let mut bytes = printed.text.into_bytes();
        for (position, byte) in damage {
            let at = usize::from(position) % bytes.len();
            match byte % 4 {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, b" \"%@$()[]{},:=-0123456789x"[usize::from(byte) % 26]),
                _ => bytes[at] = b'9',
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let outcome = parse_located(&text, &|_| Some(printed.weights.clone()));
        let outcome = outcome.and_then(|(module, map)| verify_located(&module, &map).map(|()| module));
        match outcome {
            Ok(module) => { Summary::of(&module); }
            Err(errors) => prop_assert!(!render(&errors, "damaged", Some(&text), false).is_empty()),
        }
    }
}

#[test]
fn every_kind_of_operator_occurs() {
    let mut seen = BTreeSet::new();
    for seed in 0..1500 {
        let module = module_of_seed(seed);
        seen.extend(module.entry().nodes.iter().map(|node| node.op.mnemonic()));
    }
    insta::assert_debug_snapshot!(seen);
}

#[test]
fn seeds_are_stable() {
    insta::assert_snapshot!(print(&module_of_seed(7)).text);
}
