//! Any text as a module: refused with a reason that can be rendered, or a module that prints and reads back.
//!
//! `cargo +nightly fuzz run text` in `compiler`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redsc_ir::{diag, text, verify};

fuzz_target!(|source: &str| {
    match text::parse(source, &|_| None) {
        Err(reasons) => {
            assert!(!reasons.is_empty(), "refused without a reason");
            diag::render(&reasons, "fuzz", Some(source), false);
        }
        Ok(module) => {
            // What cannot be verified is refused with reasons; that must not fail either.
            let _ = verify::verify(&module);
            let printed = text::print(&module);
            let again = text::parse(&printed.text, &|_| Some(printed.weights.clone()));
            assert_eq!(text::print(&again.expect("printed text is valid")).text, printed.text);
        }
    }
});
