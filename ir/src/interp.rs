//! The reference interpreter: the meaning of the operators.
//!
//! Clarity before speed; integer results equal TensorFlow Lite Micro's reference kernels byte for byte.

use crate::data::Data;
use crate::entity::GraphId;
use crate::graph::{Module, Node};

/// Runs a module, invocation by invocation; holds the state between them.
pub struct Interpreter<'m> {
    module: &'m Module,
    variables: Vec<Data>,
    started: bool,
}

/// Called after each node with the graph, the node's position and its results.
pub type Trace<'t> = &'t mut dyn FnMut(GraphId, &Node, usize, &[Data]);
