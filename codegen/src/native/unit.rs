//! Walks the graphs of a module: each node becomes functions, each graph a function that calls them.
//!
//! All functions take `(arena, constants)`. Those of layers take `(arena, constants, first, end)` besides: the items,
//! such as rows of the result, that a call computes, so that calls may share the work of a layer. A layer may have
//! several parts, each of which needs the one before it to be done.

use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, Signature, UserFuncName, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, Linkage, Module as Clif};

use redsc_ir::kernels::Kernel;
use redsc_ir::{Diagnostic, GraphId, Module, Op, Plan};

use super::code::Code;
use super::machine::Machine;
use super::pool::{ALIGNMENT, Pool};
use super::site::Site;
use super::{control, dispatch};

/// The code of a network while it grows.
pub(super) struct Unit<'a> {
    pub(super) module: &'a Module,
    pub(super) plan: &'a Plan,
    pub(super) machine: &'a Machine,
    pub(super) clif: &'a mut dyn Clif,
    pub(super) pool: Pool,
    /// What symbols begin with.
    prefix: String,
    /// The functions of the graphs that were reached.
    graphs: Vec<Option<FuncId>>,
    /// Graphs that run once, in order.
    pub(super) initializers: Vec<FuncId>,
    /// Graphs whose functions are under way, to find graphs that run themselves.
    open: Vec<GraphId>,
    /// The parts of the layers of the entry graph, in order.
    pub(super) parts: Vec<Part>,
    pub(super) errors: Vec<Diagnostic>,
    /// Most scratch memory that a layer needs.
    scratch_bytes: usize,
    /// The functions as text, if it is wanted.
    pub(super) text: Option<String>,
    builder: FunctionBuilderContext,
}

/// A function that computes a layer or one part of it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) function: FuncId,
    /// How many items there are; calls may share them.
    pub(super) items: usize,
}

/// A layer while it is emitted.
pub(super) struct Layer<'u, 'a> {
    pub(super) site: Site<'a>,
    unit: &'u mut Unit<'a>,
    parts: Vec<Part>,
    scratch_bytes: usize,
}

impl<'a> Unit<'a> {
    pub(super) fn new(
        module: &'a Module,
        plan: &'a Plan,
        machine: &'a Machine,
        clif: &'a mut dyn Clif,
        prefix: &str,
    ) -> Self {
        Unit {
            module,
            plan,
            machine,
            clif,
            pool: Pool::default(),
            prefix: prefix.into(),
            graphs: vec![None; module.graphs.len()],
            initializers: Vec::new(),
            open: Vec::new(),
            parts: Vec::new(),
            errors: Vec::new(),
            scratch_bytes: 0,
            text: None,
            builder: FunctionBuilderContext::new(),
        }
    }

    /// Bytes of work memory: those of the plan, and scratch memory behind them.
    pub(super) fn arena_bytes(&self) -> usize {
        match self.scratch_bytes {
            // Vectors may be loaded whole at the end of the last value.
            0 => self.plan.arena_bytes + ALIGNMENT,
            bytes => self.plan.arena_bytes.next_multiple_of(ALIGNMENT) + bytes + ALIGNMENT,
        }
    }

    /// The function of a graph, written when it is first needed.
    pub(super) fn graph(&mut self, id: GraphId) -> Result<FuncId, String> {
        if self.open.contains(&id) {
            return Err(format!("graph {id} runs itself"));
        }
        if let Some(function) = self.graphs.get(id.index()).copied().flatten() {
            return Ok(function);
        }
        self.open.push(id);
        let parts = self.layers(id);
        self.open.pop();
        let calls: Vec<(FuncId, usize)> = parts.iter().map(|part| (part.function, part.items)).collect();
        let label = if id.index() == 0 { "network".into() } else { format!("graph_{}", id.index()) };
        let function = self.function(&label, "", Linkage::Local, 2, |c| {
            calls.iter().for_each(|&(part, items)| c.call_part(part, &[0, items as i64]));
            Ok(())
        })?;
        if id.index() == 0 {
            self.parts = parts;
        }
        self.graphs[id.index()] = Some(function);
        Ok(function)
    }

    /// The functions of the nodes of a graph; what has none is reported.
    fn layers(&mut self, id: GraphId) -> Vec<Part> {
        let module = self.module;
        let graph = module.graph(id);
        let mut parts = Vec::new();
        for (position, node) in graph.nodes.iter().enumerate() {
            let step = self.plan.graphs.get(id.index()).and_then(|g| g.steps.get(position));
            if step.is_some_and(|step| step.kernel == Kernel::View) {
                continue;
            }
            let site = Site { module, plan: self.plan, graph, node, id, position };
            match self.layer(site) {
                Ok(more) => parts.extend(more),
                Err(message) => self.error(&message, node.op.mnemonic(), &node.location),
            }
        }
        parts
    }

    fn layer(&mut self, site: Site<'a>) -> Result<Vec<Part>, String> {
        if let Op::CallOnce(op) = &site.node.op {
            return control::call_once(self, &site, op).map(|()| Vec::new());
        }
        let mut layer = Layer { site, unit: self, parts: Vec::new(), scratch_bytes: 0 };
        dispatch::emit(&mut layer)?;
        let Layer { parts, scratch_bytes, .. } = layer;
        self.scratch_bytes = self.scratch_bytes.max(scratch_bytes);
        Ok(parts)
    }

    pub(super) fn error(&mut self, message: &str, operator: &str, location: &str) {
        self.errors.push(Diagnostic {
            code: "E0404",
            message: format!("`{operator}`: {message}"),
            location: location.into(),
            span: None,
            help: "the C engine may serve it: --engine c, or a .c file as output".into(),
        });
    }

    /// A function of `arguments` addresses and numbers.
    pub(super) fn function(
        &mut self,
        label: &str,
        comment: &str,
        linkage: Linkage,
        arguments: usize,
        body: impl FnOnce(&mut Code<'_>) -> Result<(), String>,
    ) -> Result<FuncId, String> {
        let mut signature = Signature::new(self.clif.isa().default_call_conv());
        signature.params = vec![AbiParam::new(types::I64); arguments];
        let name = format!("{}_{label}", self.prefix);
        let id = self.clif.declare_function(&name, linkage, &signature).map_err(|e| e.to_string())?;
        let mut context = self.clif.make_context();
        context.func = Function::with_name_signature(UserFuncName::user(0, id.as_u32()), signature);
        let mut b = FunctionBuilder::new(&mut context.func, &mut self.builder);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let parameters = b.block_params(entry).to_vec();
        let at = |index: usize| parameters[index.min(parameters.len() - 1)];
        let mut code = Code {
            b,
            machine: self.machine,
            pool: &mut self.pool,
            clif: &mut *self.clif,
            arena: at(0),
            constants: at(1),
            range: [at(2), at(3)],
        };
        let outcome = body(&mut code);
        code.b.ins().return_(&[]);
        code.b.finalize(self.machine.isa.frontend_config());
        outcome?;
        if let Some(text) = &mut self.text {
            *text += &format!("; {name}: {comment}\n{}\n", context.func.display());
        }
        self.clif.define_function(id, &mut context).map_err(|e| format!("{name}: {e:?}"))?;
        Ok(id)
    }
}

impl<'a> Layer<'_, 'a> {
    /// Adds a part that computes the items of its range, which is not empty.
    pub(super) fn part(
        &mut self,
        items: usize,
        body: impl FnOnce(&mut Code<'_>, &Site<'a>) -> Result<(), String>,
    ) -> Result<(), String> {
        if items == 0 {
            return Ok(());
        }
        let site = self.site;
        let mut name = site.label();
        if !self.parts.is_empty() {
            name += &format!("_{}", self.parts.len());
        }
        let comment = describe(&site);
        let function = self.unit.function(&name, &comment, Linkage::Local, 4, |c| body(c, &site))?;
        self.parts.push(Part { name, function, items });
        Ok(())
    }

    /// Adds a part that does everything in one call.
    pub(super) fn whole(
        &mut self,
        body: impl FnOnce(&mut Code<'_>, &Site<'a>) -> Result<(), String>,
    ) -> Result<(), String> {
        self.part(1, body)
    }

    /// Sets scratch memory aside and returns its place in the arena.
    pub(super) fn scratch(&mut self, bytes: usize) -> usize {
        let offset = self.unit.plan.arena_bytes.next_multiple_of(ALIGNMENT) + self.scratch_bytes;
        self.scratch_bytes += bytes.next_multiple_of(ALIGNMENT);
        offset
    }

    /// The machine.
    pub(super) fn machine(&self) -> &'a Machine {
        self.unit.machine
    }

    /// The function of a graph that the node runs.
    pub(super) fn graph(&mut self, id: GraphId) -> Result<FuncId, String> {
        self.unit.graph(id)
    }
}

/// `CONV_2D #3: 1x8x8x3xi8, … -> 1x8x8x8xi8`
fn describe(site: &Site<'_>) -> String {
    let text = |id| {
        let ty = site.graph.ty(id);
        format!("{}x{}", ty.shape, ty.elem)
    };
    let operands: Vec<String> = site.node.operands().map(text).collect();
    let results: Vec<String> = site.node.outputs.iter().map(|&id| text(id)).collect();
    let place = if site.node.location.is_empty() { site.node.op.mnemonic() } else { &site.node.location };
    let one_line: String = place.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{one_line}: {} -> {}", operands.join(", "), results.join(", "))
}
