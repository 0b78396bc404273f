//! What a step costs on a target: instructions, loads, stores and multiplications as a closed form of the layer's
//! shape.
//!
//! The cost of a kernel is a sum over its loops: how often a loop turns ([`features`], formulas written once per
//! kernel) times what one turn costs on a target (a text file in `passes/laws`, made by `redsc profile` from counts of
//! an emulated core). `docs/cost.md` says how a kernel gets its law.
//!
//! [`step`] is exact about the kernel variant, for which it looks at the weights. [`layer`] takes a [`Layer`], which
//! needs no weights and can be [given other channels](Layer::with_channels): it takes about a microsecond.

pub mod features;
mod geometry;
mod laws;
mod layer;

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::plan::Place;
use redsc_ir::{GraphId, Module, Op, Plan, Target, ValueId, VarId};

pub use features::Features;
pub use laws::{Law, Laws, Units};
pub use layer::Layer;

/// What a step, or a whole network, executes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Instructions of all kinds.
    pub instructions: f64,
    /// Instructions that load from memory.
    pub loads: f64,
    /// Instructions that store to memory.
    pub stores: f64,
    /// Instructions that multiply.
    pub multiplies: f64,
    /// Fewest instructions: the law may be off, and the work of some kernels depends on the data.
    pub least: f64,
    /// Most instructions.
    pub most: f64,
}

/// Why a step has no cost. It is never taken for zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostError {
    /// Where the node came from, e.g. `CONV_2D #3`; empty for a [`Layer`].
    pub location: String,
    /// What is missing.
    pub message: String,
}

/// The costs of a module.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleCost {
    /// The cost of each step of the entry graph, regions that it runs included.
    pub steps: Vec<Cost>,
    /// Their sum.
    pub total: Cost,
}

/// The cost of one node that `kernel` runs on `target`.
///
/// # Errors
/// If the target has no laws, or none for the kernel, or if the node does not fit the kernel.
pub fn step(operands: &Operands<'_>, kernel: Kernel, target: &Target) -> Result<Cost, CostError> {
    let located = |error: CostError| CostError { location: operands.node.location.clone(), ..error };
    let described = Layer::of(operands, kernel).map_err(|message| located(message.into()))?;
    layer(&described, kernel, target).map_err(located)
}

/// The cost of a layer that `kernel` runs on `target`.
///
/// # Errors
/// As [`step`].
pub fn layer(layer: &Layer, kernel: Kernel, target: &Target) -> Result<Cost, CostError> {
    if kernel == Kernel::View {
        return Ok(Cost::default());
    }
    Laws::of(target)?.cost(kernel, &features::of(layer, kernel)?)
}

/// The cost of one invocation of a planned module on `target`, initializers not counted.
///
/// # Errors
/// Every step of the entry graph that has no cost.
pub fn module(module: &Module, plan: &Plan, target: &Target) -> Result<ModuleCost, Vec<CostError>> {
    graph(module, plan, target, GraphId(0))
}

/// The cost of one run of a graph.
fn graph(module: &Module, plan: &Plan, target: &Target, id: GraphId) -> Result<ModuleCost, Vec<CostError>> {
    let nodes = &module.graph(id).nodes;
    let steps = plan.graphs.get(id.index()).map(|graph| graph.steps.as_slice()).unwrap_or_default();
    let (mut costs, mut errors) = (Vec::with_capacity(steps.len()), Vec::new());
    for (node, planned) in nodes.iter().zip(steps) {
        let operands = Operands { module, graph: module.graph(id), node };
        let cost = match planned.kernel {
            Kernel::Inline => inline(&operands, plan, target, id),
            kernel => step(&operands, kernel, target).map_err(|error| vec![error]),
        };
        match cost {
            Ok(cost) => costs.push(cost),
            Err(more) => errors.extend(more),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let total = costs.iter().copied().sum();
    Ok(ModuleCost { steps: costs, total })
}

/// The cost of access to variables and of control flow, which the code generator writes out.
fn inline(
    operands: &Operands<'_>,
    plan: &Plan,
    target: &Target,
    id: GraphId,
) -> Result<Cost, Vec<CostError>> {
    let module = operands.module;
    let run = |id| graph(module, plan, target, id).map(|cost| cost.total);
    match &operands.node.op {
        Op::ReadVariable(op) => copy(operands, plan, target, id, op.variable, operands.node.outputs.first()),
        Op::AssignVariable(op) => {
            copy(operands, plan, target, id, op.variable, operands.node.input(0).as_ref())
        }
        Op::CallOnce(_) => Ok(Cost::default()),
        Op::If(op) => {
            let (one, other) = (run(op.then_graph)?, run(op.else_graph)?);
            let larger = if one.instructions < other.instructions { other } else { one };
            Ok(Cost { least: one.least.min(other.least), most: one.most.max(other.most), ..larger })
        }
        op => Err(vec![CostError {
            location: operands.node.location.clone(),
            message: format!("the data decides how often `{}` runs its graphs", op.mnemonic()),
        }]),
    }
}

/// A copy between a variable and a value, unless they share their place.
fn copy(
    operands: &Operands<'_>,
    plan: &Plan,
    target: &Target,
    id: GraphId,
    variable: VarId,
    value: Option<&ValueId>,
) -> Result<Cost, Vec<CostError>> {
    let place = value.and_then(|value| plan.graphs.get(id.index())?.places.get(value.index()));
    let to = plan.variables.get(variable.index());
    if let (Some(Place::Arena { offset }), Some(to)) = (place, to)
        && offset == to
    {
        return Ok(Cost::default());
    }
    step(operands, Kernel::Inline, target).map_err(|error| vec![error])
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        costs.fold(Cost::default(), |a, b| Cost {
            instructions: a.instructions + b.instructions,
            loads: a.loads + b.loads,
            stores: a.stores + b.stores,
            multiplies: a.multiplies + b.multiplies,
            least: a.least + b.least,
            most: a.most + b.most,
        })
    }
}

impl From<String> for CostError {
    fn from(message: String) -> Self {
        CostError { location: String::new(), message }
    }
}

impl std::fmt::Display for CostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.location.as_str() {
            "" => f.write_str(&self.message),
            location => write!(f, "{location}: {}", self.message),
        }
    }
}

impl std::error::Error for CostError {}
