//! What an importer sees of its node: operands, attributes, and the graph to which it appends.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use redsc_ir::{ElemType, ValueId};
use redsc_onnx_schema::tensor_proto::DataType;
use redsc_onnx_schema::{AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto};

use super::builder::Builder;
use super::fault::{Outcome, Problem, STRUCTURE, damaged, form};
use super::graph::{Item, Reader};
use super::tensor;

/// A node under translation. It is its [`Builder`] too.
pub(super) struct Call<'r, 'm> {
    /// The model around the node.
    pub(super) reader: &'r mut Reader<'m>,
    /// The version of the operator set.
    pub(super) opset: i64,
    /// How many results are wanted.
    pub(super) results: usize,
    node: &'m NodeProto,
    attributes: BTreeMap<&'m str, &'m AttributeProto>,
    inputs: Vec<Option<Item>>,
}

impl Deref for Call<'_, '_> {
    type Target = Builder;
    fn deref(&self) -> &Builder {
        &self.reader.builder
    }
}

impl DerefMut for Call<'_, '_> {
    fn deref_mut(&mut self) -> &mut Builder {
        &mut self.reader.builder
    }
}

impl<'r, 'm> Call<'r, 'm> {
    /// Looks up the operands and attributes of a node.
    pub(super) fn new(reader: &'r mut Reader<'m>, node: &'m NodeProto) -> Outcome<Self> {
        let mut attributes = BTreeMap::new();
        for attribute in &node.attribute {
            match attribute.ref_attr_name() {
                "" => attributes.insert(attribute.name(), attribute),
                outer => match reader.outer_attribute(outer) {
                    Some(found) => attributes.insert(attribute.name(), found),
                    None => continue,
                },
            };
        }
        let mut inputs = Vec::new();
        for name in &node.input {
            inputs.push(match (name.as_str(), reader.lookup(name)) {
                ("", _) => None,
                (_, Some(Item::Bad)) => return Err(Problem::Reported),
                (_, Some(item)) => Some(item),
                (name, None) => {
                    return Err(Problem::new(
                        STRUCTURE,
                        format!("\"{name}\" is read before anything computes it"),
                    )
                    .help("nodes must be in execution order"));
                }
            });
        }
        let label = if node.name().is_empty() { "" } else { node.name() };
        reader.builder.location = format!("{} {label}", node.op_type()).trim_end().into();
        let opset = reader.opset(domain(node));
        Ok(Call { reader, opset, results: node.output.len(), node, attributes, inputs })
    }

    /// The function of the model that the node calls, if it is one.
    pub(super) fn function(&self) -> Option<&'m FunctionProto> {
        self.reader.function(self.node.domain(), self.node.op_type())
    }

    /// Translates the body of a function.
    pub(super) fn body(self, function: &'m FunctionProto) -> Outcome<Vec<Item>> {
        let inputs = self.inputs.into_iter().map(|item| item.unwrap_or(Item::Nothing)).collect();
        self.reader.expand(function, self.attributes, inputs)
    }

    /// Translates the node by its row in the table.
    pub(super) fn import(mut self) -> Outcome<Vec<Item>> {
        let row = self.reader.row(domain(self.node), self.node.op_type())?;
        if !row.operands.contains(&self.inputs.len()) {
            let (least, most) = (row.operands.start(), row.operands.end());
            return Err(damaged(format!("takes {least} to {most} operands, not {}", self.inputs.len())));
        }
        (row.import)(&mut self)
    }

    /// Number of operands, absent ones included.
    pub(super) fn operands(&self) -> usize {
        self.inputs.len()
    }

    /// What an operand stands for.
    pub(super) fn item(&self, index: usize) -> Option<Item> {
        match self.inputs.get(index).cloned().flatten() {
            Some(Item::Nothing) => None,
            found => found,
        }
    }

    /// A tensor that must be present.
    pub(super) fn operand(&self, index: usize) -> Outcome<ValueId> {
        self.optional(index)?.ok_or_else(|| damaged(format!("operand {index} is missing")))
    }

    /// A tensor that may be absent.
    pub(super) fn optional(&self, index: usize) -> Outcome<Option<ValueId>> {
        match self.item(index) {
            Some(Item::Tensor(id)) => Ok(Some(id)),
            None => Ok(None),
            Some(_) => Err(form(format!("operand {index} is no tensor"))),
        }
    }

    /// All operands, which must be tensors.
    pub(super) fn tensors(&self) -> Outcome<Vec<ValueId>> {
        (0..self.inputs.len()).map(|index| self.operand(index)).collect()
    }

    /// The type in the file.
    pub(super) fn declared(&self, id: ValueId) -> DataType {
        self.reader.declared.get(&id).copied().unwrap_or_else(|| match self.elem(id) {
            ElemType::Bool => DataType::Bool,
            ElemType::I8 => DataType::Int8,
            ElemType::U8 => DataType::Uint8,
            ElemType::I16 => DataType::Int16,
            ElemType::U16 => DataType::Uint16,
            ElemType::I32 => DataType::Int32,
            ElemType::U32 => DataType::Uint32,
            ElemType::I64 => DataType::Int64,
            ElemType::U64 => DataType::Uint64,
            ElemType::F16 => DataType::Float16,
            ElemType::F32 => DataType::Float,
            ElemType::F64 => DataType::Double,
        })
    }

    /// Integers of an operand that must be constant; `what` names it.
    pub(super) fn known_integers(&self, index: usize, what: &str) -> Outcome<Vec<i64>> {
        let id = self.operand(index)?;
        self.integers(id).ok_or_else(|| self.not_constant(id, what))
    }

    /// Integers of an operand that must be constant if it is present.
    pub(super) fn optional_integers(&self, index: usize, what: &str) -> Outcome<Option<Vec<i64>>> {
        match self.optional(index)? {
            Some(_) => self.known_integers(index, what).map(Some),
            None => Ok(None),
        }
    }

    /// Numbers of an operand that must be constant.
    pub(super) fn known_floats(&self, index: usize, what: &str) -> Outcome<Vec<f32>> {
        let id = self.operand(index)?;
        self.floats(id).ok_or_else(|| self.not_constant(id, what))
    }

    /// The one integer of an operand that must be constant.
    pub(super) fn known_integer(&self, index: usize, what: &str) -> Outcome<i64> {
        match self.known_integers(index, what)?.as_slice() {
            &[one] => Ok(one),
            many => Err(form(format!("{what} has {} elements; expected one", many.len()))),
        }
    }

    /// An operand is computed at run time where a constant is needed.
    pub(super) fn not_constant(&self, id: ValueId, what: &str) -> Problem {
        let sources = self.sources(id);
        let help = match sources.as_slice() {
            [] => "simplify the model before, for example with onnxsim".to_owned(),
            names => {
                let options: Vec<String> =
                    names.iter().map(|name| format!("--input-value {name}=FILE.npy")).collect();
                format!("bind what it depends on: {}", options.join(" "))
            }
        };
        form(format!("{what} must be constant")).help(&help)
    }

    /// Whether an attribute is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }

    /// An integer, if it is given.
    pub(super) fn int_if(&self, name: &str) -> Option<i64> {
        self.attributes.get(name).map(|a| a.i())
    }

    /// An integer.
    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.int_if(name).unwrap_or(default)
    }

    /// A number, if it is given.
    pub(super) fn float_if(&self, name: &str) -> Option<f32> {
        self.attributes.get(name).map(|a| a.f())
    }

    /// A number.
    pub(super) fn float(&self, name: &str, default: f32) -> f32 {
        self.float_if(name).unwrap_or(default)
    }

    /// Integers, if they are given.
    pub(super) fn ints(&self, name: &str) -> Option<&'m [i64]> {
        self.attributes.get(name).map(|a| a.ints.as_slice())
    }

    /// Numbers, if they are given.
    pub(super) fn numbers(&self, name: &str) -> Option<&'m [f32]> {
        self.attributes.get(name).map(|a| a.floats.as_slice())
    }

    /// A word.
    pub(super) fn word(&self, name: &str, default: &str) -> String {
        let given = self.attributes.get(name).map(|a| String::from_utf8_lossy(a.s()).into_owned());
        given.unwrap_or_else(|| default.into())
    }

    /// Words, if they are given.
    pub(super) fn words(&self, name: &str) -> Option<Vec<String>> {
        let words = self.attributes.get(name).map(|a| a.strings.iter());
        words.map(|words| words.map(|w| String::from_utf8_lossy(w).into_owned()).collect())
    }

    /// A tensor.
    pub(super) fn tensor(&self, name: &str) -> Option<&'m TensorProto> {
        self.attributes.get(name).and_then(|a| a.t.as_ref())
    }

    /// The attribute itself.
    pub(super) fn attribute(&self, name: &str) -> Option<&'m AttributeProto> {
        self.attributes.get(name).copied()
    }

    /// A graph that must be given.
    pub(super) fn graph_of(&self, name: &str) -> Outcome<&'m GraphProto> {
        let graph = self.attributes.get(name).and_then(|a| a.g.as_ref());
        graph.ok_or_else(|| damaged(format!("the attribute `{name}` is missing")))
    }

    /// The element type that an attribute names, as it is computed with.
    pub(super) fn data_type(&self, name: &str) -> Outcome<Option<DataType>> {
        self.int_if(name).map(|number| tensor::data_type(number as i32)).transpose()
    }

    /// A dimension of a tensor of that rank; negative ones count from the end.
    pub(super) fn axis(&self, index: i64, rank: usize) -> Outcome<usize> {
        axis(index, rank)
    }
}

/// A dimension of a tensor of that rank; negative ones count from the end.
pub(super) fn axis(index: i64, rank: usize) -> Outcome<usize> {
    let from_start = if index < 0 { index.checked_add(rank as i64) } else { Some(index) };
    let axis = from_start.and_then(|axis| usize::try_from(axis).ok()).filter(|&axis| axis < rank);
    axis.ok_or_else(|| form(format!("there is no dimension {index} in a tensor of rank {rank}")))
}

/// Dimensions of a tensor of that rank, ascending.
pub(super) fn axes(indices: &[i64], rank: usize) -> Outcome<Vec<usize>> {
    let mut axes: Vec<usize> = indices.iter().map(|&index| axis(index, rank)).collect::<Outcome<_>>()?;
    axes.sort_unstable();
    axes.dedup();
    Ok(axes)
}

/// Extents that must not be negative.
pub(super) fn extents(numbers: &[i64], what: &str) -> Outcome<Vec<usize>> {
    let extent = |&n: &i64| usize::try_from(n).map_err(|_| form(format!("{what} holds {n}")));
    numbers.iter().map(extent).collect()
}

/// The default domain has two names.
fn domain(node: &NodeProto) -> &str {
    match node.domain() {
        "ai.onnx" => "",
        domain => domain,
    }
}
