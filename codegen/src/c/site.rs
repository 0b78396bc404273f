//! A node together with everything that decides how it is emitted.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::plan::Step;
use redsc_ir::{Data, Graph, GraphId, Module, Node, TensorType};

use super::call::{Arg, Call, Struct};

/// A node and its surroundings.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) module: &'a Module,
    pub(super) graph: &'a Graph,
    pub(super) node: &'a Node,
    pub(super) step: &'a Step,
    pub(super) id: GraphId,
    /// Position in the graph.
    pub(super) position: usize,
}

impl<'a> Site<'a> {
    /// What the generated code calls the node: `l3`, or `g1_l3` in a region.
    pub(super) fn label(&self) -> String {
        match self.id.index() {
            0 => format!("l{}", self.position),
            graph => format!("g{graph}_l{}", self.position),
        }
    }

    /// The kernel that runs the node.
    pub(super) fn kernel(&self) -> Kernel {
        self.step.kernel
    }

    /// The operands, as the rules of operators see them.
    pub(super) fn operands(&self) -> Operands<'a> {
        Operands { module: self.module, graph: self.graph, node: self.node }
    }

    /// Type of an operand that must be present.
    pub(super) fn input(&self, index: usize) -> Result<&'a TensorType, String> {
        self.operands().require(index, "an operand")
    }

    /// Contents of an operand, if it is a constant.
    pub(super) fn constant(&self, index: usize) -> Option<&'a Data> {
        self.graph.constant(self.node.input(index)?)
    }

    /// Type of a result.
    pub(super) fn result(&self, index: usize) -> Result<&'a TensorType, String> {
        let id = self.node.outputs.get(index).ok_or_else(|| format!("result {index} is missing"))?;
        Ok(self.graph.ty(*id))
    }

    /// An operand that may be absent.
    pub(super) fn optional(&self, name: &'static str, index: usize) -> Arg {
        match self.node.input(index) {
            Some(_) => Arg::operand(name, index),
            None => Arg::nothing(name),
        }
    }

    /// One call of the node's kernel.
    pub(super) fn call(&self, args: Vec<Arg>, params: Struct) -> Vec<Call> {
        vec![Call { kernel: self.kernel(), args, params }]
    }
}
