//! Every C file of `runtime-c` compiles alone, without warnings, for every target that may use it; and so does what a
//! model gets of it, which is only what its kernels need.

use std::process::Command;

use redsc_ir::Target;
use redsc_ir::kernels::Kernel;
use redsc_ir::target::Feature;
use redsc_runtime_c::{SOURCES, bundle};
use redsc_tests::{cc, golden, tools};

const STRICT: &[&str] =
    &["-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-c", "-o", "/dev/null"];

/// The extension that the kernels of a folder use.
fn needs(path: &str) -> Option<Feature> {
    match path.split('/').next() {
        Some("dsp") => Some(Feature::Dsp),
        Some("mve") => Some(Feature::Mve),
        Some("fpu") => Some(Feature::Fpu),
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
            .arg("-I")
            .arg(&folder)
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

/// The compiler and the flags of a target that has what the kernels of a folder need.
fn compiler_for(path: &str) -> Option<(String, &'static [String])> {
    let Some(feature) = needs(path) else { return cc::compiler().map(|compiler| (compiler, &[][..])) };
    let target =
        Target::builtin().iter().find(|target| target.has(feature) && target.name.starts_with("cortex-"))?;
    tools::find("arm-none-eabi-gcc").map(|_| ("arm-none-eabi-gcc".to_owned(), target.cflags.as_slice()))
}

#[test]
fn what_a_model_gets_of_a_kernel_compiles() {
    let dir = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    for kernel in Kernel::ALL.iter().filter(|kernel| kernel.file().ends_with(".c")) {
        let Some((compiler, flags)) = compiler_for(kernel.file()) else { continue };
        let bundle = bundle([(kernel.file(), kernel.symbol())]).unwrap();
        let includes = bundle.system_includes.iter().map(|header| format!("#include <{header}>\n"));
        let text: String = includes.chain(bundle.files.into_iter().map(|(_, text)| text)).collect();
        let file = dir.path().join(format!("{}.c", kernel.symbol()));
        tools::write(&file, text.as_bytes()).unwrap();
        let mut command = Command::new(compiler);
        command.args(flags).args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]).arg(file);
        failures.extend(cc::compile(&mut command).err());
        if !text.contains(&format!(" {}(", kernel.symbol())) {
            failures.push(format!("{} is not in what a model gets", kernel.symbol()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
