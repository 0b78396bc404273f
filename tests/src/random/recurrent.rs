//! Steps that add recurrent layers with their state.

use redsc_ir::ops::{Activation, Lstm, Svdf};
use redsc_ir::{ElemType, Quant, TensorType, ValueId};

use super::builder::{Builder, Results};
use super::layers::activation;

/// Low-rank recurrent filter.
pub(super) fn svdf(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::F32])?;
    let [batch, inputs] = b.extents(x)?;
    let [most_units, most_memory] = if b.is_large() { [21, 40] } else { [5, 5] };
    let (rank, units) = (b.choices.between(1, 2), b.choices.between(1, most_units));
    let memory = b.choices.between(1, most_memory);
    let filters = rank * units;
    if filters * inputs > b.most_elements {
        return None;
    }
    let kind = Kind::of(b, x);
    let memory_elem = b.choices.pick(&[ElemType::I16, ElemType::I16, ElemType::I8]);
    let feature = b.constant(kind.tensor(ElemType::I8, [filters, inputs], 0.01));
    let time = b.constant(kind.tensor(memory_elem, [filters, memory], 0.0001));
    let bias = b.constant(TensorType::plain(kind.elem(ElemType::I32), [units]));
    let state = b.variable(kind.tensor(memory_elem, [batch, filters * memory], 0.001));
    let op = Svdf { rank, act: activation(b), state };
    b.push(op, &[Some(x), Some(feature), Some(time), Some(bias)], Results::Reach(4.0))
}

/// Long short-term memory without the variants that nothing runs.
pub(super) fn lstm(b: &mut Builder) -> Option<()> {
    let x = b.value_of(&[ElemType::I8, ElemType::F32])?;
    let [outer, inner, inputs] = b.extents(x)?;
    let time_major = b.choices.chance(50);
    let batch = if time_major { inner } else { outer };
    let most_units = if b.is_large() { 25 } else { 6 };
    let units = b.choices.between(1, most_units);
    if units * inputs > b.most_elements {
        return None;
    }
    let kind = Kind::of(b, x);
    let mut operands = vec![Some(x)];
    for columns in [inputs; 4].into_iter().chain([units; 4]) {
        let scale = b.choices.pick(&[0.01f32, 0.03, 0.002]);
        operands.push(Some(b.constant(kind.tensor(ElemType::I8, [units, columns], scale))));
    }
    operands.extend([None; 3]);
    for _ in 0..4 {
        operands.push(Some(b.constant(TensorType::plain(kind.elem(ElemType::I32), [units]))));
    }
    let hidden = b.activation_quant(kind.elem(ElemType::I8), 1.0);
    let elem = b.ty(x).elem;
    let output_state = b.variable(TensorType { elem, shape: [batch, units].into(), quant: hidden.clone() });
    // The cell has a power of two as its scale.
    let cell = kind.tensor(
        ElemType::I16,
        [batch, units],
        b.choices.pick(&[1.0 / 2048.0, 1.0 / 4096.0, 1.0 / 1024.0]),
    );
    let op = Lstm {
        time_major,
        act: Activation::Tanh,
        cell_clip: b.choices.pick(&[0.0f32, 1.0, 10.0]),
        projection_clip: 0.0,
        hidden_scale: hidden.per_tensor().map_or(0.0, |(scale, _)| scale),
        hidden_zero_point: hidden.per_tensor().map_or(0, |(_, zero_point)| i64::from(zero_point)),
        output_state,
        cell_state: b.variable(cell),
    };
    b.push(op, &operands, Results::Fixed(hidden))
}

/// Whether a layer computes with real numbers or with their codes.
#[derive(Clone, Copy)]
struct Kind {
    is_float: bool,
}

impl Kind {
    fn of(b: &Builder, x: ValueId) -> Kind {
        Kind { is_float: b.ty(x).elem == ElemType::F32 }
    }

    /// `integer`, or `f32` in a layer of real numbers.
    fn elem(self, integer: ElemType) -> ElemType {
        if self.is_float { ElemType::F32 } else { integer }
    }

    /// A symmetric matrix.
    fn tensor(self, integer: ElemType, shape: [usize; 2], scale: f32) -> TensorType {
        let quant = if self.is_float { Quant::None } else { Quant::PerTensor { scale, zero_point: 0 } };
        TensorType { elem: self.elem(integer), shape: shape.into(), quant }
    }
}
