//! The kernels for Arm's vector extension: `runtime-c/src/mve`.

use redsc_ir::params::folded::Finish;
use redsc_ir::params::lines::{Lines, TOGETHER_MVE};
use redsc_ir::params::window::{Axis, Window};

use super::super::geometry::Copies;
use super::Features;

/// Pixels of a tile.
const TILE: usize = 2;

/// Channels of a block of the depthwise kernel.
const BLOCK: usize = 16;

/// `mve/conv2d_s8_mve.c`
pub(super) fn conv2d(window: &Window, finish: Finish) -> Features {
    let pixels = window.batches * window.y.output * window.x.output;
    let tiles = pixels.div_ceil(TILE);
    let inputs = window.y.taps * window.x.taps * window.in_channels;
    let features = products(Features::new(), tiles, inputs, window.out_channels, finish);
    let single = |a: &Axis| a.taps == 1 && a.before == 0 && (a.output - 1) * a.stride < a.input;
    if single(&window.y) && single(&window.x) && window.in_channels.is_multiple_of(4) {
        let stepping = window.y.stride == 1 && window.x.stride == 1;
        return features.add(if stepping { "tile" } else { "strided_tile" }, tiles);
    }
    let last = Copies::one(window, (pixels - 1) / TILE * TILE).scaled((tiles * TILE - pixels) as f64);
    let copied = Copies::all(window).plus(last);
    let (cell, row) = (window.in_channels.div_ceil(16), (window.x.taps * window.in_channels).div_ceil(16));
    let (whole, apart) =
        if window.x.dilation == 1 { (copied.rows_whole, 0.0) } else { (0.0, copied.rows_whole) };
    let cells_inside = copied.cells_inside + apart * window.x.taps as f64;
    features
        .add("gathered_tile", tiles)
        .add("copied_window", copied.windows)
        .add("filled_row", copied.rows_outside)
        .add("copied_row", whole)
        .add("cut_row", copied.rows_cut + apart)
        .add("copied_cell", cells_inside)
        .add("filled_cell", copied.cells_outside)
        .add("copied_vector", whole * row as f64 + cells_inside * cell as f64)
        .add("filled_vector", copied.rows_outside * row as f64 + copied.cells_outside * cell as f64)
}

/// `tiles` pairs of calls of `redsc_mve_gemm2_s8`: of all complete groups of filters, and of what is left.
fn products(features: Features, tiles: usize, inputs: usize, filters: usize, finish: Finish) -> Features {
    let group = match finish {
        Finish::Relu => "group_relu",
        Finish::Linear => "group_linear",
        Finish::General => "group_general",
    };
    let calls = tiles * usize::from(filters >= 4);
    let rest = tiles * usize::from(!filters.is_multiple_of(4));
    let groups = tiles * filters.div_ceil(4);
    let chunks = inputs.div_ceil(16);
    features
        .add("gemm", calls + rest)
        .add("rest", rest)
        .add("rest_filter", tiles * (filters % 4))
        .add(group, groups)
        .add("odd_chunk", groups * (chunks % 2))
        .add("chunk_pair", groups * (chunks / 2))
        .add("chunk_turn", groups * (chunks / 2).div_ceil(4))
}

/// `mve/conv2d_rows_s8_mve.c`
pub(super) fn conv2d_rows(window: &Window, finish: Finish) -> Features {
    let pixels = window.batches * window.y.output * window.x.output;
    let tiles = pixels.div_ceil(TILE);
    let filters = window.out_channels;
    let groups = filters.div_ceil(4);
    let rows = tiles * window.y.taps;
    let chunks = (window.x.taps * window.in_channels).div_ceil(16);
    let last = Copies::one(window, (pixels - 1) / TILE * TILE).scaled((tiles * TILE - pixels) as f64);
    let all = Copies::all(window).plus(last);
    let apart = if window.x.dilation == 1 { 0.0 } else { all.rows_whole };
    let inside = all.cells_inside + apart * window.x.taps as f64;
    let outside = all.cells_outside + all.rows_outside * window.x.taps as f64;
    let cell = window.in_channels.div_ceil(16) as f64;
    let finished = match finish {
        Finish::Relu => "finished_relu",
        Finish::Linear => "finished_linear",
        Finish::General => "finished_general",
    };
    let rest = tiles * usize::from(!filters.is_multiple_of(4));
    Features::new()
        .add("tile", tiles)
        .add("cleared_group", tiles * groups)
        .add("kernel_row", rows)
        .add("copied_row", all.rows_cut + all.rows_outside + apart)
        .add("copied_cell", inside)
        .add("filled_cell", outside)
        .add("copied_vector", inside * cell)
        .add("filled_vector", outside * cell)
        .add("group", rows * groups)
        .add("odd_chunk", rows * groups * (chunks % 2))
        .add("chunk_pair", rows * groups * (chunks / 2))
        .add("chunk_turn", rows * groups * (chunks / 2).div_ceil(4))
        .add(finished, tiles * groups)
        .add("finish", tiles * usize::from(filters >= 4) + rest)
        .add("rest", rest)
        .add("rest_filter", tiles * (filters % 4))
}

/// `mve/depthwise_s8_mve.c`
pub(super) fn depthwise(window: &Window, finish: Finish) -> Features {
    let Lines { lines, positions, .. } = Lines::new(window, TOGETHER_MVE);
    let dense = positions.stride == 1;
    let channels = window.in_channels;
    let blocks = channels.div_ceil(BLOCK);
    let together = if dense { 2 } else { 1 };
    let steps = lines.output.div_ceil(together);
    let [channel, vector] = match (dense, finish) {
        (true, Finish::Relu) => ["channel_1_relu", "vector_1_relu"],
        (true, Finish::Linear) => ["channel_1_linear", "vector_1_linear"],
        (true, Finish::General) => ["channel_1_general", "vector_1_general"],
        (false, Finish::Relu) => ["channel_2_relu", "vector_2_relu"],
        (false, Finish::Linear) => ["channel_2_linear", "vector_2_linear"],
        (false, Finish::General) => ["channel_2_general", "vector_2_general"],
    };
    let vectors = if dense { positions.output / 2 } else { positions.output.div_ceil(4) };
    let overlap = usize::from(dense && positions.output % 2 != 0);
    Features::new()
        .add("filled_vector", 4 * padded(&positions))
        .add("block", blocks)
        .add(if dense { "step_1" } else { "step_2" }, blocks * steps)
        .add("interleaved", blocks * steps * positions.input)
        .add("overlap", blocks * steps * overlap)
        .add(channel, channels * steps * (1 + overlap))
        .add(vector, channels * steps * (vectors + overlap))
}

/// Padded positions of the interleaved lines.
fn padded(axis: &Axis) -> usize {
    let windows = match axis.stride {
        1 => axis.output + 2,
        _ => 2 * axis.output.next_multiple_of(4) + 2,
    };
    windows.max(axis.before + axis.input)
}

/// `mve/fully_connected_s8_mve.c`
pub(super) fn fully_connected(rows: usize, depth: usize, channels: usize, finish: Finish) -> Features {
    let copied = rows > 1 && !depth.is_multiple_of(4);
    let features = Features::new().add("row", rows).add("copied_byte", if copied { rows * depth } else { 0 });
    let group = match finish {
        Finish::Relu => "group_relu",
        Finish::Linear => "group_linear",
        Finish::General => "group_general",
    };
    let groups = rows * channels.div_ceil(4);
    let chunks = depth.div_ceil(16);
    let rest = usize::from(!channels.is_multiple_of(4));
    features
        .add("copied_row", if copied { rows } else { 0 })
        .add("gemv", rows * (usize::from(channels >= 4) + rest))
        .add("rest", rows * rest)
        .add("rest_filter", rows * (channels % 4))
        .add(group, groups)
        .add("odd_chunk", groups * (chunks % 2))
        .add("chunk_pair", groups * (chunks / 2))
        .add("chunk_turn", groups * (chunks / 2).div_ceil(4))
}
