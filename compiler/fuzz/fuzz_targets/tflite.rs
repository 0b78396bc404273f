//! Any bytes as a model file: refused with a reason, or a module that prints and reads back.
//!
//! `cargo +nightly fuzz run tflite CORPUS` in `compiler`, with a folder of `.tflite` files as the corpus.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redsc_ir::text;

fuzz_target!(|bytes: &[u8]| {
    match redsc::frontend::load(bytes, "fuzz") {
        Err(reasons) => assert!(!reasons.is_empty(), "refused without a reason"),
        Ok(module) => {
            let printed = text::print(&module);
            let again = text::parse(&printed.text, &|_| Some(printed.weights.clone()));
            assert_eq!(text::print(&again.expect("printed text is valid")).text, printed.text);
        }
    }
});
