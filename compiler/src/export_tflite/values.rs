//! Types, constants and variables in the terms of the format.

use redsc_ir::sparse::Matrix;
use redsc_ir::sparse::dcsr::Dcsr;
use redsc_ir::{Data, ElemType, Module, Op, Quant, TensorType, VarId};
use redsc_schema::tflite;

use crate::frontend::tflite::initial_contents;

/// A tensor of that type without contents.
pub(super) fn tensor(name: &str, ty: &TensorType) -> tflite::Tensor {
    tflite::Tensor {
        name: Some(name.into()),
        type_: elem_type(ty.elem),
        shape: Some(ty.shape.iter().map(|&extent| extent as i32).collect()),
        has_rank: true,
        quantization: quantization(&ty.quant).map(Box::new),
        ..Default::default()
    }
}

fn quantization(quant: &Quant) -> Option<tflite::QuantizationParameters> {
    let (scales, zero_points, axis) = match quant {
        Quant::None => return None,
        Quant::PerTensor { scale, zero_point } => (vec![*scale], vec![*zero_point], 0),
        Quant::PerAxis { axis, scales, zero_points } => (scales.clone(), zero_points.clone(), *axis),
    };
    Some(tflite::QuantizationParameters {
        scale: Some(scales),
        zero_point: Some(zero_points.into_iter().map(i64::from).collect()),
        quantized_dimension: axis as i32,
        ..Default::default()
    })
}

/// Weights as delta-compressed sparse rows and the bytes of their buffer, if that is smaller.
pub(super) fn compressed(ty: &TensorType, data: &Data) -> Option<(tflite::SparsityParameters, Vec<u8>)> {
    let rows = *ty.shape.iter().next()?;
    if ty.elem != ElemType::I8 || rows == 0 {
        return None;
    }
    let dcsr = Dcsr::encode(&Matrix::new(rows, ty.elements() / rows, data.to_vec::<i8>())?)?;
    if dcsr.size() >= ty.bytes() {
        return None;
    }
    let buffer = dcsr.values.iter().map(|&value| value as u8).collect();
    let compressed = tflite::CompressedSparsity {
        nnze: dcsr.values.len() as u32,
        row_offsets: Some(dcsr.row_offsets),
        delta_indices: Some(dcsr.delta_indices),
        group_minimums: Some(dcsr.group_minimums),
        bitmaps: Some(dcsr.bitmaps),
        bitmasks: Some(dcsr.bitmasks),
    };
    let parameters =
        tflite::SparsityParameters { comp_sparsity: Some(Box::new(compressed)), ..Default::default() };
    Some((parameters, buffer))
}

/// The element type in the terms of the format.
pub(super) fn elem_type(elem: ElemType) -> tflite::TensorType {
    use tflite::TensorType as T;
    match elem {
        ElemType::Bool => T::Bool,
        ElemType::I8 => T::Int8,
        ElemType::U8 => T::Uint8,
        ElemType::I16 => T::Int16,
        ElemType::U16 => T::Uint16,
        ElemType::I32 => T::Int32,
        ElemType::U32 => T::Uint32,
        ElemType::I64 => T::Int64,
        ElemType::U64 => T::Uint64,
        ElemType::F16 => T::Float16,
        ElemType::F32 => T::Float32,
        ElemType::F64 => T::Float64,
    }
}

/// Whether a variable starts as a runtime sets it: at the real number zero.
pub(super) fn starts_at_zero(module: &Module, variable: VarId) -> bool {
    let variable = module.variable(variable);
    let zero = |data: &Data| data.bytes().iter().all(|&byte| byte == 0);
    match (&variable.init, initial_contents(&variable.ty)) {
        (Some(init), Some(usual)) => *init == usual,
        (Some(init), None) => zero(init),
        (None, usual) => usual.is_none(),
    }
}

/// The variables that nodes read or assign by name and that do not start at zero.
pub(super) fn variables_to_set(module: &Module) -> Vec<VarId> {
    let mut used: Vec<VarId> =
        module.graphs.iter().flat_map(|graph| &graph.nodes).filter_map(|node| resource(&node.op)).collect();
    used.sort_unstable();
    used.dedup();
    used.retain(|&variable| !starts_at_zero(module, variable));
    used
}

/// The variable that a node reads or assigns by name; the state of recurrent layers belongs to them.
fn resource(op: &Op) -> Option<VarId> {
    if let Op::ReadVariable(op) = op {
        return Some(op.variable);
    }
    if let Op::AssignVariable(op) = op {
        return Some(op.variable);
    }
    None
}

/// The name under which a variable is shared: its own, with the number where that is not unique.
pub(super) fn shared_name(module: &Module, variable: VarId) -> String {
    let name = &module.variable(variable).name;
    let namesakes = module.variables.iter().filter(|other| other.name == *name).count();
    if name.is_empty() || namesakes > 1 { format!("{name}{variable}") } else { name.clone() }
}
