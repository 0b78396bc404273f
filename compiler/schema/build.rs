//! Generates the Rust types of `tflite.fbs`.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

/// Derives that the generator always writes; serde is no dependency of this crate.
const SERDE_DERIVES: &str = "::serde::Serialize, ::serde::Deserialize";

/// Enums whose members keep the names of the format, for messages to people.
const NAMED_ENUMS: [&str; 3] = ["BuiltinOperator", "TensorType", "ActivationFunctionType"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=tflite.fbs");

    let declarations = planus_translation::translate_files(&["tflite.fbs"])
        .expect("tflite.fbs is valid (the errors are above)");
    let mut code = planus_codegen::generate_rust(&declarations, false)
        .expect("the generator accepts what the translator accepted")
        .replace(SERDE_DERIVES, "");
    let names: String = NAMED_ENUMS.iter().map(|name| schema_names(name, &code)).collect();
    code.push_str(&names);

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("tflite.rs");
    fs::write(out, code).expect("OUT_DIR is writable");
}

/// A method of the enum that gives each member its name in the schema.
///
/// The generator changes `CONV_2D` to `Conv2d` and keeps the original only in the comment above the member.
fn schema_names(name: &str, code: &str) -> String {
    let mut arms = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let member = line
            .trim()
            .strip_prefix("/// The variant `")
            .and_then(|l| l.strip_suffix(&format!("` in the enum `{name}`")));
        let Some(member) = member else { continue };
        let variant =
            lines.next().and_then(|l| l.split_whitespace().next()).expect("a member follows its comment");
        writeln!(arms, "Self::{variant} => {member:?},").expect("a string grows");
    }
    assert!(!arms.is_empty(), "the generated code names the members of {name}");
    format!(
        "impl tflite::{name} {{ /// The name in the schema.\n\
         pub fn schema_name(self) -> &'static str {{ match self {{ {arms} }} }} }}\n"
    )
}
