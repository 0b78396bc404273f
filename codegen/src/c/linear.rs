//! Fully connected layers and matrix products.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{BatchMatmul, FullyConnected};
use redsc_ir::params::linear::{BatchMatmulParams, FullyConnectedParams, Matrices};
use redsc_ir::params::mac::MacArithmetic;

use super::call::{Arg, Call, Struct};
use super::mac;
use super::packed;
use super::site::Site;
use super::sparse;

/// Fully connected layer.
pub(super) fn fully_connected(op: &FullyConnected, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = FullyConnectedParams::new(op, &site.operands(), site.result(0)?)?;
    if sparse::is_sparse(site.kernel()) {
        return sparse::fully_connected(site, &params);
    }
    if let Some(calls) = packed::fully_connected(site, &params)? {
        return Ok(calls);
    }
    let c_type = mac::c_type(&params.arithmetic, ["redsc_fully_connected_t", "redsc_fully_connected_f32_t"]);
    let shape =
        Struct::new(c_type).int("rows", params.rows).int("in_c", params.depth).int("out_c", params.channels);
    match site.kernel() {
        Kernel::FullyConnectedF32Fpu => mac::packed_floats(site, &params.arithmetic, shape),
        _ => mac::layer(site, &params.arithmetic, shape),
    }
}

/// Matrix products over the last two dimensions.
pub(super) fn batch_matmul(op: &BatchMatmul, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = BatchMatmulParams::new(op, &site.operands(), site.result(0)?)?;
    let c_type = mac::c_type(&params.arithmetic, ["redsc_batch_matmul_t", "redsc_batch_matmul_f32_t"]);
    let shape = Struct::new("redsc_matrices_t")
        .ints("batches", params.batches.map(|extent| extent as i64))
        .int("rows", params.rows)
        .int("depth", params.depth)
        .int("columns", params.columns)
        .nested("a", layout(&params.a))
        .nested("b", layout(&params.b));
    let shape = Struct::new(c_type).nested("matrices", shape);
    let params = match &params.arithmetic {
        MacArithmetic::Quantized(q) => shape
            .int("a_offset", q.input_offset)
            .int("b_offset", q.weights_offset)
            .factor("", q.requant[0])
            .int("output_offset", q.output_offset),
        MacArithmetic::Float { .. } => shape,
    };
    let args = vec![Arg::operand("a", 0), Arg::operand("b", 1), Arg::result("y", 0), Arg::scratch()];
    Ok(site.call(args, params))
}

fn layout(matrices: &Matrices) -> Struct {
    Struct::new("redsc_layout_t")
        .ints("batches", matrices.batches.map(|distance| distance as i64))
        .int("row", matrices.row)
        .int("column", matrices.column)
}
