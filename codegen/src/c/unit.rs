//! Walks the graphs of a module and collects what the C file is made of: constants, layer functions, calls.

use std::fmt::Write;

use redsc_ir::kernels::Kernel;
use redsc_ir::plan::{Level, Place};
use redsc_ir::{Diagnostic, GraphId, Module, Op, Plan, TensorType, ValueId, VarId, analysis};

use super::call::{Arg, Call, What};
use super::constants::{Array, Constants};
use super::layers::{Layers, Param, Shape};
use super::merge::Numbers;
use super::site::Site;
use super::{COptions, Optimize, control, dispatch, names};

/// The C file while it grows.
pub(super) struct Unit<'a> {
    pub(super) module: &'a Module,
    pub(super) plan: &'a Plan,
    /// All levels of a nested network, the full one last; nothing for an ordinary network.
    pub(super) levels: &'a [Level],
    /// The numbers in which levels differ.
    pub(super) numbers: Numbers,
    pub(super) options: &'a COptions,
    pub(super) constants: Constants,
    pub(super) layers: Layers,
    /// Functions of the regions, callees first.
    pub(super) regions: Vec<Region>,
    /// Functions that run once, in order.
    pub(super) initializers: Vec<String>,
    pub(super) errors: Vec<Diagnostic>,
    /// Graphs whose functions are under way, to find graphs that run themselves.
    pub(super) open: Vec<GraphId>,
}

/// The function of one region.
pub(super) struct Region {
    pub(super) id: GraphId,
    pub(super) body: String,
}

impl<'a> Unit<'a> {
    /// An empty file.
    pub(super) fn new(module: &'a Module, plan: &'a Plan, options: &'a COptions) -> Self {
        let layers = match options.optimize {
            Optimize::Speed => Layers::separate(),
            Optimize::Balanced | Optimize::Size => {
                let mut survey = Unit::separate(module, plan, options);
                survey.body(GraphId(0));
                Layers::sharing(survey.layers, options.optimize)
            }
        };
        Unit { layers, ..Unit::separate(module, plan, options) }
    }

    /// An empty file whose layers share functions only where they agree.
    pub(super) fn separate(module: &'a Module, plan: &'a Plan, options: &'a COptions) -> Self {
        Unit {
            module,
            plan,
            levels: &[],
            numbers: Numbers::default(),
            options,
            constants: Constants::default(),
            layers: Layers::separate(),
            regions: Vec::new(),
            initializers: Vec::new(),
            errors: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The statements that run a graph, one commented paragraph per node.
    pub(super) fn body(&mut self, id: GraphId) -> String {
        self.open.push(id);
        let module = self.module;
        let graph = module.graph(id);
        let mut text = String::new();
        for (position, node) in graph.nodes.iter().enumerate() {
            let Some(step) = self.plan.graphs.get(id.index()).and_then(|g| g.steps.get(position)) else {
                self.error("the plan has no step for this node", &node.location);
                continue;
            };
            let site = Site { module, graph, node, step, id, position };
            self.constants.set_products(analysis::node_macs(module, graph, node));
            let _ = writeln!(text, "    /* {} */", describe(&site));
            match self.statements_of_levels(&site) {
                Ok(statements) => text.push_str(&statements),
                Err(message) => self.error(&message, &node.location),
            }
            text.push_str(&self.traces(&site));
            if self.options.probe && id == GraphId(0) {
                let _ = writeln!(text, "    {}_probe({position});", self.options.name);
            }
        }
        self.open.pop();
        text
    }

    pub(super) fn error(&mut self, message: &str, location: &str) {
        self.errors.push(Diagnostic {
            code: "E0401",
            message: message.into(),
            location: location.into(),
            span: None,
            help: String::new(),
        });
    }

    pub(super) fn statements(&mut self, site: &Site<'a>) -> Result<String, String> {
        if site.step.kernel == Kernel::View {
            return Ok(String::new());
        }
        match &site.node.op {
            Op::ReadVariable(op) => self.read(site, op.variable),
            Op::AssignVariable(op) => self.assign(site, op.variable),
            Op::CallOnce(op) => control::call_once(self, site, op),
            Op::If(op) => control::if_else(self, site, op),
            Op::While(op) => control::while_loop(self, site, op),
            _ => {
                let calls = dispatch::calls(site)?;
                calls.into_iter().map(|call| self.call(site, call)).collect()
            }
        }
    }

    /// Whether there is anything to initialise.
    pub(super) fn is_stateful(&self) -> bool {
        !self.module.variables.is_empty() || !self.initializers.is_empty()
    }

    /// Whether a variable shares memory with an input. It is assigned in each invocation before it is read then, and
    /// restoring it might destroy an input that was written already.
    fn is_under_input(&self, variable: usize) -> bool {
        let Some(&begin) = self.plan.variables.get(variable) else { return false };
        let end = begin + self.module.variables[variable].ty.bytes();
        let entry = self.module.entry();
        entry.inputs.iter().any(|&input| match self.place(GraphId(0), input) {
            Some(Place::Arena { offset }) => offset < end && begin < offset + entry.ty(input).bytes(),
            Some(Place::Constant | Place::Unused) | None => false,
        })
    }

    /// The statements that put state into its initial contents.
    pub(super) fn init(&mut self) -> String {
        let mut text = String::new();
        let module = self.module;
        for (index, variable) in module.variables.iter().enumerate() {
            if self.is_under_input(index) {
                continue;
            }
            let place = match self.variable_at(VarId::new(index)) {
                Ok(place) => place,
                Err(message) => {
                    self.error(&message, &variable.name);
                    continue;
                }
            };
            let (bytes, name) = (variable.ty.bytes(), names::comment(&variable.name));
            text += &match &variable.init {
                Some(data) => {
                    let array = Array { elem: variable.ty.elem, data: data.clone() };
                    let constant = self.constant(array, &format!("state{index}"), "init");
                    format!("    memcpy({place}, {constant}, {bytes}); /* {name} */\n")
                }
                None => format!("    memset({place}, 0, {bytes}); /* {name} */\n"),
            };
        }
        for function in &self.initializers {
            let _ = writeln!(text, "    {function}();");
        }
        if self.is_stateful() {
            text += "    ready = 1;\n";
        }
        text
    }

    fn read(&mut self, site: &Site<'_>, variable: VarId) -> Result<String, String> {
        let bytes = site.result(0)?.bytes();
        let to = self.result_at(site, 0, 0)?;
        Ok(copy(&to, &self.variable_at(variable)?, bytes))
    }

    fn assign(&mut self, site: &Site<'_>, variable: VarId) -> Result<String, String> {
        let bytes = site.input(0)?.bytes();
        let from = self.operand_at(site, 0, 0, "value")?;
        // The value may overlap the place of the variable, as when a window moves on over its own past.
        Ok(copy(&self.variable_at(variable)?, &from, bytes).replace("memcpy", "memmove"))
    }

    /// The statement that calls the layer function of `call`.
    fn call(&mut self, site: &Site<'_>, call: Call) -> Result<String, String> {
        let (mut params, mut pointers) = (Vec::new(), Vec::new());
        for arg in call.args {
            let param = self.param(site, &arg)?;
            pointers.push(match param {
                Param::Pointer { .. } => self.pointer(site, arg)?,
                Param::Absent | Param::Number(_) => "NULL".into(),
            });
            params.push(param);
        }
        let shape = Shape { kernel: call.kernel, params, constants: call.params };
        let target = self.layers.intern(shape, site.node.op.mnemonic(), &site.label());
        let taken =
            pointers.into_iter().zip(target.takes).filter(|(_, taken)| *taken).map(|(pointer, _)| pointer);
        let record = target.record.map(|name| format!("&{name}"));
        let arguments: Vec<String> = taken.chain(record).collect();
        Ok(format!("    {}({});\n", target.function, arguments.join(", ")))
    }

    pub(super) fn param(&self, site: &Site<'_>, arg: &Arg) -> Result<Param, String> {
        let c_type = match &arg.what {
            What::Operand { index, .. } => format!("const {}", site.input(*index)?.elem.c_name()),
            What::Result { index, .. } => site.result(*index)?.elem.c_name().into(),
            What::Constant(array) | What::ConstantFrom(array, _) => format!("const {}", array.elem.c_name()),
            What::Variable(id) => self.module.variable(*id).ty.elem.c_name().into(),
            What::Scratch if site.step.scratch.is_some() => "void".into(),
            What::Scratch | What::Nothing => return Ok(Param::Absent),
        };
        Ok(Param::Pointer { declaration: format!("{c_type} *{}", arg.name), name: arg.name.into() })
    }

    /// The C expression of an argument that is present.
    fn pointer(&mut self, site: &Site<'_>, arg: Arg) -> Result<String, String> {
        match arg.what {
            What::Operand { index, offset } => self.operand_at(site, index, offset, arg.name),
            What::Result { index, offset } => self.result_at(site, index, offset),
            What::Constant(array) => Ok(self.constant(array, &site.label(), arg.name)),
            What::ConstantFrom(array, element) => {
                Ok(format!("{} + {element}", self.constant(array, &site.label(), arg.name)))
            }
            What::Variable(id) => self.variable_at(id),
            What::Scratch => Ok(self.at(site.step.scratch.map_or(0, |s| s.offset))),
            What::Nothing => Ok("NULL".into()),
        }
    }

    /// The name of a constant that belongs to the layer `label`.
    pub(super) fn constant(&mut self, array: Array, label: &str, what: &str) -> String {
        let prefix =
            if self.options.weights_separate { format!("{}_", self.options.name) } else { String::new() };
        self.constants.intern(array, &format!("{prefix}{label}_{what}")).to_string()
    }

    /// Where an operand is, `offset` bytes from its start.
    pub(super) fn operand_at(
        &mut self,
        site: &Site<'_>,
        index: usize,
        offset: usize,
        what: &str,
    ) -> Result<String, String> {
        let value = site.node.input(index).ok_or_else(|| format!("operand {index} is missing"))?;
        self.value_at(site.id, value, offset, &site.label(), what)
    }

    /// Where a result is, `offset` bytes from its start.
    pub(super) fn result_at(
        &mut self,
        site: &Site<'_>,
        index: usize,
        offset: usize,
    ) -> Result<String, String> {
        let value = site.node.outputs.get(index).ok_or_else(|| format!("result {index} is missing"))?;
        self.value_at(site.id, *value, offset, &site.label(), "result")
    }

    /// Where a value is; constants are called `label_what` unless they have a name already.
    pub(super) fn value_at(
        &mut self,
        graph: GraphId,
        value: ValueId,
        offset: usize,
        label: &str,
        what: &str,
    ) -> Result<String, String> {
        let found = self.module.graph(graph).value(value);
        if let Some(data) = &found.data {
            let array = Array { elem: found.ty.elem, data: data.clone() };
            let name = self.constant(array, label, what);
            return Ok(if offset == 0 { name } else { format!("(const uint8_t *){name} + {offset}") });
        }
        match self.place(graph, value) {
            Some(Place::Arena { offset: base }) => Ok(self.at(base + offset)),
            _ => Err(format!("the plan has no place for {value}")),
        }
    }

    /// The C expression of an offset: in the first arena, or in that of another memory.
    fn at(&self, offset: usize) -> String {
        match self.plan.arena_at(offset) {
            Some((index, arena)) if index > 0 => {
                format!("{}({})", arena_macro(&arena.memory), offset - arena.begin)
            }
            _ => at(offset),
        }
    }

    /// Where the plan puts a value.
    pub(super) fn place(&self, graph: GraphId, value: ValueId) -> Option<Place> {
        self.plan.graphs.get(graph.index())?.places.get(value.index()).copied()
    }

    /// Where a variable is.
    pub(super) fn variable_at(&self, id: VarId) -> Result<String, String> {
        let offset = self.plan.variables.get(id.index());
        offset.map(|&offset| self.at(offset)).ok_or_else(|| format!("the plan has no place for {id}"))
    }

    /// Calls of the trace hook for the results of a node.
    fn traces(&mut self, site: &Site<'_>) -> String {
        if !self.options.trace {
            return String::new();
        }
        let mut text = String::new();
        for (index, output) in site.node.outputs.iter().enumerate() {
            if let Ok(place) = self.result_at(site, index, 0) {
                let value = site.graph.value(*output);
                let name = names::string(&value.name);
                let _ = writeln!(text, "    trace({name}, {place}, {});", value.ty.bytes());
            }
        }
        text
    }
}

/// The macro for addresses in the arena of a memory.
pub(super) fn arena_macro(memory: &str) -> String {
    format!("AT_{}", memory.to_uppercase())
}

/// The C expression of an offset in the first arena.
pub(super) fn at(offset: usize) -> String {
    format!("AT({offset})")
}

/// A copy, unless source and destination are the same.
pub(super) fn copy(to: &str, from: &str, bytes: usize) -> String {
    if to == from || bytes == 0 { String::new() } else { format!("    memcpy({to}, {from}, {bytes});\n") }
}

/// `3: conv2d 1x8x8x3 i8 -> 1x8x8x16 i8 (CONV_2D #3), act = relu`.
fn describe(site: &Site<'_>) -> String {
    let types = |ids: &mut dyn Iterator<Item = ValueId>| {
        ids.map(|id| type_text(site.graph.ty(id))).collect::<Vec<_>>().join(", ")
    };
    let from = types(&mut site.node.operands().filter(|&id| site.graph.constant(id).is_none()));
    let to = types(&mut site.node.outputs.iter().copied());
    let arrow = if from.is_empty() || to.is_empty() { "" } else { " -> " };
    let mut text = format!("{}: {} {from}{arrow}{to}", site.label(), site.node.op.mnemonic());
    if !site.node.location.is_empty() {
        let _ = write!(text, " ({})", site.node.location);
    }
    if site.step.kernel == Kernel::View {
        text.push_str(": nothing to do");
    }
    names::comment(&text)
}

/// `1x8x8x16 i8`; a scalar is its element type.
pub(super) fn type_text(ty: &TensorType) -> String {
    if ty.shape.rank() == 0 { ty.elem.to_string() } else { format!("{} {}", ty.shape, ty.elem) }
}
