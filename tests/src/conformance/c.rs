//! Many models in one program: each is compiled to C, all are linked together, and each runs in a process of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use redsc::driver::{self, Options, Quiet};
use redsc_codegen::c::COptions;
use redsc_ir::Data;

use super::{Loaded, Outcome};
use crate::tools;

/// Flags under which generated C must be silent, and under which undefined behaviour ends the program.
const FLAGS: [&str; 9] = [
    "-std=c99",
    "-O0",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-c",
];

const LIMIT: Duration = Duration::from_secs(300);

/// Builds one program of all models, runs each and compares.
///
/// # Errors
/// If the folder cannot be written or the program cannot be linked.
pub fn run(batch: &[&Loaded]) -> Result<Vec<Outcome>, String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let built: Vec<Result<(), Outcome>> =
        batch.iter().enumerate().map(|(index, loaded)| build(loaded, index, dir.path())).collect();
    let good: Vec<usize> = (0..batch.len()).filter(|&index| built[index].is_ok()).collect();
    link(&good, dir.path())?;
    let outcome = |(index, built): (usize, Result<(), Outcome>)| match built {
        Ok(()) => execute(batch[index], index, dir.path()),
        Err(outcome) => outcome,
    };
    Ok(built.into_iter().enumerate().map(outcome).collect())
}

/// Compiles one model to an object file.
fn build(loaded: &Loaded, index: usize, dir: &Path) -> Result<(), Outcome> {
    let name = format!("m{index}");
    let options = Options { c: COptions::new(&name), ..Options::default() };
    let compiled = driver::compile(loaded.module.clone(), &options, &mut Quiet).map_err(|failure| {
        let first = failure.diagnostics.first();
        let text = first.map_or_else(String::new, |d| format!("{}: {}", d.location, d.message));
        let limit = first.is_some_and(|d| matches!(d.code, "E0309" | "E0401"));
        if limit { Outcome::Unsupported(text) } else { Outcome::Fail(text) }
    })?;
    let fail = |e: String| Outcome::Fail(e.lines().find(|l| l.contains("error")).unwrap_or(&e).to_owned());
    for artifact in &compiled.artifacts {
        tools::write(&dir.join(&artifact.name), &artifact.bytes).map_err(fail)?;
    }
    let mut gcc = Command::new("gcc");
    gcc.current_dir(dir).args(FLAGS).args([format!("{name}.c"), "-o".into(), format!("{name}.o")]);
    let finished = tools::run(&mut gcc, LIMIT).map_err(fail)?;
    finished.success("gcc").map(|_| ()).map_err(fail)
}

/// A program whose argument says which model reads `N.in` and writes `N.out`.
fn link(models: &[usize], dir: &Path) -> Result<(), String> {
    let mut main = String::from("#include <stdio.h>\n#include <stdlib.h>\n");
    for index in models {
        let _ = writeln!(main, "#include \"m{index}.h\"");
    }
    main.push_str(
        "#define RUN(n) case n: { if (m##n##_init()) return 3; \\\n\
         for (unsigned i = 0; i < m##n##_input_count(); i++) \\\n\
         if (fread(m##n##_input(i), 1, m##n##_input_bytes(i), in) != m##n##_input_bytes(i)) return 4; \\\n\
         if (m##n##_invoke()) return 5; \\\n\
         for (unsigned i = 0; i < m##n##_output_count(); i++) \\\n\
         if (fwrite(m##n##_output(i), 1, m##n##_output_bytes(i), out) != m##n##_output_bytes(i)) return 6; \\\n\
         break; }\n\
         int main(int argc, char **argv) {\n    if (argc != 4) return 2;\n\
         FILE *in = fopen(argv[2], \"rb\"), *out = fopen(argv[3], \"wb\");\n    if (!in || !out) return 2;\n\
         switch (atoi(argv[1])) {\n",
    );
    for index in models {
        let _ = writeln!(main, "    RUN({index})");
    }
    main.push_str("    default: return 2;\n    }\n    fclose(in);\n    return fclose(out);\n}\n");
    tools::write(&dir.join("main.c"), main.as_bytes())?;
    let mut gcc = Command::new("gcc");
    gcc.current_dir(dir).args(["-std=c99", "-O1", "-fsanitize=address,undefined", "main.c", "-o", "all"]);
    gcc.args(models.iter().map(|index| format!("m{index}.o"))).arg("-lm");
    tools::run(&mut gcc, LIMIT)?.success("linking").map(|_| ())
}

fn execute(loaded: &Loaded, index: usize, dir: &Path) -> Outcome {
    let inputs: Vec<u8> = loaded.inputs.iter().flat_map(|data| data.bytes().iter().copied()).collect();
    let (input, output) = (format!("{index}.in"), format!("{index}.out"));
    if let Err(e) = tools::write(&dir.join(&input), &inputs) {
        return Outcome::Fail(e);
    }
    let mut program = Command::new(dir.join("all"));
    program.current_dir(dir).args([index.to_string(), input, output.clone()]);
    let finished = tools::run(&mut program, LIMIT).and_then(|finished| finished.success("the program"));
    if let Err(e) = finished {
        let line = e.lines().find(|l| l.contains("rror")).unwrap_or("the program ends with an error");
        return Outcome::Fail(line.to_owned());
    }
    match fs::read(dir.join(&output)) {
        Ok(bytes) => loaded.compare(&cut(loaded, &bytes)),
        Err(e) => Outcome::Fail(e.to_string()),
    }
}

/// The outputs, one after another in a file.
fn cut(loaded: &Loaded, mut bytes: &[u8]) -> Vec<Data> {
    let entry = loaded.module.entry();
    let mut take = |size: usize| {
        let (head, tail) = bytes.split_at(size.min(bytes.len()));
        bytes = tail;
        Data::from_bytes(head)
    };
    entry.outputs.iter().map(|&id| take(entry.ty(id).bytes())).collect()
}
