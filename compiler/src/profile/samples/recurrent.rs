//! Random recurrent layers.

use redsc_ir::ops::{Activation, AssignVariable, Lstm, ReadVariable, Svdf};
use redsc_ir::{ElemType, Quant, TensorType};

use super::builder::{Builder, scaled};

/// A tensor of codes, or of real numbers in a layer of those.
fn tensor(elem: ElemType, codes: ElemType, shape: Vec<usize>, scale: f32) -> TensorType {
    match elem {
        ElemType::F32 => TensorType::plain(ElemType::F32, shape),
        _ => scaled(codes, shape, scale, 0),
    }
}

fn bias(elem: ElemType, units: usize) -> TensorType {
    match elem {
        ElemType::F32 => TensorType::plain(ElemType::F32, [units]),
        ElemType::I16 => TensorType::plain(ElemType::I64, [units]),
        _ => TensorType::plain(ElemType::I32, [units]),
    }
}

pub(super) fn svdf(b: &mut Builder, elem: ElemType) -> Option<()> {
    let [rank, units, depth, memory] = [b.size(1, 4), b.size(1, 32), b.size(1, 100), b.size(2, 16)];
    let filters = rank * units;
    let memory_elem = b.pick(&[ElemType::I16, ElemType::I8]);
    let x = b.input(tensor(elem, ElemType::I8, vec![1, depth], 0.05));
    let feature = b.random(tensor(elem, ElemType::I8, vec![filters, depth], 0.01));
    let time = b.random(tensor(elem, memory_elem, vec![filters, memory], 0.0001));
    let bias = b.random(bias(if elem == ElemType::F32 { elem } else { ElemType::I8 }, units));
    let state = b.variable(tensor(elem, memory_elem, vec![1, filters * memory], 0.001));
    let quant = tensor(elem, ElemType::I8, Vec::new(), 0.05).quant;
    let op = Svdf { rank, act: Activation::Relu, state };
    b.push(op, &[Some(x), Some(feature), Some(time), Some(bias)], elem, &quant)
}

/// Access to a variable.
pub(super) fn variable(b: &mut Builder) -> Option<()> {
    let ty = scaled(ElemType::I8, vec![1, b.size(1, 500)], 0.05, 0);
    let variable = b.variable(ty.clone());
    if b.chance(50) {
        return b.push(ReadVariable { variable }, &[], ty.elem, &ty.quant);
    }
    let x = b.input(ty.clone());
    b.push(AssignVariable { variable }, &[Some(x)], ty.elem, &ty.quant)
}

pub(super) fn lstm(b: &mut Builder, elem: ElemType) -> Option<()> {
    let [steps, depth, units] = [b.size(1, 6), b.size(1, 50), b.size(1, 32)];
    let mut operands = vec![Some(b.input(tensor(elem, elem, vec![1, steps, depth], 0.02)))];
    for columns in [depth; 4].into_iter().chain([units; 4]) {
        let weights = tensor(elem, ElemType::I8, vec![units, columns], 0.01);
        operands.push(Some(b.random(weights)));
    }
    operands.extend([None; 3]);
    for _ in 0..4 {
        operands.push(Some(b.random(bias(elem, units))));
    }
    let hidden = match elem {
        ElemType::F32 => Quant::None,
        ElemType::I16 => Quant::PerTensor { scale: 1.0 / 32768.0, zero_point: 0 },
        _ => Quant::PerTensor { scale: 1.0 / 128.0, zero_point: 0 },
    };
    let output = TensorType { elem, shape: vec![1, units].into(), quant: hidden.clone() };
    let output_state = b.variable(output);
    let cell_state = b.variable(tensor(elem, ElemType::I16, vec![1, units], 1.0 / 2048.0));
    let hidden_scale = hidden.per_tensor().map_or(0.0, |(scale, _)| scale);
    let op = Lstm {
        time_major: false,
        act: Activation::Tanh,
        cell_clip: 0.0,
        projection_clip: 0.0,
        hidden_scale,
        hidden_zero_point: 0,
        output_state,
        cell_state,
    };
    b.push(op, &operands, elem, &hidden)
}
