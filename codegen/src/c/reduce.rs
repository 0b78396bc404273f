//! Reductions.

use redsc_ir::ops::{Reduce, ReduceKind};
use redsc_ir::params::reduce::ReduceParams;
use redsc_ir::{ElemType, Shape};

use super::call::{Arg, Call, Struct};
use super::elements::integer_type;
use super::site::Site;

/// Most dimensions of each sort after merging (`REDSC_REDUCE_DIMS`).
const DIMS: usize = 3;

/// Reduction over any dimensions.
pub(super) fn reduce(op: &Reduce, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let (x, y) = (site.input(0)?, site.result(0)?);
    let base = |c_type| Ok::<_, String>(Struct::new(c_type).nested("folds", folds(&x.shape, &op.axes)?));
    let params = match ReduceParams::new(op, &site.operands(), y)? {
        ReduceParams::Selection => {
            let params =
                base("redsc_reduce_extremum_t")?.int("smallest", i64::from(op.kind == ReduceKind::Min));
            if x.elem == ElemType::F32 { params } else { params.word("type", integer_type(x.elem)?) }
        }
        ReduceParams::Quantized(p) => base("redsc_reduce_sum_t")?
            .word("x_type", integer_type(x.elem)?)
            .word("y_type", integer_type(y.elem)?)
            .int("sum_offset", p.sum_offset)
            .factor("", p.requant)
            .int("output_offset", p.output_offset)
            .int("act_min", p.act_min)
            .int("act_max", p.act_max),
        ReduceParams::Integer => base("redsc_reduce_int_t")?
            .int("product", i64::from(op.kind == ReduceKind::Product))
            .word("type", integer_type(x.elem)?),
        ReduceParams::FloatProduct => base("redsc_reduce_product_f32_t")?,
        ReduceParams::Float { divisor } => base("redsc_reduce_sum_f32_t")?.float("divisor", divisor),
    };
    Ok(site.call(vec![Arg::operand("x", 0), Arg::result("y", 0), Arg::scratch()], params))
}

/// Extent and step of a dimension.
type Dim = (usize, usize);

/// `redsc_folds_t`.
fn folds(shape: &Shape, axes: &[usize]) -> Result<Struct, String> {
    let [kept, folded] = sorted(shape, axes);
    let [kept, folded] = [padded(kept)?, padded(folded)?];
    let extents = |dims: &[Dim]| dims.iter().map(|dim| dim.0 as i64).collect::<Vec<_>>();
    let steps = |dims: &[Dim]| dims.iter().map(|dim| dim.1 as i64).collect::<Vec<_>>();
    Ok(Struct::new("redsc_folds_t")
        .ints("kept", extents(&kept))
        .ints("kept_step", steps(&kept))
        .ints("folded", extents(&folded))
        .ints("folded_step", steps(&folded)))
}

/// The dimensions that stay and those that are reduced, outermost first, dense neighbours merged.
fn sorted(shape: &Shape, axes: &[usize]) -> [Vec<Dim>; 2] {
    let mut sorts: [Vec<Dim>; 2] = Default::default();
    for (axis, (&extent, step)) in shape.iter().zip(shape.strides()).enumerate() {
        let dims = &mut sorts[usize::from(axes.contains(&axis))];
        match dims.last_mut() {
            _ if extent == 1 => {}
            Some(outer) if outer.1 == step * extent => *outer = (outer.0 * extent, step),
            _ => dims.push((extent, step)),
        }
    }
    sorts
}

fn padded(dims: Vec<Dim>) -> Result<Vec<Dim>, String> {
    if dims.len() > DIMS {
        return Err(format!("a reduction with {} separate dimensions is not supported", dims.len()));
    }
    let mut padded = vec![(1, 0); DIMS - dims.len()];
    padded.extend(dims);
    Ok(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_neighbours_of_one_sort_merge() {
        let shape = Shape(vec![2, 4, 5, 3]);
        assert_eq!(sorted(&shape, &[1, 2]), [vec![(2, 60), (3, 1)], vec![(20, 3)]]);
        assert_eq!(sorted(&shape, &[0, 2]), [vec![(4, 15), (3, 1)], vec![(2, 60), (5, 3)]]);
        assert_eq!(sorted(&Shape(vec![1, 7, 1]), &[0, 1, 2]), [vec![], vec![(7, 1)]]);
    }
}
