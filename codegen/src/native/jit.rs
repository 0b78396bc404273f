//! Native code in memory: a network that is compiled and can be run at once.

use std::ops::Range;

use cranelift_codegen::ir::LibCall;
use cranelift_jit::{ArenaMemoryProvider, JITBuilder, JITModule};

use redsc_ir::plan::Place;
use redsc_ir::{Data, Diagnostic, GraphId, Module, Plan};

use super::executable::Executable;
use super::machine::Machine;
use super::site::place;
use super::state;
use super::unit::Unit;

/// A network in executable memory, with its work memory and state.
pub struct Jit {
    executable: Executable,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// Name and number of items of each part of the layers.
    parts: Vec<(String, usize)>,
    threads: Option<rayon::ThreadPool>,
    arena_bytes: usize,
}

/// Where an input or output is.
enum Port {
    Arena(Range<usize>),
    Constant(Data),
    /// Nothing reads it; it has this many bytes.
    Unused(usize),
}

/// The functions of two arguments.
const INIT: usize = 0;
const RUN: usize = 1;

/// Address space that the code is kept together in, so that calls reach: enough for any network, and used as needed.
const CODE_SPACE: usize = 1 << 28;

impl Jit {
    /// Compiles a planned module for this machine.
    ///
    /// # Errors
    /// All nodes that have no native code, each with operator and location.
    pub fn new(module: &Module, plan: &Plan) -> Result<Self, Vec<Diagnostic>> {
        let machine = Machine::host().map_err(|e| vec![e])?;
        let mut builder = JITBuilder::with_isa(machine.isa.clone(), Box::new(library_name));
        let space = ArenaMemoryProvider::new_with_size(CODE_SPACE).map_err(|e| failure(&e.to_string()))?;
        builder.memory_provider(Box::new(space));
        let mut clif = JITModule::new(builder);
        let mut unit = Unit::new(module, plan, &machine, &mut clif, "redsc");
        let (init, run) = functions(&mut unit)?;
        let (arena_bytes, parts) = (unit.arena_bytes(), std::mem::take(&mut unit.parts));
        let constants = unit.pool.finish();
        clif.finalize_definitions().map_err(|e| failure(&e.to_string()))?;
        let ids: Vec<_> = parts.iter().map(|part| part.function).collect();
        let entry = module.entry();
        let ports = |values: &[_]| values.iter().map(|&value| port(module, plan, value)).collect();
        let mut jit = Jit {
            executable: Executable::new(clif, &[init, run], &ids, arena_bytes, &constants),
            inputs: ports(&entry.inputs),
            outputs: ports(&entry.outputs),
            parts: parts.into_iter().map(|part| (part.name, part.items)).collect(),
            threads: None,
            arena_bytes,
        };
        jit.reset();
        Ok(jit)
    }

    /// Lets `threads` threads share the work of layers.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn set_threads(&mut self, threads: usize) -> Result<(), String> {
        self.threads = match threads {
            0 | 1 => None,
            _ => Some(
                rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|e| e.to_string())?,
            ),
        };
        Ok(())
    }

    /// Restores the initial state.
    pub fn reset(&mut self) {
        self.executable.call(INIT);
    }

    /// Bytes of work memory.
    pub fn arena_bytes(&self) -> usize {
        self.arena_bytes
    }

    /// Runs the network once.
    ///
    /// # Errors
    /// If the inputs do not fit the network.
    pub fn invoke(&mut self, inputs: &[Data]) -> Result<Vec<Data>, String> {
        if inputs.len() != self.inputs.len() {
            return Err(format!("{} inputs instead of {}", inputs.len(), self.inputs.len()));
        }
        for (index, (port, data)) in self.inputs.iter().zip(inputs).enumerate() {
            let expected = port.bytes();
            if data.bytes().len() != expected {
                return Err(format!("input {index} has {} bytes instead of {expected}", data.bytes().len()));
            }
            if let Port::Arena(range) = port {
                self.executable.bytes_mut(range.clone()).copy_from_slice(data.bytes());
            }
        }
        self.run();
        Ok(self.outputs.iter().map(|port| self.contents(port)).collect())
    }

    /// Runs the network on the inputs that are in place.
    pub fn run(&mut self) {
        let Some(pool) = &self.threads else { return self.executable.call(RUN) };
        for (index, (_, items)) in self.parts.iter().enumerate() {
            let chunk = items.div_ceil(pool.current_num_threads());
            let starts = (0..*items).step_by(chunk.max(1));
            let ranges: Vec<Range<usize>> = starts.map(|start| start..(start + chunk).min(*items)).collect();
            self.executable.call_shared(index, &ranges, pool);
        }
    }

    fn contents(&self, port: &Port) -> Data {
        match port {
            Port::Arena(range) => Data::from_bytes(self.executable.bytes(range.clone())),
            Port::Constant(data) => data.clone(),
            Port::Unused(bytes) => Data::from_bytes(vec![0; *bytes]),
        }
    }
}

impl Port {
    fn bytes(&self) -> usize {
        match self {
            Port::Arena(range) => range.len(),
            Port::Constant(data) => data.bytes().len(),
            Port::Unused(bytes) => *bytes,
        }
    }
}

/// Emits the functions that restore the state and run the network.
pub(super) fn functions(
    unit: &mut Unit<'_>,
) -> Result<(cranelift_module::FuncId, cranelift_module::FuncId), Vec<Diagnostic>> {
    let run = unit.graph(GraphId(0)).map_err(|e| failure(&e));
    if !unit.errors.is_empty() {
        return Err(std::mem::take(&mut unit.errors));
    }
    let init = state::init(unit).map_err(|e| failure(&e))?;
    Ok((init, run?))
}

/// The names of what Cranelift calls for what a machine has no instructions for: the C library's.
pub(super) fn library_name(call: LibCall) -> String {
    cranelift_module::default_libcall_names()(call)
}

pub(super) fn failure(message: &str) -> Vec<Diagnostic> {
    vec![Diagnostic {
        code: "E0405",
        message: format!("native code cannot be made: {message}"),
        location: String::new(),
        span: None,
        help: "please report the model".into(),
    }]
}

fn port(module: &Module, plan: &Plan, value: redsc_ir::ValueId) -> Port {
    let entry = module.entry();
    let bytes = entry.ty(value).bytes();
    match (place(plan, GraphId(0), value), entry.constant(value)) {
        (Some(Place::Arena { offset }), _) => Port::Arena(offset..offset + bytes),
        (_, Some(data)) => Port::Constant(data.clone()),
        (Some(Place::Constant | Place::Unused) | None, None) => Port::Unused(bytes),
    }
}
