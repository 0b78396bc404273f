//! The portable kernels whose windows slide over images: `runtime-c/src/ref`, convolutions and pools.

use redsc_ir::params::window::{Axis, Window};

use super::super::geometry::inside;
use super::Features;

/// Convolutions of any geometry: `conv2d_*.c`.
pub(super) fn conv2d(window: &Window, filter_channels: usize) -> Features {
    let (taps, inside) = taps(window);
    let filters = window.out_channels as f64;
    pixels(window)
        .add("kernel_row", pixel_count(window) * filters * window.y.taps as f64)
        .add("tap", taps * filters)
        .add("inside", inside * filters)
        .add("product", inside * filters * filter_channels as f64)
        .add("outside_product", (taps - inside) * filters * filter_channels as f64)
}

/// Depthwise convolutions of any geometry: `depthwise_conv2d_*.c`.
pub(super) fn depthwise(window: &Window) -> Features {
    let (taps, inside) = taps(window);
    let filters = window.out_channels as f64;
    pixels(window)
        .add("kernel_row", pixel_count(window) * filters * window.y.taps as f64)
        .add("tap", taps * filters)
        .add("inside", inside * filters)
}

/// Transposed convolutions: `transpose_conv2d_*.c`. The window slides over the result.
pub(super) fn transpose_conv2d(window: &Window) -> Features {
    let pixels = (window.batches * window.y.input * window.x.input * window.in_channels) as f64;
    let channels = window.in_channels as f64 * window.batches as f64;
    let (y, x) = (reached(&window.y), reached(&window.x));
    let both = inside(&window.y) * inside(&window.x) * channels;
    Features::new()
        .add("pixel", window.batches * window.y.input * window.x.input)
        .add("result", pixels)
        .add("kernel_row", y * window.x.input as f64 * channels)
        .add("tap", y * x * channels)
        .add("inside", both)
        .add("product", both * window.out_channels as f64)
}

/// Pools: `average_pool2d*.c`, `max_pool2d*.c`. The compiler drops what a geometry does not need.
pub(super) fn pool2d(window: &Window, elem: &'static str) -> Features {
    let pixels_of_image = window.y.output * window.x.output;
    let cells = inside(&window.y) * inside(&window.x);
    let whole = cells == (pixels_of_image * window.y.taps * window.x.taps) as f64;
    let geometry = match (window.y.taps * window.x.taps, pixels_of_image) {
        (1, _) => "point",
        (_, 1) if whole => "global",
        _ if whole => "inside",
        _ => "padded",
    };
    let variant = format!("{elem}.{geometry}");
    let channels = (window.batches * window.in_channels) as f64;
    let cells = inside(&window.y) * inside(&window.x) * channels;
    pixels(window)
        .variant(&variant)
        .add("window_row", inside(&window.y) * window.x.output as f64 * channels)
        .add("cell", cells)
}

/// Resizing: pixels of the result, each with all channels.
pub(super) fn resize(pixels: usize, rows: usize, channels: usize, variant: String) -> Features {
    Features::new().variant(&variant).add("row", rows).add("pixel", pixels).add("element", pixels * channels)
}

fn pixel_count(window: &Window) -> f64 {
    (window.batches * window.y.output * window.x.output) as f64
}

fn pixels(window: &Window) -> Features {
    let pixels = pixel_count(window);
    Features::new().add("pixel", pixels).add("result", pixels * window.out_channels as f64)
}

/// Taps of all windows, and those of them that lie inside of the image.
fn taps(window: &Window) -> (f64, f64) {
    let all = pixel_count(window) * (window.y.taps * window.x.taps) as f64;
    (all, window.batches as f64 * inside(&window.y) * inside(&window.x))
}

/// Taps that the cells of the window's input try: those that a step reaches.
fn reached(axis: &Axis) -> f64 {
    let tries = |cell: usize| {
        let first = (cell + axis.before) % axis.stride;
        let end = axis.taps.min(cell + axis.before + 1);
        end.saturating_sub(first).div_ceil(axis.stride) as f64
    };
    (0..axis.input).map(tries).sum()
}
