//! FULLY_CONNECTED, BATCH_MATMUL.

use redsc_ir::ops::{Accumulate, BatchMatmul, FullyConnected};
use redsc_schema::tflite::FullyConnectedWeightsFormat;

use super::super::fault::{Outcome, damaged, form};
use super::super::operator::{OpReader, clamp, options};
use super::conv::reject_hybrid;

/// `(x, w, bias?)`
pub(super) fn fully_connected(op: &mut OpReader) -> Outcome {
    let options = options!(op, FullyConnectedOptions)?;
    if options.weights_format != FullyConnectedWeightsFormat::Default {
        return Err(
            form("shuffled weights are not supported").help("convert the model without a delegate's layout")
        );
    }
    let (x, w, bias) = (op.operand(0)?, op.operand(1)?, op.optional(2)?);
    reject_hybrid(op, x, w)?;
    let [units, depth] = op.dims(w, "the weights")?;
    let result = op.result(0)?;
    let keep_dims = options.keep_num_dims;
    let act = clamp(options.fused_activation_function)?;
    let shape = if keep_dims {
        let leading = op.ty(x).shape.split_last().map_or(&[][..], |(_, leading)| leading);
        [leading, &[units]].concat()
    } else {
        let elements = op.ty(x).elements();
        let rows = elements.checked_div(depth).filter(|rows| rows * depth == elements);
        vec![rows.ok_or_else(|| damaged(format!("{elements} elements are no rows of {depth}")))?, units]
    };
    let inputs: Vec<_> = [x, w].into_iter().chain(bias).collect();
    op.emit_shaped(
        FullyConnected { keep_dims, act, accumulate: Accumulate::Centered },
        &inputs,
        shape,
        result,
    )
}

/// `(a, b)`
pub(super) fn batch_matmul(op: &mut OpReader) -> Outcome {
    let options = options!(op, BatchMatMulOptions)?;
    let (a, b) = (op.operand(0)?, op.operand(1)?);
    reject_hybrid(op, a, b)?;
    let result = op.result(0)?;
    op.emit(BatchMatmul { transpose_a: options.adj_x, transpose_b: options.adj_y }, &[a, b], result);
    Ok(())
}
