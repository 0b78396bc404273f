//! Layers of nested networks whose levels share one array of weights: `(x, w, biases, y, scratch, p)`.
//!
//! A level has the first filters of the full network and, in each tap, the first channels. The weights are stored once,
//! ordered by the levels that need them (`common/nested.h`); what a level adds up differently, its biases, it has for
//! itself.

use redsc_ir::kernels::Kernel;
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::{FilterOrder, Finish, FoldedFilter, FoldedLayer};
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::mac::MacArithmetic;
use redsc_ir::params::window::{Axis, Window};
use redsc_ir::{Data, ElemType, Op};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::site::Site;
use super::{conv, packed};
use crate::pack;

/// Most blocks of channels: `REDSC_MOST_BLOCKS`.
const MOST_BLOCKS: usize = 8;

/// How a kernel wants the constants of nested layers.
struct Packing {
    kernel: Kernel,
    /// Inputs that it multiplies at a time: blocks of channels fill them, except the last one.
    chunk: usize,
    /// What the last block fills if there are several taps.
    last: usize,
    /// Whether it copies windows of several taps into scratch memory.
    gathers: bool,
    /// Bytes of a chunk of a pair or group of filters.
    chunk_bytes: usize,
    weights: fn(&FoldedLayer, Finish) -> Vec<u32>,
    biases: fn(&FoldedLayer) -> Vec<i32>,
    /// Whether a layer keeps within the kernel's ranges.
    fits: fn(&FoldedLayer) -> bool,
}

/// Three pixels times pairs of filters.
const DSP: Packing = Packing {
    kernel: Kernel::Conv2dNestedS8Dsp,
    chunk: 4,
    last: 4,
    gathers: false,
    chunk_bytes: 8,
    weights: pack::nested_pairs,
    biases: pack::nested_pair_biases,
    fits: fits_in_pairs,
};

/// Two pixels times groups of four filters.
const MVE: Packing = Packing {
    kernel: Kernel::Conv2dNestedS8Mve,
    chunk: 16,
    last: 1,
    gathers: true,
    chunk_bytes: 64,
    weights: pack::nested_chunks,
    biases: pack::nested_biases,
    fits: fits_alone,
};

/// A convolution at one level.
struct Layer {
    window: Window,
    pad_value: i32,
    folded: FoldedLayer,
}

/// The calls of a node at all levels, if these can share its weights.
pub(super) fn calls(sites: &[Site<'_>]) -> Option<Vec<Call>> {
    if sites.iter().any(|site| site.kernel() != sites[0].kernel()) {
        return None;
    }
    let packing = match sites.last()?.kernel() {
        Kernel::Conv2dS8Dsp => DSP,
        Kernel::Conv2dS8Mve => MVE,
        Kernel::DepthwiseS8Dsp | Kernel::DepthwiseS8Mve => return depthwise(sites),
        _ => return None,
    };
    let mut layers: Vec<Layer> = sites.iter().map(layer).collect::<Option<_>>()?;
    if let Op::FullyConnected(_) = sites[0].node.op {
        layers = flattened(layers)?;
        let is_gathered = layers.iter().any(|level| level.window.x.taps > 1);
        if is_gathered && packing.gathers && sites.iter().any(|site| site.step.scratch.is_none()) {
            return None;
        }
    }
    let ends = ends(&layers, &packing)?;
    let full = layers.last()?;
    let channels = full.window.in_channels;
    if !layers.iter().all(|level| is_part(level, full) && (packing.fits)(&level.folded)) {
        return None;
    }
    let finish = full.folded.finish();
    let words = (packing.weights)(&pack::by_block(&full.folded, channels, &ends), finish);
    let (biases, starts) = biases(&layers, packing.biases);
    let call = |(level, &start): (&Layer, &usize)| {
        let chunks = |layer: &Layer| layer.folded.inputs().div_ceil(packing.chunk);
        let shape = Struct::new("redsc_packed_conv2d_t")
            .nested("window", conv::window(&level.window))
            .int("pad_value", level.pad_value);
        let blocks = ends.iter().position(|&end| end == level.window.in_channels)? + 1;
        let params = Struct::new("redsc_nested_conv2d_t")
            .nested("layer", packed::finished(shape, &full.folded, finish))
            .int("blocks", blocks)
            .ints("ends", ends.iter().map(|&end| end as i64))
            .int("gap", packing.chunk_bytes * (chunks(full) - chunks(level)));
        let weights = Array { elem: ElemType::U32, data: Data::from_slice(&words) };
        let args = vec![
            Arg::operand("x", 0),
            Arg::constant("w", weights),
            Arg::constant_from("biases", Array::i32(&biases), start),
            Arg::result("y", 0),
            Arg::scratch(),
        ];
        Some(Call { kernel: packing.kernel, args, params })
    };
    layers.iter().zip(&starts).map(call).collect()
}

/// Depthwise layers: a level has the first filters of the full network, biases and all.
fn depthwise(sites: &[Site<'_>]) -> Option<Vec<Call>> {
    let params = |site: &Site<'_>| match &site.node.op {
        Op::DepthwiseConv2d(op) => ConvParams::depthwise(op, &site.operands(), site.result(0).ok()?).ok(),
        _ => None,
    };
    let layers: Vec<Layer> = sites.iter().map(layer).collect::<Option<_>>()?;
    let full = layers.last()?;
    let lines = |layer: &Layer| packed::lines(sites[0].kernel(), &layer.window);
    let is_beginning = |level: &Layer| {
        let (own, all) = (lines(level), lines(full));
        let same_way = own.lines == all.lines && own.positions == all.positions;
        let (own, all) = (&level.folded, &full.folded);
        let same_results = (own.output_offset, own.limits) == (all.output_offset, all.limits);
        same_way && same_results && all.filters.starts_with(&own.filters) && fits_alone(own)
    };
    let call = |site: &Site<'_>| {
        let calls = packed::depthwise_with(site, &params(site)?, full.folded.clone());
        calls.ok()??.pop()
    };
    if layers.iter().all(is_beginning) { sites.iter().map(call).collect() } else { None }
}

/// Whether a layer keeps within the ranges of the kernels, even with filters that no input changes.
fn fits_alone(layer: &FoldedLayer) -> bool {
    layer.filters.iter().all(|filter| filter.shifted_bound() < 1 << 30)
}

/// The same for kernels that take filters in pairs.
fn fits_in_pairs(layer: &FoldedLayer) -> bool {
    let lanes = |pair: &[FoldedFilter]| {
        let mut weights = pair[0].weights.iter().zip(&pair[1].weights);
        weights.all(|(&a, &b)| i16::try_from(256 * i32::from(b) + i32::from(a)).is_ok())
    };
    let mut odd = layer.filters.iter().skip(1).step_by(2);
    fits_alone(layer)
        && odd.all(|filter| filter.bound() < 1 << 23)
        && layer.filters.chunks_exact(2).all(lanes)
}

/// The biases of all levels, and where those of each level begin: at the start, if they are those of the full network.
fn biases(layers: &[Layer], pack: fn(&FoldedLayer) -> Vec<i32>) -> (Vec<i32>, Vec<usize>) {
    let by_level: Vec<Vec<i32>> = layers.iter().map(|level| pack(&level.folded)).collect();
    let mut all = by_level.last().cloned().unwrap_or_default();
    let start = |biases: &Vec<i32>| {
        if all.starts_with(biases) {
            return 0;
        }
        all.extend(biases);
        all.len() - biases.len()
    };
    let starts = by_level.iter().map(start).collect();
    (all, starts)
}

/// A node as a convolution.
fn layer(site: &Site<'_>) -> Option<Layer> {
    let result = site.result(0).ok()?;
    let (window, arithmetic, order) = match &site.node.op {
        Op::Conv2d(op) => {
            let params = ConvParams::conv2d(op, &site.operands(), result).ok()?;
            (params.window, params.arithmetic, FilterOrder::Rows)
        }
        Op::DepthwiseConv2d(op) => {
            let params = ConvParams::depthwise(op, &site.operands(), result).ok()?;
            (params.window, params.arithmetic, FilterOrder::Columns)
        }
        Op::FullyConnected(op) => {
            let params = FullyConnectedParams::new(op, &site.operands(), result).ok()?;
            (params.as_window(), params.arithmetic, FilterOrder::Rows)
        }
        _ => return None,
    };
    let MacArithmetic::Quantized(quantized) = &arithmetic else { return None };
    let pad_value = quantized.pad_value;
    Some(Layer {
        window,
        pad_value,
        folded: FoldedLayer::unsimplified(&site.operands(), &arithmetic, order)?,
    })
}

/// Fully connected layers that read flattened images: each position is a tap. The fewest positions that make all levels
/// parts of the full network are the right ones.
fn flattened(layers: Vec<Layer>) -> Option<Vec<Layer>> {
    let full = layers.last()?;
    let depth = full.window.in_channels;
    if layers.iter().all(|level| level.window.in_channels == depth) {
        return Some(layers);
    }
    let with_taps = |level: &Layer, taps: usize| {
        let axis = Axis { input: taps, output: 1, taps, stride: 1, dilation: 1, before: 0 };
        let single = level.window.x.input == 1 && level.window.in_channels.is_multiple_of(taps);
        let in_channels = level.window.in_channels / taps;
        let window = if taps == 1 { level.window } else { Window { x: axis, in_channels, ..level.window } };
        (single || taps == 1).then(|| Layer { window, folded: level.folded.clone(), ..*level })
    };
    (1..=depth).find_map(|taps| {
        let levels: Vec<Layer> = layers.iter().map(|level| with_taps(level, taps)).collect::<Option<_>>()?;
        let full = levels.last()?;
        levels.iter().all(|level| is_part(level, full)).then_some(levels)
    })
}

/// Where the blocks of channels end, if they fill what the kernel wants.
fn ends(layers: &[Layer], packing: &Packing) -> Option<Vec<usize>> {
    let mut ends: Vec<usize> = layers.iter().map(|level| level.window.in_channels).collect();
    ends.sort_unstable();
    ends.dedup();
    let (last, inner) = ends.split_last()?;
    let taps = layers.last()?.window.y.taps * layers.last()?.window.x.taps;
    let fills = |end: &usize| end.is_multiple_of(packing.chunk);
    let last_fills = last.is_multiple_of(packing.last) || taps == 1 || inner.is_empty();
    (ends.len() <= MOST_BLOCKS && inner.iter().all(fills) && last_fills).then_some(ends)
}

/// Whether a level consists of the first filters and the first channels of the full network.
fn is_part(level: &Layer, full: &Layer) -> bool {
    let (own, all) = (level.window.in_channels, full.window.in_channels);
    let fits = own <= all && level.folded.filters.len() <= full.folded.filters.len();
    let same_results =
        level.folded.output_offset == full.folded.output_offset && level.folded.limits == full.folded.limits;
    fits && same_results
        && level.folded.filters.iter().zip(&full.folded.filters).all(|(level, full)| {
            let mut taps = level.weights.chunks(own).zip(full.weights.chunks(all));
            level.requant == full.requant
                && level.weights.len() * all == full.weights.len() * own
                && taps.all(|(level, full)| full.starts_with(level))
        })
}
