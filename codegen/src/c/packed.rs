//! Layers whose kernels stream one array of packed constants: `(x, w, y, scratch, p)`.

use redsc_ir::kernels::Kernel;
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::{FilterOrder, Finish, FoldedLayer};
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::lines::{Lines, TOGETHER_DSP, TOGETHER_MVE};
use redsc_ir::params::mac::MacArithmetic;
use redsc_ir::params::wide::WideLayer;
use redsc_ir::params::window::{Axis, Window};
use redsc_ir::{Data, ElemType, Op};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::conv;
use super::site::Site;
use crate::pack;

/// Packs a layer of 16-bit codes.
type PackWide = fn(&WideLayer) -> Vec<u32>;

/// The call of a convolution of 16-bit codes; `None` if the node's kernel is another one.
fn wide(site: &Site<'_>, arithmetic: &MacArithmetic, window: &Window) -> Result<Option<Vec<Call>>, String> {
    use FilterOrder::{Columns, Rows};
    let (pack, order): (PackWide, _) = match site.kernel() {
        Kernel::Conv2dS16Dsp => (pack::wide_dsp, Rows),
        Kernel::Conv2dS16Mve => (pack::wide_mve, Rows),
        Kernel::DepthwiseS16Dsp => (pack::wide_channels_dsp, Columns),
        Kernel::DepthwiseS16Mve => (pack::wide_channels_mve, Columns),
        _ => return Ok(None),
    };
    let layer = WideLayer::new(&site.operands(), arithmetic, order);
    let layer = layer.ok_or_else(|| format!("`{}` cannot run this layer", site.kernel().symbol()))?;
    let [low, high] = layer.limits;
    let shape = Struct::new("redsc_packed_conv2d_t").nested("window", conv::window(window));
    Ok(Some(site.call(args(pack(&layer)), shape.int("low", low).int("high", high))))
}

/// The call of a convolution; `None` if the node's kernel takes its constants apart.
pub(super) fn conv2d(site: &Site<'_>, params: &ConvParams) -> Result<Option<Vec<Call>>, String> {
    if let Some(calls) = wide(site, &params.arithmetic, &params.window)? {
        return Ok(Some(calls));
    }
    let (Some(pack), MacArithmetic::Quantized(quantized)) = (packing(site.kernel()), &params.arithmetic)
    else {
        return Ok(None);
    };
    let order = match site.node.op {
        Op::DepthwiseConv2d(_) => FilterOrder::Columns,
        _ => FilterOrder::Rows,
    };
    let layer = folded(site, &params.arithmetic, order)?;
    let row = params.window.x.taps * params.filter_channels;
    let shape = convolution(site, &params.window).int("pad_value", quantized.pad_value);
    Ok(Some(site.call(args(pack(&layer, row)), finished(shape, &layer, layer.finish()))))
}

/// The call of a fully connected layer; `None` if the node's kernel takes its constants apart.
pub(super) fn fully_connected(
    site: &Site<'_>,
    params: &FullyConnectedParams,
) -> Result<Option<Vec<Call>>, String> {
    if let Some(calls) = wide(site, &params.arithmetic, &params.as_window())? {
        return Ok(Some(calls));
    }
    let Some(pack) = packing(site.kernel()) else { return Ok(None) };
    let layer = folded(site, &params.arithmetic, FilterOrder::Rows)?;
    if !matches!(site.kernel(), Kernel::FullyConnectedS8Dsp | Kernel::FullyConnectedS8Mve) {
        let shape = convolution(site, &params.as_window()).int("pad_value", 0);
        return Ok(Some(
            site.call(args(pack(&layer, params.depth)), finished(shape, &layer, layer.finish())),
        ));
    }
    let shape = Struct::new("redsc_packed_fully_connected_t")
        .int("rows", params.rows)
        .int("in_c", params.depth)
        .int("out_c", params.channels);
    Ok(Some(site.call(args(pack(&layer, params.depth)), finished(shape, &layer, layer.finish()))))
}

/// The call of a depthwise convolution; `None` if the node's kernel takes its constants apart.
pub(super) fn depthwise(site: &Site<'_>, params: &ConvParams) -> Result<Option<Vec<Call>>, String> {
    if !matches!(site.kernel(), Kernel::DepthwiseS8Dsp | Kernel::DepthwiseS8Mve) {
        return conv2d(site, params);
    }
    depthwise_with(site, params, folded(site, &params.arithmetic, FilterOrder::Columns)?)
}

/// How a depthwise kernel goes through a layer.
pub(super) fn lines(kernel: Kernel, window: &Window) -> Lines {
    Lines::new(window, if kernel == Kernel::DepthwiseS8Mve { TOGETHER_MVE } else { TOGETHER_DSP })
}

/// The call of a depthwise convolution with the first filters of a layer.
pub(super) fn depthwise_with(
    site: &Site<'_>,
    params: &ConvParams,
    mut layer: FoldedLayer,
) -> Result<Option<Vec<Call>>, String> {
    let MacArithmetic::Quantized(quantized) = &params.arithmetic else { return Ok(None) };
    let lines = lines(site.kernel(), &params.window);
    for filter in &mut layer.filters {
        filter.weights = in_lines(&filter.weights, &lines, params);
    }
    let (words, finish) = match site.kernel() {
        Kernel::DepthwiseS8Mve => (pack::channel_cells(&layer, lines.positions.taps), layer.finish()),
        _ => (pack::channel_pairs(&layer), pack::channel_pairs_finish(&layer)),
    };
    let shape = lines_struct(&lines, params.window.in_channels).int("pad_value", quantized.pad_value);
    Ok(Some(site.call(args(words), finished(shape, &layer, finish))))
}

/// Where the taps of a convolution lie. Vector kernels read pixels in place if they are aligned.
fn convolution(site: &Site<'_>, window: &Window) -> Struct {
    let single = |a: &Axis| a.taps == 1 && a.before == 0 && a.output.saturating_sub(1) * a.stride < a.input;
    let next = |a: &Axis| a.stride == 1 && a.input == a.output;
    let aligned = site.kernel() != Kernel::Conv2dS8Mve || window.in_channels.is_multiple_of(4);
    let reads = match [&window.y, &window.x] {
        axes if !aligned || !axes.iter().all(|a| single(a)) => "REDSC_READ_WINDOWS",
        axes if axes.iter().all(|a| next(a)) => "REDSC_READ_PIXELS",
        _ => "REDSC_READ_STRIDED",
    };
    Struct::new("redsc_packed_conv2d_t").nested("window", conv::window(window)).word("reads", reads)
}

/// Packs a layer; the number is that of the inputs in a kernel row.
type Packing = fn(&FoldedLayer, usize) -> Vec<u32>;

/// How a kernel of dot products wants its constants.
fn packing(kernel: Kernel) -> Option<Packing> {
    match kernel {
        Kernel::Conv2dS8Dsp => Some(|layer, _| pack::filter_pairs(layer)),
        Kernel::FullyConnectedS8Dsp => Some(|layer, _| pack::filter_pairs_by_two(layer)),
        Kernel::FullyConnectedS8Mve => Some(|layer, _| pack::filter_chunks_shared(layer)),
        Kernel::Conv2dS8Mve => Some(|layer, _| pack::filter_chunks(layer)),
        Kernel::Conv2dRowsS8Dsp => Some(pack::filter_pair_rows),
        Kernel::Conv2dRowsS8Mve => Some(pack::filter_chunk_rows),
        _ => None,
    }
}

fn args(words: Vec<u32>) -> Vec<Arg> {
    let array = Array { elem: ElemType::U32, data: Data::from_slice(&words) };
    vec![Arg::operand("x", 0), Arg::constant("w", array), Arg::result("y", 0), Arg::scratch()]
}

/// Adds what happens to sums.
pub(super) fn finished(shape: Struct, layer: &FoldedLayer, finish: Finish) -> Struct {
    let finish = match finish {
        Finish::Relu => "REDSC_FINISH_RELU",
        Finish::Linear => "REDSC_FINISH_LINEAR",
        Finish::General => "REDSC_FINISH_GENERAL",
    };
    limited(shape.word("finish", finish), layer)
}

/// Adds the zero point and the limits of results.
pub(super) fn limited(shape: Struct, layer: &FoldedLayer) -> Struct {
    let [low, high] = layer.limits;
    shape.int("zero", layer.output_offset).int("low", low).int("high", high)
}

pub(super) fn folded(
    site: &Site<'_>,
    arithmetic: &MacArithmetic,
    order: FilterOrder,
) -> Result<FoldedLayer, String> {
    FoldedLayer::new(&site.operands(), arithmetic, order)
        .ok_or_else(|| format!("`{}` cannot run this layer", site.kernel().symbol()))
}

/// The taps of one channel line by line.
fn in_lines(taps: &[i8], lines: &Lines, params: &ConvParams) -> Vec<i8> {
    if lines.lines == params.window.y && lines.positions == params.window.x {
        return taps.to_vec();
    }
    let (rows, columns) = (params.window.y.taps, params.window.x.taps);
    (0..columns).flat_map(|x| (0..rows).map(move |y| taps[y * columns + x])).collect()
}

fn lines_struct(lines: &Lines, channels: usize) -> Struct {
    let (line, position) = (&lines.lines, &lines.positions);
    Struct::new("redsc_packed_depthwise_t")
        .int("channels", channels)
        .int("in_lines", line.input)
        .int("in_positions", position.input)
        .int("out_lines", line.output)
        .int("out_positions", position.output)
        .int("x_line", lines.line_bytes[0])
        .int("x_position", lines.position_bytes[0])
        .int("y_line", lines.line_bytes[1])
        .int("y_position", lines.position_bytes[1])
        .int("window_lines", line.taps)
        .int("window_positions", position.taps)
        .int("stride_lines", line.stride)
        .int("stride_positions", position.stride)
        .int("dilation_lines", line.dilation)
        .int("dilation_positions", position.dilation)
        .int("pad_lines", line.before)
        .int("pad_positions", position.before)
}
