//! The recurrent kernels: `svdf_*.c`, `lstm_*.c`, portable and for extensions.

use redsc_ir::TensorType;
use redsc_ir::ops::{Lstm, Svdf};

use super::Features;

/// Low-rank filters: `(x, feature weights, time weights, …)`. `lanes` are the inputs that a kernel for an extension
/// multiplies at a time, 1 for the portable kernels.
///
/// # Errors
/// If an operand is missing.
pub(super) fn svdf(op: &Svdf, inputs: &[Option<TensorType>], lanes: usize) -> Result<Features, String> {
    let [Some(x), Some(feature), Some(time)] = inputs.get(..3).unwrap_or_default() else {
        return Err("an operand is missing".into());
    };
    let extent = |ty: &TensorType, axis: usize| ty.shape.get(axis).copied().unwrap_or(1);
    let (batches, filters, depth, memory) =
        (extent(x, 0), extent(feature, 0), extent(feature, 1), extent(time, 1));
    let features = Features::new()
        .variant(time.elem.name())
        .add("batch", batches)
        .add("unit", batches * filters / op.rank.max(1))
        .add("filter", batches * filters)
        .add("memory", batches * filters * memory);
    Ok(products(features, "", batches, filters, depth, lanes)
        .add("memory_odd", batches * filters * (memory % 4)))
}

/// Long short-term memory over a sequence; `lanes` as for [`svdf`].
///
/// # Errors
/// If an operand is missing.
pub(super) fn lstm(op: &Lstm, inputs: &[Option<TensorType>], lanes: usize) -> Result<Features, String> {
    let (Some(Some(x)), Some(Some(input)), Some(Some(last))) = (inputs.first(), inputs.get(1), inputs.get(5))
    else {
        return Err("an operand is missing".into());
    };
    let extent = |ty: &TensorType, axis: usize| ty.shape.get(axis).copied().unwrap_or(1);
    let (units, depth) = (extent(input, 0), extent(input, 1));
    let steps = extent(x, 0) * extent(x, 1);
    let batches = extent(x, usize::from(op.time_major));
    let cells = steps * units;
    let features = Features::new().add("batch", batches).add("step", steps).add("unit", cells);
    let features = products(features, "input", 4 * steps, units, depth, lanes);
    Ok(products(features, "last", 4 * steps, units, extent(last, 1), lanes))
}

/// Products of `rows` vectors of `depth` inputs with `filters` filters: one by one, or by groups of four filters.
fn products(
    features: Features,
    part: &'static str,
    rows: usize,
    filters: usize,
    depth: usize,
    lanes: usize,
) -> Features {
    let [product, group, lane, turn] = match part {
        "last" => ["last_product", "last_group", "last_lane", "last_turn"],
        _ => ["product", "group", "lane", "turn"],
    };
    if lanes == 1 {
        return features.add(product, rows * filters * depth);
    }
    let groups = rows * filters.div_ceil(4);
    features
        .add(group, groups)
        .add(lane, groups * depth.div_ceil(lanes))
        .add(turn, groups * depth.div_ceil(4 * lanes))
}
