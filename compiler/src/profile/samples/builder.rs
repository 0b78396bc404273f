//! A graph of independent layers with random constants.

use fastrand::Rng;
use redsc_ir::ops::Operands;
use redsc_ir::{Data, ElemType, Graph, Module, Op, Quant, Shape, TensorType, ValueId, VarId, Variable};

/// The graph while it grows.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    module: Module,
    pub(super) rng: Rng,
}

impl Builder {
    /// An empty graph.
    pub(super) fn new(rng: Rng) -> Self {
        let graph = Graph { name: "main".into(), ..Graph::default() };
        Builder { module: Module { name: "profile".into(), graphs: vec![graph], variables: Vec::new() }, rng }
    }

    /// The same graph, other random numbers.
    pub(super) fn with_rng(self, rng: Rng) -> Self {
        Builder { rng, ..self }
    }

    /// The random numbers alone.
    pub(super) fn into_rng(self) -> Rng {
        self.rng
    }

    /// The graph.
    pub(super) fn module(&self) -> &Module {
        &self.module
    }

    /// The graph alone.
    pub(super) fn into_module(self) -> Module {
        self.module
    }

    /// Number of layers.
    pub(super) fn layers(&self) -> usize {
        self.module.entry().nodes.len()
    }

    /// Bytes of all values, constants included.
    pub(super) fn bytes(&self) -> usize {
        self.module.entry().values.iter().map(|value| value.ty.bytes()).sum()
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())]
    }

    /// True that often.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(..100) < percent
    }

    /// A number of a range, small ones more often: uniform in the logarithm.
    pub(super) fn size(&mut self, least: usize, most: usize) -> usize {
        let (low, high) = ((least as f64).ln(), (most as f64 + 1.0).ln());
        ((low + self.rng.f64() * (high - low)).exp() as usize).clamp(least, most)
    }

    /// A graph input.
    pub(super) fn input(&mut self, ty: TensorType) -> ValueId {
        let graph = self.module.entry_mut();
        let id = graph.add_value("", ty);
        graph.inputs.push(id);
        id
    }

    /// A constant with these contents.
    pub(super) fn constant(&mut self, ty: TensorType, data: Data) -> ValueId {
        self.module.entry_mut().add_constant("", ty, data)
    }

    /// A constant with random contents.
    pub(super) fn random(&mut self, ty: TensorType) -> ValueId {
        let data = contents(&ty, &mut self.rng);
        self.constant(ty, data)
    }

    /// Changes what the codes of a value stand for.
    pub(super) fn set_quant(&mut self, id: ValueId, quant: Quant) {
        self.module.entry_mut().values[id.index()].ty.quant = quant;
    }

    /// A variable without initial contents.
    pub(super) fn variable(&mut self, ty: TensorType) -> VarId {
        self.module.variables.push(Variable { name: String::new(), ty, init: None });
        VarId::new(self.module.variables.len() - 1)
    }

    /// Appends a layer; `quant` is the quantization of its results. `None` if it breaks its rules.
    pub(super) fn push(
        &mut self,
        op: impl Into<Op>,
        inputs: &[Option<ValueId>],
        elem: ElemType,
        quant: &Quant,
    ) -> Option<()> {
        let location = format!("#{}", self.layers());
        let node = redsc_ir::Node { op: op.into(), inputs: inputs.to_vec(), outputs: Vec::new(), location };
        let graph = self.module.entry_mut();
        graph.nodes.push(node);
        for result in self.infer()? {
            let elem = if result.elems.contains(&elem) { elem } else { *result.elems.first()? };
            let ty = TensorType { elem, shape: result.shape, quant: quant.clone() };
            if ty.elements() == 0 || ty.bytes() > 64 << 10 {
                return None;
            }
            let graph = self.module.entry_mut();
            let id = graph.add_value("", ty);
            graph.nodes.last_mut()?.outputs.push(id);
            graph.outputs.push(id);
        }
        self.infer().map(|_| ())
    }

    fn infer(&self) -> Option<Vec<redsc_ir::ops::Inferred>> {
        let graph = self.module.entry();
        let node = graph.nodes.last()?;
        node.op.rules().infer(&Operands { module: &self.module, graph, node }).ok()
    }
}

/// A type with one scale.
pub(super) fn scaled(elem: ElemType, shape: impl Into<Shape>, scale: f32, zero_point: i32) -> TensorType {
    TensorType { elem, shape: shape.into(), quant: Quant::PerTensor { scale, zero_point } }
}

/// Random contents in the usual range of the type.
pub fn contents(ty: &TensorType, rng: &mut Rng) -> Data {
    let elements = ty.elements();
    let mut of = |random: &mut dyn FnMut(&mut Rng, &mut Vec<u8>)| {
        let mut bytes = Vec::with_capacity(ty.bytes());
        (0..elements).for_each(|_| random(rng, &mut bytes));
        Data::from_bytes(bytes)
    };
    match ty.elem {
        ElemType::Bool => of(&mut |r, b| b.push(r.u8(..2))),
        ElemType::I8 => of(&mut |r, b| b.extend(r.i8(-127..).to_le_bytes())),
        ElemType::U8 => of(&mut |r, b| b.push(r.u8(..))),
        ElemType::I16 => of(&mut |r, b| b.extend(r.i16(-20_000..20_000).to_le_bytes())),
        ElemType::U16 => of(&mut |r, b| b.extend(r.u16(..).to_le_bytes())),
        ElemType::I32 => of(&mut |r, b| b.extend(r.i32(-1000..1000).to_le_bytes())),
        ElemType::U32 => of(&mut |r, b| b.extend(r.u32(..1000).to_le_bytes())),
        ElemType::I64 => of(&mut |r, b| b.extend(r.i64(-1000..1000).to_le_bytes())),
        ElemType::U64 => of(&mut |r, b| b.extend(r.u64(..1000).to_le_bytes())),
        ElemType::F16 => of(&mut |r, b| b.extend(half::f16::from_f32(r.f32() * 2.0 - 1.0).to_le_bytes())),
        ElemType::F32 => of(&mut |r, b| b.extend((r.f32() * 2.0 - 1.0).to_le_bytes())),
        ElemType::F64 => of(&mut |r, b| b.extend((r.f64() * 2.0 - 1.0).to_le_bytes())),
    }
}
