//! Layers whose kernels stream one array of packed constants.

use redsc_ir::kernels::Kernel;
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::{FilterOrder, FoldedLayer};
use redsc_ir::params::lines::{Lines, TOGETHER_DSP, TOGETHER_MVE};
use redsc_ir::params::mac::{MacArithmetic, MacQuantized};
use redsc_ir::{Data, ElemType, Op};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::site::Site;
use crate::pack;

/// The arguments of a kernel that takes packed constants; `None` if the node's kernel takes them apart.
pub(super) fn args(site: &Site<'_>, arithmetic: &MacArithmetic) -> Result<Option<Vec<Arg>>, String> {
    let pack = match site.kernel() {
        Kernel::Conv2dS8Dsp => pack::filter_pairs,
        Kernel::FullyConnectedS8Dsp => pack::filter_pairs_by_two,
        Kernel::Conv2dS8Mve | Kernel::FullyConnectedS8Mve => pack::filter_chunks,
        _ => return Ok(None),
    };
    let order = match site.node.op {
        Op::DepthwiseConv2d(_) => FilterOrder::Columns,
        _ => FilterOrder::Rows,
    };
    Ok(Some(packed_args(pack(&folded(site, arithmetic, order)?))))
}

/// The call of a depthwise kernel that works on lines; `None` if the node's kernel is another one.
pub(super) fn depthwise(site: &Site<'_>, params: &ConvParams) -> Result<Option<Vec<Call>>, String> {
    let together = match site.kernel() {
        Kernel::DepthwiseS8Dsp => TOGETHER_DSP,
        Kernel::DepthwiseS8Mve => TOGETHER_MVE,
        _ => return Ok(None),
    };
    let MacArithmetic::Quantized(quantized) = &params.arithmetic else { return Ok(None) };
    let lines = Lines::new(&params.window, together);
    let mut layer = folded(site, &params.arithmetic, FilterOrder::Columns)?;
    for filter in &mut layer.filters {
        filter.weights = in_lines(&filter.weights, &lines, params);
    }
    let args = packed_args(match site.kernel() {
        Kernel::DepthwiseS8Mve => pack::channel_cells(&layer, lines.positions.taps),
        _ => pack::channel_pairs(&layer),
    });
    Ok(Some(site.call(args, lines_struct(&lines, params.window.in_channels, quantized))))
}

fn packed_args(words: Vec<u32>) -> Vec<Arg> {
    let array = Array { elem: ElemType::U32, data: Data::from_slice(&words) };
    vec![Arg::operand("x", 0), Arg::constant("w", array), Arg::result("y", 0), Arg::scratch()]
}

fn folded(site: &Site<'_>, arithmetic: &MacArithmetic, order: FilterOrder) -> Result<FoldedLayer, String> {
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

fn lines_struct(lines: &Lines, channels: usize, quantized: &MacQuantized) -> Struct {
    let (line, position) = (&lines.lines, &lines.positions);
    Struct::new("redsc_depthwise_lines_t")
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
        .int("pad_value", quantized.pad_value)
        .int("output_offset", quantized.output_offset)
        .int("act_min", quantized.act_min)
        .int("act_max", quantized.act_max)
}
