//! The portable kernels that walk over elements and rows: `runtime-c/src/ref`.

use redsc_ir::ops::{BatchMatmul, Reduce};
use redsc_ir::{ElemType, Shape, TensorType};

use super::Features;

/// One turn for each element of the result; `variant` names the types.
pub(super) fn each(elements: usize, variant: &str) -> Features {
    Features::new().variant(variant).add("element", elements)
}

/// `x` to `y` types: `i8.i16`, or `i8` if they agree.
pub(super) fn types(x: ElemType, y: ElemType) -> String {
    if x == y { x.name().into() } else { format!("{x}.{y}") }
}

/// Two operands that broadcast to the result (`REDSC_FOR_EACH_PAIR`).
pub(super) fn pairs(a: &Shape, b: &Shape, result: &Shape, variant: &str) -> Features {
    let steps = [a, b].map(|operand| broadcast_strides(operand, result));
    let dims = merged(result, &steps[0], &steps[1]);
    let mut features = Features::new().variant(variant).add("element", result.elements());
    let names = ["inner_loop", "second_loop", "third_loop", "outer_loop"];
    for (depth, name) in (1..dims.len()).zip(names) {
        let outer: usize = dims[..dims.len() - depth].iter().map(|dim| dim.0).product();
        features = features.add(name, outer);
    }
    features
}

/// Two operands row by row, four elements at a time (`REDSC_FOR_EACH_ROW`).
pub(super) fn lanes(a: &Shape, b: &Shape, result: &Shape, variant: &str) -> Features {
    let steps = [a, b].map(|operand| broadcast_strides(operand, result));
    let dims = merged(result, &steps[0], &steps[1]);
    let (columns, repeats) = dims.last().map_or((1, false), |&(extent, a, b)| (extent, a == 0 || b == 0));
    let rows = result.elements() / columns.max(1);
    Features::new()
        .variant(variant)
        .add("row", rows)
        .add(if repeats { "repeated_quad" } else { "quad" }, rows * (columns / 4))
        .add("rest", rows * usize::from(!columns.is_multiple_of(4)))
}

/// Elements between neighbours of a result's dimensions in an operand; 0 where it repeats.
fn broadcast_strides(operand: &Shape, result: &Shape) -> Vec<i64> {
    let missing = result.rank().saturating_sub(operand.rank());
    let own = operand.iter().zip(operand.strides());
    let own = own.map(|(&extent, stride)| if extent == 1 { 0 } else { stride as i64 });
    std::iter::repeat_n(0, missing).chain(own).collect()
}

/// `(extent, x stride, y stride)`, outermost first: without dimensions of extent 1, neighbours merged that both sides
/// traverse as one.
pub(super) fn merged(extents: &[usize], x: &[i64], y: &[i64]) -> Vec<(usize, i64, i64)> {
    let mut dims: Vec<(usize, i64, i64)> = Vec::new();
    for ((&extent, &x), &y) in extents.iter().zip(x).zip(y).filter(|((extent, _), _)| **extent != 1) {
        let inner = (x * extent as i64, y * extent as i64);
        match dims.last_mut() {
            Some(outer) if (outer.1, outer.2) == inner => *outer = (outer.0 * extent, x, y),
            _ => dims.push((extent, x, y)),
        }
    }
    dims
}

/// Reductions (`REDSC_FOR_EACH_KEPT`, `REDSC_FOR_EACH_FOLDED`).
pub(super) fn reduce(op: &Reduce, x: &TensorType, variant: &str) -> Features {
    let mut sorts: [Vec<(usize, usize)>; 2] = Default::default();
    for (axis, (&extent, step)) in x.shape.iter().zip(x.shape.strides()).enumerate() {
        let dims = &mut sorts[usize::from(op.axes.contains(&axis))];
        match dims.last_mut() {
            _ if extent == 1 => {}
            Some(outer) if outer.1 == step * extent => *outer = (outer.0 * extent, step),
            _ => dims.push((extent, step)),
        }
    }
    let [kept, folded] = sorts;
    let product = |dims: &[(usize, usize)]| dims.iter().map(|dim| dim.0).product::<usize>();
    let results = product(&kept);
    let inner = folded.last().map_or(1, |dim| dim.0);
    Features::new()
        .variant(variant)
        .add("result", results)
        .add("kept_loop", results / kept.last().map_or(1, |dim| dim.0.max(1)))
        .add("folded_loop", results * product(&folded) / inner.max(1))
        .add("element", results * product(&folded))
}

/// Rows of the last dimension: softmax and its kin.
pub(super) fn rows(x: &TensorType, variant: &str) -> Features {
    let depth = x.shape.last().copied().unwrap_or(1).max(1);
    Features::new().variant(variant).add("row", x.elements() / depth).add("element", x.elements())
}

/// Matrix products.
pub(super) fn batch_matmul(op: &BatchMatmul, a: &TensorType, result: &TensorType) -> Features {
    let last = |back: usize| a.shape.iter().rev().nth(back).copied().unwrap_or(1);
    let depth = last(usize::from(op.transpose_a));
    let results = result.elements();
    let columns = result.shape.last().copied().unwrap_or(1).max(1);
    let rows = result.shape.iter().rev().nth(1).copied().unwrap_or(1).max(1);
    Features::new()
        .add("matrix", results / (rows * columns))
        .add("row", results / columns)
        .add("result", results)
        .add("product", results * depth)
}

/// Fully connected layers of any type.
pub(super) fn fully_connected(rows: usize, depth: usize, channels: usize) -> Features {
    Features::new().add("row", rows).add("result", rows * channels).add("product", rows * channels * depth)
}
