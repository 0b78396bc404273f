//! From real-number operators between dequantization and quantization to integer operators.
//!
//! ```text
//! %2 = dequantize(%0) : 1x8x8x3xf32
//! %3 = conv2d(%2, %1, _) {…} : 1x8x8x4xf32        =>      %2 = conv2d(%0, %1', _) {act = relu, …} : 1x8x8x4xi8 q(…)
//! %4 = relu(%3) : 1x8x8x4xf32
//! %5 = quantize(%4) : 1x8x8x4xi8 q(…)
//! ```
//!
//! A value that only moves codes is known by its codes. Where real numbers are quantized, the operators before are asked
//! for their result in that quantization; what has none of its own, but is a function of one tensor of bytes, becomes a
//! table. What cannot be computed in integers stays as it is. Results are those of the model within one step.

mod layer;
mod table;

use std::collections::HashMap;

use redsc_ir::interp::eval_node;
use redsc_ir::ops::{
    Activation, Binary, BinaryKind, Concat, Dequantize, Operands, Pool2d, PoolKind, Quantize, Reshape,
    Transpose, Unary, UnaryKind,
};
use redsc_ir::{Data, ElemType, Graph, Module, Node, Op, Quant, TensorType, ValueId};

/// Makes integer operators of what can be computed in integers.
pub(super) fn lower(module: &mut Module) {
    for graph in &mut module.graphs {
        let nodes = std::mem::take(&mut graph.nodes);
        let mut lowering = Lowering {
            graph,
            empty: Module::default(),
            nodes: Vec::new(),
            codes: HashMap::new(),
            producers: HashMap::new(),
            made: Vec::new(),
            same: HashMap::new(),
        };
        nodes.into_iter().for_each(|node| lowering.visit(node));
        let (nodes, same) = (lowering.nodes, lowering.same);
        graph.nodes = nodes;
        for output in &mut graph.outputs {
            *output = same.get(output).copied().unwrap_or(*output);
        }
    }
}

/// Element type and quantization of a result.
type Target = (ElemType, Quant);

struct Lowering<'a> {
    graph: &'a mut Graph,
    empty: Module,
    nodes: Vec<Node>,
    /// The integers of which a real-number value is the meaning.
    codes: HashMap<ValueId, ValueId>,
    /// The nodes that compute real-number values.
    producers: HashMap<ValueId, Node>,
    /// Results that were asked for before.
    made: Vec<((ValueId, Target), ValueId)>,
    /// Results of quantizations that are computed otherwise.
    same: HashMap<ValueId, ValueId>,
}

impl Lowering<'_> {
    fn visit(&mut self, mut node: Node) {
        for input in node.inputs.iter_mut().flatten() {
            *input = self.same.get(input).copied().unwrap_or(*input);
        }
        let (operand, result) = (node.input(0), node.outputs.first().copied());
        if let (Op::Quantize(_), Some(x), Some(y)) = (&node.op, operand, result)
            && self.graph.ty(x).elem == ElemType::F32
        {
            let ty = self.graph.ty(y);
            let target = (ty.elem, ty.quant.clone());
            if let Some(codes) = self.integer(x, &target) {
                self.same.insert(y, codes);
                return;
            }
        }
        if let (Op::Dequantize(_), Some(x), Some(y)) = (&node.op, operand, result) {
            self.codes.insert(y, x);
        }
        if self.move_codes(&node).is_some() {
            return;
        }
        for &output in &node.outputs {
            self.producers.insert(output, node.clone());
        }
        self.nodes.push(node);
    }

    /// An operator that only moves elements moves codes; the real numbers follow from them.
    fn move_codes(&mut self, node: &Node) -> Option<()> {
        let &[y] = &node.outputs[..] else { return None };
        if !moves(&node.op) || self.graph.ty(y).elem != ElemType::F32 {
            return None;
        }
        let mut inputs = Vec::new();
        for id in node.operands() {
            inputs.push(*self.codes.get(&id)?);
        }
        let first = *inputs.first()?;
        let ty = self.graph.ty(first).clone();
        if inputs.iter().any(|&id| (self.graph.ty(id).elem, &self.graph.ty(id).quant) != (ty.elem, &ty.quant))
        {
            return None;
        }
        let quant = moved_quant(&node.op, &ty)?;
        let codes = self.emit(node.op.clone(), inputs, (ty.elem, quant), &node.location)?;
        self.codes.insert(y, codes);
        self.nodes.push(Node {
            op: Dequantize {}.into(),
            inputs: vec![Some(codes)],
            outputs: vec![y],
            location: node.location.clone(),
        });
        Some(())
    }

    /// The codes of a value in a quantization.
    fn integer(&mut self, value: ValueId, target: &Target) -> Option<ValueId> {
        let key = (value, target.clone());
        if let Some((_, made)) = self.made.iter().find(|(known, _)| *known == key) {
            return Some(*made);
        }
        let made = match self.codes.get(&value) {
            Some(&codes) => self.requantized(codes, target),
            None => self.computed(value, target).or_else(|| self.tabulated(value, target)),
        }?;
        self.made.push((key, made));
        Some(made)
    }

    /// Codes in another quantization.
    fn requantized(&mut self, codes: ValueId, target: &Target) -> Option<ValueId> {
        let ty = self.graph.ty(codes);
        if (ty.elem, &ty.quant) == (target.0, &target.1) {
            return Some(codes);
        }
        self.emit(Quantize {}.into(), vec![codes], target.clone(), "requantize")
    }

    /// The integer operator that computes a value, if there is one.
    fn computed(&mut self, value: ValueId, target: &Target) -> Option<ValueId> {
        let node = self.producers.get(&value)?.clone();
        let location = node.location.clone();
        match &node.op {
            Op::Transpose(_) | Op::Reshape(_) | Op::Slice(_) => {
                let x = self.integer(node.input(0)?, target)?;
                self.emit(node.op.clone(), vec![x], target.clone(), &location)
            }
            Op::Pad(_) if node.inputs.len() == 1 => {
                let x = self.integer(node.input(0)?, target)?;
                self.emit(node.op.clone(), vec![x], target.clone(), &location)
            }
            Op::Concat(op) => {
                let op = Concat { ..op.clone() };
                let parts: Option<Vec<ValueId>> = node
                    .operands()
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|id| self.integer(id, target))
                    .collect();
                self.emit(op.into(), parts?, target.clone(), &location)
            }
            Op::Unary(Unary { kind }) => {
                let act = clamp(*kind)?;
                let x = node.input(0)?;
                match self.codes.get(&x) {
                    Some(&codes) => self.emit(node.op.clone(), vec![codes], target.clone(), &location),
                    None => self.with_clamp(x, act, target),
                }
            }
            Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::TransposeConv2d(_) | Op::FullyConnected(_) => {
                self.layer(&node, None, Activation::None, target)
            }
            Op::Binary(op) => self.binary(&node, op, target),
            Op::BatchMatmul(_) => {
                let inputs = self.all_codes(&node)?;
                self.emit(node.op.clone(), inputs, target.clone(), &location)
            }
            Op::Reduce(_) => {
                let inputs = self.all_codes(&node)?;
                self.emit(node.op.clone(), inputs, target.clone(), &location)
            }
            Op::Softmax(_) => {
                let inputs = self.all_codes(&node)?;
                let full = match self.graph.ty(*inputs.first()?).elem {
                    ElemType::I8 => Quant::PerTensor { scale: 1.0 / 256.0, zero_point: -128 },
                    _ => Quant::PerTensor { scale: 1.0 / 32768.0, zero_point: 0 },
                };
                let elem = self.graph.ty(*inputs.first()?).elem;
                let codes = self.emit(node.op.clone(), inputs, (elem, full), &location)?;
                self.requantized(codes, target)
            }
            Op::Pool2d(Pool2d { kind: PoolKind::Average, .. }) | Op::Resize2d(_) => {
                let inputs = self.all_codes(&node)?;
                let ty = self.graph.ty(*inputs.first()?).clone();
                let codes = self.emit(node.op.clone(), inputs, (ty.elem, ty.quant), &location)?;
                self.requantized(codes, target)
            }
            _ => None,
        }
    }

    /// The integers of all operands.
    fn all_codes(&self, node: &Node) -> Option<Vec<ValueId>> {
        node.operands().map(|id| self.codes.get(&id).copied()).collect()
    }

    /// A layer or sum whose result is clamped; through operators that only move elements.
    fn with_clamp(&mut self, value: ValueId, act: Activation, target: &Target) -> Option<ValueId> {
        let node = self.producers.get(&value)?.clone();
        match &node.op {
            Op::Transpose(_) | Op::Reshape(_) => {
                let x = self.with_clamp(node.input(0)?, act, target)?;
                self.emit(node.op.clone(), vec![x], target.clone(), &node.location)
            }
            Op::Binary(op) if op.act == Activation::None => {
                self.binary(&node, &Binary { act, ..op.clone() }, target)
            }
            Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::TransposeConv2d(_) | Op::FullyConnected(_) => {
                self.layer(&node, None, act, target)
            }
            _ => None,
        }
    }

    /// Arithmetic of codes; adding constants to a layer is its bias.
    fn binary(&mut self, node: &Node, op: &Binary, target: &Target) -> Option<ValueId> {
        let (a, b) = (node.input(0)?, node.input(1)?);
        if let Some(inputs) = self.all_codes(node) {
            return self.emit(op.clone().into(), inputs, target.clone(), &node.location);
        }
        if op.kind != BinaryKind::Add {
            return None;
        }
        for (x, addend) in [(a, b), (b, a)] {
            let Some(layer) = self.producers.get(&x).cloned() else { continue };
            if let Some(made) = self.layer(&layer, Some(addend), op.act, target) {
                return Some(made);
            }
        }
        None
    }

    /// Appends a node, or computes it if everything is known; `None` if the rules forbid it.
    fn emit(&mut self, op: Op, inputs: Vec<ValueId>, target: Target, location: &str) -> Option<ValueId> {
        let inputs: Vec<Option<ValueId>> = inputs.into_iter().map(Some).collect();
        let mut node = Node { op, inputs, outputs: Vec::new(), location: location.into() };
        let shape = {
            let operands = Operands { module: &self.empty, graph: self.graph, node: &node };
            let inferred = node.op.rules().infer(&operands).ok()?.into_iter().next()?;
            if !inferred.elems.contains(&target.0) {
                return None;
            }
            inferred.shape
        };
        let result = self.graph.add_value("", TensorType { elem: target.0, shape, quant: target.1 });
        node.outputs.push(result);
        let operands = Operands { module: &self.empty, graph: self.graph, node: &node };
        node.op.rules().infer(&operands).ok()?;
        let contents: Vec<Option<Data>> =
            node.inputs.iter().map(|id| id.and_then(|id| self.graph.constant(id).cloned())).collect();
        if contents.iter().all(Option::is_some) {
            let data = eval_node(&self.empty, self.graph, &node, &contents).ok()?.into_iter().next()?;
            self.graph.values[result.index()].data = Some(data);
            return Some(result);
        }
        self.nodes.push(node);
        Some(result)
    }
}

/// The clamp that a layer can do by the way.
fn clamp(kind: UnaryKind) -> Option<Activation> {
    match kind {
        UnaryKind::Relu => Some(Activation::Relu),
        UnaryKind::Relu6 => Some(Activation::Relu6),
        UnaryKind::ReluN1To1 => Some(Activation::ReluN1To1),
        _ => None,
    }
}

/// Whether results consist of elements of the operands, or of zeros.
fn moves(op: &Op) -> bool {
    match op {
        Op::Transpose(_) | Op::Reshape(_) | Op::Slice(_) | Op::Concat(_) | Op::Pad(_) => true,
        Op::Pool2d(op) => op.kind == PoolKind::Max && op.act == Activation::None,
        _ => false,
    }
}

/// The quantization of moved codes, if it can be told.
fn moved_quant(op: &Op, ty: &TensorType) -> Option<Quant> {
    let Quant::PerAxis { axis, scales, zero_points } = &ty.quant else { return Some(ty.quant.clone()) };
    let moved = match op {
        Op::Transpose(Transpose { perm }) => perm.iter().position(|from| from == axis)?,
        Op::Reshape(Reshape { shape }) if shape.get(..=*axis) == ty.shape.get(..=*axis) => *axis,
        _ => return None,
    };
    Some(Quant::PerAxis { axis: moved, scales: scales.clone(), zero_points: zero_points.clone() })
}
