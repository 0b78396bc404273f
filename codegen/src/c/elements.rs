//! What elementwise layers share: element types, factors and broadcasting as the kernels see them.

use redsc_ir::params::binary::Common;
use redsc_ir::params::quantize::Rescale;
use redsc_ir::{ElemType, Requant, Shape};

use super::call::Struct;

/// Most dimensions of a broadcast after merging (`REDSC_PAIR_DIMS`).
const PAIR_DIMS: usize = 5;

/// The name that `codes.h` gives an integer type.
pub(super) fn integer_type(elem: ElemType) -> Result<&'static str, String> {
    match elem {
        ElemType::I8 => Ok("REDSC_S8"),
        ElemType::U8 | ElemType::Bool => Ok("REDSC_U8"),
        ElemType::I16 => Ok("REDSC_S16"),
        ElemType::U16 => Ok("REDSC_U16"),
        ElemType::I32 => Ok("REDSC_S32"),
        ElemType::U32 => Ok("REDSC_U32"),
        ElemType::I64 => Ok("REDSC_S64"),
        ElemType::U64 | ElemType::F16 | ElemType::F32 | ElemType::F64 => {
            Err(format!("there is no kernel for elements of type {elem}"))
        }
    }
}

impl Struct {
    /// Adds a factor: two fields, `prefix` before `multiplier` and `shift`.
    pub(super) fn factor(self, prefix: &str, requant: Requant) -> Self {
        self.int(&format!("{prefix}multiplier"), requant.multiplier)
            .int(&format!("{prefix}shift"), requant.shift)
    }

    /// Adds what follows the types in structs that change the scale of codes.
    pub(super) fn rescale(self, rescale: &Rescale) -> Self {
        self.int("input_offset", rescale.input_offset)
            .factor("", rescale.requant)
            .int("output_offset", rescale.output_offset)
            .int("act_min", rescale.act_min)
            .int("act_max", rescale.act_max)
    }
}

/// `redsc_common_t`.
pub(super) fn common(common: &Common) -> Struct {
    Struct::new("redsc_common_t")
        .int("left_shift", common.left_shift)
        .int("a_offset", common.offsets[0])
        .int("b_offset", common.offsets[1])
        .factor("a_", common.operands[0])
        .factor("b_", common.operands[1])
}

/// `redsc_pairs_t` for operands that broadcast to `result`.
pub(super) fn pairs(a: &Shape, b: &Shape, result: &Shape) -> Result<Struct, String> {
    let dims = merged(result, &broadcast_strides(a, result), &broadcast_strides(b, result));
    if dims.len() > PAIR_DIMS {
        return Err(format!("broadcasting in {} dimensions is not supported", dims.len()));
    }
    let mut padded = vec![[1, 0, 0]; PAIR_DIMS - dims.len()];
    padded.extend(dims);
    let field = |index: usize| padded.iter().map(move |dim| dim[index] as i64);
    Ok(Struct::new("redsc_pairs_t")
        .ints("extent", field(0))
        .ints("a_step", field(1))
        .ints("b_step", field(2)))
}

/// Elements between neighbours of a result's dimensions in an operand that broadcasts to it; 0 where it repeats.
pub(super) fn broadcast_strides(operand: &Shape, result: &Shape) -> Vec<usize> {
    let missing = result.rank() - operand.rank();
    let own = operand.iter().zip(operand.strides());
    let own = own.map(|(&extent, stride)| if extent == 1 { 0 } else { stride });
    std::iter::repeat_n(0, missing).chain(own).collect()
}

/// `[extent, a step, b step]`, outermost first: without dimensions of extent 1, neighbours merged where both operands
/// traverse them as one.
fn merged(extents: &[usize], a: &[usize], b: &[usize]) -> Vec<[usize; 3]> {
    let mut dims: Vec<[usize; 3]> = Vec::new();
    for ((&extent, &a), &b) in extents.iter().zip(a).zip(b).filter(|((extent, _), _)| **extent != 1) {
        match dims.last_mut() {
            Some(outer) if [outer[1], outer[2]] == [a * extent, b * extent] => {
                *outer = [outer[0] * extent, a, b]
            }
            _ => dims.push([extent, a, b]),
        }
    }
    dims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dims(a: &[usize], b: &[usize], result: &[usize]) -> Vec<[usize; 3]> {
        let shape = |dims: &[usize]| Shape(dims.to_vec());
        let (a, b, result) = (shape(a), shape(b), shape(result));
        merged(&result, &broadcast_strides(&a, &result), &broadcast_strides(&b, &result))
    }

    #[test]
    fn dimensions_merge_where_both_operands_agree() {
        assert_eq!(dims(&[1, 4, 5, 3], &[1, 4, 5, 3], &[1, 4, 5, 3]), [[60, 1, 1]]);
        assert_eq!(dims(&[1, 4, 5, 3], &[3], &[1, 4, 5, 3]), [[20, 3, 0], [3, 1, 1]]);
        assert_eq!(dims(&[], &[2, 3], &[2, 3]), [[6, 0, 1]]);
        assert_eq!(dims(&[4, 1, 3], &[1, 5, 3], &[4, 5, 3]), [[4, 3, 0], [5, 0, 3], [3, 1, 1]]);
    }
}
