//! Every C file of `runtime-c` compiles alone, without warnings, for every target that may use it.

use std::process::Command;

use redsc_ir::Target;
use redsc_ir::target::Feature;
use redsc_runtime_c::SOURCES;
use redsc_tests::{cc, golden, tools};

const STRICT: &[&str] =
    &["-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-c", "-o", "/dev/null"];

/// The extension that the kernels of a folder use.
fn needs(path: &str) -> Option<Feature> {
    match path.split('/').next() {
        Some("dsp") => Some(Feature::Dsp),
        Some("mve") => Some(Feature::Mve),
        _ => None,
    }
}

fn failures(compiler: &str, flags: &[String], can: impl Fn(Feature) -> bool) -> Vec<String> {
    let folder = golden::repository().join("runtime-c/src");
    let kernels = SOURCES.iter().filter(|s| s.path.ends_with(".c") && needs(s.path).is_none_or(&can));
    let compile = |path: &str, more: &[&str]| {
        let mut command = Command::new(compiler);
        command
            .args(flags)
            .args(STRICT)
            .args(more)
            .arg("-I")
            .arg(folder.join("common"))
            .arg(folder.join(path));
        cc::compile(&mut command).err()
    };
    let both = |path: &str| compile(path, &[]).or_else(|| compile(path, &["-DREDSC_OPTIMIZE_SIZE"]));
    kernels.filter_map(|source| both(source.path)).collect()
}

#[test]
fn kernels_compile_alone_for_the_host() {
    let Some(compiler) = cc::compiler().filter(|_| cc::available()) else { return };
    let failures = failures(&compiler, &[], |_| false);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn kernels_compile_alone_for_arm_cores() {
    if !tools::available(&["arm-none-eabi-gcc"]) {
        return;
    }
    for target in Target::builtin().iter().filter(|target| target.name.starts_with("cortex-")) {
        let failures = failures("arm-none-eabi-gcc", &target.cflags, |feature| target.has(feature));
        assert!(failures.is_empty(), "{}: {}", target.name, failures.join("\n"));
    }
}
