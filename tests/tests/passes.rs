//! Each pass on texts of its own: `data/passes/PASS/CASE.reds` becomes `CASE.snap` beside it.

use std::path::{Path, PathBuf};

use redsc_passes::PASSES;
use redsc_tests::passes::check_pass;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/passes")
}

fn sorted_entries(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap()
}

#[test]
fn texts_become_their_snapshots() {
    for directory in sorted_entries(&directory()) {
        let pass = stem(&directory).to_owned();
        for path in
            sorted_entries(&directory).iter().filter(|path| path.extension().is_some_and(|e| e == "reds"))
        {
            let text = std::fs::read_to_string(path).unwrap();
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(&directory);
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.set_description(format!("{pass}/{}", stem(path)));
            settings.bind(|| insta::assert_snapshot!(stem(path), check_pass(&pass, &text)));
        }
    }
}

#[test]
fn every_pass_has_texts() {
    let tested: Vec<String> = sorted_entries(&directory()).iter().map(|path| stem(path).to_owned()).collect();
    let mut passes: Vec<&str> = PASSES.iter().map(|pass| pass.name).collect();
    passes.sort_unstable();
    assert_eq!(passes, tested);
}
