//! The reference interpreter: the meaning of the operators.
//!
//! Clarity before speed; integer results equal TensorFlow Lite Micro's reference kernels byte for byte.
//!
//! The interpreter expects a verified module; `verify` is where a user learns what is wrong with a model. What it
//! cannot compute (an element type that an operator does not have) is an error that names the node.

mod binary;
mod control;
mod conv;
mod eval;
mod index;
mod layout;
mod linear;
mod lookup;
mod lstm;
mod mac;
mod normalize;
mod pick;
mod pool;
mod quantize;
mod recurrent;
mod reduce;
mod resize;
mod session;
mod unary;

use crate::data::Data;
use crate::entity::{GraphId, VarId};
use crate::graph::{Graph, Module, Node, Variable};
use crate::ops::{Op, Operands};
pub use eval::Eval;
use eval::State;
use session::Session;

/// Runs a module, invocation by invocation; holds the state between them.
pub struct Interpreter<'m> {
    module: &'m Module,
    variables: Vec<Data>,
    started: bool,
}

/// Called after each node with the graph, the node, its position and its results.
pub type Trace<'t> = &'t mut (dyn FnMut(GraphId, &Node, usize, &[Data]) + 't);

impl<'m> Interpreter<'m> {
    /// An interpreter whose variables hold their initial contents.
    pub fn new(module: &'m Module) -> Self {
        Interpreter { module, variables: initial_contents(module), started: false }
    }

    /// Restores the initial contents of all variables; `call_once` runs again in the next invocation.
    pub fn reset(&mut self) {
        self.variables = initial_contents(self.module);
        self.started = false;
    }

    /// The contents of a variable between invocations.
    pub fn variable(&self, id: VarId) -> Option<&Data> {
        self.variables.get(id.index())
    }

    /// Runs the entry graph on `inputs`, one for each graph input, and returns one tensor for each graph output.
    ///
    /// # Errors
    /// If the inputs do not fit the graph or a node cannot be computed; the variables then keep what the nodes
    /// before it have stored.
    pub fn invoke(&mut self, inputs: &[Data]) -> Result<Vec<Data>, String> {
        self.invoke_traced(inputs, &mut |_, _, _, _| {})
    }

    /// As [`Interpreter::invoke`]; calls `trace` after each node, those of regions included.
    ///
    /// # Errors
    /// As [`Interpreter::invoke`].
    pub fn invoke_traced(&mut self, inputs: &[Data], trace: Trace<'_>) -> Result<Vec<Data>, String> {
        let entry = self.module.graphs.first().ok_or("the module has no graph")?;
        let session = Session::new(self.module, &mut self.variables, trace);
        if !self.started {
            run_initializers(entry, &session)?;
            self.started = true;
        }
        session.run(GraphId::new(0), inputs)
    }
}

/// Computes one node from the contents of its operands, in the order of `node.inputs`; for constant folding.
///
/// # Errors
/// If the node has no meaning on its own (state, control flow) or cannot be computed.
pub fn eval_node(
    module: &Module,
    graph: &Graph,
    node: &Node,
    contents: &[Option<Data>],
) -> Result<Vec<Data>, String> {
    let operands = Operands { module, graph, node };
    eval_op(&Eval::new(operands, contents, None))
}

/// Runs what `call_once` nodes of the entry graph name, in their order.
fn run_initializers(entry: &Graph, session: &Session<'_>) -> Result<(), String> {
    for node in &entry.nodes {
        if let Op::CallOnce(op) = &node.op {
            session.run(op.graph, &[])?;
        }
    }
    Ok(())
}

fn initial_contents(module: &Module) -> Vec<Data> {
    module.variables.iter().map(contents_of).collect()
}

fn contents_of(variable: &Variable) -> Data {
    variable.init.clone().unwrap_or_else(|| Data::from_bytes(vec![0; variable.ty.bytes()]))
}

/// Dispatches to the meaning of each operator.
fn eval_op(cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    match &cx.operands.node.op {
        Op::Conv2d(op) => conv::eval_conv2d(op, cx),
        Op::DepthwiseConv2d(op) => conv::eval_depthwise(op, cx),
        Op::TransposeConv2d(op) => conv::eval_transpose_conv2d(op, cx),
        Op::FullyConnected(op) => linear::eval_fully_connected(op, cx),
        Op::BatchMatmul(op) => linear::eval_batch_matmul(op, cx),
        Op::Pool2d(op) => pool::eval_pool2d(op, cx),
        Op::Svdf(op) => recurrent::eval_svdf(op, cx),
        Op::Lstm(op) => lstm::eval_lstm(op, cx),
        Op::Binary(op) => binary::eval_binary(op, cx),
        Op::Compare(op) => binary::eval_compare(op, cx),
        Op::Unary(op) => unary::eval_unary(op, cx),
        Op::LeakyRelu(op) => unary::eval_leaky_relu(op, cx),
        Op::Lut(op) => lookup::eval_lut(op, cx),
        Op::Select(op) => pick::eval_select(op, cx),
        Op::Gather(op) => pick::eval_gather(op, cx),
        Op::Scatter(op) => pick::eval_scatter(op, cx),
        Op::Reduce(op) => reduce::eval_reduce(op, cx),
        Op::Softmax(op) => normalize::eval_softmax(op, cx),
        Op::LogSoftmax(op) => normalize::eval_log_softmax(op, cx),
        Op::Quantize(op) => quantize::eval_quantize(op, cx),
        Op::Dequantize(op) => quantize::eval_dequantize(op, cx),
        Op::Cast(op) => quantize::eval_cast(op, cx),
        Op::Reshape(op) => layout::eval_reshape(op, cx),
        Op::Transpose(op) => layout::eval_transpose(op, cx),
        Op::Pad(op) => layout::eval_pad(op, cx),
        Op::Concat(op) => layout::eval_concat(op, cx),
        Op::Split(op) => layout::eval_split(op, cx),
        Op::Slice(op) => layout::eval_slice(op, cx),
        Op::Resize2d(op) => resize::eval_resize2d(op, cx),
        Op::ReadVariable(op) => control::eval_read_variable(op, cx),
        Op::AssignVariable(op) => control::eval_assign_variable(op, cx),
        Op::If(op) => control::eval_if(op, cx),
        Op::While(op) => control::eval_while(op, cx),
        // Its graph ran before the first node of the first invocation.
        Op::CallOnce(_) => Ok(Vec::new()),
    }
}
