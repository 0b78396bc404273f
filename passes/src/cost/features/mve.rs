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

/// What the filters left of an incomplete group cost, and those of layers without a complete group.
const LEFT: [&str; 7] = ["", "left_1", "left_2", "left_3", "only_1", "only_2", "only_3"];

/// The filters that are left, for each of `tiles` tiles.
fn left(features: Features, tiles: usize, filters: usize) -> Features {
    match filters % 4 {
        0 => features,
        rest => features.add(LEFT[rest + if filters < 4 { 3 } else { 0 }], tiles),
    }
}

/// `mve/conv2d_s8_mve.c`
pub(super) fn conv2d(window: &Window, finish: Finish) -> Features {
    let pixels = window.batches * window.y.output * window.x.output;
    let tiles = pixels.div_ceil(TILE);
    let inputs = window.y.taps * window.x.taps * window.in_channels;
    let features = left(Features::new(), tiles, window.out_channels);
    let features = products(features, tiles, inputs, window.out_channels, finish)
        .add("single_tile", usize::from(tiles == 1));
    let single = |a: &Axis| a.taps == 1 && a.before == 0 && (a.output - 1) * a.stride < a.input;
    if single(&window.y) && single(&window.x) && window.in_channels.is_multiple_of(4) {
        if window.y.stride == 1 && window.x.stride == 1 {
            return features.add("tile", tiles);
        }
        let divided = |a: &Axis| tiles * usize::from(!a.output.is_power_of_two());
        return features
            .add("strided_tile", tiles)
            .add("divided", divided(&window.x))
            .add("divided_row", divided(&window.y));
    }
    gathered(features.add("gathered_tile", tiles), window)
}

/// Copies of windows: those inside of the image row by row, others with cells of padding.
fn gathered(features: Features, window: &Window) -> Features {
    let (y, x, channels) = (&window.y, &window.x, window.in_channels);
    let vectors = |taps: usize| (taps * channels).div_ceil(16);
    let is_whole = |axis: &Axis, output: usize| axis.inside(output).len() == axis.taps;
    let rows = |of_cut: bool| {
        let outputs = (0..y.output).filter(|&output| !(of_cut && is_whole(y, output)));
        outputs.fold([0, 0, 0], |[windows, inside, outside], output| {
            let rows = y.inside(output).len();
            [windows + 1, inside + rows, outside + y.taps - rows]
        })
    };
    let whole_lines = (0..y.output).filter(|&output| is_whole(y, output)).count();
    let [mut whole, mut cut, mut passes, mut copied, mut filled] = [0; 5];
    for output in 0..x.output {
        let in_place = x.dilation == 1 && is_whole(x, output);
        let [windows, inside, outside] = rows(in_place);
        whole += if in_place { whole_lines } else { 0 };
        cut += windows;
        if x.dilation == 1 {
            let taps = x.inside(output);
            passes += inside + outside;
            copied += inside * vectors(taps.len());
            filled += inside * (vectors(taps.start) + vectors(x.taps - taps.end)) + outside * vectors(x.taps);
        } else {
            let taps = x.inside(output).len();
            passes += (inside + outside) * x.taps;
            copied += inside * taps * vectors(1);
            filled += (inside * (x.taps - taps) + outside * x.taps) * vectors(1);
        }
    }
    let batches = window.batches;
    let [row, vector] =
        if channels.is_multiple_of(4) { ["row", "row_vector"] } else { ["odd_row", "odd_row_vector"] };
    features
        .add("window", batches * (whole + cut))
        .add(row, batches * whole * y.taps)
        .add(vector, batches * whole * y.taps * vectors(x.taps))
        .add("cut_window", batches * cut)
        .add("cut_row", batches * passes)
        .add("copied_vector", batches * copied)
        .add("filled_vector", batches * filled)
}

/// The groups of filters of `tiles` tiles: calls of `redsc_mve_gemm2_s8`.
fn products(features: Features, tiles: usize, inputs: usize, filters: usize, finish: Finish) -> Features {
    let group = match finish {
        Finish::Relu => "group_relu",
        Finish::Linear => "group_linear",
        Finish::General => "group_general",
    };
    let groups = tiles * filters.div_ceil(4);
    let chunks = inputs.div_ceil(16);
    features
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
    left(Features::new(), tiles, filters)
        .add("tile", tiles)
        .add("single_tile", usize::from(tiles == 1))
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
    let odd = usize::from(dense && lines.output % 2 != 0 && steps > 1); // the last step keeps three lines
    Features::new()
        .add("filled_vector", 4 * padded(&positions))
        .add("block", blocks)
        .add(if dense { "step_1" } else { "step_2" }, blocks * steps)
        .add("interleaved_new", blocks * positions.input)
        .add("interleaved_2", blocks * (steps - 1 - odd) * positions.input)
        .add("interleaved_3", blocks * odd * positions.input)
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
    let copied = rows * usize::from(rows > 1 && !depth.is_multiple_of(4));
    let group = match finish {
        Finish::Relu => "group_relu",
        Finish::Linear => "group_linear",
        Finish::General => "group_general",
    };
    let groups = rows * channels.div_ceil(4);
    let chunks = depth.div_ceil(16);
    left(Features::new(), rows, channels)
        .add("row", rows)
        .add("single_row", usize::from(rows == 1))
        .add("copied_row", copied)
        .add("copied_vector", copied * chunks)
        .add(group, groups)
        .add("odd_chunk", groups * (chunks % 2))
        .add("chunk_pair", groups * (chunks / 2))
        .add("chunk_turn", groups * (chunks / 2).div_ceil(4))
}
