//! Operators that choose elements and rows at run time.

use redsc_ir::Shape;
use redsc_ir::ops::{Gather, Scatter, ScatterKind};

use super::call::{Arg, Call, Struct};
use super::elements::{broadcast_strides, integer_type};
use super::site::Site;

/// Most dimensions of a choice after merging (`REDSC_SELECT_DIMS`).
const DIMS: usize = 5;

/// Elementwise choice.
pub(super) fn select(site: &Site<'_>) -> Result<Vec<Call>, String> {
    let y = site.result(0)?;
    let strides = |index| Ok::<_, String>(broadcast_strides(&site.input(index)?.shape, &y.shape));
    let dims = merged(&y.shape, [strides(0)?, strides(1)?, strides(2)?]);
    if dims.len() > DIMS {
        return Err(format!("a choice in {} dimensions is not supported", dims.len()));
    }
    let mut padded = vec![[1, 0, 0, 0]; DIMS - dims.len()];
    padded.extend(dims);
    let field = |index: usize| padded.iter().map(move |dim| dim[index] as i64);
    let params = Struct::new("redsc_select_t")
        .ints("extent", field(0))
        .ints("c_step", field(1))
        .ints("a_step", field(2))
        .ints("b_step", field(3))
        .int("elem_bytes", y.elem.bytes());
    let args = vec![
        Arg::operand("condition", 0),
        Arg::operand("a", 1),
        Arg::operand("b", 2),
        Arg::result("y", 0),
        Arg::scratch(),
    ];
    Ok(site.call(args, params))
}

/// `[extent, steps…]`, outermost first: without dimensions of extent 1, neighbours merged where all operands traverse
/// them as one.
fn merged(shape: &Shape, strides: [Vec<usize>; 3]) -> Vec<[usize; 4]> {
    let mut dims: Vec<[usize; 4]> = Vec::new();
    for (axis, &extent) in shape.iter().enumerate().filter(|(_, extent)| **extent != 1) {
        let [c, a, b] = [strides[0][axis], strides[1][axis], strides[2][axis]];
        match dims.last_mut() {
            Some(outer) if outer[1..] == [c * extent, a * extent, b * extent] => {
                *outer = [outer[0] * extent, c, a, b];
            }
            _ => dims.push([extent, c, a, b]),
        }
    }
    dims
}

/// Rows by number.
pub(super) fn gather(op: &Gather, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let (x, indices) = (site.input(0)?, site.input(1)?);
    let row = x.shape[op.axis + 1..].iter().product::<usize>() * x.elem.bytes();
    let params = Struct::new("redsc_gather_t")
        .int("blocks", x.shape[..op.axis].iter().product::<usize>())
        .int("extent", x.shape[op.axis])
        .int("count", indices.elements())
        .int("row_bytes", row)
        .word("index_type", integer_type(indices.elem)?);
    let args = vec![Arg::operand("x", 0), Arg::operand("indices", 1), Arg::result("y", 0), Arg::scratch()];
    Ok(site.call(args, params))
}

/// Rows stored or combined by number.
pub(super) fn scatter(op: &Scatter, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let (x, indices) = (site.input(0)?, site.input(1)?);
    let row: usize = x.shape[1..].iter().product();
    let base = |c_type, row: usize| {
        let params = Struct::new(c_type)
            .int("rows", x.shape[0])
            .int("count", indices.elements())
            .int("row", row)
            .word("index_type", integer_type(indices.elem)?);
        Ok::<_, String>(params)
    };
    let params = match op.kind {
        ScatterKind::Set => base("redsc_scatter_t", row * x.elem.bytes())?,
        ScatterKind::Add | ScatterKind::Mul | ScatterKind::Max | ScatterKind::Min => {
            let params = base("redsc_scatter_combine_t", row)?.word("kind", combination(op.kind));
            if x.elem.is_float() { params } else { params.word("type", integer_type(x.elem)?) }
        }
    };
    let args = vec![
        Arg::operand("x", 0),
        Arg::operand("indices", 1),
        Arg::operand("updates", 2),
        Arg::result("y", 0),
        Arg::scratch(),
    ];
    Ok(site.call(args, params))
}

fn combination(kind: ScatterKind) -> &'static str {
    match kind {
        ScatterKind::Set => "REDSC_SCATTER_SET",
        ScatterKind::Add => "REDSC_SCATTER_ADD",
        ScatterKind::Mul => "REDSC_SCATTER_MUL",
        ScatterKind::Max => "REDSC_SCATTER_MAX",
        ScatterKind::Min => "REDSC_SCATTER_MIN",
    }
}
