//! A module under construction. Operators' own rules say what fits and which shapes results have.

use redsc_ir::ops::Operands;
use redsc_ir::{
    Data, ElemType, Graph, GraphId, Module, Node, Op, Quant, Shape, TensorType, ValueId, VarId, Variable,
};

use super::{Choices, MOST_ELEMENTS};

/// A module under construction.
pub(super) struct Builder {
    pub(super) choices: Choices,
    module: Module,
    /// Inputs and results so far.
    values: Vec<ValueId>,
    /// Most elements of a tensor.
    pub(super) most_elements: usize,
    /// Most filters of a convolution.
    pub(super) most_filters: usize,
}

/// How the results of a node are quantized, where they are integers.
#[derive(Clone, Debug)]
pub(super) enum Results {
    /// As this value.
    Like(ValueId),
    /// So that real numbers up to about this size are not clamped.
    Reach(f64),
    /// Exactly so.
    Fixed(Quant),
}

impl Builder {
    /// A module with one or two inputs.
    pub(super) fn new(choices: Choices) -> Self {
        let module = Module { name: "random".into(), graphs: vec![Graph::default()], variables: Vec::new() };
        let values = Vec::new();
        let mut builder = Builder { choices, module, values, most_elements: MOST_ELEMENTS, most_filters: 6 };
        let elem =
            builder.choices.pick(&[ElemType::I8, ElemType::I8, ElemType::I8, ElemType::F32, ElemType::I16]);
        builder.add_input(elem);
        if builder.choices.chance(25) {
            builder.add_input(elem);
        }
        builder
    }

    /// A module with one or two images of that type that are large enough to enter all loops of optimized kernels.
    pub(super) fn of_image(choices: Choices, elem: ElemType) -> Self {
        let module = Module { name: "layer".into(), graphs: vec![Graph::default()], variables: Vec::new() };
        let values = Vec::new();
        let mut builder =
            Builder { choices, module, values, most_elements: 16 * MOST_ELEMENTS, most_filters: 37 };
        let batches = 1 + usize::from(builder.choices.chance(10));
        let extents = [builder.choices.between(1, 14), builder.choices.between(1, 14)];
        let channels = match builder.choices.below(4) {
            0 => builder.choices.between(1, 4),
            1 => 8 * builder.choices.between(1, 5),
            _ => builder.choices.between(1, 37),
        };
        for _ in 0..builder.choices.between(1, 2) {
            builder.add_input_of(elem, [batches, extents[0], extents[1], channels].into());
        }
        builder
    }

    /// A module with one 8-bit sequence that is long enough to enter all loops of optimized kernels: `[rows, width]` or
    /// `[batches, steps, width]`.
    pub(super) fn of_sequence(choices: Choices, rank: usize) -> Self {
        let mut builder = Builder { values: Vec::new(), ..Builder::of_image(choices, ElemType::I8) };
        builder.module.graphs = vec![Graph::default()];
        let rows: Vec<usize> = (1..rank).map(|_| builder.choices.between(1, 3)).collect();
        let width = builder.choices.between(1, 70);
        builder.add_input_of(ElemType::I8, Shape([rows, vec![width]].concat()));
        builder
    }

    /// Whether layers shall be large.
    pub(super) fn is_large(&self) -> bool {
        self.most_elements > MOST_ELEMENTS
    }

    fn add_input(&mut self, elem: ElemType) {
        let choices = &mut self.choices;
        let extents = [choices.between(1, 9), choices.between(1, 9), choices.between(1, 9)];
        let shape: Shape = match choices.below(10) {
            8 => [extents[0].min(3), choices.between(1, 40)].into(),
            9 => [extents[0].min(3), extents[1], extents[2]].into(),
            _ => [1 + usize::from(choices.chance(10)), extents[0], extents[1], extents[2]].into(),
        };
        self.add_input_of(elem, shape);
    }

    fn add_input_of(&mut self, elem: ElemType, shape: Shape) {
        let quant = self.activation_quant(elem, 4.0);
        let graph = self.module.entry_mut();
        let name = format!("input{}", graph.inputs.len());
        let id = graph.add_value(name, TensorType { elem, shape, quant });
        graph.inputs.push(id);
        self.values.push(id);
    }

    /// The module with its outputs: what nothing reads, and now and then something else.
    pub(super) fn finish(mut self) -> Module {
        let users = self.module.entry().users();
        let mut outputs: Vec<ValueId> =
            self.values.iter().copied().filter(|id| users[id.index()].is_empty()).collect();
        if outputs.len() > 1 && self.choices.chance(20) {
            outputs.pop();
        }
        if outputs.is_empty() || self.choices.chance(15) {
            outputs.push(self.value());
        }
        self.module.entry_mut().outputs = outputs;
        self.module
    }

    /// Lets later steps see only the last values.
    pub(super) fn forget_all_but_last(&mut self, count: usize) {
        let first = self.values.len().saturating_sub(count);
        self.values.drain(..first);
    }

    /// Number of nodes so far.
    pub(super) fn nodes(&self) -> usize {
        self.graph().nodes.len()
    }

    pub(super) fn graph(&self) -> &Graph {
        self.module.entry()
    }

    pub(super) fn ty(&self, id: ValueId) -> &TensorType {
        self.graph().ty(id)
    }

    /// The extents of a value with `N` dimensions.
    pub(super) fn extents<const N: usize>(&self, id: ValueId) -> Option<[usize; N]> {
        self.ty(id).shape.0.as_slice().try_into().ok()
    }

    /// Runs a step; if it fails, whatever it added goes.
    pub(super) fn attempt(&mut self, step: fn(&mut Builder) -> Option<()>) {
        let (values, nodes) = (self.graph().values.len(), self.graph().nodes.clone());
        let (variables, known) = (self.module.variables.len(), self.values.len());
        let graphs = self.module.graphs.len();
        if step(self).is_none() {
            self.module.graphs.truncate(graphs);
            let graph = self.module.entry_mut();
            graph.values.truncate(values);
            graph.nodes = nodes;
            self.module.variables.truncate(variables);
            self.values.truncate(known);
        }
    }

    /// An input or a result, recent ones more often.
    pub(super) fn value(&mut self) -> ValueId {
        let count = self.values.len();
        let back = if self.choices.chance(40) { self.choices.below(count) } else { 0 };
        self.values[count - 1 - back]
    }

    /// As [`Builder::value`], of one of these element types.
    pub(super) fn value_of(&mut self, elems: &[ElemType]) -> Option<ValueId> {
        let id = self.value();
        elems.contains(&self.ty(id).elem).then_some(id)
    }

    /// Another value, or the same, that satisfies a condition.
    pub(super) fn partner(&mut self, fits: impl Fn(&TensorType) -> bool) -> Option<ValueId> {
        let fitting: Vec<ValueId> = self.values.iter().copied().filter(|&id| fits(self.ty(id))).collect();
        if fitting.is_empty() { None } else { Some(self.choices.pick(&fitting)) }
    }

    /// A constant with random contents.
    pub(super) fn constant(&mut self, ty: TensorType) -> ValueId {
        let data = fill(&ty, &mut self.choices);
        self.constant_of(ty, data)
    }

    /// A constant.
    pub(super) fn constant_of(&mut self, ty: TensorType, data: Data) -> ValueId {
        self.module.entry_mut().add_constant("", ty, data)
    }

    /// A variable with random or no initial contents.
    pub(super) fn variable(&mut self, ty: TensorType) -> VarId {
        let init = if self.choices.chance(50) { Some(fill(&ty, &mut self.choices)) } else { None };
        self.module.variables.push(Variable { name: String::new(), ty, init });
        VarId::new(self.module.variables.len() - 1)
    }

    /// A graph for a control operator to run.
    pub(super) fn add_graph(&mut self, graph: Graph) -> GraphId {
        self.module.graphs.push(graph);
        GraphId::new(self.module.graphs.len() - 1)
    }

    /// The first result of the last node.
    pub(super) fn last_result(&self) -> Option<ValueId> {
        self.graph().nodes.last()?.outputs.first().copied()
    }

    /// Moves the last node, which has neither operands nor results, to the front, where initializers stand.
    pub(super) fn last_node_first(&mut self) {
        self.module.entry_mut().nodes.rotate_right(1);
    }

    /// Changes what the codes of a value stand for.
    pub(super) fn set_quant(&mut self, id: ValueId, quant: Quant) {
        self.module.entry_mut().values[id.index()].ty.quant = quant;
    }

    /// Appends a node with the results that its rules give it; `None` if it does not fit.
    pub(super) fn push(
        &mut self,
        op: impl Into<Op>,
        inputs: &[Option<ValueId>],
        results: Results,
    ) -> Option<()> {
        let location = format!("#{}", self.nodes());
        let node = Node { op: op.into(), inputs: inputs.to_vec(), outputs: Vec::new(), location };
        self.module.entry_mut().nodes.push(node);
        let inferred = self.infer()?;
        for result in &inferred {
            let elem = self.choices.pick(&result.elems);
            let quant = self.result_quant(elem, &results);
            let ty = TensorType { elem, shape: result.shape.clone(), quant };
            if ty.elements() > self.most_elements {
                return None;
            }
            let graph = self.module.entry_mut();
            let id = graph.add_value("", ty);
            graph.nodes.last_mut()?.outputs.push(id);
            self.values.push(id);
        }
        // Rules may look at the results as well.
        self.infer().map(|_| ())
    }

    /// What the rules say of the last node.
    fn infer(&self) -> Option<Vec<redsc_ir::ops::Inferred>> {
        let graph = self.graph();
        let node = graph.nodes.last()?;
        node.op.rules().infer(&Operands { module: &self.module, graph, node }).ok()
    }

    fn result_quant(&mut self, elem: ElemType, results: &Results) -> Quant {
        match results {
            _ if elem.quantized_range().is_none() => Quant::None,
            Results::Like(id) if self.ty(*id).elem == elem => self.ty(*id).quant.clone(),
            Results::Like(_) => self.activation_quant(elem, 4.0),
            Results::Reach(reach) => self.activation_quant(elem, *reach),
            Results::Fixed(quant) => quant.clone(),
        }
    }

    /// Scale and zero point for real numbers of about `reach`, usually; sometimes far too fine or too coarse.
    pub(super) fn activation_quant(&mut self, elem: ElemType, reach: f64) -> Quant {
        let Some((lowest, highest)) = elem.quantized_range() else { return Quant::None };
        let choices = &mut self.choices;
        let stretch =
            if choices.chance(10) { choices.pick(&[0.01, 30.0, 0.2]) } else { 0.7 + choices.unit() };
        let scale = (reach * stretch * 2.0 / f64::from(highest - lowest)) as f32;
        let zero_point = match elem {
            ElemType::I16 => 0,
            _ if choices.chance(30) => choices.pick(&[lowest, highest]),
            _ => lowest + (highest - lowest) / 2 + choices.below(60) as i32 - choices.below(60) as i32,
        };
        Quant::PerTensor { scale, zero_point }
    }

    /// The largest real number that a value can hold.
    pub(super) fn reach(&self, id: ValueId) -> f64 {
        let ty = self.ty(id);
        match (ty.elem.quantized_range(), ty.quant.per_tensor()) {
            (Some((lowest, highest)), Some((scale, zero_point))) => {
                let farthest = (highest - zero_point).max(zero_point - lowest);
                f64::from(scale) * f64::from(farthest)
            }
            _ => 4.0,
        }
    }
}

/// Contents of a type: uniform, sparse, or at the ends of the range.
pub(super) fn fill(ty: &TensorType, choices: &mut Choices) -> Data {
    let style = choices.below(10);
    let mut elements = Choices::from_seed(u64::from(choices.number()));
    let mut bytes = Vec::with_capacity(ty.bytes());
    for _ in 0..ty.elements() {
        let fraction = match style {
            7 if elements.below(3) > 0 => 0.5,
            8 => f64::from(elements.number() & 1),
            9 => 0.5,
            _ => elements.unit(),
        };
        push_element(ty.elem, fraction, &mut bytes);
    }
    Data::from_bytes(bytes)
}

/// The element at a fraction of the usual range of its type.
fn push_element(elem: ElemType, fraction: f64, bytes: &mut Vec<u8>) {
    let integer = |low: f64, high: f64| (low + fraction * (high - low)).round();
    match elem {
        ElemType::Bool => bytes.push(u8::from(fraction > 0.5)),
        ElemType::I8 => bytes.extend((integer(-128.0, 127.0) as i8).to_le_bytes()),
        ElemType::U8 => bytes.extend((integer(0.0, 255.0) as u8).to_le_bytes()),
        ElemType::I16 => bytes.extend((integer(-32768.0, 32767.0) as i16).to_le_bytes()),
        ElemType::U16 => bytes.extend((integer(0.0, 65535.0) as u16).to_le_bytes()),
        ElemType::I32 => bytes.extend((integer(-20000.0, 20000.0) as i32).to_le_bytes()),
        ElemType::U32 => bytes.extend((integer(0.0, 40000.0) as u32).to_le_bytes()),
        ElemType::I64 => bytes.extend((integer(-20000.0, 20000.0) as i64).to_le_bytes()),
        ElemType::U64 => bytes.extend((integer(0.0, 40000.0) as u64).to_le_bytes()),
        ElemType::F16 => bytes.extend(half::f16::from_f64(fraction * 2.0 - 1.0).to_le_bytes()),
        ElemType::F32 => bytes.extend(((fraction * 2.0 - 1.0) as f32).to_le_bytes()),
        ElemType::F64 => bytes.extend((fraction * 2.0 - 1.0).to_le_bytes()),
    }
}
