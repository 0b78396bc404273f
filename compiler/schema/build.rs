//! Generates the Rust types of `tflite.fbs`.

use std::path::PathBuf;
use std::{env, fs};

/// Derives that the generator always writes; serde is no dependency of this crate.
const SERDE_DERIVES: &str = "::serde::Serialize, ::serde::Deserialize";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=tflite.fbs");

    let declarations = planus_translation::translate_files(&["tflite.fbs"])
        .expect("tflite.fbs is valid (the errors are above)");
    let code = planus_codegen::generate_rust(&declarations, false)
        .expect("the generator accepts what the translator accepted");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("tflite.rs");
    fs::write(out, code.replace(SERDE_DERIVES, "")).expect("OUT_DIR is writable");
}
