//! A graph under construction: every node that depends on constants alone is computed instead of appended.

use std::collections::BTreeSet;

use redsc_ir::interp::eval_node;
use redsc_ir::ops::{Inferred, Operands};
use redsc_ir::{Data, ElemType, Graph, Module, Node, Op, Quant, Scalar, Shape, TensorType, ValueId};

use super::fault::{Outcome, Problem, SHAPE, form};

/// Work that a model may cause while it is read, beside a multiple of its size: bytes of computed constants, nodes and
/// multiplications, weighed.
const BASE_WORK: u64 = 256 << 20;
const WORK_PER_BYTE: u64 = 64;
/// What a node weighs.
const NODE_WORK: u64 = 512;
/// Most elements of a tensor.
const MOST_ELEMENTS: usize = 1 << 28;

/// A graph under construction.
pub(super) struct Builder {
    /// The graph so far.
    pub(super) graph: Graph,
    /// Where new nodes come from.
    pub(super) location: String,
    module: Module,
    work_left: u64,
}

/// Element type and quantization of a result, where the operator leaves a choice.
pub(super) type Wanted = Option<(ElemType, Quant)>;

impl Builder {
    pub(super) fn new(file_bytes: usize) -> Self {
        Builder {
            graph: Graph::default(),
            location: String::new(),
            module: Module::default(),
            work_left: BASE_WORK + WORK_PER_BYTE * file_bytes as u64,
        }
    }

    /// Type of a value.
    pub(super) fn ty(&self, id: ValueId) -> &TensorType {
        self.graph.ty(id)
    }

    /// Element type of a value.
    pub(super) fn elem(&self, id: ValueId) -> ElemType {
        self.graph.ty(id).elem
    }

    /// Extents of a value.
    pub(super) fn shape(&self, id: ValueId) -> Vec<usize> {
        self.graph.ty(id).shape.0.clone()
    }

    /// Number of dimensions of a value.
    pub(super) fn rank(&self, id: ValueId) -> usize {
        self.graph.ty(id).shape.rank()
    }

    /// Whether the contents are known.
    pub(super) fn is_constant(&self, id: ValueId) -> bool {
        self.graph.constant(id).is_some()
    }

    /// The integers (or truth values) of a constant.
    pub(super) fn integers(&self, id: ValueId) -> Option<Vec<i64>> {
        fn read<T: Scalar>(data: &Data, number: impl Fn(T) -> i64) -> Option<Vec<i64>> {
            Some(data.to_vec::<T>().into_iter().map(number).collect())
        }
        let data = self.graph.constant(id)?;
        match self.elem(id) {
            ElemType::Bool | ElemType::U8 => read::<u8>(data, i64::from),
            ElemType::I8 => read::<i8>(data, i64::from),
            ElemType::I16 => read::<i16>(data, i64::from),
            ElemType::U16 => read::<u16>(data, i64::from),
            ElemType::I32 => read::<i32>(data, i64::from),
            ElemType::U32 => read::<u32>(data, i64::from),
            ElemType::I64 => Some(data.to_vec()),
            ElemType::U64 => read::<u64>(data, |v| v as i64),
            ElemType::F16 | ElemType::F32 | ElemType::F64 => None,
        }
    }

    /// The numbers of a single-precision constant.
    pub(super) fn floats(&self, id: ValueId) -> Option<Vec<f32>> {
        if self.elem(id) != ElemType::F32 {
            return None;
        }
        self.graph.constant(id).map(Data::to_vec)
    }

    /// A constant.
    pub(super) fn constant<T: Scalar>(&mut self, elem: ElemType, shape: &[usize], elements: &[T]) -> ValueId {
        self.add_constant(TensorType::plain(elem, shape.to_vec()), Data::from_slice(elements))
    }

    /// A constant of any type.
    pub(super) fn add_constant(&mut self, ty: TensorType, data: Data) -> ValueId {
        self.graph.add_constant("", ty, data)
    }

    /// A single-precision scalar.
    pub(super) fn f32(&mut self, value: f32) -> ValueId {
        self.constant(ElemType::F32, &[], &[value])
    }

    /// A constant of single-precision numbers.
    pub(super) fn f32s(&mut self, shape: &[usize], values: &[f32]) -> ValueId {
        self.constant(ElemType::F32, shape, values)
    }

    /// A one-dimensional constant of 64-bit integers.
    pub(super) fn i64s(&mut self, values: &[i64]) -> ValueId {
        self.constant(ElemType::I64, &[values.len()], values)
    }

    /// A scalar of that type with that value.
    pub(super) fn scalar(&mut self, elem: ElemType, value: f64) -> Outcome<ValueId> {
        self.filled(elem, &[], value)
    }

    /// A tensor full of one value.
    pub(super) fn filled(&mut self, elem: ElemType, shape: &[usize], value: f64) -> Outcome<ValueId> {
        let ty = self.checked(elem, shape)?;
        let bytes = encode(elem, value);
        self.charge(ty.bytes() as u64)?;
        Ok(self.add_constant(ty.clone(), Data::from_bytes(bytes.repeat(ty.elements()))))
    }

    /// A type whose size is acceptable.
    pub(super) fn checked(&self, elem: ElemType, shape: &[usize]) -> Outcome<TensorType> {
        let ty = TensorType::plain(elem, shape.to_vec());
        if ty.elements() > MOST_ELEMENTS {
            return Err(Problem::new(SHAPE, format!("a tensor of shape [{}] is too large", ty.shape)));
        }
        Ok(ty)
    }

    /// Notes work.
    pub(super) fn charge(&mut self, work: u64) -> Outcome {
        self.work_left = self.work_left.checked_sub(work).ok_or_else(too_much_work)?;
        Ok(())
    }

    /// Computes or appends a node with one result.
    pub(super) fn emit(&mut self, op: impl Into<Op>, inputs: &[ValueId]) -> Outcome<ValueId> {
        self.emit_as(op, inputs, None)
    }

    /// As [`Builder::emit`], with a choice of element type and quantization.
    pub(super) fn emit_as(
        &mut self,
        op: impl Into<Op>,
        inputs: &[ValueId],
        wanted: Wanted,
    ) -> Outcome<ValueId> {
        let inputs = inputs.iter().copied().map(Some).collect();
        let results = self.push(op.into(), inputs, wanted, Folding::Yes)?;
        results.first().copied().ok_or_else(|| form("the operator has no result"))
    }

    /// As [`Builder::emit_as`], but always a node.
    pub(super) fn append(
        &mut self,
        op: impl Into<Op>,
        inputs: &[ValueId],
        wanted: Wanted,
    ) -> Outcome<ValueId> {
        let inputs = inputs.iter().copied().map(Some).collect();
        let results = self.push(op.into(), inputs, wanted, Folding::No)?;
        results.first().copied().ok_or_else(|| form("the operator has no result"))
    }

    /// As [`Builder::emit`], with all results.
    pub(super) fn emit_all(&mut self, op: impl Into<Op>, inputs: &[ValueId]) -> Outcome<Vec<ValueId>> {
        self.push(op.into(), inputs.iter().copied().map(Some).collect(), None, Folding::Yes)
    }

    fn push(
        &mut self,
        op: Op,
        inputs: Vec<Option<ValueId>>,
        wanted: Wanted,
        folding: Folding,
    ) -> Outcome<Vec<ValueId>> {
        let mut node = Node { op, inputs, outputs: Vec::new(), location: self.location.clone() };
        let operands = Operands { module: &self.module, graph: &self.graph, node: &node };
        let rules = node.op.rules();
        let inferred = rules.infer(&operands).map_err(form)?;
        let types: Vec<TensorType> =
            inferred.into_iter().map(|one| self.result_type(one, &wanted)).collect::<Outcome<_>>()?;
        let macs = rules.macs(&operands, &types.iter().collect::<Vec<_>>());
        self.charge(NODE_WORK)?;
        node.outputs = types.iter().map(|ty| self.graph.add_value("", ty.clone())).collect();
        let is_known = folding == Folding::Yes && node.operands().all(|id| self.is_constant(id));
        if is_known && self.fold(&node, macs)? {
            return Ok(node.outputs);
        }
        if types.iter().all(|ty| ty.elements() == 0) {
            for output in &node.outputs {
                self.graph.values[output.index()].data = Some(Data::from_bytes(Vec::new()));
            }
            return Ok(node.outputs);
        }
        let outputs = node.outputs.clone();
        self.graph.nodes.push(node);
        Ok(outputs)
    }

    fn result_type(&self, inferred: Inferred, wanted: &Wanted) -> Outcome<TensorType> {
        let (elem, quant) = match (wanted, inferred.elems.first()) {
            (Some((elem, quant)), _) if inferred.elems.contains(elem) => (*elem, quant.clone()),
            (Some((elem, _)), _) => return Err(form(format!("a result of type {elem} is not supported"))),
            (None, Some(elem)) => (*elem, Quant::None),
            (None, None) => return Err(form("the result has no element type")),
        };
        let ty = self.checked(elem, &inferred.shape)?;
        Ok(TensorType { quant, ..ty })
    }

    /// Computes the results of a node whose operands are known; `false` if only a device can.
    fn fold(&mut self, node: &Node, macs: u64) -> Outcome<bool> {
        let bytes: u64 = node.outputs.iter().map(|&id| self.ty(id).bytes() as u64).sum();
        let read: u64 = node.operands().map(|id| self.ty(id).bytes() as u64).sum();
        self.charge(macs.saturating_mul(4).saturating_add(bytes.saturating_mul(2)).saturating_add(read))?;
        let contents: Vec<Option<Data>> =
            node.inputs.iter().map(|input| input.and_then(|id| self.graph.constant(id).cloned())).collect();
        let Ok(results) = eval_node(&self.module, &self.graph, node, &contents) else { return Ok(false) };
        for (output, data) in node.outputs.iter().zip(results) {
            self.graph.values[output.index()].data = Some(data);
        }
        Ok(true)
    }

    /// The names of the graph inputs on which a value depends, for advice.
    pub(super) fn sources(&self, id: ValueId) -> Vec<String> {
        let producers = self.graph.producers();
        let (mut seen, mut open, mut names) = (BTreeSet::new(), vec![id], BTreeSet::new());
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if self.graph.inputs.contains(&id) {
                names.insert(self.graph.value(id).name.clone());
            }
            if let Some(position) = producers[id.index()] {
                open.extend(self.graph.nodes[position].operands());
            }
        }
        names.into_iter().collect()
    }
}

/// Whether nodes with known operands are computed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folding {
    Yes,
    No,
}

fn too_much_work() -> Problem {
    Problem::new(SHAPE, "the model asks for more computation than reading a model of its size is worth")
        .help("simplify the model before, for example with onnxsim")
}

/// One element, converted as C converts.
pub(super) fn encode(elem: ElemType, value: f64) -> Vec<u8> {
    match elem {
        ElemType::Bool => vec![u8::from(value != 0.0)],
        ElemType::I8 => (value as i64 as i8).to_le_bytes().to_vec(),
        ElemType::U8 => (value as i64 as u8).to_le_bytes().to_vec(),
        ElemType::I16 => (value as i64 as i16).to_le_bytes().to_vec(),
        ElemType::U16 => (value as i64 as u16).to_le_bytes().to_vec(),
        ElemType::I32 => (value as i64 as i32).to_le_bytes().to_vec(),
        ElemType::U32 => (value as i64 as u32).to_le_bytes().to_vec(),
        ElemType::I64 => (value as i64).to_le_bytes().to_vec(),
        ElemType::U64 => (value as u64).to_le_bytes().to_vec(),
        ElemType::F16 => half::f16::from_f64(value).to_le_bytes().to_vec(),
        ElemType::F32 => (value as f32).to_le_bytes().to_vec(),
        ElemType::F64 => value.to_le_bytes().to_vec(),
    }
}

/// Row-major strides of a shape.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    Shape(shape.to_vec()).strides()
}
