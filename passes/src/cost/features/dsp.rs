//! The kernels for Arm's DSP extension: `runtime-c/src/dsp`.

use redsc_ir::params::folded::Finish;
use redsc_ir::params::lines::{Lines, TOGETHER_DSP};
use redsc_ir::params::window::{Axis, Window};

use super::super::geometry::Copies;
use super::Features;

/// Pixels of a tile.
const TILE: usize = 3;

/// `dsp/conv2d_s8_dsp.c`
pub(super) fn conv2d(window: &Window, finish: Finish) -> Features {
    let pixels = window.batches * window.y.output * window.x.output;
    let tiles = pixels.div_ceil(TILE);
    let row = window.x.taps * window.in_channels;
    let inputs = window.y.taps * row;
    let quads = inputs.div_ceil(4);
    let single = |a: &Axis| a.taps == 1 && a.stride == 1 && a.input == a.output;
    let features = products(Features::new(), tiles, quads, window.out_channels, finish)
        .add("single_tile", usize::from(tiles == 1));
    if single(&window.y) && single(&window.x) {
        return widen(features.add("tile", tiles), tiles, inputs);
    }
    let by_rows = row.is_multiple_of(4);
    let contiguous = window.x.dilation == 1 || window.x.taps == 1;
    let features = copies(features, window, tiles * TILE - pixels, by_rows && contiguous)
        .add("gathered_tile", tiles)
        .add(if by_rows { "found_window" } else { "gathered_window" }, tiles * TILE)
        .add("divided", tiles * TILE * usize::from(!window.x.output.is_power_of_two()))
        .add("divided_row", tiles * TILE * usize::from(!window.y.output.is_power_of_two()))
        .add("single_row", tiles * TILE * usize::from(window.y.output == 1))
        .add("single_column", tiles * TILE * usize::from(window.x.output == 1));
    if by_rows {
        widen(features.add("kernel_row", tiles * window.y.taps), tiles * window.y.taps, row)
    } else {
        widen(features, tiles, inputs)
    }
}

/// Copies of windows into patches. The first window of the last tile stands for those that are `missing`.
fn copies(features: Features, window: &Window, missing: usize, whole_in_place: bool) -> Features {
    let pixels = window.batches * window.y.output * window.x.output;
    let last = Copies::one(window, (pixels - 1) / TILE * TILE);
    let in_place = whole_in_place && last.rows_whole == window.y.taps as f64;
    let last = if in_place { Copies::default() } else { last };
    let copied = if whole_in_place { Copies::of_cut_windows(window) } else { Copies::all(window) };
    let copied = copied.plus(last.scaled(missing as f64));
    let channels = window.in_channels;
    let cells = copied.rows_whole * window.x.taps as f64 + copied.cells_inside;
    features
        .add("copied_window", copied.windows)
        .add("copied_row", copied.rows_whole + copied.rows_cut)
        .add("filled_row", copied.rows_outside)
        .add("copied_cell", cells)
        .add("copied_word", cells * (channels / 4) as f64)
        .add("copied_byte", cells * (channels % 4) as f64)
        .add("filled_cell", copied.cells_outside)
        .add(
            "filled_byte",
            copied.cells_outside * channels as f64 + copied.rows_outside * (window.x.taps * channels) as f64,
        )
}

/// `calls` calls of `redsc_dsp_widen3` with `bytes` bytes.
fn widen(features: Features, calls: usize, bytes: usize) -> Features {
    features.add("widen", calls).add("widened_quad", calls * (bytes / 4)).add(
        ["", "widened_1", "widened_2", "widened_3"][bytes % 4],
        if bytes.is_multiple_of(4) { 0 } else { calls },
    )
}

/// `tiles` calls of `redsc_dsp_gemm3_s8`.
fn products(features: Features, tiles: usize, quads: usize, filters: usize, finish: Finish) -> Features {
    let pairs = filters.div_ceil(2);
    let odd = filters % 2;
    let [tile, pair, last] = match finish {
        Finish::Relu => ["gemm_relu", "pair_relu", "odd_relu"],
        Finish::Linear => ["gemm_linear", "pair_linear", "odd_linear"],
        Finish::General => ["gemm_general", "pair_general", "odd_general"],
    };
    features
        .add(tile, tiles)
        .add(pair, tiles * pairs)
        .add(last, tiles * odd)
        .add("pair_quad", tiles * pairs * quads)
        .add("pair_turn", tiles * pairs * quads.div_ceil(4))
}

/// `dsp/conv2d_rows_s8_dsp.c`
pub(super) fn conv2d_rows(window: &Window, finish: Finish) -> Features {
    let pixels = window.batches * window.y.output * window.x.output;
    let tiles = pixels.div_ceil(TILE);
    let row = window.x.taps * window.in_channels;
    let quads = row.div_ceil(4);
    let pairs = window.out_channels.div_ceil(2);
    let rows = tiles * window.y.taps;
    let missing = tiles * TILE - pixels;
    let last = Copies::one(window, (pixels - 1) / TILE * TILE);
    let all = Copies::all(window).plus(last.scaled(missing as f64));
    let channels = window.in_channels;
    // Rows whose columns all lie inside are read in place, unless taps are apart.
    let apart = if window.x.dilation == 1 { 0.0 } else { all.rows_whole };
    let cells = all.cells_inside + apart * window.x.taps as f64;
    let outside = all.cells_outside + all.rows_outside * window.x.taps as f64;
    let result = match finish {
        Finish::Relu => "result_relu",
        Finish::Linear => "result_linear",
        Finish::General => "result_general",
    };
    let features = Features::new()
        .add("tile", tiles)
        .add("bias_pair", tiles * pairs)
        .add("kernel_row", rows)
        .add("copied_row", all.rows_cut + all.rows_outside + apart)
        .add("copied_cell", cells)
        .add("copied_word", cells * (channels / 4) as f64)
        .add("copied_byte", cells * (channels % 4) as f64)
        .add("filled_cell", outside)
        .add("filled_byte", outside * channels as f64)
        .add("pair", rows * pairs)
        .add("pair_quad", rows * pairs * quads)
        .add("pair_turn", rows * pairs * quads.div_ceil(4))
        .add(result, tiles * window.out_channels);
    widen(features, rows, row)
}

/// `dsp/depthwise_s8_dsp.c`
pub(super) fn depthwise(window: &Window, finish: Finish) -> Features {
    let Lines { lines, positions, .. } = Lines::new(window, TOGETHER_DSP);
    let padded = Lines::new(window, TOGETHER_DSP).padded_positions(TOGETHER_DSP);
    let channels = window.in_channels;
    let blocks = channels.div_ceil(4);
    let (full, left) = (channels / 4, channels % 4);
    let [widened, filled] = widened_lines(&lines);
    let halves = 2 * full + left.min(2);
    let both = 2 * full + usize::from(left == 3);
    let calls = halves * lines.output;
    let passes = positions.output.div_ceil(TILE);
    let relu = finish == Finish::Relu;
    let square = lines.taps == 3 && positions.taps == 3 && positions.dilation == 1;
    let [call, pass, pair] = match (square, positions.stride, relu) {
        (true, 1, true) => ["3x3_1_relu", "3x3_1_relu_pass", "relu_stored"],
        (true, 1, false) => ["3x3_1_general", "3x3_1_general_pass", "general_stored"],
        (true, 2, true) => ["3x3_2_relu", "3x3_2_relu_pass", "relu_stored"],
        (true, 2, false) => ["3x3_2_general", "3x3_2_general_pass", "general_stored"],
        (_, _, true) => ["any_relu", "any_relu_pass", "any_relu_stored"],
        (_, _, false) => ["any_general", "any_general_pass", "any_general_stored"],
    };
    let overlaps = passes > 1 && !positions.output.is_multiple_of(TILE);
    let features = Features::new()
        .add("single_line", if lines.output == 1 { blocks } else { 0 })
        .add("single_block", usize::from(blocks == 1))
        .add("several_blocks_rest", if left == 0 || blocks == 1 { 0 } else { blocks })
        .add("rounded_line", blocks * (widened + filled) * usize::from(lines.span().is_power_of_two()))
        .add("step_line", if lines.stride > 1 { blocks * lines.output } else { 0 })
        .add("filled_word", 2 * lines.span() * padded + blocks * filled * 2 * positions.input)
        .add("block", blocks)
        .add("line", blocks * lines.output)
        .add("line_tap", blocks * lines.output * lines.taps)
        .add("widened_line", full * widened)
        .add("widened_two", full * widened * (positions.input / 2))
        .add("widened_odd", full * widened * (positions.input % 2))
        .add("filled_line", blocks * filled)
        .add("half", calls)
        .add(call, calls)
        .add(pass, calls * passes)
        .add(pair, both * lines.output * passes)
        .add("overlap", if overlaps && square { calls } else { 0 });
    let tails = if left == 0 { 0 } else { widened };
    let cell = ["", "tail_1", "tail_2", "tail_3"][left];
    let features = features.add("tail_line", tails).add(cell, tails * positions.input);
    if square && positions.stride <= 2 {
        return features;
    }
    features
        .add("any_line", calls * passes * lines.taps)
        .add("any_tap", calls * passes * lines.taps * positions.taps)
}

/// Lines that one block of channels widens, and those outside of the image that it fills.
fn widened_lines(lines: &Axis) -> [usize; 2] {
    let (mut next, mut counts) = (0, [0, 0]);
    for line in 0..lines.output {
        let first = line * lines.stride;
        next = next.max(first);
        while next < first + lines.span() {
            let inside = next >= lines.before && next - lines.before < lines.input;
            counts[usize::from(!inside)] += 1;
            next += 1;
        }
    }
    counts
}

/// `dsp/fully_connected_s8_dsp.c`
pub(super) fn fully_connected(rows: usize, depth: usize, channels: usize, finish: Finish) -> Features {
    let groups = channels.div_ceil(4);
    let quads = depth.div_ceil(4);
    let [row, group, last] = match finish {
        Finish::Relu => ["row_relu", "group_relu", "missing_relu"],
        Finish::Linear => ["row_linear", "group_linear", "missing_linear"],
        Finish::General => ["row_general", "group_general", "missing_general"],
    };
    Features::new()
        .add("several", usize::from(rows > 1))
        .add(row, rows)
        .add(group, rows * groups)
        .add(last, rows * (groups * 4 - channels))
        .add("incomplete", if channels.is_multiple_of(4) { 0 } else { rows })
        .add("group_quad", rows * groups * quads)
        .add("group_turn", rows * groups * quads.div_ceil(4))
        .add("widened_quad", rows * (depth / 4))
        .add(
            ["", "widened_1", "widened_2", "widened_3"][depth % 4],
            if depth.is_multiple_of(4) { 0 } else { rows },
        )
}
