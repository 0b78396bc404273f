//! `redsc run`: run a model on `.npy` inputs.

use std::path::PathBuf;

use clap::Args;
use redsc_ir::{Data, Graph, Module, TensorType};

use super::nest::NestArgs;
use super::{ModelArg, TargetArg, progress::print};
use crate::engine::{self, Engine};
use crate::error::{Failure, Result};
use crate::io;
use crate::npy::{self, Array};
use crate::{driver, nest};

/// Arguments of `redsc run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    model: ModelArg,
    /// An input array, in the order of the model's inputs; repeat for each input.
    #[arg(long, value_name = "FILE.npy")]
    input: Vec<PathBuf>,
    /// Where out_0.npy, out_1.npy, … are written.
    #[arg(long, value_name = "DIR")]
    output_dir: PathBuf,
    /// How to execute the model.
    #[arg(long, value_enum, default_value_t = Engine::Reference)]
    engine: Engine,
    /// Run N invocations in order, for models with state: every array has a leading axis of N.
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Threads that share the work of layers (native engine).
    #[cfg(feature = "native")]
    #[arg(long, default_value_t = 1, value_name = "N")]
    threads: usize,
    #[command(flatten)]
    nest: NestArgs,
    /// Run level K of the nested subnetworks that --subnets describes; 0 is the smallest.
    #[arg(long, value_name = "K", requires = "subnets")]
    subnet: Option<usize>,
    #[command(flatten)]
    target: TargetArg,
}

/// Runs the command.
pub fn execute(args: &RunArgs) -> Result<()> {
    let module = subnetwork(args, args.model.load()?)?;
    let inputs = load_inputs(args, module.entry())?;
    let outputs = run(args, &module, &inputs)?;
    io::create_dir(&args.output_dir)?;
    io::write_all(&output_files(args, &module, &outputs))?;
    let graph = module.entry();
    for (index, &id) in graph.outputs.iter().enumerate() {
        let ty = graph.ty(id);
        print(&format!("{}/out_{index}.npy  {}x{}", args.output_dir.display(), ty.shape, ty.elem));
    }
    Ok(())
}

/// The level that is asked for; without `--subnet` the model itself.
fn subnetwork(args: &RunArgs, module: Module) -> Result<Module> {
    let (Some(request), Some(k)) = (args.nest.request()?, args.subnet) else { return Ok(module) };
    let nested = nest::nest(module, &request, &driver::target(&args.target.target)?)?;
    let count = nested.levels.len();
    let level = nested.levels.into_iter().nth(k).map(|level| level.module);
    level.ok_or_else(|| {
        let help = format!("the levels are 0 to {}", count - 1);
        Failure::new("E0518", format!("there is no subnetwork {k}"), "", &help)
    })
}

#[cfg(feature = "native")]
fn run(args: &RunArgs, module: &Module, inputs: &[Vec<Data>]) -> Result<Vec<Vec<Data>>> {
    match args.engine {
        Engine::Native => crate::native::run(module, inputs, args.threads),
        engine => engine::run(module, engine, inputs),
    }
}

#[cfg(not(feature = "native"))]
fn run(args: &RunArgs, module: &Module, inputs: &[Vec<Data>]) -> Result<Vec<Vec<Data>>> {
    engine::run(module, args.engine, inputs)
}

/// One list of tensors per step.
fn load_inputs(args: &RunArgs, graph: &Graph) -> Result<Vec<Vec<Data>>> {
    if args.input.len() != graph.inputs.len() {
        let names: Vec<String> = graph.inputs.iter().map(|&id| describe(graph, id)).collect();
        return Err(Failure::new(
            "E0513",
            format!("the model has {} inputs, {} were given", graph.inputs.len(), args.input.len()),
            "",
            &format!("give --input once for each of: {}", names.join("; ")),
        ));
    }
    let mut steps = vec![Vec::new(); args.steps.unwrap_or(1)];
    for (path, &id) in args.input.iter().zip(&graph.inputs) {
        let array = npy::decode(&io::read(path)?, path)?;
        check(&array, graph.ty(id), args.steps).map_err(|found| {
            Failure::new(
                "E0514",
                format!("{} holds {found}", path.display()),
                describe(graph, id),
                "convert it with numpy; with --steps N every array has a leading axis of N",
            )
        })?;
        let bytes = graph.ty(id).bytes();
        for (step, inputs) in steps.iter_mut().enumerate() {
            inputs.push(Data::from_bytes(&array.data.bytes()[step * bytes..(step + 1) * bytes]));
        }
    }
    Ok(steps)
}

/// Fails with a description of the array unless it has the type and the steps that are expected.
fn check(array: &Array, ty: &TensorType, steps: Option<usize>) -> std::result::Result<(), String> {
    let expected: Vec<usize> = steps.into_iter().chain(ty.shape.iter().copied()).collect();
    if array.elem == ty.elem && array.shape == expected {
        return Ok(());
    }
    Err(format!("{} of shape {:?}, not {} of shape {expected:?}", array.elem, array.shape, ty.elem))
}

fn describe(graph: &Graph, id: redsc_ir::ValueId) -> String {
    let value = graph.value(id);
    format!("input \"{}\", {} of shape {:?}", value.name, value.ty.elem, value.ty.shape.0)
}

fn output_files(args: &RunArgs, module: &Module, outputs: &[Vec<Data>]) -> Vec<(PathBuf, Vec<u8>)> {
    let graph = module.entry();
    let file = |(index, &id): (usize, &redsc_ir::ValueId)| {
        let ty = graph.ty(id);
        let bytes: Vec<u8> = outputs.iter().flat_map(|step| step[index].bytes().iter().copied()).collect();
        let shape = args.steps.into_iter().chain(ty.shape.iter().copied()).collect();
        let array = Array { elem: ty.elem, shape, data: Data::from_bytes(bytes) };
        (args.output_dir.join(format!("out_{index}.npy")), npy::encode(&array))
    };
    graph.outputs.iter().enumerate().map(file).collect()
}
