//! Layers with sparse weights: `(x, s, w, y, scratch, p)`, where `s` holds the weights and `w` the constants of filters.

use redsc_ir::kernels::Kernel;
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::{FilterOrder, FoldedLayer};
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::mac::MacArithmetic;
use redsc_ir::sparse::{Encoded, Matrix, encode};
use redsc_ir::{Data, ElemType};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::conv;
use super::packed::{finished, folded, limited};
use super::site::Site;
use crate::pack;

/// Whether a kernel reads sparse weights.
pub(super) fn is_sparse(kernel: Kernel) -> bool {
    matches!(kernel, Kernel::Conv2dSparseS8 | Kernel::Conv2dSparseS8Dsp | Kernel::FullyConnectedSparseS8)
}

/// The call of a convolution.
pub(super) fn conv2d(site: &Site<'_>, params: &ConvParams) -> Result<Vec<Call>, String> {
    let MacArithmetic::Quantized(quantized) = &params.arithmetic else {
        return Err("weights with zeros are only skipped in layers of integers".into());
    };
    let shape = Struct::new("redsc_sparse_conv2d_t")
        .nested("window", conv::window(&params.window))
        .int("pad_value", quantized.pad_value);
    layer(site, &params.arithmetic, shape)
}

/// The call of a fully connected layer.
pub(super) fn fully_connected(site: &Site<'_>, params: &FullyConnectedParams) -> Result<Vec<Call>, String> {
    let shape = Struct::new("redsc_sparse_fully_connected_t")
        .int("rows", params.rows)
        .int("in_c", params.depth)
        .int("out_c", params.channels);
    layer(site, &params.arithmetic, shape)
}

fn layer(site: &Site<'_>, arithmetic: &MacArithmetic, shape: Struct) -> Result<Vec<Call>, String> {
    let layer = folded(site, arithmetic, FilterOrder::Rows)?;
    let encoded = stored(site, &layer)?;
    let s = Array { elem: ElemType::U8, data: Data::from_slice(&encoded.bytes) };
    let w = match site.kernel() {
        Kernel::Conv2dSparseS8Dsp => {
            Array { elem: ElemType::U32, data: Data::from_slice(&pack::filter_constants(&layer)) }
        }
        _ => Array::i32(&pack::filter_factors(&layer)),
    };
    let mut args =
        vec![Arg::operand("x", 0), Arg::constant("s", s), Arg::constant("w", w), Arg::result("y", 0)];
    if site.kernel() != Kernel::FullyConnectedSparseS8 {
        args.push(Arg::scratch());
    }
    let params = match site.kernel() {
        Kernel::Conv2dSparseS8Dsp => finished(shape, &layer, layer.finish()),
        _ => limited(shape, &layer),
    };
    Ok(site.call(args, params))
}

/// The weights in the format that the plan asks for.
fn stored(site: &Site<'_>, layer: &FoldedLayer) -> Result<Encoded, String> {
    let weights = layer.filters.iter().flat_map(|filter| filter.weights.iter().copied()).collect();
    let matrix = Matrix::new(layer.filters.len(), layer.inputs(), weights);
    let encoded = encode(&matrix.ok_or("filters differ in size")?, site.step.format);
    if encoded.format == site.step.format {
        Ok(encoded)
    } else {
        Err(format!("the weights cannot be stored as `{}`", site.step.format))
    }
}
