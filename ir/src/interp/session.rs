//! One invocation: graphs run node by node over shared variables.

use std::cell::{Cell, RefCell};

use super::eval::State;
use super::{Eval, Trace, eval_op};
use crate::data::Data;
use crate::entity::{GraphId, ValueId, VarId};
use crate::graph::{Graph, Module, Node};
use crate::ops::Operands;

/// Regions may nest this deep; a graph that runs itself hits the limit.
const MAX_DEPTH: usize = 32;

/// What all graphs of one invocation share.
///
/// Operators see the session by shared reference, hence the cells; no borrow outlives a method.
pub(super) struct Session<'a> {
    module: &'a Module,
    variables: RefCell<&'a mut Vec<Data>>,
    trace: RefCell<Trace<'a>>,
    depth: Cell<usize>,
}

impl<'a> Session<'a> {
    pub(super) fn new(module: &'a Module, variables: &'a mut Vec<Data>, trace: Trace<'a>) -> Self {
        Session {
            module,
            variables: RefCell::new(variables),
            trace: RefCell::new(trace),
            depth: Cell::new(0),
        }
    }

    fn run_nodes(&self, id: GraphId, graph: &Graph, inputs: &[Data]) -> Result<Vec<Data>, String> {
        let mut values = bind(graph, inputs)?;
        for (position, node) in graph.nodes.iter().enumerate() {
            let results = self
                .run_node(graph, node, &values)
                .map_err(|e| format!("{id} node {position} {}: {e}", describe(node)))?;
            (*self.trace.borrow_mut())(id, node, position, &results);
            for (output, data) in node.outputs.iter().zip(results) {
                values[output.index()] = Some(data);
            }
        }
        graph.outputs.iter().map(|&v| contents(&values, v)).collect()
    }

    fn run_node(&self, graph: &Graph, node: &Node, values: &[Option<Data>]) -> Result<Vec<Data>, String> {
        let operands = Operands { module: self.module, graph, node };
        let inputs = node
            .inputs
            .iter()
            .map(|input| input.map(|v| contents(values, v)).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let results = eval_op(&Eval::new(operands, &inputs, Some(self)))?;
        check_results(graph, node, &results)?;
        Ok(results)
    }
}

impl State for Session<'_> {
    fn run(&self, id: GraphId, inputs: &[Data]) -> Result<Vec<Data>, String> {
        let graph = self.module.graphs.get(id.index()).ok_or_else(|| format!("there is no graph {id}"))?;
        if self.depth.get() == MAX_DEPTH {
            return Err(format!("graphs nest deeper than {MAX_DEPTH} at {id}"));
        }
        self.depth.set(self.depth.get() + 1);
        let outputs = self.run_nodes(id, graph, inputs);
        self.depth.set(self.depth.get() - 1);
        outputs
    }

    fn variable(&self, id: VarId) -> Result<Data, String> {
        self.variables.borrow().get(id.index()).cloned().ok_or_else(|| format!("there is no variable {id}"))
    }

    fn set_variable(&self, id: VarId, contents: Data) -> Result<(), String> {
        let mut variables = self.variables.borrow_mut();
        let slot = variables.get_mut(id.index()).ok_or_else(|| format!("there is no variable {id}"))?;
        *slot = contents;
        Ok(())
    }
}

/// The table of values with constants and graph inputs filled in.
fn bind(graph: &Graph, inputs: &[Data]) -> Result<Vec<Option<Data>>, String> {
    if inputs.len() != graph.inputs.len() {
        return Err(format!(
            "graph `{}` takes {} inputs, not {}",
            graph.name,
            graph.inputs.len(),
            inputs.len()
        ));
    }
    let mut values: Vec<Option<Data>> = graph.values.iter().map(|v| v.data.clone()).collect();
    for (index, (&value, data)) in graph.inputs.iter().zip(inputs).enumerate() {
        let expected = graph.ty(value).bytes();
        if data.bytes().len() != expected {
            return Err(format!("input {index} has {} bytes; {expected} are expected", data.bytes().len()));
        }
        values[value.index()] = Some(data.clone());
    }
    Ok(values)
}

fn contents(values: &[Option<Data>], value: ValueId) -> Result<Data, String> {
    values
        .get(value.index())
        .cloned()
        .flatten()
        .ok_or_else(|| format!("{value} is read before it is defined"))
}

/// An operator that computed something of another size than its result type would corrupt all that follows.
fn check_results(graph: &Graph, node: &Node, results: &[Data]) -> Result<(), String> {
    if results.len() != node.outputs.len() {
        return Err(format!("computed {} results instead of {}", results.len(), node.outputs.len()));
    }
    for (&output, data) in node.outputs.iter().zip(results) {
        let (found, expected) = (data.bytes().len(), graph.ty(output).bytes());
        if found != expected {
            return Err(format!("computed {found} bytes for {output} instead of {expected}"));
        }
    }
    Ok(())
}

fn describe(node: &Node) -> String {
    if node.location.is_empty() { node.op.mnemonic().into() } else { node.location.clone() }
}
