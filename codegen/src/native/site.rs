//! A node together with everything that decides how it is emitted.

use redsc_ir::ops::Operands;
use redsc_ir::plan::Place;
use redsc_ir::{Data, Graph, GraphId, Module, Node, Plan, TensorType, ValueId, VarId};

use super::code::{Code, Ptr};
use super::stream::Stream;

/// A node and its surroundings.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) module: &'a Module,
    pub(super) plan: &'a Plan,
    pub(super) graph: &'a Graph,
    pub(super) node: &'a Node,
    pub(super) id: GraphId,
    /// Position in the graph.
    pub(super) position: usize,
}

impl<'a> Site<'a> {
    /// What symbols call the node: `l3_conv2d`, or `g1_l3_conv2d` in a region.
    pub(super) fn label(&self) -> String {
        let (position, name) = (self.position, self.node.op.mnemonic());
        match self.id.index() {
            0 => format!("l{position}_{name}"),
            graph => format!("g{graph}_l{position}_{name}"),
        }
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

    /// Whether anything reads a result.
    pub(super) fn is_used(&self, index: usize) -> bool {
        let id = self.node.outputs.get(index).copied();
        id.is_some_and(|id| !matches!(place(self.plan, self.id, id), Some(Place::Unused) | None))
    }

    /// Where an operand is.
    pub(super) fn x(&self, c: &mut Code<'_>, index: usize) -> Result<Ptr, String> {
        let id = self.node.input(index).ok_or_else(|| format!("operand {index} is missing"))?;
        address(c, self.module, self.plan, self.id, id)
    }

    /// Where a result goes.
    pub(super) fn y(&self, c: &mut Code<'_>, index: usize) -> Result<Ptr, String> {
        let id = *self.node.outputs.get(index).ok_or_else(|| format!("result {index} is missing"))?;
        address(c, self.module, self.plan, self.id, id)
    }

    /// The elements of an operand in their order.
    pub(super) fn x_stream(&self, c: &mut Code<'_>, index: usize) -> Result<Stream, String> {
        Ok(Stream::dense(self.x(c, index)?, self.input(index)?.elem))
    }

    /// The elements of the first result in their order.
    pub(super) fn y_stream(&self, c: &mut Code<'_>) -> Result<Stream, String> {
        Ok(Stream::dense(self.y(c, 0)?, self.result(0)?.elem))
    }

    /// Where a variable is.
    pub(super) fn variable(&self, c: &Code<'_>, id: VarId) -> Result<Ptr, String> {
        let offset = self.plan.variables.get(id.index()).ok_or("the plan misses a variable")?;
        Ok(c.arena_at(*offset))
    }
}

/// The place of a value in the plan.
pub(super) fn place(plan: &Plan, graph: GraphId, value: ValueId) -> Option<Place> {
    plan.graphs.get(graph.index())?.places.get(value.index()).copied()
}

/// Where a value is.
pub(super) fn address(
    c: &mut Code<'_>,
    module: &Module,
    plan: &Plan,
    graph: GraphId,
    value: ValueId,
) -> Result<Ptr, String> {
    match place(plan, graph, value) {
        Some(Place::Arena { offset }) => Ok(c.arena_at(offset)),
        Some(Place::Constant) => {
            let data = module.graph(graph).constant(value).ok_or("a constant has no contents")?;
            Ok(c.constant(data.bytes()))
        }
        Some(Place::Unused) | None => Err(format!("{value} has no place in the plan")),
    }
}
