//! The kernels of real numbers for cores with an FPU: `runtime-c/src/fpu`.

use redsc_ir::params::window::{Axis, Window};

use super::Features;

/// Channels of a block of the depthwise kernel.
const BLOCK: usize = 8;

/// `fpu/conv2d_f32_fpu.c`
pub(super) fn conv2d(window: &Window) -> Features {
    let (groups, left) = (window.out_channels / 4, window.out_channels % 4);
    let pixels = window.batches * window.y.output * window.x.output;
    let channels = window.in_channels;
    let columns = |of: &dyn Fn(usize) -> usize| -> usize {
        let inside = (0..window.x.output).map(|output| window.x.inside(output).len());
        match window.x.dilation {
            1 => inside.map(|taps| of(taps * channels)).sum(),
            _ => inside.map(|taps| taps * of(channels)).sum(),
        }
    };
    let rows = window.batches * inside(&window.y);
    let runs = rows * columns(&|inputs| usize::from(inputs > 0));
    Features::new()
        .add("pixel", pixels)
        .add("group", pixels * groups)
        .add("kernel_row", pixels * groups * window.y.taps)
        .add("run", runs * groups)
        .add("quad", rows * columns(&|inputs| inputs / 4) * groups)
        .add("odd", rows * columns(&|inputs| inputs % 4) * groups)
        .add("single", pixels * left)
        .add("single_row", pixels * left * window.y.taps)
        .add("single_run", runs * left)
        .add("single_product", rows * columns(&|inputs| inputs) * left)
}

/// `fpu/depthwise_f32_fpu.c`
pub(super) fn depthwise(window: &Window) -> Features {
    let (blocks, left) = (window.in_channels / BLOCK, window.in_channels % BLOCK);
    let pixels = window.batches * window.y.output * window.x.output;
    let rows = window.batches * inside(&window.y);
    let columns = (0..window.x.output).filter(|&output| !window.x.inside(output).is_empty()).count();
    let outside = window.x.output * window.x.taps - inside(&window.x);
    let taps = rows * inside(&window.x);
    let skipped = window.batches * window.y.output * outside;
    Features::new()
        .add("pixel", pixels)
        .add("block", pixels * blocks)
        .add("kernel_row", pixels * blocks * window.y.taps)
        .add("run", rows * columns * blocks)
        .add("tap", taps * blocks)
        .add("skipped", skipped * (blocks + left))
        .add("single", pixels * left)
        .add("single_row", pixels * left * window.y.taps)
        .add("single_run", rows * columns * left)
        .add("single_tap", taps * left)
}

/// `fpu/fully_connected_f32_fpu.c`
pub(super) fn fully_connected(rows: usize, depth: usize, channels: usize) -> Features {
    let (groups, left) = (rows * (channels / 4), rows * (channels % 4));
    Features::new()
        .add("row", rows)
        .add("group", groups)
        .add("quad", groups * (depth / 4))
        .add("odd", groups * (depth % 4))
        .add("single", left)
        .add("single_product", left * depth)
}

/// Taps of all windows along an axis that lie inside of the image.
fn inside(axis: &Axis) -> usize {
    (0..axis.output).map(|output| axis.inside(output).len()).sum()
}
