//! The habits of the house, checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use redsc_ir::diag::CODES;
use redsc_ir::kernels::Kernel;

/// What each crate may depend on, of the crates of this workspace; the map is in `docs/architecture.md`.
const ARROWS: &[(&str, &[&str])] = &[
    ("ir", &[]),
    ("passes", &["redsc-ir"]),
    ("runtime-c", &[]),
    ("codegen", &["redsc-ir", "redsc-runtime-c"]),
    ("compiler/schema", &[]),
    ("compiler/onnx-schema", &[]),
    (
        "compiler",
        &["redsc-codegen", "redsc-ir", "redsc-onnx-schema", "redsc-passes", "redsc-rig", "redsc-schema"],
    ),
    ("compiler/build-helper", &["redsc", "redsc-codegen", "redsc-ir"]),
    ("compiler/build-helper/example", &["redsc-build"]),
    ("compiler/rig", &["redsc-ir"]),
    (
        "tests",
        &[
            "redsc",
            "redsc-codegen",
            "redsc-ir",
            "redsc-onnx-schema",
            "redsc-passes",
            "redsc-rig",
            "redsc-runtime-c",
            "redsc-schema",
        ],
    ),
];

/// Crates that do no I/O.
const PURE: &[&str] = &["ir/src", "passes/src", "codegen/src"];

/// Crates whose code must not panic on what users give them.
const CALM: &[&str] = &["ir/src", "passes/src", "codegen/src", "compiler/src"];

/// The top level of the repository, beside dot-files and what builds leave behind.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "codegen",
    "compiler",
    "docs",
    "ir",
    "passes",
    "runtime-c",
    "target",
    "tests",
];

/// Longest file, in lines.
const LONGEST_FILE: usize = 800;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files below the folders with an extension; generated code is in `target`.
fn files(folders: &[&str], extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), extension, &mut found);
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

fn walk(folder: &Path, extension: &str, found: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("target") {
            walk(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn rust_files() -> Vec<(String, String)> {
    let folders: Vec<&str> = ARROWS.iter().map(|(folder, _)| *folder).collect();
    let mut files = files(&folders, "rs");
    files.dedup();
    files
}

/// The part of a file in front of its unit tests, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.find("#[cfg(test)]").unwrap_or(text.len());
    let lines = text[..tests].lines().enumerate();
    lines.map(|(index, line)| (index + 1, line.split("//").next().unwrap_or("")))
}

fn assert_none(problems: &[String], rule: &str) {
    assert!(problems.is_empty(), "{rule}:\n{}", problems.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = rust_files().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(name, _)| name);
    assert_none(&silent.collect::<Vec<_>>(), "every .rs file starts with `//!`");
}

#[test]
fn files_are_short() {
    let long = |(name, text): (String, String)| {
        let lines = text.lines().count();
        (lines > LONGEST_FILE).then(|| format!("{name}: {lines} lines"))
    };
    let files =
        rust_files().into_iter().chain(files(&["runtime-c/src"], "c")).chain(files(&["runtime-c/src"], "h"));
    assert_none(&files.filter_map(long).collect::<Vec<_>>(), "files have at most 800 lines");
}

#[test]
fn the_top_level_stays_as_it_is() {
    let entries = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.map(|name| name.to_string_lossy().into_owned());
    let odd: Vec<String> =
        names.filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str())).collect();
    assert_none(&odd, "new folders go below one of the crates");
}

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let manifests: BTreeSet<String> = files(&["."], "toml")
        .into_iter()
        .filter(|(name, text)| name.ends_with("Cargo.toml") && text.contains("\nversion.workspace = true"))
        .map(|(name, _)| name.trim_start_matches("./").trim_end_matches("/Cargo.toml").to_owned())
        .collect();
    let drawn: BTreeSet<String> = ARROWS.iter().map(|(folder, _)| (*folder).to_owned()).collect();
    assert_eq!(manifests, drawn, "crates of the workspace");
    for (folder, expected) in ARROWS {
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let found: BTreeSet<&str> =
            dependencies(&manifest).filter(|name| name.starts_with("redsc")).collect();
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert!(found.is_subset(&expected), "{folder} depends on {found:?}; drawn are {expected:?}");
    }
}

/// Names in the sections `dependencies` and `build-dependencies`.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    manifest.lines().filter_map(move |line| {
        if line.starts_with('[') {
            inside = matches!(line, "[dependencies]" | "[build-dependencies]");
        }
        let name = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty())?;
        (inside && !line.starts_with('[')).then_some(name)
    })
}

/// Places where `unwrap`, `expect` or `panic!` is right, each with its reason.
const MAY_PANIC: &[(&str, &str)] = &[];

#[test]
fn what_users_give_does_not_panic() {
    let panics = [".unwrap()", ".expect(\"", "panic!(", "todo!(", "unimplemented!(", "unreachable!("];
    let excused =
        |name: &str, line: &str| MAY_PANIC.iter().any(|(f, part)| name.ends_with(f) && line.contains(part));
    let problems = lines_with(CALM, &panics, excused);
    assert_none(&problems, "ir, passes, codegen and compiler return errors");
}

#[test]
fn pure_crates_do_not_touch_the_world() {
    let world = ["std::fs", "std::env", "std::time", "std::net", "std::process", "println!(", "print!("];
    let problems = lines_with(PURE, &world, |_, _| false);
    assert_none(&problems, "ir, passes and codegen do no I/O");
}

/// Lines of code below the folders with one of the words.
fn lines_with(folders: &[&str], words: &[&str], excused: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, text) in files(folders, "rs") {
        for (number, line) in code(&text).filter(|(_, line)| !excused(&name, line)) {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                problems.push(format!("{name}:{number}: {word}"));
            }
        }
    }
    problems
}

#[test]
fn error_codes_are_in_the_table() {
    let known: BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
    let mut used = BTreeMap::new();
    for (name, text) in files(&["ir/src", "passes/src", "codegen/src", "compiler/src"], "rs") {
        let is_table = name.ends_with("ir/src/diag.rs");
        for piece in text.split("\"E0").skip(1).filter(|_| !is_table) {
            if let Some(digits) = piece.get(..3).filter(|d| d.bytes().all(|b| b.is_ascii_digit())) {
                used.entry(format!("E0{digits}")).or_insert_with(|| name.clone());
            }
        }
    }
    let unknown = used.iter().filter(|(code, _)| !known.contains(code.as_str()));
    assert_none(
        &unknown.map(|(c, n)| format!("{n}: {c}")).collect::<Vec<_>>(),
        "codes are listed in ir/src/diag.rs",
    );
    let unused = known.iter().filter(|code| !used.contains_key(**code));
    assert_none(&unused.map(|c| (*c).to_owned()).collect::<Vec<_>>(), "the table lists codes that are used");
}

#[test]
fn kernels_and_their_files_agree() {
    let sources: BTreeMap<String, String> = files(&["runtime-c/src"], "c")
        .into_iter()
        .map(|(n, t)| (n.replace("runtime-c/src/", ""), t))
        .collect();
    let named: BTreeSet<&str> =
        Kernel::ALL.iter().map(|k| k.file()).filter(|file| !file.is_empty()).collect();
    let mut problems: Vec<String> = named
        .iter()
        .filter(|file| !sources.contains_key(&***file))
        .map(|file| format!("{file}: in the table, but not in runtime-c/src"))
        .collect();
    let orphans = sources.keys().filter(|file| !named.contains(file.as_str()));
    problems.extend(orphans.map(|file| format!("{file}: no row in ir/src/kernels.rs")));
    for kernel in Kernel::ALL.iter().filter(|k| !k.file().is_empty()) {
        let defined = sources.get(kernel.file()).is_some_and(|text| text.contains(kernel.symbol()));
        if !defined {
            problems.push(format!("{} does not define {}", kernel.file(), kernel.symbol()));
        }
    }
    assert_none(&problems, "each kernel is one file and one row");
}
