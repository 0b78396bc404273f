//! The walk over a model: names become values, nodes become what their importers emit.

use std::collections::{BTreeMap, HashMap};

use redsc_ir::{Diagnostic, Module, ValueId};
use redsc_onnx_schema::tensor_proto::DataType;
use redsc_onnx_schema::tensor_shape_proto::dimension;
use redsc_onnx_schema::type_proto;
use redsc_onnx_schema::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto, TypeProto, ValueInfoProto,
};

use super::builder::Builder;
use super::call::Call;
use super::fault::{FORM, OPERATOR, Outcome, Problem, SHAPE, STORAGE, STRUCTURE, damaged, form};
use super::{ops, tensor};
use crate::frontend::{Bindings, SideFiles};

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A tensor.
    Tensor(ValueId),
    /// A list of tensors, known in length.
    Sequence(Vec<ValueId>),
    /// An optional without contents.
    Nothing,
    /// It could not be translated, and that is reported.
    Bad,
}

impl From<ValueId> for Item {
    fn from(id: ValueId) -> Self {
        Item::Tensor(id)
    }
}

/// Most problems that are worth reading.
const MOST_PROBLEMS: usize = 50;
/// How deep functions and branches may nest.
const MOST_DEPTH: usize = 32;

/// A model under translation.
pub(super) struct Reader<'m> {
    /// The graph so far.
    pub(super) builder: Builder,
    /// Element types in the file, where they differ from those that are computed with.
    pub(super) declared: HashMap<ValueId, DataType>,
    /// For unsigned bytes that were made by subtracting 128: what they were made from.
    pub(super) signed: HashMap<ValueId, ValueId>,
    /// Files beside the model.
    pub(super) files: SideFiles<'m>,
    bindings: &'m Bindings,
    scopes: Vec<HashMap<String, Item>>,
    /// Attributes of the functions that are being expanded.
    frames: Vec<BTreeMap<&'m str, &'m AttributeProto>>,
    opsets: HashMap<&'m str, i64>,
    functions: HashMap<(&'m str, &'m str), &'m FunctionProto>,
    diagnostics: Vec<Diagnostic>,
    depth: usize,
}

impl<'m> Reader<'m> {
    /// Translates the main graph.
    pub(super) fn read(
        model: &'m ModelProto,
        file_bytes: usize,
        files: SideFiles<'m>,
        bindings: &'m Bindings,
    ) -> Result<Module, Vec<Diagnostic>> {
        let mut reader = Reader {
            builder: Builder::new(file_bytes),
            declared: HashMap::new(),
            signed: HashMap::new(),
            files,
            bindings,
            scopes: vec![HashMap::new()],
            frames: Vec::new(),
            opsets: model.opset_import.iter().map(|o| (o.domain(), o.version())).collect(),
            functions: model.functions.iter().map(|f| ((f.domain(), f.name()), f)).collect(),
            diagnostics: Vec::new(),
            depth: 0,
        };
        match &model.graph {
            Some(graph) => reader.main_graph(graph),
            None => reader.report("", damaged("the model has no graph")),
        }
        let graph = reader.builder.graph;
        if reader.diagnostics.is_empty() {
            return Ok(Module { name: String::new(), graphs: vec![graph], variables: Vec::new() });
        }
        Err(reader.diagnostics)
    }

    fn main_graph(&mut self, graph: &'m GraphProto) {
        self.builder.graph.name = graph.name().into();
        self.check_bindings(graph);
        self.constants(graph);
        for input in &graph.input {
            if !self.scopes[0].contains_key(input.name())
                && let Err(problem) = self.input(input)
            {
                self.bind(input.name(), Item::Bad);
                self.report(&format!("input \"{}\"", input.name()), problem);
            }
        }
        self.nodes(&graph.node);
        for output in &graph.output {
            if let Err(problem) = self.output(output) {
                self.report(&format!("output \"{}\"", output.name()), problem);
            }
        }
    }

    /// Names on the command line must be names of the model.
    fn check_bindings(&mut self, graph: &'m GraphProto) {
        let names: Vec<&str> = graph.input.iter().map(ValueInfoProto::name).collect();
        let dims: Vec<String> = graph.input.iter().flat_map(symbols).collect();
        let unknown = |name: &&String| !names.contains(&name.as_str()) && !dims.contains(name);
        let unknown: Vec<String> =
            self.bindings.shapes.keys().chain(self.bindings.values.keys()).filter(unknown).cloned().collect();
        for name in unknown {
            let message = format!("the model has no input or dimension `{name}`");
            let known = names.join(", ");
            self.report("", form(message).help(&format!("the inputs are {known}")));
        }
    }

    /// Notes a problem.
    fn report(&mut self, place: &str, problem: Problem) {
        if self.diagnostics.len() < MOST_PROBLEMS {
            self.diagnostics.extend(problem.diagnostic(place));
        }
    }

    fn bind(&mut self, name: &str, item: Item) {
        if let (Some(scope), false) = (self.scopes.last_mut(), name.is_empty()) {
            scope.insert(name.into(), item);
        }
    }

    fn constants(&mut self, graph: &'m GraphProto) {
        for proto in &graph.initializer {
            let item = self.constant(proto);
            self.settle_constant(proto.name(), item);
        }
        for proto in &graph.sparse_initializer {
            let name = proto.values.as_ref().map_or("", TensorProto::name);
            let item = tensor::sparse(proto, self.files).map(|constant| self.add(constant));
            self.settle_constant(name, item);
        }
    }

    fn settle_constant(&mut self, name: &str, found: Outcome<ValueId>) {
        let item = match found {
            Ok(id) => {
                self.builder.graph.values[id.index()].name = name.into();
                Item::Tensor(id)
            }
            Err(problem) => {
                self.report(&format!("initializer \"{name}\""), problem);
                Item::Bad
            }
        };
        self.bind(name, item);
    }

    /// The value of a tensor in the file.
    pub(super) fn constant(&mut self, proto: &TensorProto) -> Outcome<ValueId> {
        tensor::constant(proto, self.files).map(|constant| self.add(constant))
    }

    /// The value of a decoded tensor.
    pub(super) fn add(&mut self, constant: tensor::Constant) -> ValueId {
        let id = self.builder.add_constant(constant.ty, constant.data);
        self.declare(id, constant.declared);
        id
    }

    /// Notes the type that a value has in the file.
    pub(super) fn declare(&mut self, id: ValueId, declared: DataType) {
        if tensor::interface_elem(declared).ok() != Some(self.builder.elem(id)) {
            self.declared.insert(id, declared);
        }
    }

    fn input(&mut self, info: &'m ValueInfoProto) -> Outcome {
        let (declared, shape) = self.tensor_type(info)?;
        if let Some((ty, data)) = self.bindings.values.get(info.name()) {
            let elem = tensor::interface_elem(declared)?;
            if ty.elem != elem {
                return Err(form(format!("--input-value has elements of type {}; expected {elem}", ty.elem)));
            }
            let id = self.builder.add_constant(ty.clone(), data.clone());
            let id = self.builder.cast(id, tensor::computed_elem(declared)?)?;
            self.declare(id, declared);
            self.bind(info.name(), id.into());
            return Ok(());
        }
        let ty = self.builder.checked(tensor::interface_elem(declared)?, &shape)?;
        let id = self.builder.graph.add_value(info.name(), ty);
        self.builder.graph.inputs.push(id);
        let computed = self.builder.cast(id, tensor::computed_elem(declared)?)?;
        self.declare(computed, declared);
        self.bind(info.name(), computed.into());
        Ok(())
    }

    /// Element type and extents of an input; symbols are what the user says, else 1.
    fn tensor_type(&self, info: &ValueInfoProto) -> Outcome<(DataType, Vec<usize>)> {
        let proto = tensor_proto(info.r#type.as_ref())?;
        let declared = tensor::data_type(proto.elem_type())?;
        let given = self.bindings.shapes.get(info.name());
        let Some(shape) = &proto.shape else {
            let missing = || {
                Problem::new(SHAPE, "the shape is unknown")
                    .help(&format!("say it: --shape {}=1x3x32x32", info.name()))
            };
            return given.cloned().map(|shape| (declared, shape)).ok_or_else(missing);
        };
        if let Some(given) = given {
            if given.len() != shape.dim.len() {
                return Err(form(format!(
                    "--shape gives {} dimensions; the model has {}",
                    given.len(),
                    shape.dim.len()
                )));
            }
            return Ok((declared, given.clone()));
        }
        let extent = |dim: &redsc_onnx_schema::tensor_shape_proto::Dimension| match &dim.value {
            Some(dimension::Value::DimValue(extent)) => usize::try_from(*extent).unwrap_or(1),
            Some(dimension::Value::DimParam(symbol)) => match self.bindings.shapes.get(symbol) {
                Some(given) => given.iter().product(),
                None => 1,
            },
            None => 1,
        };
        Ok((declared, shape.dim.iter().map(extent).collect()))
    }

    fn output(&mut self, info: &'m ValueInfoProto) -> Outcome {
        let id = match self.lookup(info.name()) {
            Some(Item::Tensor(id)) => id,
            Some(Item::Bad) => return Err(Problem::Reported),
            Some(Item::Sequence(_) | Item::Nothing) => {
                return Err(Problem::new(
                    STORAGE,
                    "outputs that are sequences or optionals are not supported",
                )
                .help("give out the tensors one by one"));
            }
            None => return Err(Problem::new(STRUCTURE, "nothing computes it")),
        };
        let declared = match tensor_proto(info.r#type.as_ref()) {
            Ok(proto) if proto.elem_type() != 0 => {
                tensor::interface_elem(tensor::data_type(proto.elem_type())?)?
            }
            _ => self.builder.elem(id),
        };
        let id = self.builder.cast(id, declared)?;
        if self.builder.graph.value(id).name.is_empty() {
            self.builder.graph.values[id.index()].name = info.name().into();
        }
        self.builder.graph.outputs.push(id);
        Ok(())
    }

    /// What a name stands for, in the innermost scope that knows it.
    pub(super) fn lookup(&self, name: &str) -> Option<Item> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).cloned()
    }

    /// Translates nodes in the order of execution.
    fn nodes(&mut self, nodes: &'m [NodeProto]) {
        for position in order(nodes) {
            let node = &nodes[position];
            if let Err(problem) = self.node(node) {
                for name in &node.output {
                    self.bind(name, Item::Bad);
                }
                self.report(&place(position, node), problem);
            }
            if self.diagnostics.len() >= MOST_PROBLEMS {
                break;
            }
        }
    }

    fn node(&mut self, node: &'m NodeProto) -> Outcome {
        let call = Call::new(self, node)?;
        let outcome = match call.function() {
            Some(function) => call.body(function),
            None => call.import(),
        };
        let items = outcome?;
        if items.len() < node.output.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1) {
            return Err(form("not all of its results are supported"));
        }
        for (name, item) in node.output.iter().zip(items) {
            if let Item::Tensor(id) = item {
                self.name(id, name);
            }
            self.bind(name, item);
        }
        Ok(())
    }

    fn name(&mut self, id: ValueId, name: &str) {
        let value = &mut self.builder.graph.values[id.index()];
        if value.name.is_empty() {
            value.name = name.into();
        }
    }

    /// The function that a name stands for, if the model defines it.
    pub(super) fn function(&self, domain: &str, name: &str) -> Option<&'m FunctionProto> {
        self.functions.get(&(domain, name)).copied()
    }

    /// The version of the operator set of a domain.
    pub(super) fn opset(&self, domain: &str) -> i64 {
        let default = if domain.is_empty() { self.opsets.get("ai.onnx") } else { None };
        self.opsets.get(domain).or(default).copied().unwrap_or(1)
    }

    /// The attribute that a name refers to in the function that is being expanded.
    pub(super) fn outer_attribute(&self, name: &str) -> Option<&'m AttributeProto> {
        self.frames.last().and_then(|frame| frame.get(name)).copied()
    }

    /// Runs a function's body on operands.
    pub(super) fn expand(
        &mut self,
        function: &'m FunctionProto,
        attributes: BTreeMap<&'m str, &'m AttributeProto>,
        inputs: Vec<Item>,
    ) -> Outcome<Vec<Item>> {
        let mut frame: BTreeMap<&'m str, &'m AttributeProto> =
            function.attribute_proto.iter().map(|a| (a.name(), a)).collect();
        frame.extend(attributes);
        let scope: HashMap<String, Item> = function.input.iter().cloned().zip(inputs).collect();
        let opsets = function.opset_import.iter().map(|o| (o.domain(), o.version()));
        let outer_opsets = self.opsets.clone();
        self.opsets.extend(opsets);
        // A function sees its operands and nothing else.
        let outer_scopes = std::mem::take(&mut self.scopes);
        self.frames.push(frame);
        let results = self.nested(scope, &function.node, &function.output);
        self.frames.pop();
        self.scopes = outer_scopes;
        self.opsets = outer_opsets;
        results
    }

    /// Runs a branch or the body of a loop, which sees the names around it, on operands.
    pub(super) fn inline(&mut self, graph: &'m GraphProto, inputs: Vec<Item>) -> Outcome<Vec<Item>> {
        let scope = graph.input.iter().map(|i| i.name().to_owned()).zip(inputs).collect();
        self.scopes.push(scope);
        self.constants(graph);
        let scope = self.scopes.pop().unwrap_or_default();
        let outputs: Vec<String> = graph.output.iter().map(|o| o.name().to_owned()).collect();
        self.nested(scope, &graph.node, &outputs)
    }

    fn nested(
        &mut self,
        scope: HashMap<String, Item>,
        nodes: &'m [NodeProto],
        outputs: &[String],
    ) -> Outcome<Vec<Item>> {
        if self.depth >= MOST_DEPTH {
            return Err(damaged("functions or branches nest too deep"));
        }
        self.builder.charge(1 << 10)?;
        self.depth += 1;
        let before = self.diagnostics.len();
        self.scopes.push(scope);
        self.nodes(nodes);
        let results: Vec<Option<Item>> = outputs.iter().map(|name| self.lookup(name)).collect();
        self.scopes.pop();
        self.depth -= 1;
        if self.diagnostics.len() > before {
            return Err(Problem::Reported);
        }
        let results: Option<Vec<Item>> = results.into_iter().collect();
        results.ok_or_else(|| Problem::new(STRUCTURE, "a result of a function or branch is not computed"))
    }

    /// The importer of a node, or why there is none.
    pub(super) fn row(&self, domain: &str, name: &str) -> Outcome<&'static ops::Row> {
        let opset = self.opset(domain);
        let mut known = ops::table().filter(|row| row.name == name && row.domain == domain).peekable();
        if known.peek().is_none() {
            let full = if domain.is_empty() { name.to_owned() } else { format!("{domain}.{name}") };
            return Err(Problem::new(OPERATOR, format!("the operator {full} is not supported")).help(
                "docs/onnx_support.md lists what is; express it by those, or as a function in the model",
            ));
        }
        known.find(|row| row.opsets.contains(&opset)).ok_or_else(|| {
            Problem::new(FORM, format!("{name} of opset {opset} is not supported"))
                .help("convert the model with onnx.version_converter to a newer opset")
        })
    }
}

/// The positions of nodes in an order in which each follows what it reads; the given one as far as possible.
fn order(nodes: &[NodeProto]) -> Vec<usize> {
    let mut producers = HashMap::new();
    for (position, node) in nodes.iter().enumerate() {
        producers
            .extend(node.output.iter().filter(|name| !name.is_empty()).map(|name| (name.as_str(), position)));
    }
    let in_order = |(position, node): (usize, &NodeProto)| {
        node.input.iter().all(|name| producers.get(name.as_str()).is_none_or(|&producer| producer < position))
    };
    if nodes.iter().enumerate().all(in_order) {
        return (0..nodes.len()).collect();
    }
    let (mut order, mut seen) = (Vec::new(), vec![false; nodes.len()]);
    for position in 0..nodes.len() {
        // Depth first: a node is done when what it reads is.
        let mut open = vec![(position, false)];
        while let Some((position, done)) = open.pop() {
            if done {
                order.push(position);
            } else if !std::mem::replace(&mut seen[position], true) {
                open.push((position, true));
                let reads = nodes[position].input.iter().rev();
                open.extend(reads.filter_map(|name| producers.get(name.as_str())).map(|&p| (p, false)));
            }
        }
    }
    order
}

/// `node 3 "conv1" (Conv)`
fn place(position: usize, node: &NodeProto) -> String {
    match node.name() {
        "" => format!("node {position} ({})", node.op_type()),
        name => format!("node {position} \"{name}\" ({})", node.op_type()),
    }
}

fn tensor_proto(proto: Option<&TypeProto>) -> Outcome<&type_proto::Tensor> {
    match proto.and_then(|t| t.value.as_ref()) {
        Some(type_proto::Value::TensorType(tensor)) => Ok(tensor),
        Some(_) => {
            Err(Problem::new(STORAGE, "inputs and outputs that are no dense tensors are not supported")
                .help("give in and out the tensors one by one"))
        }
        None => Err(Problem::new(SHAPE, "the type is not given")),
    }
}

/// The symbolic dimensions of an input.
fn symbols(info: &ValueInfoProto) -> Vec<String> {
    let Ok(proto) = tensor_proto(info.r#type.as_ref()) else { return Vec::new() };
    let dims = proto.shape.iter().flat_map(|shape| &shape.dim);
    let symbol = |dim: &redsc_onnx_schema::tensor_shape_proto::Dimension| match &dim.value {
        Some(dimension::Value::DimParam(symbol)) => Some(symbol.clone()),
        _ => None,
    };
    dims.filter_map(symbol).collect()
}
