//! What all subgraphs of a TFLite model share: operator codes, buffers, variables and the list of diagnostics.

use std::collections::HashMap;

use redsc_ir::{Data, Diagnostic, Graph, GraphId, Module, TensorType, VarId, Variable};
use redsc_schema::planus::errors::{ErrorKind, UnknownEnumTagKind};
use redsc_schema::planus::{self, ReadAsRoot, Vector};
use redsc_schema::tflite::{BufferRef, BuiltinOperator, ModelRef, OperatorCodeRef, SubGraphRef};

use super::fault::{CONTENTS, DAMAGED, Outcome, Problem, SHAPE, STRUCTURE, damaged};

/// A model under translation.
pub(super) struct ModelReader<'m> {
    bytes: &'m [u8],
    codes: Vec<OpCode<'m>>,
    subgraphs: Tables<'m, SubGraphRef<'m>>,
    buffers: Option<Tables<'m, BufferRef<'m>>>,
    /// Subgraph of each graph of the module, and back.
    order: Vec<usize>,
    graph_ids: HashMap<usize, GraphId>,
    /// `(caller, callee)` for each reference between graphs.
    calls: Vec<(GraphId, GraphId)>,
    variables: Vec<Variable>,
    resources: HashMap<Resource, VarId>,
    /// Contents that were copied, by position in the file.
    contents: HashMap<(usize, usize), Data>,
    contents_left: usize,
    state_left: usize,
    work_left: usize,
    diagnostics: Vec<Diagnostic>,
    damage: usize,
}

/// A vector of tables; each element is checked when it is read.
pub(super) type Tables<'m, T> = Vector<'m, planus::Result<T>>;

/// What an operator does, as the file says it.
#[derive(Clone, Copy)]
pub(super) enum OpCode<'m> {
    Builtin(BuiltinOperator),
    /// A code of a later version of the format.
    Unknown(i128),
    Custom(&'m str),
    Damaged,
}

/// Container and name of a resource variable.
pub(super) type Resource = (String, String);

/// How much may be read for each byte of the file, in bytes: honest files stay below 2. More means that the same
/// bytes are referred to again and again, which could blow up a small file to any amount of work.
const WORK_PER_BYTE: usize = 8;

/// Bytes of all variables together.
const LARGEST_STATE: usize = 1 << 26;

/// How many signs of damage are listed; more of them tell nobody more.
const MOST_DAMAGE: usize = 20;

impl<'m> ModelReader<'m> {
    /// Opens a file; subgraph 0 becomes graph 0.
    pub(super) fn open(bytes: &'m [u8]) -> Outcome<Self> {
        if !super::has_identifier(bytes) {
            return Err(damaged("the identifier `TFL3` is missing").help("a TFLite file has it at byte 4"));
        }
        let model = ModelRef::read_as_root(bytes).map_err(|_| damaged("the root table cannot be read"))?;
        match model.version()? {
            3 => {}
            version => {
                return Err(damaged(format!("schema version {version} is not supported, only version 3")));
            }
        }
        let subgraphs = model.subgraphs()?.filter(|s| !s.is_empty());
        let codes = model.operator_codes()?.into_iter().flatten();
        Ok(ModelReader {
            bytes,
            codes: codes.map(|code| code.and_then(OpCode::read).unwrap_or(OpCode::Damaged)).collect(),
            subgraphs: subgraphs.ok_or_else(|| damaged("the model has no subgraph"))?,
            buffers: model.buffers()?,
            order: vec![0],
            graph_ids: HashMap::from([(0, GraphId::new(0))]),
            calls: Vec::new(),
            variables: Vec::new(),
            resources: HashMap::new(),
            contents: HashMap::new(),
            contents_left: bytes.len(),
            state_left: LARGEST_STATE,
            work_left: bytes.len().saturating_mul(WORK_PER_BYTE),
            diagnostics: Vec::new(),
            damage: 0,
        })
    }

    /// The module, unless something was reported.
    pub(super) fn finish(mut self, graphs: Vec<Graph>) -> Result<Module, Vec<Diagnostic>> {
        self.report_recursion();
        if !self.diagnostics.is_empty() {
            return Err(self.diagnostics);
        }
        Ok(Module { name: String::new(), graphs, variables: self.variables })
    }

    /// Notes a problem at a place.
    pub(super) fn report(&mut self, place: &str, problem: Problem) {
        let Some(diagnostic) = problem.diagnostic(place) else { return };
        let is_damage = matches!(diagnostic.code, DAMAGED | STRUCTURE);
        self.damage += usize::from(is_damage);
        if !is_damage || self.damage <= MOST_DAMAGE {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether there is no point in reading on.
    pub(super) fn is_hopeless(&self) -> bool {
        self.exhausted() || self.damage >= MOST_DAMAGE
    }

    /// Accounts for reading `bytes` of the file; fails when the file asks for unreasonable amounts of work.
    pub(super) fn charge(&mut self, bytes: usize) -> Outcome {
        if self.exhausted() {
            return Err(Problem::Reported);
        }
        self.work_left = self.work_left.saturating_sub(bytes);
        if self.exhausted() {
            return Err(damaged("tables of the file are referred to unreasonably often"));
        }
        Ok(())
    }

    /// Whether the file asked for unreasonable amounts of work.
    fn exhausted(&self) -> bool {
        self.work_left == 0
    }

    /// What the operator code at `index` stands for.
    pub(super) fn code(&self, index: u32) -> OpCode<'m> {
        self.codes.get(index as usize).copied().unwrap_or(OpCode::Damaged)
    }

    /// A subgraph by position.
    pub(super) fn subgraph(&self, index: usize) -> Outcome<SubGraphRef<'m>> {
        let subgraph =
            self.subgraphs.get(index).ok_or_else(|| damaged(format!("there is no subgraph {index}")))?;
        Ok(subgraph?)
    }

    /// The subgraph that becomes graph `graph`, if so many are needed.
    pub(super) fn subgraph_of(&self, graph: usize) -> Option<usize> {
        self.order.get(graph).copied()
    }

    /// The graph of the subgraph that an operator of subgraph `caller` refers to.
    pub(super) fn call(&mut self, caller: usize, subgraph: i32) -> Outcome<GraphId> {
        let index = usize::try_from(subgraph).ok().filter(|&index| index < self.subgraphs.len());
        let index = index.ok_or_else(|| damaged(format!("there is no subgraph {subgraph}")))?;
        let next = GraphId::new(self.order.len());
        let callee = *self.graph_ids.entry(index).or_insert(next);
        if callee == next {
            self.order.push(index);
        }
        self.calls.push((self.graph_ids[&caller], callee));
        Ok(callee)
    }

    /// Reports graphs that run each other in a circle, which has no end and no static memory.
    fn report_recursion(&mut self) {
        let mut callers = vec![Vec::new(); self.order.len()];
        let mut open_calls = vec![0; self.order.len()];
        for (caller, callee) in &self.calls {
            callers[callee.index()].push(caller.index());
            open_calls[caller.index()] += 1;
        }
        // Graphs that call nothing end; so does a graph all of whose callees end.
        let mut ending: Vec<usize> = (0..self.order.len()).filter(|&g| open_calls[g] == 0).collect();
        while let Some(graph) = ending.pop() {
            for &caller in &callers[graph] {
                open_calls[caller] -= 1;
                if open_calls[caller] == 0 {
                    ending.push(caller);
                }
            }
        }
        if let Some(graph) = open_calls.iter().position(|&open| open > 0) {
            let place = format!("subgraph {}", self.order[graph]);
            self.report(&place, Problem::new(STRUCTURE, "subgraphs run each other in a circle"));
        }
    }

    /// The type of a variable.
    pub(super) fn variable_type(&self, variable: VarId) -> TensorType {
        self.variables[variable.index()].ty.clone()
    }

    /// Adds a variable.
    pub(super) fn add_variable(&mut self, name: &str, ty: TensorType) -> Outcome<VarId> {
        let too_large = || Problem::new(SHAPE, "the variables of the model are too large together");
        self.state_left = self.state_left.checked_sub(ty.bytes()).ok_or_else(too_large)?;
        let init = initial_contents(&ty);
        self.variables.push(Variable { name: name.into(), ty, init });
        Ok(VarId::new(self.variables.len() - 1))
    }

    /// The variable behind a resource; the first use decides its type.
    pub(super) fn resource(&mut self, resource: &Resource, ty: &TensorType) -> Outcome<VarId> {
        if let Some(&id) = self.resources.get(resource) {
            let known = &self.variables[id.index()].ty;
            if (known.elem, &known.shape) == (ty.elem, &ty.shape) {
                return Ok(id);
            }
            let (a, b) = (describe(known), describe(ty));
            return Err(Problem::new(
                STRUCTURE,
                format!("variable `{}` holds {a} here and {b} there", resource.1),
            ));
        }
        let id = self.add_variable(&resource.1, ty.clone())?;
        self.resources.insert(resource.clone(), id);
        Ok(id)
    }

    /// The contents of a buffer, copied once; `None` if it is empty.
    pub(super) fn contents(&mut self, buffer: u32) -> Outcome<Option<Data>> {
        let Some(buffer) = self.buffers.and_then(|buffers| buffers.get(buffer as usize)) else {
            // Buffer 0 stands for no contents, also where the list of buffers was dropped.
            return if buffer == 0 { Ok(None) } else { Err(damaged(format!("there is no buffer {buffer}"))) };
        };
        let bytes = self.buffer_bytes(buffer?)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let key = (bytes.as_ptr() as usize, bytes.len());
        if let Some(data) = self.contents.get(&key) {
            return Ok(Some(data.clone()));
        }
        let overlap = || Problem::new(CONTENTS, "buffers of the file overlap");
        self.contents_left = self.contents_left.checked_sub(bytes.len()).ok_or_else(overlap)?;
        let data = Data::from_bytes(bytes);
        self.contents.insert(key, data.clone());
        Ok(Some(data))
    }

    /// The bytes of a buffer: inside the tables, or behind them in the same file.
    fn buffer_bytes(&self, buffer: BufferRef<'m>) -> Outcome<&'m [u8]> {
        let (offset, size) = (buffer.offset()?, buffer.size()?);
        if offset <= 1 {
            return Ok(buffer.data()?.unwrap_or_default());
        }
        let range = usize::try_from(offset).ok().zip(usize::try_from(size).ok());
        range
            .and_then(|(offset, size)| self.bytes.get(offset..offset.checked_add(size)?))
            .ok_or_else(|| Problem::new(CONTENTS, "the contents lie beyond the end of the file"))
    }
}

impl<'m> OpCode<'m> {
    fn read(table: OperatorCodeRef<'m>) -> planus::Result<Self> {
        let old = BuiltinOperator::try_from(i32::from(table.deprecated_builtin_code()?));
        let code = match table.builtin_code() {
            // The larger one counts: old files leave the new field at 0, new ones the old field at its largest.
            Ok(new) => old.map_or(new, |old| old.max(new)),
            Err(error) => match error.error_kind {
                ErrorKind::UnknownEnumTag { source: UnknownEnumTagKind { tag } } => {
                    return Ok(OpCode::Unknown(tag));
                }
                _ => return Err(error),
            },
        };
        if code == BuiltinOperator::Custom {
            return Ok(OpCode::Custom(table.custom_code()?.unwrap_or_default()));
        }
        Ok(OpCode::Builtin(code))
    }
}

/// What a variable holds at the start: the real number zero.
///
/// The reference fills 8-bit variables with their zero point and all others with zero bytes.
pub(crate) fn initial_contents(ty: &TensorType) -> Option<Data> {
    let (_, zero_point) = ty.quant.per_tensor()?;
    let is_filled = ty.elem == redsc_ir::ElemType::I8 && zero_point != 0;
    is_filled.then(|| Data::from_bytes(vec![zero_point as u8; ty.bytes()]))
}

/// Element type and shape for messages.
pub(super) fn describe(ty: &TensorType) -> String {
    match ty.shape.rank() {
        0 => ty.elem.to_string(),
        _ => format!("{}x{}", ty.shape, ty.elem),
    }
}
