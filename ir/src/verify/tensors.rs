//! Rules of single tensors: sizes, quantization parameters, contents.

use super::findings::{Findings, Part};
use super::{MOST_DIMENSIONS, MOST_MODULE_BYTES, MOST_TENSOR_BYTES};
use crate::data::Data;
use crate::entity::{GraphId, ValueId, VarId};
use crate::graph::Module;
use crate::quant::Quant;
use crate::types::{ElemType, TensorType};

pub(super) fn check(module: &Module, findings: &mut Findings<'_>) {
    let mut total = 0usize;
    for (index, variable) in module.variables.iter().enumerate() {
        let part = Part::Variable(VarId::new(index));
        total = total.saturating_add(counted(&variable.ty));
        check_tensor(&variable.ty, variable.init.as_ref(), part, findings);
    }
    for (index, graph) in module.graphs.iter().enumerate() {
        for (position, value) in graph.values.iter().enumerate() {
            let part = Part::Value(GraphId::new(index), ValueId::new(position));
            total = total.saturating_add(counted(&value.ty));
            check_tensor(&value.ty, value.data.as_ref(), part, findings);
        }
    }
    if total > MOST_MODULE_BYTES {
        let message = format!("all tensors together take {total} bytes, more than {MOST_MODULE_BYTES}");
        findings.add("E0120", Part::Module, message);
    }
}

/// What a tensor adds to the total; one that is too large by itself is reported once.
fn counted(ty: &TensorType) -> usize {
    if ty.bytes() > MOST_TENSOR_BYTES { 0 } else { ty.bytes() }
}

fn check_tensor(ty: &TensorType, data: Option<&Data>, part: Part, findings: &mut Findings<'_>) {
    if ty.bytes() > MOST_TENSOR_BYTES {
        findings.add("E0120", part, format!("{} takes more than {MOST_TENSOR_BYTES} bytes", brief(ty)));
    }
    if ty.shape.rank() > MOST_DIMENSIONS {
        findings.add(
            "E0121",
            part,
            format!("{} dimensions are more than {MOST_DIMENSIONS}", ty.shape.rank()),
        );
    }
    if ty.shape.contains(&0) {
        findings.add("E0121", part, format!("{} has an extent of zero", brief(ty)));
    }
    check_quant(ty, part, findings);
    if let Some(data) = data {
        check_contents(ty, data, part, findings);
    }
}

/// The type without its quantization, which may be long.
fn brief(ty: &TensorType) -> TensorType {
    TensorType::plain(ty.elem, ty.shape.clone())
}

fn check_quant(ty: &TensorType, part: Part, findings: &mut Findings<'_>) {
    match &ty.quant {
        Quant::None => return,
        Quant::PerTensor { scale, zero_point } => {
            check_pairs(ty.elem, &[*scale], &[*zero_point], part, findings)
        }
        Quant::PerAxis { axis, scales, zero_points } => {
            match ty.shape.get(*axis) {
                None => findings.add("E0131", part, format!("there is no axis {axis} to quantize")),
                Some(&extent) if extent != scales.len() || extent != zero_points.len() => {
                    let (scales, zero_points) = (scales.len(), zero_points.len());
                    let message = format!(
                        "axis {axis} of extent {extent} has {scales} scales and {zero_points} zero points"
                    );
                    findings.add("E0131", part, message);
                }
                Some(_) => {}
            }
            check_pairs(ty.elem, scales, zero_points, part, findings);
        }
    }
    if ty.elem.is_float() || ty.elem == ElemType::Bool {
        findings.add("E0133", part, format!("elements of type {} cannot be quantized", ty.elem));
    }
}

fn check_pairs(elem: ElemType, scales: &[f32], zero_points: &[i32], part: Part, findings: &mut Findings<'_>) {
    if let Some(scale) = scales.iter().find(|s| !s.is_finite() || **s <= 0.0) {
        findings.add("E0130", part, format!("scale {scale} is not a finite positive number"));
    }
    let Some((lowest, highest)) = elem.quantized_range() else { return };
    if let Some(zero_point) = zero_points.iter().find(|z| !(lowest..=highest).contains(z)) {
        findings.add("E0132", part, format!("zero point {zero_point} is not a value of {elem}"));
    }
}

fn check_contents(ty: &TensorType, data: &Data, part: Part, findings: &mut Findings<'_>) {
    let (actual, expected) = (data.bytes().len(), ty.bytes());
    if actual != expected {
        let message = format!("{} takes {expected} bytes, but {actual} are given", brief(ty));
        findings.add("E0123", part, message);
    }
    if ty.elem == ElemType::Bool && data.bytes().iter().any(|&b| b > 1) {
        findings.add("E0123", part, "an element of type bool is neither 0 nor 1");
    }
}
