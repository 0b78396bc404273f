//! Modules to text.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display, Write as _};

use super::literal::{format_elements, format_f32};
use super::token::quote;
use crate::data::Data;
use crate::entity::ValueId;
use crate::graph::{Graph, Module, Node, Variable};
use crate::ops::{AttrValue, Op};
use crate::quant::Quant;
use crate::types::TensorType;

/// A module as text, and its large constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// The text.
    pub text: String,
    /// Contents of the side file, under the name that was asked for; empty if nothing refers to it.
    pub weights: Vec<u8>,
}

/// How to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintOptions {
    /// Name of the side file in the text.
    pub weights_name: String,
    /// Constants of up to so many elements are spelled out; larger ones go to the side file.
    pub inline_elements: usize,
}

impl Default for PrintOptions {
    fn default() -> Self {
        PrintOptions { weights_name: "weights.bin".into(), inline_elements: 64 }
    }
}

/// Constants start at multiples of this in the side file.
const SIDE_FILE_ALIGNMENT: usize = 16;

/// The text of a module, with the default options.
pub fn print(module: &Module) -> Printed {
    print_with(module, &PrintOptions::default())
}

/// The text of a module.
///
/// Never fails: modules that are not valid print too, so that they can be looked at. Values that nothing defines get
/// a number at their first use.
pub fn print_with(module: &Module, options: &PrintOptions) -> Printed {
    let mut printer = Printer { options, body: String::new(), side_file: SideFile::default() };
    printer.module(module);
    let mut text = String::from("module");
    push_name(&mut text, &module.name);
    if !printer.side_file.bytes.is_empty() {
        let _ = write!(text, " weights {}", quote(&options.weights_name));
    }
    text.push('\n');
    text.push_str(&printer.body);
    Printed { text, weights: printer.side_file.bytes }
}

struct Printer<'o> {
    options: &'o PrintOptions,
    body: String,
    side_file: SideFile,
}

/// Large constants, each content once.
#[derive(Default)]
struct SideFile {
    bytes: Vec<u8>,
    /// Offsets by checksum and length.
    known: HashMap<(u32, usize), Vec<usize>>,
}

/// The numbers that the text gives to the values of one graph, in the order in which it defines them.
///
/// Values that nothing defines get a number at their first use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers(HashMap<ValueId, usize>);

impl Numbers {
    /// The numbers of a graph.
    pub(crate) fn of_graph(graph: &Graph) -> Numbers {
        let mut numbers = Numbers::default();
        let is_constant =
            |id: &ValueId| graph.values.get(id.index()).is_some_and(|value| value.data.is_some());
        graph.inputs.iter().for_each(|&id| numbers.add(id));
        for node in &graph.nodes {
            node.operands().filter(is_constant).for_each(|id| numbers.add(id));
            node.operands().chain(node.outputs.iter().copied()).for_each(|id| numbers.add(id));
        }
        graph.outputs.iter().copied().filter(is_constant).for_each(|id| numbers.add(id));
        graph.outputs.iter().for_each(|&id| numbers.add(id));
        numbers
    }

    fn add(&mut self, id: ValueId) {
        let next = self.0.len();
        self.0.entry(id).or_insert(next);
    }

    /// The name of a value in the text, `%7`; values that the text does not mention are called by their handle.
    pub(crate) fn name(&self, id: ValueId) -> String {
        self.0.get(&id).map_or_else(|| format!("{id} (unused)"), |number| format!("%{number}"))
    }
}

impl Printer<'_> {
    fn module(&mut self, module: &Module) {
        for (index, variable) in module.variables.iter().enumerate() {
            self.variable(index, variable);
        }
        for (index, graph) in module.graphs.iter().enumerate() {
            self.graph(index, graph);
        }
    }

    fn variable(&mut self, index: usize, variable: &Variable) {
        let _ = write!(self.body, "var ${index}");
        push_name(&mut self.body, &variable.name);
        let init = match &variable.init {
            Some(data) => self.contents(&variable.ty, data),
            None => "zeros".into(),
        };
        let _ = writeln!(self.body, " : {} = {init}", variable.ty);
    }

    fn graph(&mut self, index: usize, graph: &Graph) {
        let numbers = Numbers::of_graph(graph);
        let _ = write!(self.body, "graph @{index}");
        push_name(&mut self.body, &graph.name);
        self.body.push('(');
        for (position, &input) in graph.inputs.iter().enumerate() {
            self.body.push_str(if position == 0 { "" } else { ", " });
            self.definition(graph, input, &numbers);
            let _ = write!(self.body, " : {}", TypeOf(graph, input));
        }
        self.body.push_str(") {\n");
        self.statements(graph, &numbers);
        self.body.push_str("}\n");
    }

    /// Nodes, each after the constants that it is the first to read; then the outputs.
    fn statements(&mut self, graph: &Graph, numbers: &Numbers) {
        let mut printed = HashSet::new();
        for node in &graph.nodes {
            for operand in node.operands() {
                self.constant(graph, operand, &mut printed, numbers);
            }
            self.node(graph, node, numbers);
        }
        for &output in &graph.outputs {
            self.constant(graph, output, &mut printed, numbers);
        }
        let outputs: Vec<String> = graph.outputs.iter().map(|&id| format!(" {}", numbers.name(id))).collect();
        let _ = writeln!(self.body, "  return{}", outputs.join(","));
    }

    fn constant(&mut self, graph: &Graph, id: ValueId, printed: &mut HashSet<ValueId>, numbers: &Numbers) {
        let Some(value) = graph.values.get(id.index()) else { return };
        let Some(data) = &value.data else { return };
        if !printed.insert(id) {
            return;
        }
        self.body.push_str("  ");
        self.definition(graph, id, numbers);
        let contents = self.contents(&value.ty, data);
        let _ = writeln!(self.body, " = const : {} = {contents}", value.ty);
    }

    fn node(&mut self, graph: &Graph, node: &Node, numbers: &Numbers) {
        let operands: Vec<String> =
            node.inputs.iter().map(|input| input.map_or("_".into(), |id| numbers.name(id))).collect();
        self.body.push_str("  ");
        for (position, &output) in node.outputs.iter().enumerate() {
            self.body.push_str(if position == 0 { "" } else { ", " });
            self.definition(graph, output, numbers);
        }
        self.body.push_str(if node.outputs.is_empty() { "" } else { " = " });
        let _ = write!(self.body, "{}({}){}", node.op.mnemonic(), operands.join(", "), Attributes(&node.op));
        for (position, &output) in node.outputs.iter().enumerate() {
            self.body.push_str(if position == 0 { " : " } else { ", " });
            let _ = write!(self.body, "{}", TypeOf(graph, output));
        }
        if !node.location.is_empty() {
            let _ = write!(self.body, " loc {}", quote(&node.location));
        }
        self.body.push('\n');
    }

    fn definition(&mut self, graph: &Graph, id: ValueId, numbers: &Numbers) {
        let _ = write!(self.body, "{}", numbers.name(id));
        if let Some(value) = graph.values.get(id.index()) {
            push_name(&mut self.body, &value.name);
        }
    }

    /// The elements, or where the side file holds them. Bytes that are not what the type asks for cannot be spelled.
    fn contents(&mut self, ty: &TensorType, data: &Data) -> String {
        let bytes = data.bytes();
        let fits = bytes.len() == ty.bytes();
        if bytes.is_empty() || (fits && ty.elements() <= self.options.inline_elements) {
            return format_elements(ty.elem, data);
        }
        let checksum = crc32fast::hash(bytes);
        let offset = self.side_file.add(bytes, checksum);
        format!("@weights[{offset}, {}, \"{checksum:08x}\"]", bytes.len())
    }
}

impl SideFile {
    /// The offset of those bytes, which are appended if they are new.
    fn add(&mut self, bytes: &[u8], checksum: u32) -> usize {
        let candidates = self.known.entry((checksum, bytes.len())).or_default();
        if let Some(&offset) = candidates.iter().find(|&&at| self.bytes[at..].starts_with(bytes)) {
            return offset;
        }
        let offset = self.bytes.len().next_multiple_of(SIDE_FILE_ALIGNMENT);
        self.bytes.resize(offset, 0);
        self.bytes.extend_from_slice(bytes);
        candidates.push(offset);
        offset
    }
}

fn push_name(out: &mut String, name: &str) {
    if !name.is_empty() {
        out.push(' ');
        out.push_str(&quote(name));
    }
}

/// The type of a value, or `?` if there is no such value.
struct TypeOf<'g>(&'g Graph, ValueId);

impl Display for TypeOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.values.get(self.1.index()) {
            Some(value) => value.ty.fmt(f),
            None => f.write_str("?"),
        }
    }
}

/// ` {stride = [1, 1], act = none}`; nothing for an operator without attributes.
struct Attributes<'o>(&'o Op);

impl Display for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes: Vec<String> =
            self.0.attributes().iter().map(|(name, value)| format!("{name} = {value}")).collect();
        if attributes.is_empty() { Ok(()) } else { write!(f, " {{{}}}", attributes.join(", ")) }
    }
}

/// `conv2d {stride = [1, 1], …}`: mnemonic and attributes.
impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.mnemonic(), Attributes(self))
    }
}

impl Display for AttrValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttrValue::Int(x) => x.fmt(f),
            AttrValue::Float(x) => f.write_str(&format_f32(*x)),
            AttrValue::Word(word) => f.write_str(word),
            AttrValue::Var(id) => id.fmt(f),
            AttrValue::Graph(id) => id.fmt(f),
            AttrValue::List(items) => {
                let items: Vec<String> = items.iter().map(AttrValue::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

/// `1x8x8x16xi8 q(0.5, -3)`
impl Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.shape.rank() == 0 { "" } else { "x" };
        write!(f, "{}{separator}{}", self.shape, self.elem)?;
        match &self.quant {
            Quant::None => Ok(()),
            quant => write!(f, " {quant}"),
        }
    }
}

/// One number if it stands for all `count`, as it usually does; a list otherwise.
fn format_zero_points(zero_points: &[i32], count: usize) -> String {
    match zero_points {
        [first, rest @ ..] if rest.len() + 1 == count && rest.iter().all(|z| z == first) => first.to_string(),
        _ => {
            let items: Vec<String> = zero_points.iter().map(i32::to_string).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

/// `q(0.5, -3)`, `q(axis 0, [0.1, 0.2], 0)`; nothing without quantization.
impl Display for Quant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quant::None => Ok(()),
            Quant::PerTensor { scale, zero_point } => write!(f, "q({}, {zero_point})", format_f32(*scale)),
            Quant::PerAxis { axis, scales, zero_points } => {
                let scales: Vec<String> = scales.iter().map(|&s| format_f32(s)).collect();
                write!(
                    f,
                    "q(axis {axis}, [{}], {})",
                    scales.join(", "),
                    format_zero_points(zero_points, scales.len())
                )
            }
        }
    }
}
