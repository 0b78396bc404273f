//! Checks that the rules share. Every message names what was found and what is expected.

use super::{Activation, Operands};
use crate::entity::{GraphId, ValueId, VarId};
use crate::graph::{Graph, Variable};
use crate::quant::Quant;
use crate::types::{ElemType, Shape, TensorType};

/// Types that layers compute with.
pub(super) const ARITHMETIC: &[ElemType] = &[ElemType::I8, ElemType::I16, ElemType::F32];

/// Types that convolutions, fully connected layers, pooling and softmax compute with: unsigned bytes too.
pub(super) const LAYER: &[ElemType] = &[ElemType::I8, ElemType::U8, ElemType::I16, ElemType::F32];

/// Types of elementwise arithmetic: those of layers, and plain integers.
pub(super) const NUMERIC: &[ElemType] =
    &[ElemType::I8, ElemType::I16, ElemType::F32, ElemType::I32, ElemType::I64];

/// Fails unless `elem` is one of `allowed`.
pub(super) fn expect_elem(elem: ElemType, allowed: &[ElemType], what: &str) -> Result<(), String> {
    if allowed.contains(&elem) {
        return Ok(());
    }
    Err(format!("{what} has elements of type {elem}; expected {}", list(allowed)))
}

/// Fails unless the tensor has `rank` dimensions.
pub(super) fn expect_rank(ty: &TensorType, rank: usize, what: &str) -> Result<(), String> {
    if ty.shape.rank() == rank {
        return Ok(());
    }
    Err(format!("{what} has shape [{}]; expected {rank} dimensions", ty.shape))
}

/// The extents of a tensor that must have `N` dimensions, none of them empty.
pub(super) fn extents<const N: usize>(ty: &TensorType, what: &str) -> Result<[usize; N], String> {
    expect_rank(ty, N, what)?;
    expect_not_empty(ty, what)?;
    <[usize; N]>::try_from(ty.shape.0.as_slice()).map_err(|_| format!("{what} needs {N} dimensions"))
}

/// Fails if a dimension has extent 0.
pub(super) fn expect_not_empty(ty: &TensorType, what: &str) -> Result<(), String> {
    if ty.shape.contains(&0) {
        return Err(format!("{what} has shape [{}]; expected at least one element", ty.shape));
    }
    Ok(())
}

/// Fails unless the tensor has exactly these extents.
pub(super) fn expect_shape(ty: &TensorType, shape: &[usize], what: &str) -> Result<(), String> {
    if ty.shape.0 == shape {
        return Ok(());
    }
    Err(format!("{what} has shape [{}]; expected [{}]", ty.shape, Shape(shape.to_vec())))
}

/// Fails unless the tensor has that many elements.
pub(super) fn expect_elements(ty: &TensorType, count: usize, what: &str) -> Result<(), String> {
    if ty.elements() == count {
        return Ok(());
    }
    Err(format!("{what} has shape [{}]; expected {count} elements", ty.shape))
}

/// Fails unless `axis` is a dimension of the tensor; returns its extent.
pub(super) fn expect_axis(ty: &TensorType, axis: usize) -> Result<usize, String> {
    let extent = ty.shape.get(axis).copied();
    extent.ok_or_else(|| format!("axis {axis} does not exist in shape [{}]", ty.shape))
}

/// Fails unless an 8- or 16-bit integer tensor has one usable scale and zero point; other types pass.
pub(super) fn expect_quantized(ty: &TensorType, what: &str) -> Result<(), String> {
    let Some((least, most)) = ty.elem.quantized_range() else { return Ok(()) };
    let (scale, zero_point) = ty
        .quant
        .per_tensor()
        .ok_or_else(|| format!("{what} of type {} needs one scale and zero point", ty.elem))?;
    expect_scale(scale, what)?;
    if !(least..=most).contains(&zero_point) {
        return Err(format!("{what} has zero point {zero_point}; expected {least} to {most}"));
    }
    Ok(())
}

/// As [`expect_quantized`]; 16-bit tensors must have zero point 0, because their kernels do not look at it.
pub(super) fn expect_layer_quantized(ty: &TensorType, what: &str) -> Result<(), String> {
    expect_quantized(ty, what)?;
    match (ty.elem, ty.quant.per_tensor()) {
        (ElemType::I16, Some((_, zero_point))) if zero_point != 0 => {
            Err(format!("{what} of type i16 has zero point {zero_point}; expected 0"))
        }
        _ => Ok(()),
    }
}

/// Fails unless the scale of the tensor is `2^−bits`, up to a thousandth, with that zero point.
pub(super) fn expect_fraction(ty: &TensorType, bits: i32, zero_point: i32, what: &str) -> Result<(), String> {
    let expected = f64::from(-bits).exp2();
    match ty.quant.per_tensor() {
        Some((scale, zero)) if (f64::from(scale) / expected - 1.0).abs() <= 1e-3 && zero == zero_point => {
            Ok(())
        }
        Some((scale, zero)) => Err(format!(
            "{what} has scale {scale} and zero point {zero}; expected 2^-{bits} and {zero_point}"
        )),
        None => Err(format!("{what} of type {} needs one scale and zero point", ty.elem)),
    }
}

/// Fails unless integer weights have one scale, or one for each of the `channels` indices of `axis`; signed ones must
/// be symmetric.
pub(super) fn expect_weights_quantized(ty: &TensorType, axis: usize, channels: usize) -> Result<(), String> {
    if ty.elem.is_float() {
        return Ok(());
    }
    if ty.elem == ElemType::U8 {
        return expect_quantized(ty, "weights");
    }
    match &ty.quant {
        Quant::None => Err(format!("weights of type {} need a scale", ty.elem)),
        Quant::PerTensor { scale, zero_point } => {
            expect_scale(*scale, "weights")?;
            expect_symmetric(*zero_point)
        }
        Quant::PerAxis { axis: found, scales, zero_points } => {
            if *found != axis || scales.len() != channels {
                return Err(format!(
                    "weights have {} scales along axis {found}; expected {channels} along axis {axis}",
                    scales.len()
                ));
            }
            scales.iter().try_for_each(|&scale| expect_scale(scale, "weights"))?;
            zero_points.iter().try_for_each(|&zero_point| expect_symmetric(zero_point))
        }
    }
}

fn expect_symmetric(zero_point: i32) -> Result<(), String> {
    if zero_point == 0 {
        return Ok(());
    }
    Err(format!("weights have zero point {zero_point}; expected 0"))
}

fn expect_scale(scale: f32, what: &str) -> Result<(), String> {
    if scale.is_finite() && scale > 0.0 {
        return Ok(());
    }
    Err(format!("{what} has scale {scale}; expected a positive number"))
}

/// Fails for functions that only recurrent layers have.
pub(super) fn expect_clamp(act: Activation) -> Result<(), String> {
    match act {
        Activation::None | Activation::Relu | Activation::Relu6 | Activation::ReluN1To1 => Ok(()),
        Activation::Tanh => Err("activation tanh exists in recurrent layers only".into()),
    }
}

/// Fails if one of the two numbers is 0.
pub(super) fn expect_positive(pair: [usize; 2], what: &str) -> Result<(), String> {
    if pair[0] > 0 && pair[1] > 0 {
        return Ok(());
    }
    Err(format!("{what} is {pair:?}; expected positive numbers"))
}

/// The shape that two operands broadcast to, as in NumPy: extents are equal, 1 or absent.
pub(super) fn broadcast(a: &Shape, b: &Shape) -> Result<Shape, String> {
    let rank = a.rank().max(b.rank());
    let extent = |shape: &Shape, axis: usize| (axis + shape.rank()).checked_sub(rank).map_or(1, |i| shape[i]);
    let mut result = Vec::with_capacity(rank);
    for axis in 0..rank {
        match (extent(a, axis), extent(b, axis)) {
            (x, y) if x == y => result.push(x),
            (1, y) => result.push(y),
            (x, 1) => result.push(x),
            _ => return Err(format!("shapes [{a}] and [{b}] do not broadcast")),
        }
    }
    Ok(Shape(result))
}

/// The type of a value that may not exist, in a graph that may be another one.
pub(super) fn type_in(graph: &Graph, value: ValueId) -> Result<&TensorType, String> {
    graph.values.get(value.index()).map(|v| &v.ty).ok_or_else(|| format!("there is no value {value}"))
}

fn list(elems: &[ElemType]) -> String {
    let names: Vec<&str> = elems.iter().map(|e| e.name()).collect();
    names.join(", ")
}

impl<'a> Operands<'a> {
    /// Type of the `index`-th result, if the node has it already.
    pub fn result(&self, index: usize) -> Option<&'a TensorType> {
        self.node.outputs.get(index).map(|&id| self.graph.ty(id))
    }

    /// Runs a check on the first result, if the node has it already.
    pub(super) fn check_result(
        &self,
        check: impl Fn(&TensorType, &str) -> Result<(), String>,
    ) -> Result<(), String> {
        self.result(0).map_or(Ok(()), |ty| check(ty, "the result"))
    }

    /// A variable that an attribute names.
    pub(super) fn variable(&self, id: VarId) -> Result<&'a Variable, String> {
        self.module.variables.get(id.index()).ok_or_else(|| format!("there is no variable {id}"))
    }

    /// A graph that an attribute names; the entry graph cannot be a region.
    pub(super) fn region(&self, id: GraphId) -> Result<&'a Graph, String> {
        if id.index() == 0 {
            return Err(format!("{id} is the entry graph; expected a region"));
        }
        self.module.graphs.get(id.index()).ok_or_else(|| format!("there is no graph {id}"))
    }
}
