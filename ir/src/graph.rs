//! Modules, graphs, nodes and values.

use crate::data::Data;
use crate::entity::{GraphId, ValueId, VarId};
use crate::ops::Op;
use crate::types::TensorType;

/// A whole network: graphs and the state they share.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// Name for people; not a C identifier.
    pub name: String,
    /// Graph 0 is the entry; the others are regions of control-flow operators.
    pub graphs: Vec<Graph>,
    /// State that outlives an invocation.
    pub variables: Vec<Variable>,
}

/// State that outlives an invocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Name in the source model.
    pub name: String,
    /// Type of the contents.
    pub ty: TensorType,
    /// Contents before the first invocation; all bytes zero if absent.
    pub init: Option<Data>,
}

/// Nodes in execution order over single-assignment values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Name in the source model.
    pub name: String,
    /// All values; [`ValueId`] indexes this table.
    pub values: Vec<Value>,
    /// Nodes in execution order.
    pub nodes: Vec<Node>,
    /// Values that the caller provides.
    pub inputs: Vec<ValueId>,
    /// Values that the caller receives; inputs and constants are allowed.
    pub outputs: Vec<ValueId>,
}

/// A tensor: graph input, constant or the result of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Name in the source model; may be empty, need not be unique.
    pub name: String,
    /// Type.
    pub ty: TensorType,
    /// Contents, for constants.
    pub data: Option<Data>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What is computed.
    pub op: Op,
    /// Operands; optional ones may be absent.
    pub inputs: Vec<Option<ValueId>>,
    /// Results.
    pub outputs: Vec<ValueId>,
    /// Where the node came from, e.g. `CONV_2D #3`; for diagnostics, reports and comments.
    pub location: String,
}

impl Module {
    /// The entry graph.
    ///
    /// # Panics
    /// If the module has no graph; every module that a front end or the parser returns has one.
    pub fn entry(&self) -> &Graph {
        &self.graphs[0]
    }

    /// The entry graph, to edit.
    ///
    /// # Panics
    /// As [`Module::entry`].
    pub fn entry_mut(&mut self) -> &mut Graph {
        &mut self.graphs[0]
    }

    /// A graph by handle.
    pub fn graph(&self, id: GraphId) -> &Graph {
        &self.graphs[id.index()]
    }

    /// A variable by handle.
    pub fn variable(&self, id: VarId) -> &Variable {
        &self.variables[id.index()]
    }
}

impl Graph {
    /// A value by handle.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.index()]
    }

    /// The type of a value.
    pub fn ty(&self, id: ValueId) -> &TensorType {
        &self.value(id).ty
    }

    /// The contents of a constant; `None` for anything computed.
    pub fn constant(&self, id: ValueId) -> Option<&Data> {
        self.value(id).data.as_ref()
    }

    /// Adds a value that a node or the caller will define.
    pub fn add_value(&mut self, name: impl Into<String>, ty: TensorType) -> ValueId {
        self.values.push(Value { name: name.into(), ty, data: None });
        ValueId::new(self.values.len() - 1)
    }

    /// Adds a constant.
    pub fn add_constant(&mut self, name: impl Into<String>, ty: TensorType, data: Data) -> ValueId {
        self.values.push(Value { name: name.into(), ty, data: Some(data) });
        ValueId::new(self.values.len() - 1)
    }

    /// Appends a node.
    pub fn push(&mut self, op: Op, inputs: &[ValueId], outputs: &[ValueId], location: impl Into<String>) {
        self.nodes.push(Node {
            op,
            inputs: inputs.iter().copied().map(Some).collect(),
            outputs: outputs.to_vec(),
            location: location.into(),
        });
    }

    /// For each value, the position of the node that defines it.
    pub fn producers(&self) -> Vec<Option<usize>> {
        let mut producers = vec![None; self.values.len()];
        for (position, node) in self.nodes.iter().enumerate() {
            for output in &node.outputs {
                producers[output.index()] = Some(position);
            }
        }
        producers
    }

    /// For each value, the positions of the nodes that read it, in order, once per operand.
    pub fn users(&self) -> Vec<Vec<usize>> {
        let mut users = vec![Vec::new(); self.values.len()];
        for (position, node) in self.nodes.iter().enumerate() {
            for input in node.operands() {
                users[input.index()].push(position);
            }
        }
        users
    }

    /// Makes every reader of `old`, graph outputs included, read `new`.
    pub fn replace_uses(&mut self, old: ValueId, new: ValueId) {
        let operands = self.nodes.iter_mut().flat_map(|n| n.inputs.iter_mut().flatten());
        for user in operands.chain(self.outputs.iter_mut()) {
            if *user == old {
                *user = new;
            }
        }
    }
}

impl Node {
    /// The operands that are present, in order.
    pub fn operands(&self) -> impl Iterator<Item = ValueId> + '_ {
        self.inputs.iter().copied().flatten()
    }

    /// The `index`-th operand, if it is present.
    pub fn input(&self, index: usize) -> Option<ValueId> {
        self.inputs.get(index).copied().flatten()
    }
}
