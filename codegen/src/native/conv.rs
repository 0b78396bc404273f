//! Convolutions as tiles of products.

use redsc_ir::ops::{Conv2d, DepthwiseConv2d, TransposeConv2d};
use redsc_ir::params::conv::{ConvParams, TransposeConvParams};
use redsc_ir::params::mac::MacArithmetic;
use redsc_ir::params::window::{Axis, Window};

use super::depthwise;
use super::mac::dot::Dot;
use super::mac::pack::{Packing, Weights};
use super::mac::stage::{Frame, stage};
use super::mac::tile::{Dim, Grid};
use super::mac::{self, Mac};
use super::unit::Layer;

/// 2-D convolution.
pub(super) fn conv2d(op: &Conv2d, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = ConvParams::conv2d(op, &layer.site.operands(), layer.site.result(0)?)?;
    let window = &params.window;
    let dot = mac::choose_dot(layer, &params.arithmetic)?;
    let frame = frame(window, 1);
    let source = stage(layer, &frame, dot, &params.arithmetic)?;
    let elem = layer.site.result(0)?.elem;
    let packing = taps(&params, &frame);
    let (x, y) = (dot.factor_bytes(), window.out_channels * elem.bytes());
    let grid = Grid {
        batches: Dim {
            count: window.batches,
            x_step: frame.elements() * x,
            y_step: window.y.output * window.x.output * y,
        },
        rows: Dim {
            count: window.y.output,
            x_step: window.y.stride * frame.row() * x,
            y_step: window.x.output * y,
        },
        columns: Dim { count: window.x.output, x_step: window.x.stride * frame.pixel() * x, y_step: y },
        channels: params.filters_per_group,
        elem,
        y_start: 0,
    };
    let weights = weights(layer, &params.arithmetic)?;
    let grid = flattened(grid, window, &frame);
    mac::emit(layer, &Mac { arithmetic: &params.arithmetic, dot, packing, weights, grid }, source)
}

/// Depthwise 2-D convolution.
pub(super) fn depthwise(op: &DepthwiseConv2d, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = ConvParams::depthwise(op, &layer.site.operands(), layer.site.result(0)?)?;
    depthwise::emit(layer, &params)
}

/// The weights of a layer: operand 1.
pub(super) fn weights<'a>(layer: &Layer<'_, 'a>, arithmetic: &MacArithmetic) -> Result<Weights<'a>, String> {
    let offset = match arithmetic {
        MacArithmetic::Quantized(q) => q.weights_offset,
        MacArithmetic::Float { .. } => 0,
    };
    Ok(Weights { constant: layer.site.constant(1), elem: layer.site.input(1)?.elem, offset })
}

/// The cells that the windows of all results see.
pub(super) fn frame(window: &Window, copies: usize) -> Frame {
    let extent = |axis: &Axis| axis.output.saturating_sub(1) * axis.stride + axis.span();
    Frame {
        batches: window.batches,
        image: [window.y.input, window.x.input],
        channels: window.in_channels,
        before: [window.y.before, window.x.before],
        // Cells that no window sees stay, so that an image without borders is read as it is.
        size: [
            extent(&window.y).max(window.y.before + window.y.input),
            extent(&window.x).max(window.x.before + window.x.input),
        ],
        copies,
    }
}

/// Rows of taps; neighbouring taps of a row make one run of inputs where nothing lies between them.
fn taps(params: &ConvParams, frame: &Frame) -> Packing {
    let (window, depth) = (params.window, params.filter_channels);
    let (kh, kw) = (window.y.taps, window.x.taps);
    let filters = params.filters_per_group;
    let dense = window.x.dilation == 1 && depth == frame.pixel();
    let (columns, length) = if dense { (1, kw * depth) } else { (kw, depth) };
    let index = move |[group, channel, row, column, k]: [usize; 5]| {
        (((group * filters + channel) * kh + row) * kw + column) * depth + k
    };
    Packing {
        groups: frame.pixel() / depth,
        group_step: depth,
        rows: kh,
        row_step: (window.y.dilation * frame.row()) as i64,
        columns,
        column_step: (window.x.dilation * frame.pixel()) as i64,
        length,
        index: Box::new(index),
    }
}

/// Where windows are single pixels one after another, rows need not end where the image's do: they get the length that
/// tiles fill best.
fn flattened(grid: Grid, window: &Window, frame: &Frame) -> Grid {
    let single = [&window.y, &window.x].iter().all(|axis| axis.taps == 1 && axis.stride == 1);
    if !single || frame.size != [window.y.output, window.x.output] || window.x.output.is_multiple_of(4) {
        return grid;
    }
    let pixels = grid.batches.count * grid.rows.count * grid.columns.count;
    let best =
        (4..=64).rev().filter(|columns| columns % 4 == 0).find(|&columns| pixels.is_multiple_of(columns));
    let columns = best.unwrap_or(pixels);
    let rows = Dim {
        count: pixels / columns,
        x_step: columns * grid.columns.x_step,
        y_step: columns * grid.columns.y_step,
    };
    Grid { batches: Dim::ONCE, rows, columns: Dim { count: columns, ..grid.columns }, ..grid }
}

/// Transposed 2-D convolution. The results whose coordinates leave the same rest when divided by the stride see the
/// same taps; each such phase is an ordinary convolution.
pub(super) fn transpose_conv2d(op: &TransposeConv2d, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = TransposeConvParams::new(op, &layer.site.operands(), layer.site.result(0)?)?;
    let window = &params.window;
    let dot = mac::choose_dot(layer, &params.arithmetic)?;
    let [y_phases, x_phases] = [&window.y, &window.x].map(phases);
    let frame = around(window, &y_phases, &x_phases);
    let source = stage(layer, &frame, dot, &params.arithmetic)?;
    for y in &y_phases {
        for x in &x_phases {
            phase(layer, &params, dot, &frame, source, [y, x])?;
        }
    }
    Ok(())
}

/// The results of one rest along one axis.
struct Phase {
    /// First result, and how many there are, one stride apart.
    first: usize,
    count: usize,
    /// The taps they see, in the order of the inputs that these meet, and the input of the first result at the first.
    taps: Vec<usize>,
    origin: isize,
}

fn phases(axis: &Axis) -> Vec<Phase> {
    let phase = |first: usize| {
        let count = axis.input.saturating_sub(first).div_ceil(axis.stride);
        let place = first + axis.before;
        let mut taps: Vec<usize> = (place % axis.stride..axis.taps).step_by(axis.stride).collect();
        taps.reverse();
        let origin = taps.first().map_or(0, |&tap| (place as isize - tap as isize) / axis.stride as isize);
        Phase { first, count, taps, origin }
    };
    (0..axis.stride.min(axis.input)).map(phase).collect()
}

/// The operand with borders so wide that every tap of every phase meets a cell.
fn around(window: &Window, y: &[Phase], x: &[Phase]) -> Frame {
    let cells = |phases: &[Phase], input: usize| {
        let before = phases.iter().map(|phase| (-phase.origin).max(0) as usize).max().unwrap_or(0);
        let end = |phase: &Phase| phase.origin + (phase.count + phase.taps.len()) as isize - 1;
        let end = phases.iter().map(end).max().unwrap_or(0).max(input as isize) as usize;
        (before, before + end)
    };
    let (above, height) = cells(y, window.y.output);
    let (left, width) = cells(x, window.x.output);
    Frame {
        batches: window.batches,
        image: [window.y.output, window.x.output],
        channels: window.out_channels,
        before: [above, left],
        size: [height, width],
        copies: 1,
    }
}

fn phase(
    layer: &mut Layer<'_, '_>,
    params: &TransposeConvParams,
    dot: Dot,
    frame: &Frame,
    source: mac::Source,
    [y, x]: [&Phase; 2],
) -> Result<(), String> {
    let window = &params.window;
    let elem = layer.site.result(0)?.elem;
    let (width, pixel) = (dot.factor_bytes(), window.in_channels * elem.bytes());
    let (kh, kw, depth) = (window.y.taps, window.x.taps, window.out_channels);
    let (rows, columns) = (y.taps.clone(), x.taps.clone());
    let index = move |[_, channel, row, column, k]: [usize; 5]| {
        ((channel * kh + rows[row]) * kw + columns[column]) * depth + k
    };
    let packing = Packing {
        groups: 1,
        group_step: 0,
        rows: y.taps.len(),
        row_step: frame.row() as i64,
        columns: x.taps.len(),
        column_step: frame.pixel() as i64,
        length: depth,
        index: Box::new(index),
    };
    let line = window.x.input * pixel;
    let grid = Grid {
        batches: Dim {
            count: window.batches,
            x_step: frame.elements() * width,
            y_step: window.y.input * line,
        },
        rows: Dim { count: y.count, x_step: frame.row() * width, y_step: window.y.stride * line },
        columns: Dim { count: x.count, x_step: frame.pixel() * width, y_step: window.x.stride * pixel },
        channels: window.in_channels,
        elem,
        y_start: y.first * line + x.first * pixel,
    };
    let weights = weights(layer, &params.arithmetic)?;
    let start = |phase: &Phase, before: usize| (before as isize + phase.origin).max(0) as usize;
    let corner =
        (start(y, frame.before[0]) * frame.row() + start(x, frame.before[1]) * frame.pixel()) * width;
    let mac = Mac { arithmetic: &params.arithmetic, dot, packing, weights, grid };
    mac::emit_at(layer, &mac, source, corner)
}
