//! One graph as a subgraph.

use std::collections::{HashMap, HashSet};

use redsc_ir::{Data, Diagnostic, ElemType, Graph, Module, Op, TensorType, ValueId, VarId};
use redsc_schema::tflite::{self, BuiltinOperator, BuiltinOptions};

use super::values::{self, shared_name, starts_at_zero};
use super::{FileWriter, Storage, ops};

/// A subgraph under construction: its first tensors are the values of the graph, in their order.
pub(super) struct GraphWriter<'a> {
    /// The module, for variables.
    pub(super) module: &'a Module,
    /// The graph.
    pub(super) graph: &'a Graph,
    file: &'a mut FileWriter,
    tensors: Vec<tflite::Tensor>,
    operators: Vec<tflite::Operator>,
    handles: HashMap<VarId, i32>,
    states: HashMap<VarId, i32>,
}

/// Stands for an operand that is absent.
pub(super) const ABSENT: i32 = -1;

/// The weights of convolutions and fully connected layers.
fn compressible(graph: &Graph) -> HashSet<ValueId> {
    let layers = graph.nodes.iter().filter(|node| matches!(node.op, Op::Conv2d(_) | Op::FullyConnected(_)));
    layers.filter_map(|node| node.input(1)).collect()
}

impl<'a> GraphWriter<'a> {
    /// A subgraph with the tensors of the graph and no operators yet.
    pub(super) fn new(file: &'a mut FileWriter, module: &'a Module, graph: &'a Graph) -> Self {
        let weights = compressible(graph);
        let tensor = |(index, value): (usize, &redsc_ir::Value)| {
            let plain = values::tensor(&value.name, &value.ty);
            let Some(data) = &value.data else { return plain };
            let compressed = if file.storage == Storage::Dcsr && weights.contains(&ValueId::new(index)) {
                values::compressed(&value.ty, data)
            } else {
                None
            };
            match compressed {
                Some((sparsity, bytes)) => {
                    let buffer = file.buffer(&bytes);
                    tflite::Tensor { buffer, sparsity: Some(Box::new(sparsity)), ..plain }
                }
                None => tflite::Tensor { buffer: file.buffer(data.bytes()), ..plain },
            }
        };
        let tensors = graph.values.iter().enumerate().map(tensor).collect();
        let (handles, states) = (HashMap::new(), HashMap::new());
        GraphWriter { module, graph, file, tensors, operators: Vec::new(), handles, states }
    }

    /// Writes the nodes; what cannot be written goes to the list of errors.
    pub(super) fn write(mut self, index: usize) -> tflite::SubGraph {
        for (position, node) in self.graph.nodes.iter().enumerate() {
            if let Err(message) = ops::write(&mut self, node) {
                let place =
                    format!("graph @{index}, node {position} {} \"{}\"", node.op.mnemonic(), node.location);
                self.file.errors.push(Diagnostic::new("E0220", message).at(place));
            }
        }
        let indices = |ids: &[ValueId]| Some(ids.iter().map(|id| id.index() as i32).collect());
        tflite::SubGraph {
            name: Some(self.graph.name.clone()),
            inputs: indices(&self.graph.inputs),
            outputs: indices(&self.graph.outputs),
            tensors: Some(self.tensors),
            operators: Some(self.operators),
            ..Default::default()
        }
    }

    /// Appends an operator.
    pub(super) fn emit(
        &mut self,
        code: BuiltinOperator,
        inputs: Vec<i32>,
        outputs: Vec<i32>,
        options: Option<BuiltinOptions>,
    ) -> &mut tflite::Operator {
        self.operators.push(tflite::Operator {
            opcode_index: self.file.code(code),
            inputs: Some(inputs),
            outputs: Some(outputs),
            builtin_options: options,
            ..Default::default()
        });
        let last = self.operators.len() - 1;
        &mut self.operators[last]
    }

    /// The type of a value.
    pub(super) fn ty(&self, value: ValueId) -> &'a TensorType {
        self.graph.ty(value)
    }

    /// Adds a tensor that only the operators of one node see.
    pub(super) fn add_tensor(&mut self, ty: &TensorType) -> i32 {
        self.push_tensor(values::tensor("", ty))
    }

    fn push_tensor(&mut self, tensor: tflite::Tensor) -> i32 {
        self.tensors.push(tensor);
        self.tensors.len() as i32 - 1
    }

    /// Adds a constant that is no value of the graph.
    pub(super) fn add_constant(&mut self, ty: &TensorType, data: &Data) -> i32 {
        let buffer = self.file.buffer(data.bytes());
        self.push_tensor(tflite::Tensor { buffer, ..values::tensor("", ty) })
    }

    /// Adds a constant list of integers, as shapes and positions are given.
    ///
    /// # Errors
    /// If one does not fit 32 bits.
    pub(super) fn integers(
        &mut self,
        numbers: impl IntoIterator<Item = impl TryInto<i32>>,
    ) -> Result<i32, String> {
        let narrow: Result<Vec<i32>, _> = numbers.into_iter().map(TryInto::try_into).collect();
        let narrow = narrow.map_err(|_| "a number does not fit 32 bits")?;
        let ty = TensorType::plain(ElemType::I32, vec![narrow.len()]);
        Ok(self.add_constant(&ty, &Data::from_slice(&narrow)))
    }

    /// Adds a constant list of pairs of integers, as padding is given.
    ///
    /// # Errors
    /// If one does not fit 32 bits.
    pub(super) fn pairs(&mut self, numbers: &[usize]) -> Result<i32, String> {
        let list = self.integers(numbers.iter().copied())?;
        if let Some(tensor) = self.tensors.last_mut() {
            tensor.shape = Some(vec![numbers.len() as i32 / 2, 2]);
        }
        Ok(list)
    }

    /// Adds a constant integer without dimensions.
    ///
    /// # Errors
    /// If it does not fit 32 bits.
    pub(super) fn integer(&mut self, number: usize) -> Result<i32, String> {
        let narrow = i32::try_from(number).map_err(|_| "a number does not fit 32 bits")?;
        Ok(self.add_constant(&TensorType::plain(ElemType::I32, vec![]), &Data::from_slice(&[narrow])))
    }

    /// The tensor of the state of a recurrent layer.
    ///
    /// # Errors
    /// If it does not start at zero, as it does in every runtime.
    pub(super) fn state(&mut self, variable: VarId) -> Result<i32, String> {
        if let Some(&tensor) = self.states.get(&variable) {
            return Ok(tensor);
        }
        let state = self.module.variable(variable);
        if !starts_at_zero(self.module, variable) {
            return Err(format!("the state `{}` does not start at zero", state.name));
        }
        let tensor = tflite::Tensor { is_variable: true, ..values::tensor(&state.name, &state.ty) };
        let tensor = self.push_tensor(tensor);
        self.states.insert(variable, tensor);
        Ok(tensor)
    }

    /// The handle of a variable; the first use makes it.
    pub(super) fn handle(&mut self, variable: VarId) -> i32 {
        if let Some(&handle) = self.handles.get(&variable) {
            return handle;
        }
        let name = shared_name(self.module, variable);
        let handle = self.push_tensor(tflite::Tensor {
            name: Some(name.clone()),
            type_: tflite::TensorType::Resource,
            ..Default::default()
        });
        let options = tflite::VarHandleOptions { container: Some(String::new()), shared_name: Some(name) };
        let options = BuiltinOptions::VarHandleOptions(Box::new(options));
        self.emit(BuiltinOperator::VarHandle, vec![], vec![handle], Some(options));
        self.handles.insert(variable, handle);
        handle
    }

    /// Appends the operator that runs another subgraph in the first invocation.
    pub(super) fn call_once(&mut self, subgraph: usize) {
        let options = tflite::CallOnceOptions { init_subgraph_index: subgraph as i32 };
        let options = BuiltinOptions::CallOnceOptions(Box::new(options));
        self.emit(BuiltinOperator::CallOnce, vec![], vec![], Some(options));
    }

    /// Appends the operators that give a variable its first contents.
    pub(super) fn set_variable(&mut self, variable: VarId) {
        let module = self.module;
        let state = module.variable(variable);
        let zeros = || Data::from_bytes(vec![0; state.ty.bytes()]);
        let init = self.add_constant(&state.ty, &state.init.clone().unwrap_or_else(zeros));
        let handle = self.handle(variable);
        self.emit(BuiltinOperator::AssignVariable, vec![handle, init], vec![], None);
    }
}
