//! What `--optimize` promises: for size the code is smaller than for speed, at no more than 1.3 times the instructions
//! unless layers are tiny; balanced code is about as fast as the one and seldom larger; all goals give the same bytes.

use redsc::driver::Options;
use redsc_codegen::{COptions, Optimize};
use redsc_tests::golden::{self, Case};
use redsc_tests::model::{self, Run};
use redsc_tests::qemu::{self, Core};

/// Code in bytes and the run of one of our models.
fn measure(case: &Case, core: Core, optimize: Optimize, level: &str) -> Result<(u64, Run), String> {
    let c = COptions { optimize, ..COptions::new("model") };
    let options = Options { target: core.target().clone(), c, ..Options::default() };
    let compiled = model::load(case).and_then(|module| model::compile_module(module, &options));
    let compiled = compiled.map_err(|problem| format!("{problem:?}"))?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let image =
        compiled.build_for_core(dir.path(), core, &[level]).map_err(|problem| format!("{problem:?}"))?;
    let sequences = case.sequences()?;
    let run = model::run_on_core(&image, dir.path(), &sequences)?;
    compiled.check(&run, &sequences)?;
    Ok((image.sizes.code(), run))
}

fn check(case: &Case, core: Core) -> Result<(), String> {
    let (speed_code, speed) = measure(case, core, Optimize::Speed, "-O2")?;
    let (balanced_code, balanced) = measure(case, core, Optimize::Balanced, "-O2")?;
    let (size_code, size) = measure(case, core, Optimize::Size, "-Os")?;
    if [&balanced, &size].iter().any(|run| run.outputs != speed.outputs) {
        return Err("the goals differ in their outputs".into());
    }
    let instructions = |run: &Run| run.instructions.first().copied().unwrap_or(0);
    let [fast, small] = [&speed, &size].map(instructions);
    if size_code >= speed_code || 10 * small > 13 * fast {
        return Err(format!(
            "for size {size_code} bytes, {small} instructions; for speed {speed_code}, {fast}"
        ));
    }
    let middle = instructions(&balanced);
    if 10 * middle > 11 * fast || 20 * balanced_code > 21 * speed_code {
        return Err(format!("balanced: {balanced_code} bytes, {middle} instructions; {speed_code}, {fast}"));
    }
    Ok(())
}

#[test]
fn code_for_size_is_smaller_and_not_much_slower() {
    if !qemu::available() {
        return;
    }
    let names =
        ["image_mobilenet_int8", "kws_dscnn_int8", "anomaly_autoencoder_int8", "sensor_float_io_int8"];
    let cases: Vec<Case> =
        golden::fixtures().into_iter().filter(|case| names.contains(&case.name.as_str())).collect();
    assert_eq!(cases.len(), names.len());
    let mut failures = Vec::new();
    for core in [Core::M4, Core::M55] {
        for case in &cases {
            if let Err(message) = check(case, core) {
                failures.push(format!("{} on {core}: {message}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
