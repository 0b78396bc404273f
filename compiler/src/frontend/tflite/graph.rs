//! One subgraph: tensors become values where operators first mention them.

use redsc_ir::ops::ReadVariable;
use redsc_ir::{Data, ElemType, Graph, TensorType, ValueId, VarId};
use redsc_schema::planus::Vector;
use redsc_schema::tflite::{self, SubGraphRef, TensorRef};

use super::fault::{FORM, Outcome, Problem, STRUCTURE, damaged};
use super::model::{ModelReader, Resource, Tables};
use super::{operator, tensor};

/// A subgraph under translation.
pub(super) struct GraphReader<'r, 'm> {
    /// What all subgraphs share.
    pub(super) model: &'r mut ModelReader<'m>,
    /// Position of the subgraph in the file.
    pub(super) subgraph: usize,
    /// The result so far.
    pub(super) graph: Graph,
    tensors: Option<Tables<'m, TensorRef<'m>>>,
    slots: Vec<Slot>,
}

/// What is known of a tensor.
#[derive(Clone)]
enum Slot {
    /// No operator has mentioned it.
    Unseen,
    /// It is this value.
    Value(ValueId),
    /// It is state.
    Variable(VarId),
    /// It is the handle of a resource.
    Handle(Resource),
    /// It cannot be translated, and that is reported.
    Bad,
}

/// What an operator weighs in the account of work, beside its lists.
const OPERATOR_WEIGHT: usize = 128;

impl<'r, 'm> GraphReader<'r, 'm> {
    /// Translates a subgraph as far as possible; problems go to the model's list.
    pub(super) fn read(model: &'r mut ModelReader<'m>, subgraph: usize) -> Graph {
        let mut reader =
            GraphReader { model, subgraph, graph: Graph::default(), tensors: None, slots: Vec::new() };
        if let Err(problem) = reader.translate() {
            reader.report("", problem);
        }
        reader.graph
    }

    fn translate(&mut self) -> Outcome {
        let subgraph = self.model.subgraph(self.subgraph)?;
        self.graph.name = subgraph.name().ok().flatten().unwrap_or_default().into();
        self.tensors = subgraph.tensors()?;
        let count = self.tensors.map_or(0, Vector::len);
        self.model.charge(4 * count + self.graph.name.len())?;
        self.slots = vec![Slot::Unseen; count];
        self.translate_inputs(subgraph)?;
        self.translate_operators(subgraph)?;
        self.translate_outputs(subgraph)
    }

    fn translate_inputs(&mut self, subgraph: SubGraphRef<'m>) -> Outcome {
        for index in subgraph.inputs()?.into_iter().flatten() {
            let input = self.tensor_index(index).and_then(|tensor| self.define(tensor));
            match input {
                Ok(value) => self.graph.inputs.push(value),
                Err(problem) => self.report("inputs", problem),
            }
        }
        Ok(())
    }

    fn translate_operators(&mut self, subgraph: SubGraphRef<'m>) -> Outcome {
        for (position, table) in subgraph.operators()?.into_iter().flatten().enumerate() {
            let charged = self.model.charge(OPERATOR_WEIGHT);
            let translated = charged.and_then(|()| operator::translate(self, position, table?));
            if let Err(problem) = translated {
                self.report(&format!("operator #{position}"), problem);
            }
            if self.model.is_hopeless() {
                break;
            }
        }
        Ok(())
    }

    fn translate_outputs(&mut self, subgraph: SubGraphRef<'m>) -> Outcome {
        for index in subgraph.outputs()?.into_iter().flatten() {
            let output = self.tensor_index(index).and_then(|tensor| self.value(tensor, "outputs"));
            match output {
                Ok(value) => self.graph.outputs.push(value),
                Err(problem) => self.report("outputs", problem),
            }
        }
        Ok(())
    }

    /// Notes a problem at a place in this subgraph.
    pub(super) fn report(&mut self, place: &str, problem: Problem) {
        let place = match (self.subgraph, place) {
            (0, place) => place.to_string(),
            (index, "") => format!("subgraph {index}"),
            (index, place) => format!("subgraph {index}, {place}"),
        };
        self.model.report(&place, problem);
    }

    /// Checks the index of a tensor.
    pub(super) fn tensor_index(&mut self, index: i32) -> Outcome<usize> {
        self.model.charge(4)?;
        let tensor = usize::try_from(index).ok().filter(|&tensor| tensor < self.slots.len());
        tensor.ok_or_else(|| damaged(format!("there is no tensor {index}")))
    }

    /// The value of a tensor that is read at `location`.
    pub(super) fn value(&mut self, tensor: usize, location: &str) -> Outcome<ValueId> {
        match self.slots[tensor].clone() {
            Slot::Value(value) => Ok(value),
            Slot::Variable(variable) => self.read_variable(tensor, variable, location),
            Slot::Handle(_) => {
                Err(self.at(tensor, Problem::new(FORM, "a resource handle is used as a tensor")))
            }
            Slot::Bad => Err(Problem::Reported),
            Slot::Unseen => {
                let found = self.first_read(tensor, location);
                self.settle(tensor, found)
            }
        }
    }

    /// The first mention of a tensor is a read: it is a constant, state, or a mistake.
    fn first_read(&mut self, tensor: usize, location: &str) -> Outcome<ValueId> {
        let table = self.table(tensor)?;
        let ty = tensor::tensor_type(self.model, table)?;
        if table.is_variable()? {
            let variable = self.variable(tensor)?;
            return self.read_variable(tensor, variable, location);
        }
        let data = tensor::contents(self.model, table, &ty)?;
        let data = data.ok_or_else(|| {
            Problem::new(STRUCTURE, "read before anything computes it")
                .help("operators must be in execution order")
        })?;
        let name = self.name(tensor)?;
        let value = self.graph.add_constant(name, ty, data);
        self.slots[tensor] = Slot::Value(value);
        Ok(value)
    }

    /// Element type and contents of a tensor that is read at `location`, if it is constant.
    ///
    /// What only ever is an attribute does not become a value.
    pub(super) fn constant(&mut self, tensor: usize, location: &str) -> Outcome<Option<(ElemType, Data)>> {
        if let Slot::Unseen = self.slots[tensor] {
            let found = self.unseen_constant(tensor);
            if let Some(constant) = self.settle(tensor, found)? {
                return Ok(Some(constant));
            }
        }
        let value = self.value(tensor, location)?;
        Ok(self.graph.constant(value).map(|data| (self.graph.ty(value).elem, data.clone())))
    }

    fn unseen_constant(&mut self, tensor: usize) -> Outcome<Option<(ElemType, Data)>> {
        let table = self.table(tensor)?;
        let ty = tensor::tensor_type(self.model, table)?;
        if table.is_variable()? {
            return Ok(None);
        }
        let data = tensor::contents(self.model, table, &ty)?;
        Ok(data.map(|data| (ty.elem, data)))
    }

    fn read_variable(&mut self, tensor: usize, variable: VarId, location: &str) -> Outcome<ValueId> {
        let ty = self.model.variable_type(variable);
        let name = self.name(tensor)?;
        let value = self.graph.add_value(name, ty);
        self.graph.push(ReadVariable { variable }.into(), &[], &[value], location);
        Ok(value)
    }

    /// The value of a tensor that the caller or an operator computes.
    pub(super) fn define(&mut self, tensor: usize) -> Outcome<ValueId> {
        if let Slot::Unseen = self.slots[tensor] {
            let defined = self.first_definition(tensor);
            return self.settle(tensor, defined);
        }
        Err(self.at(tensor, Problem::new(STRUCTURE, "computed more than once, or after it is read")))
    }

    fn first_definition(&mut self, tensor: usize) -> Outcome<ValueId> {
        let table = self.table(tensor)?;
        let ty = tensor::tensor_type(self.model, table)?;
        let is_constant = ty.elements() > 0 && tensor::contents(self.model, table, &ty)?.is_some();
        if is_constant || table.is_variable()? {
            return Err(Problem::new(STRUCTURE, "a constant or a variable cannot be computed"));
        }
        let name = self.name(tensor)?;
        let value = self.graph.add_value(name, ty);
        self.slots[tensor] = Slot::Value(value);
        Ok(value)
    }

    /// After an operator failed: makes sure that its result is not reported as never computed.
    pub(super) fn define_if_possible(&mut self, tensor: usize) {
        let is_open = matches!(self.slots[tensor], Slot::Unseen);
        if is_open && self.first_definition(tensor).is_err() {
            self.slots[tensor] = Slot::Bad;
        }
    }

    /// The variable behind a state tensor of a recurrent operator.
    pub(super) fn variable(&mut self, tensor: usize) -> Outcome<VarId> {
        match self.slots[tensor] {
            Slot::Variable(variable) => Ok(variable),
            Slot::Bad => Err(Problem::Reported),
            Slot::Value(_) | Slot::Handle(_) => {
                Err(self
                    .at(tensor, Problem::new(STRUCTURE, "the state is used as an ordinary tensor before")))
            }
            Slot::Unseen => {
                let variable = self.add_variable(tensor);
                self.settle(tensor, variable)
            }
        }
    }

    fn add_variable(&mut self, tensor: usize) -> Outcome<VarId> {
        let table = self.table(tensor)?;
        let ty = tensor::tensor_type(self.model, table)?;
        let name = self.name(tensor)?;
        let variable = self.model.add_variable(&name, ty)?;
        self.slots[tensor] = Slot::Variable(variable);
        Ok(variable)
    }

    /// Makes a tensor the handle of a resource.
    pub(super) fn define_handle(&mut self, tensor: usize, resource: Resource) -> Outcome {
        let is_resource = self.table(tensor)?.type_()? == tflite::TensorType::Resource;
        match self.slots[tensor] {
            Slot::Unseen if is_resource => {
                self.slots[tensor] = Slot::Handle(resource);
                Ok(())
            }
            _ => Err(self.at(tensor, Problem::new(STRUCTURE, "this cannot hold a resource handle"))),
        }
    }

    /// The resource behind a handle.
    pub(super) fn handle(&mut self, tensor: usize) -> Outcome<Resource> {
        match &self.slots[tensor] {
            Slot::Handle(resource) => Ok(resource.clone()),
            Slot::Bad => Err(Problem::Reported),
            Slot::Unseen | Slot::Value(_) | Slot::Variable(_) => {
                let problem = Problem::new(FORM, "this is not a resource handle")
                    .help("redsc follows handles from VAR_HANDLE within one subgraph");
                Err(self.at(tensor, problem))
            }
        }
    }

    /// The type of a tensor that is no value, such as the intermediate results of a recurrent operator.
    pub(super) fn tensor_type(&mut self, tensor: usize) -> Outcome<TensorType> {
        let table = self.table(tensor)?;
        let ty = tensor::tensor_type(self.model, table);
        ty.map_err(|problem| self.at(tensor, problem))
    }

    /// Adds the name of the tensor to a problem and remembers that it is known.
    fn settle<T>(&mut self, tensor: usize, result: Outcome<T>) -> Outcome<T> {
        result.map_err(|problem| {
            self.slots[tensor] = Slot::Bad;
            self.at(tensor, problem)
        })
    }

    fn at(&mut self, tensor: usize, problem: Problem) -> Problem {
        match self.name(tensor) {
            Ok(name) if !name.is_empty() => problem.in_tensor(&name),
            _ => problem.in_tensor(&format!("#{tensor}")),
        }
    }

    fn table(&self, tensor: usize) -> Outcome<TensorRef<'m>> {
        let table = self.tensors.and_then(|tensors| tensors.get(tensor));
        Ok(table.ok_or_else(|| damaged(format!("there is no tensor {tensor}")))??)
    }

    /// The name of a tensor; empty where the file has none that can be read.
    fn name(&mut self, tensor: usize) -> Outcome<String> {
        let name = self.table(tensor)?.name().ok().flatten().unwrap_or_default();
        self.model.charge(name.len())?;
        Ok(name.into())
    }
}
