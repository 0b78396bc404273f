//! Ways to execute a model: the reference interpreter, and generated C built with the system's compiler.

use std::path::Path;
use std::process::Command;

use redsc_ir::interp::Interpreter;
use redsc_ir::{Data, Module};

use crate::driver::{self, Options};
use crate::error::{Failure, Result};
use crate::io;

/// How to execute a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Engine {
    /// The interpreter that defines what a model means.
    Reference,
    /// Generated C, compiled with the system's compiler (`$CC`, else `cc`) and run.
    C,
    /// Native code for this machine, made in memory.
    #[cfg(feature = "native")]
    Native,
}

/// Runs `module` once per element of `steps`, which holds one tensor per graph input, keeping its state between
/// steps. Returns one tensor per graph output for each step.
pub fn run(module: &Module, engine: Engine, steps: &[Vec<Data>]) -> Result<Vec<Vec<Data>>> {
    match engine {
        Engine::Reference => run_reference(module, steps),
        Engine::C => run_c(module, steps),
        #[cfg(feature = "native")]
        Engine::Native => crate::native::run(module, steps, 1),
    }
}

fn run_reference(module: &Module, steps: &[Vec<Data>]) -> Result<Vec<Vec<Data>>> {
    let mut interpreter = Interpreter::new(module);
    let invoke = |inputs: &Vec<Data>| interpreter.invoke(inputs);
    steps.iter().map(invoke).collect::<std::result::Result<_, String>>().map_err(|message| {
        Failure::new(
            "E0510",
            message,
            "reference interpreter",
            "please report this model: it passed verification",
        )
    })
}

/// Reads the inputs of all steps from one file and writes the outputs of all steps to another.
const MAIN_C: &str = r#"#include <stdio.h>
#include <stdlib.h>
#include "model.h"

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    FILE *in = fopen(argv[1], "rb");
    FILE *out = fopen(argv[2], "wb");
    long steps = strtol(argv[3], NULL, 10);
    if (!in || !out || model_init() != 0) return 3;
    for (long step = 0; step < steps; step++) {
        for (unsigned i = 0; i < model_input_count(); i++)
            if (fread(model_input(i), 1, model_input_bytes(i), in) != model_input_bytes(i)) return 4;
        if (model_invoke() != 0) return 5;
        for (unsigned i = 0; i < model_output_count(); i++)
            if (fwrite(model_output(i), 1, model_output_bytes(i), out) != model_output_bytes(i)) return 6;
    }
    return fclose(out) == 0 ? 0 : 7;
}
"#;

fn run_c(module: &Module, steps: &[Vec<Data>]) -> Result<Vec<Vec<Data>>> {
    let compiled = driver::compile(module.clone(), &Options::default(), &mut driver::Quiet)?;
    let dir = tempfile::tempdir()
        .map_err(|e| environment(&format!("cannot make a temporary directory: {e}"), ""))?;
    let mut files = vec![(dir.path().join("main.c"), MAIN_C.as_bytes().to_vec())];
    files.extend(compiled.artifacts.iter().map(|a| (dir.path().join(&a.name), a.bytes.clone())));
    let inputs: Vec<u8> = steps.iter().flatten().flat_map(|data| data.bytes().iter().copied()).collect();
    files.push((dir.path().join("in.bin"), inputs));
    io::write_all(&files)?;
    build(dir.path())?;
    let status = Command::new(dir.path().join("model"))
        .current_dir(dir.path())
        .args(["in.bin", "out.bin", &steps.len().to_string()])
        .status()
        .map_err(|e| environment(&format!("cannot run the compiled model: {e}"), ""))?;
    if !status.success() {
        return Err(environment(
            &format!("the compiled model ended with {status}"),
            "try --engine reference",
        ));
    }
    let outputs = io::read(&dir.path().join("out.bin"))?;
    split_outputs(module, &outputs, steps.len())
}

fn build(dir: &Path) -> Result<()> {
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let output = Command::new(&cc)
        .current_dir(dir)
        .args(["-std=c99", "-O2", "-o", "model", "main.c", "model.c", "-lm"])
        .output()
        .map_err(|e| {
            environment(&format!("cannot run the C compiler `{cc}`: {e}"), "install gcc or clang, or set CC")
        })?;
    if output.status.success() {
        return Ok(());
    }
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(environment(&format!("`{cc}` refuses the generated C:\n{messages}"), "please report this model"))
}

/// Cuts the concatenated outputs of all steps into tensors.
fn split_outputs(module: &Module, mut bytes: &[u8], steps: usize) -> Result<Vec<Vec<Data>>> {
    let graph = module.entry();
    let mut take = |size: usize| {
        let (head, tail) = bytes.split_at_checked(size)?;
        bytes = tail;
        Some(Data::from_bytes(head))
    };
    let mut step = || graph.outputs.iter().map(|&id| take(graph.ty(id).bytes())).collect::<Option<Vec<_>>>();
    let all: Option<Vec<_>> = (0..steps).map(|_| step()).collect();
    all.ok_or_else(|| environment("the compiled model wrote too little", ""))
}

fn environment(message: &str, help: &str) -> Failure {
    Failure::new("E0511", message, "C engine", help)
}
