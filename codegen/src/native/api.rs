//! Object files with the interface of generated C.
//!
//! An object file holds the arena, the constants, the functions of the network and those of the C interface, which hand
//! the addresses of the former to the latter. Its header is that of generated C.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, Signature, Type, UserFuncName, Value, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{DataDescription, DataId, FuncId, Linkage, Module as Clif};
use cranelift_object::{ObjectBuilder, ObjectModule};

use redsc_ir::plan::Place;
use redsc_ir::{Diagnostic, GraphId, Module, Plan, Target, ValueId};

use super::jit::{failure, functions, library_name};
use super::machine::Machine;
use super::pool::ALIGNMENT;
use super::site::place;
use super::unit::Unit;
use crate::Artifact;
use crate::c::{COptions, emit_c};

/// Whether native code can be made for a target: `host`, or a triple such as `aarch64-unknown-linux-gnu`.
///
/// # Errors
/// Why not.
pub fn check_target(name: &str) -> Result<(), Diagnostic> {
    machine(name).map(|_| ())
}

fn machine(target: &str) -> Result<Machine, Diagnostic> {
    if target == "host" { Machine::host_object() } else { Machine::of_triple(target) }
}

/// An object file and its header, which offer what generated C offers. `target` is named `host` or after a triple.
///
/// # Errors
/// All nodes that have no native code, each with operator and location.
pub fn emit_object(
    module: &Module,
    plan: &Plan,
    target: &Target,
    options: &COptions,
) -> Result<Vec<Artifact>, Vec<Diagnostic>> {
    let machine = machine(&target.name).map_err(|e| vec![e])?;
    let builder = ObjectBuilder::new(machine.isa.clone(), options.stem.clone(), Box::new(library_name));
    let mut object = ObjectModule::new(builder.map_err(|e| failure(&e.to_string()))?);
    let mut unit = Unit::new(module, plan, &machine, &mut object, &options.name);
    let (init, run) = functions(&mut unit)?;
    let mut outputs = Vec::new();
    for &value in &module.entry().outputs {
        outputs.push(place_of(&mut unit, value).map_err(|e| failure(&e))?);
    }
    let inputs = module.entry().inputs.iter().map(|&value| place_of(&mut unit, value));
    let inputs = inputs.collect::<Result<Vec<_>, _>>().map_err(|e| failure(&e))?;
    let arena_bytes = unit.arena_bytes();
    let constants = std::mem::take(&mut unit.pool).finish();
    let stateful = !module.variables.is_empty() || !unit.initializers.is_empty();
    let mut api =
        Api { object, name: &options.name, builder: FunctionBuilderContext::new(), pointer: types::I64 };
    api.emit(&Parts { init, run, inputs, outputs, arena_bytes, constants, stateful })
        .map_err(|e| failure(&e))?;
    let bytes = api.object.finish().emit().map_err(|e| failure(&e.to_string()))?;
    let mut artifacts = vec![Artifact { name: format!("{}.o", options.stem), bytes }];
    let plan = Plan { arena_bytes, ..plan.clone() };
    let c = emit_c(module, &plan, target, options)?;
    artifacts.extend(c.into_iter().filter(|artifact| artifact.name.ends_with(".h")));
    Ok(artifacts)
}

/// The functions of a network as Cranelift's textual form, each with a comment that names its layer.
///
/// # Errors
/// As [`emit_object`].
pub fn emit_clif(module: &Module, plan: &Plan, target: &Target) -> Result<String, Vec<Diagnostic>> {
    let machine = machine(&target.name).map_err(|e| vec![e])?;
    let builder = ObjectBuilder::new(machine.isa.clone(), "clif", Box::new(library_name));
    let mut object = ObjectModule::new(builder.map_err(|e| failure(&e.to_string()))?);
    let mut unit = Unit::new(module, plan, &machine, &mut object, "model");
    unit.text = Some(String::new());
    functions(&mut unit)?;
    Ok(unit.text.take().unwrap_or_default())
}

/// Where an input or output is: in the arena or among the constants, and its size.
#[derive(Clone, Copy)]
struct Port {
    constant: bool,
    offset: usize,
    bytes: usize,
}

fn place_of(unit: &mut Unit<'_>, value: ValueId) -> Result<Port, String> {
    let entry = unit.module.entry();
    let bytes = entry.ty(value).bytes();
    match (place(unit.plan, GraphId(0), value), entry.constant(value)) {
        (Some(Place::Arena { offset }), _) => Ok(Port { constant: false, offset, bytes }),
        (_, Some(data)) => Ok(Port { constant: true, offset: unit.pool.intern(data.bytes()), bytes }),
        (Some(Place::Constant | Place::Unused) | None, None) => {
            Err(format!("{value} has no place in the plan"))
        }
    }
}

/// What the interface is made of.
struct Parts {
    init: FuncId,
    run: FuncId,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    arena_bytes: usize,
    constants: Vec<u8>,
    stateful: bool,
}

/// The memory of the network.
struct Memory {
    arena: DataId,
    constants: DataId,
    /// Whether state holds its initial contents or what followed from them.
    ready: DataId,
}

struct Api<'a> {
    object: ObjectModule,
    name: &'a str,
    builder: FunctionBuilderContext,
    pointer: Type,
}

/// What the body of a function works with.
struct Body<'b> {
    b: FunctionBuilder<'b>,
    object: &'b mut ObjectModule,
    /// The parameter, if there is one.
    index: Option<Value>,
}

impl Api<'_> {
    fn emit(&mut self, parts: &Parts) -> Result<(), String> {
        let memory = Memory {
            arena: self.data("arena", None, parts.arena_bytes)?,
            constants: self.data("constants", Some(&parts.constants), parts.constants.len())?,
            ready: self.data("ready", None, 4)?,
        };
        let (word, size) = (types::I32, self.pointer);
        let init = self.function("init", None, word, |f| {
            f.call(parts.init, &memory);
            if parts.stateful {
                let ready = f.address(memory.ready);
                let one = f.b.ins().iconst(types::I32, 1);
                f.b.ins().store(FLAGS, one, ready, 0);
            }
            f.b.ins().iconst(types::I32, 0)
        })?;
        self.function("invoke", None, word, |f| {
            if parts.stateful {
                f.unless_ready(&memory, init);
            }
            f.call(parts.run, &memory);
            f.b.ins().iconst(types::I32, 0)
        })?;
        for (role, ports) in [("input", &parts.inputs), ("output", &parts.outputs)] {
            self.function(&format!("{role}_count"), None, word, |f| {
                f.b.ins().iconst(types::I32, ports.len() as i64)
            })?;
            self.function(role, Some(word), size, |f| {
                f.choose(ports, |f, port| {
                    let base = f.address(if port.constant { memory.constants } else { memory.arena });
                    f.b.ins().iadd_imm_s(base, port.offset as i64)
                })
            })?;
            self.function(&format!("{role}_bytes"), Some(word), size, |f| {
                f.choose(ports, |f, port| f.b.ins().iconst(types::I64, port.bytes as i64))
            })?;
        }
        self.function("arena_bytes", None, size, |f| f.b.ins().iconst(types::I64, parts.arena_bytes as i64))?;
        self.function("subnet_count", None, word, |f| f.b.ins().iconst(types::I32, 1))?;
        self.function("select_subnet", Some(word), word, |f| {
            let [none, found] = [-1i64, 0].map(|v| f.b.ins().iconst(types::I32, v & 0xFFFF_FFFF));
            let index = f.index.unwrap_or(none);
            let zero = f.b.ins().iconst(types::I32, 0);
            let is_zero = f.b.ins().icmp(IntCC::Equal, index, zero);
            f.b.ins().select(is_zero, found, none)
        })?;
        Ok(())
    }

    /// A block of memory of this file; writable and zero without contents.
    fn data(&mut self, label: &str, contents: Option<&[u8]>, bytes: usize) -> Result<DataId, String> {
        let name = format!("{}_{label}", self.name);
        let writable = contents.is_none();
        let id = self.object.declare_data(&name, Linkage::Local, writable, false);
        let id = id.map_err(|e| e.to_string())?;
        let mut data = DataDescription::new();
        match contents {
            Some(contents) => data.define(contents.into()),
            None => data.define_zeroinit(bytes),
        }
        data.set_align(ALIGNMENT as u64);
        self.object.define_data(id, &data).map_err(|e| e.to_string())?;
        Ok(id)
    }

    /// A function of the C interface.
    fn function(
        &mut self,
        label: &str,
        parameter: Option<Type>,
        result: Type,
        body: impl FnOnce(&mut Body<'_>) -> Value,
    ) -> Result<FuncId, String> {
        let mut signature = Signature::new(self.object.isa().default_call_conv());
        signature.params.extend(parameter.map(|ty| AbiParam::new(ty).sext()));
        // Some machines keep 32-bit numbers extended in their registers.
        let returned = AbiParam::new(result);
        signature.returns.push(if result == types::I32 { returned.sext() } else { returned });
        let name = format!("{}_{label}", self.name);
        let id = self.object.declare_function(&name, Linkage::Export, &signature);
        let id = id.map_err(|e| e.to_string())?;
        let mut context = self.object.make_context();
        context.func = Function::with_name_signature(UserFuncName::user(0, id.as_u32()), signature);
        let config = self.object.isa().frontend_config();
        let mut b = FunctionBuilder::new(&mut context.func, &mut self.builder);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let index = b.block_params(entry).first().copied();
        let mut function = Body { b, object: &mut self.object, index };
        let value = body(&mut function);
        function.b.ins().return_(&[value]);
        function.b.finalize(config);
        self.object.define_function(id, &mut context).map_err(|e| format!("{name}: {e:?}"))?;
        Ok(id)
    }
}

impl Body<'_> {
    fn address(&mut self, data: DataId) -> Value {
        let global = self.object.declare_data_in_func(data, self.b.func);
        self.b.ins().symbol_value(types::I64, global)
    }

    /// Calls a function of the network.
    fn call(&mut self, function: FuncId, memory: &Memory) {
        let arguments = [memory.arena, memory.constants].map(|data| self.address(data));
        let reference = self.object.declare_func_in_func(function, self.b.func);
        self.b.ins().call(reference, &arguments);
    }

    fn unless_ready(&mut self, memory: &Memory, init: FuncId) {
        let [first, after] = [self.b.create_block(), self.b.create_block()];
        let flag = self.address(memory.ready);
        let ready = self.b.ins().load(types::I32, FLAGS, flag, 0);
        self.b.ins().brif(ready, after, &[], first, &[]);
        self.b.switch_to_block(first);
        self.b.seal_block(first);
        let reference = self.object.declare_func_in_func(init, self.b.func);
        self.b.ins().call(reference, &[]);
        self.b.ins().jump(after, &[]);
        self.b.switch_to_block(after);
        self.b.seal_block(after);
    }

    /// The value of the port that the parameter selects, 0 if there is none.
    fn choose(&mut self, ports: &[Port], value: impl Fn(&mut Self, Port) -> Value) -> Value {
        let mut chosen = self.b.ins().iconst(types::I64, 0);
        let Some(index) = self.index else { return chosen };
        for (number, &port) in ports.iter().enumerate() {
            let candidate = value(self, port);
            let number = self.b.ins().iconst(types::I32, number as i64);
            let is_it = self.b.ins().icmp(IntCC::Equal, index, number);
            chosen = self.b.ins().select(is_it, candidate, chosen);
        }
        chosen
    }
}

const FLAGS: cranelift_codegen::ir::MemFlagsData = cranelift_codegen::ir::MemFlagsData::trusted();
