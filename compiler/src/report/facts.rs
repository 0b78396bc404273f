//! The facts of a report, computed once for every form it takes. Serialized, they are the output of `--json`.

use redsc_ir::analysis;
use redsc_ir::plan::{Arena, Place, Plan};
use redsc_ir::{Graph, Module, Quant, Target, ValueId};
use redsc_passes::cost::{self, CostError};
use redsc_passes::patch::{Patching, Variant};
use serde::Serialize;

/// A model, compiled for a target.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the model.
    pub name: String,
    /// Name of the target.
    pub target: String,
    /// Multiply-accumulate operations of one invocation.
    pub macs: u64,
    /// What one invocation executes, predicted; absent where the target or a kernel has no cost law.
    pub cost: Option<Cost>,
    /// Why there is no such prediction.
    pub cost_missing: Vec<String>,
    /// Bytes of weights, biases and tables.
    pub constant_bytes: usize,
    /// Bytes of state that outlives an invocation; part of the arena.
    pub variable_bytes: usize,
    /// Bytes of static RAM, scratch and state included.
    pub arena_bytes: usize,
    /// Proven lower bound of `arena_bytes` for this order of operators and these in-place choices.
    pub arena_lower_bound: usize,
    /// Graph inputs.
    pub inputs: Vec<Tensor>,
    /// Graph outputs.
    pub outputs: Vec<Tensor>,
    /// Operators of the entry graph in execution order.
    pub operators: Vec<Operator>,
    /// Tensors of the entry graph that live in the arena.
    pub arena: Vec<Block>,
    /// What is in each memory that the target names; empty if it names none.
    pub memories: Vec<MemoryUse>,
    /// Ways to run the network, of which none is better than another in both RAM and work.
    pub choices: Vec<Choice>,
}

/// The part of the arena in one memory.
#[derive(Clone, Debug, Serialize)]
pub struct MemoryUse {
    /// Name of the memory.
    pub memory: String,
    /// Offset of its first byte in the plan.
    pub begin: usize,
    /// Bytes of static RAM.
    pub bytes: usize,
    /// Proven lower bound of `bytes` for what is there.
    pub lower_bound: usize,
    /// Bytes that the memory has.
    pub capacity: usize,
}

fn memory_use(arena: &Arena) -> MemoryUse {
    MemoryUse {
        memory: arena.memory.clone(),
        begin: arena.begin,
        bytes: arena.bytes,
        lower_bound: arena.lower_bound,
        capacity: arena.capacity,
    }
}

/// A way to run the network: as a whole, or with some operators in bands of rows.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// First operator that runs in bands, counted as if none did; absent if none does.
    pub first: Option<usize>,
    /// Last operator that runs in bands.
    pub last: Option<usize>,
    /// Number of bands.
    pub bands: usize,
    /// Multiply-accumulate operations of one invocation.
    pub macs: u64,
    /// Instructions of one invocation, predicted; a guess for kernels that have no law on the target.
    pub instructions: u64,
    /// Bytes of static RAM.
    pub arena_bytes: usize,
}

impl Report {
    /// The report with the choices that there were.
    pub fn with_choices(mut self, variants: Vec<Variant>) -> Report {
        let choice = |Variant { patching, macs, instructions, arena_bytes }| match patching {
            Some(Patching { stage, bands, .. }) => Choice {
                first: Some(stage.nodes.start),
                last: Some(stage.nodes.end - 1),
                bands,
                macs,
                instructions,
                arena_bytes,
            },
            None => Choice { first: None, last: None, bands: 1, macs, instructions, arena_bytes },
        };
        self.choices = variants.into_iter().map(choice).collect();
        self
    }
}

/// A tensor as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct Tensor {
    /// Name in the source model.
    pub name: String,
    /// Element type.
    pub elem: &'static str,
    /// Extents.
    pub shape: Vec<usize>,
    /// Quantization: `scale 0.5, zero point -3`.
    pub quantization: String,
}

/// One operator.
#[derive(Clone, Debug, Serialize)]
pub struct Operator {
    /// Position in the execution order.
    pub index: usize,
    /// Name in the textual IR.
    pub operator: &'static str,
    /// Where it is in the source model.
    pub location: String,
    /// Its results.
    pub outputs: Vec<Tensor>,
    /// Bytes of its constant operands.
    pub constant_bytes: usize,
    /// Multiply-accumulate operations.
    pub macs: u64,
    /// What it executes, predicted; absent if any operator has no prediction.
    pub cost: Option<Cost>,
    /// Its part of all instructions, in percent.
    pub percent: Option<f64>,
    /// C function that runs it; empty for a view.
    pub kernel: &'static str,
    /// Bytes of scratch memory.
    pub scratch_bytes: usize,
}

/// Instructions of one invocation.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// Of all kinds.
    pub instructions: u64,
    /// The fewest: laws may be off, and data may matter.
    pub least: u64,
    /// The most.
    pub most: u64,
    /// Those that load.
    pub loads: u64,
    /// Those that store.
    pub stores: u64,
    /// Those that multiply.
    pub multiplies: u64,
}

impl From<cost::Cost> for Cost {
    fn from(cost: cost::Cost) -> Self {
        let whole = |number: f64| number.round() as u64;
        Cost {
            instructions: whole(cost.instructions),
            least: whole(cost.least),
            most: whole(cost.most),
            loads: whole(cost.loads),
            stores: whole(cost.stores),
            multiplies: whole(cost.multiplies),
        }
    }
}

/// A range of the arena over a time.
#[derive(Clone, Debug, Serialize)]
pub struct Block {
    /// What lives there: a tensor's name, a variable's name, or `scratch`.
    pub name: String,
    /// Kind of contents.
    pub kind: BlockKind,
    /// Distance from the start of the arena in bytes.
    pub offset: usize,
    /// Size in bytes.
    pub bytes: usize,
    /// First operator during which it lives.
    pub first: usize,
    /// Last operator during which it lives.
    pub last: usize,
}

/// Kind of an arena block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BlockKind {
    /// Graph input or output.
    Interface,
    /// Intermediate result.
    Tensor,
    /// State.
    Variable,
    /// Scratch memory of one operator.
    Scratch,
}

/// The facts about a module that has been through the passes.
pub fn report(module: &Module, plan: &Plan, target: &Target) -> Report {
    let graph = module.entry();
    let summary = analysis::Summary::of(module);
    let cost = cost::module(module, plan, target);
    let step = |index| cost.as_ref().ok().and_then(|cost| Some((*cost.steps.get(index)?, cost.total)));
    let tensors = |ids: &[ValueId]| ids.iter().map(|&id| tensor(graph, id)).collect();
    Report {
        name: module.name.clone(),
        target: target.name.clone(),
        macs: summary.macs,
        cost: cost.as_ref().ok().map(|cost| cost.total.into()),
        cost_missing: cost.as_ref().err().map(|errors| reasons(errors)).unwrap_or_default(),
        constant_bytes: summary.weight_bytes,
        variable_bytes: summary.variable_bytes,
        arena_bytes: plan.arena_bytes,
        arena_lower_bound: plan.lower_bound,
        inputs: tensors(&graph.inputs),
        outputs: tensors(&graph.outputs),
        operators: (0..graph.nodes.len()).map(|index| operator(module, plan, index, step(index))).collect(),
        arena: blocks(module, plan),
        memories: plan.arenas.iter().map(memory_use).collect(),
        choices: Vec::new(),
    }
}

/// Each reason once.
fn reasons(errors: &[CostError]) -> Vec<String> {
    let mut reasons: Vec<String> = errors.iter().map(|error| error.message.clone()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

fn operator(module: &Module, plan: &Plan, index: usize, cost: Option<(cost::Cost, cost::Cost)>) -> Operator {
    let graph = module.entry();
    let node = &graph.nodes[index];
    let step = plan.graphs[0].steps[index];
    Operator {
        index,
        operator: node.op.mnemonic(),
        location: node.location.clone(),
        outputs: node.outputs.iter().map(|&id| tensor(graph, id)).collect(),
        constant_bytes: node
            .operands()
            .filter_map(|id| graph.constant(id))
            .map(|data| data.bytes().len())
            .sum(),
        macs: analysis::node_macs(module, graph, node),
        cost: cost.map(|(cost, _)| cost.into()),
        percent: cost.map(|(cost, total)| 100.0 * cost.instructions / total.instructions.max(1.0)),
        kernel: step.kernel.symbol(),
        scratch_bytes: step.scratch.map_or(0, |s| s.bytes),
    }
}

fn tensor(graph: &Graph, id: ValueId) -> Tensor {
    let value = graph.value(id);
    Tensor {
        name: value.name.clone(),
        elem: value.ty.elem.name(),
        shape: value.ty.shape.0.clone(),
        quantization: quantization(&value.ty.quant),
    }
}

fn quantization(quant: &Quant) -> String {
    match quant {
        Quant::None => String::new(),
        Quant::PerTensor { scale, zero_point } => format!("scale {scale}, zero point {zero_point}"),
        Quant::PerAxis { axis, scales, .. } => format!("{} scales along axis {axis}", scales.len()),
    }
}

/// Everything in the arena while the entry graph runs.
fn blocks(module: &Module, plan: &Plan) -> Vec<Block> {
    let graph = module.entry();
    let steps = &plan.graphs[0].steps;
    let last_step = steps.len().saturating_sub(1);
    let mut blocks = Vec::new();
    for (variable, &offset) in module.variables.iter().zip(&plan.variables) {
        let (name, bytes) = (variable.name.clone(), variable.ty.bytes());
        blocks.push(Block { name, kind: BlockKind::Variable, offset, bytes, first: 0, last: last_step });
    }
    let ranges = analysis::live_ranges(graph);
    for (index, place) in plan.graphs[0].places.iter().enumerate() {
        let (Place::Arena { offset }, Some(range)) = (*place, ranges[index]) else { continue };
        let id = ValueId::new(index);
        let is_interface = graph.inputs.contains(&id) || graph.outputs.contains(&id);
        blocks.push(Block {
            name: graph.value(id).name.clone(),
            kind: if is_interface { BlockKind::Interface } else { BlockKind::Tensor },
            offset,
            bytes: graph.ty(id).bytes(),
            first: node_at(range.first).min(last_step),
            last: node_at(range.last).min(last_step),
        });
    }
    for (index, step) in steps.iter().enumerate() {
        let Some(scratch) = step.scratch else { continue };
        blocks.push(Block {
            name: format!("scratch of {}", graph.nodes[index].location),
            kind: BlockKind::Scratch,
            offset: scratch.offset,
            bytes: scratch.bytes,
            first: index,
            last: index,
        });
    }
    blocks
}

/// The position of the node that runs at a tick of a live range: tick 0 belongs to the caller.
fn node_at(tick: usize) -> usize {
    tick.saturating_sub(1)
}
