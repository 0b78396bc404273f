//! Functions of bytes as tables.

use redsc_ir::interp::eval_node;
use redsc_ir::ops::Lut;
use redsc_ir::{Data, ElemType, Graph, Node, Op, TensorType, ValueId};

use super::{Lowering, Target};

/// Most nodes of a function.
const MOST_NODES: usize = 64;

/// A value for each code of a tensor of bytes, or a number.
enum Function {
    /// Real numbers (or truth values) by code, in the order of the codes as unsigned bytes.
    Of(ValueId, TensorType, Data),
    /// The same for every code.
    Constant(TensorType, Data),
}

impl Lowering<'_> {
    /// A value that is a function of one tensor of bytes, looked up.
    pub(super) fn tabulated(&mut self, value: ValueId, target: &Target) -> Option<ValueId> {
        let (scale, zero_point) = target.1.per_tensor()?;
        let mut budget = MOST_NODES;
        let Function::Of(source, _, data) = self.function(value, &mut budget)? else { return None };
        if self.graph.ty(source).shape != self.graph.ty(value).shape {
            return None;
        }
        let (least, most) = target.0.quantized_range()?;
        let code = |x: f32| {
            let steps = (f64::from(x) / f64::from(scale)).round_ties_even() + f64::from(zero_point);
            steps.clamp(least.into(), most.into()) as i32
        };
        let codes: Vec<i32> = data.to_vec::<f32>().into_iter().map(code).collect();
        let table = match target.0 {
            ElemType::I8 => Data::from_slice(&codes.iter().map(|&c| c as i8).collect::<Vec<_>>()),
            ElemType::U8 => Data::from_slice(&codes.iter().map(|&c| c as u8).collect::<Vec<_>>()),
            _ => Data::from_slice(&codes.iter().map(|&c| c as i16).collect::<Vec<_>>()),
        };
        let table = self.graph.add_constant("", TensorType::plain(target.0, [256]), table);
        let location = self.producers.get(&value).map_or_else(String::new, |node| node.location.clone());
        self.emit(Lut {}.into(), vec![source, table], target.clone(), &location)
    }

    fn function(&self, value: ValueId, budget: &mut usize) -> Option<Function> {
        *budget = budget.checked_sub(1)?;
        if let Some(&source) = self.codes.get(&value) {
            return self.all_codes_of(source);
        }
        let ty = self.graph.ty(value);
        if let Some(data) = self.graph.constant(value) {
            let scalar = TensorType { shape: Vec::new().into(), ..ty.clone() };
            return (ty.elements() == 1).then(|| Function::Constant(scalar, data.clone()));
        }
        let node = self.producers.get(&value)?;
        let elementwise = matches!(
            node.op,
            Op::Unary(_) | Op::LeakyRelu(_) | Op::Binary(_) | Op::Compare(_) | Op::Select(_) | Op::Cast(_)
        );
        if !elementwise {
            return None;
        }
        let operands: Option<Vec<Function>> = node.operands().map(|id| self.function(id, budget)).collect();
        self.apply(node, ty, operands?)
    }

    /// The meaning of each of the 256 codes.
    fn all_codes_of(&self, source: ValueId) -> Option<Function> {
        let ty = self.graph.ty(source);
        let (scale, zero_point) = ty.quant.per_tensor()?;
        if ty.elem != ElemType::I8 || self.graph.constant(source).is_some() {
            return None;
        }
        let meaning = |byte: u8| scale * (i32::from(byte as i8) - zero_point) as f32;
        let numbers: Vec<f32> = (0..=255).map(meaning).collect();
        Some(Function::Of(source, TensorType::plain(ElemType::F32, [256]), Data::from_slice(&numbers)))
    }

    /// A node on what its operands are for each code.
    fn apply(&self, node: &Node, ty: &TensorType, operands: Vec<Function>) -> Option<Function> {
        let mut small = Graph::default();
        let (mut inputs, mut contents, mut source) = (Vec::new(), Vec::new(), None);
        for operand in operands {
            let (ty, data) = match operand {
                Function::Constant(ty, data) => (ty, data),
                Function::Of(from, ty, data) => {
                    if source.is_some_and(|known| known != from) {
                        return None;
                    }
                    source = Some(from);
                    (ty, data)
                }
            };
            inputs.push(Some(small.add_value("", ty)));
            contents.push(Some(data));
        }
        let shape = if source.is_some() { vec![256] } else { Vec::new() };
        let ty = TensorType::plain(ty.elem, shape);
        let y = small.add_value("", ty.clone());
        let node = Node { inputs, outputs: vec![y], ..node.clone() };
        let data = eval_node(&self.empty, &small, &node, &contents).ok()?.into_iter().next()?;
        Some(match source {
            Some(source) => Function::Of(source, ty, data),
            None => Function::Constant(ty, data),
        })
    }
}
