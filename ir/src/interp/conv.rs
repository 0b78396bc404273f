//! Convolutions.

use std::ops::Range;

use super::Eval;
use super::mac::{Factor, Products, eval_layer};
use crate::data::Data;
use crate::ops::{Conv2d, DepthwiseConv2d, TransposeConv2d};
use crate::params::conv::{ConvParams, TransposeConvParams};
use crate::params::window::Window;

pub(super) fn eval_conv2d(op: &Conv2d, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let params = ConvParams::conv2d(op, &cx.operands, cx.result_type(0))?;
    eval_layer(&Grouped(&params), &params.arithmetic, cx)
}

pub(super) fn eval_depthwise(op: &DepthwiseConv2d, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let params = ConvParams::depthwise(op, &cx.operands, cx.result_type(0))?;
    eval_layer(&Depthwise(&params), &params.arithmetic, cx)
}

pub(super) fn eval_transpose_conv2d(op: &TransposeConv2d, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let params = TransposeConvParams::new(op, &cx.operands, cx.result_type(0))?;
    eval_layer(&Transposed(&params), &params.arithmetic, cx)
}

/// Weights `[c_out, kh, kw, c_in / groups]`.
struct Grouped<'a>(&'a ConvParams);

impl Products for Grouped<'_> {
    fn channels(&self) -> usize {
        self.0.window.out_channels
    }

    fn sums<T: Factor>(&self, x: &[T], w: &[T], pad: T) -> Vec<T::Sum> {
        let ConvParams { window, filter_channels, filters_per_group, .. } = self.0;
        let taps = window.y.taps * window.x.taps;
        let filter = taps * filter_channels;
        let mut patch = vec![pad; filter];
        let mut sums = Vec::with_capacity(outputs(window) * window.out_channels);
        for [image, out_y, out_x] in positions(window) {
            for (group, filters) in w.chunks(filter * filters_per_group).enumerate() {
                let channels = group * filter_channels..(group + 1) * filter_channels;
                gather(window, [image, out_y, out_x], x, channels, pad, &mut patch);
                sums.extend(filters.chunks(filter).map(|filter| T::dot(&patch, filter)));
            }
        }
        sums
    }
}

/// Copies the inputs under a window, `[kh, kw, channels]`.
fn gather<T: Copy>(
    window: &Window,
    [image, out_y, out_x]: [usize; 3],
    x: &[T],
    channels: Range<usize>,
    pad: T,
    patch: &mut [T],
) {
    let (inside_y, inside_x) = (window.y.inside(out_y), window.x.inside(out_x));
    for (tap, cell) in patch.chunks_mut(channels.len()).enumerate() {
        let (tap_y, tap_x) = (tap / window.x.taps, tap % window.x.taps);
        if inside_y.contains(&tap_y) && inside_x.contains(&tap_x) {
            let [y, x_] = [window.y.position(out_y, tap_y), window.x.position(out_x, tap_x)];
            let pixel = pixel(window, image, y, x_);
            cell.copy_from_slice(&x[pixel + channels.start..pixel + channels.end]);
        } else {
            cell.fill(pad);
        }
    }
}

/// Weights `[1, kh, kw, c_out]`.
struct Depthwise<'a>(&'a ConvParams);

impl Products for Depthwise<'_> {
    fn channels(&self) -> usize {
        self.0.window.out_channels
    }

    fn sums<T: Factor>(&self, x: &[T], w: &[T], pad: T) -> Vec<T::Sum> {
        let window = &self.0.window;
        let multiplier = self.0.filters_per_group;
        let outside = vec![pad; window.in_channels];
        let mut sums = vec![T::Sum::default(); outputs(window) * window.out_channels];
        let rows = sums.chunks_mut(window.out_channels);
        for ([image, out_y, out_x], sums) in positions(window).zip(rows) {
            let (inside_y, inside_x) = (window.y.inside(out_y), window.x.inside(out_x));
            for (tap, w) in w.chunks(window.out_channels).enumerate() {
                let (tap_y, tap_x) = (tap / window.x.taps, tap % window.x.taps);
                let x = if inside_y.contains(&tap_y) && inside_x.contains(&tap_x) {
                    let [y, x_] = [window.y.position(out_y, tap_y), window.x.position(out_x, tap_x)];
                    &x[pixel(window, image, y, x_)..][..window.in_channels]
                } else if pad.is_zero() {
                    continue;
                } else {
                    &outside
                };
                multiply_channels(sums, x, w, multiplier);
            }
        }
        sums
    }
}

/// Adds `x[c / multiplier] · w[c]` to each `sums[c]`.
fn multiply_channels<T: Factor>(sums: &mut [T::Sum], x: &[T], w: &[T], multiplier: usize) {
    if multiplier == 1 {
        // Worth a loop of its own: nearly all depthwise layers are of this kind.
        for ((sum, &x), &w) in sums.iter_mut().zip(x).zip(w) {
            *sum = T::multiply_add(*sum, x, w);
        }
        return;
    }
    for ((sums, &x), w) in sums.chunks_mut(multiplier).zip(x).zip(w.chunks(multiplier)) {
        for (sum, &w) in sums.iter_mut().zip(w) {
            *sum = T::multiply_add(*sum, x, w);
        }
    }
}

/// Weights `[c_out, kh, kw, c_in]`.
struct Transposed<'a>(&'a TransposeConvParams);

impl Products for Transposed<'_> {
    fn channels(&self) -> usize {
        self.0.window.in_channels
    }

    /// Scatters each input over the results under its window.
    fn sums<T: Factor>(&self, x: &[T], w: &[T], _pad: T) -> Vec<T::Sum> {
        let window = &self.0.window;
        let (from, to) = (window.out_channels, window.in_channels);
        let filter = window.y.taps * window.x.taps * from;
        let mut sums = vec![T::Sum::default(); window.batches * window.y.input * window.x.input * to];
        for ([image, in_y, in_x], x) in positions(window).zip(x.chunks(from)) {
            for tap_y in window.y.inside(in_y) {
                for tap_x in window.x.inside(in_x) {
                    let [y, x_] = [window.y.position(in_y, tap_y), window.x.position(in_x, tap_x)];
                    let sums = &mut sums[pixel(window, image, y, x_)..][..to];
                    let tap = (tap_y * window.x.taps + tap_x) * from;
                    for (sum, filter) in sums.iter_mut().zip(w.chunks(filter)) {
                        *sum = T::add(*sum, T::dot(x, &filter[tap..][..from]));
                    }
                }
            }
        }
        sums
    }
}

/// Number of positions of a window.
fn outputs(window: &Window) -> usize {
    window.batches * window.y.output * window.x.output
}

/// The positions `[image, y, x]` of a window.
pub(super) fn positions(window: &Window) -> impl Iterator<Item = [usize; 3]> {
    let (rows, columns) = (window.y.output, window.x.output);
    let row = move |image, y| (0..columns).map(move |x| [image, y, x]);
    (0..window.batches).flat_map(move |image| (0..rows).flat_map(move |y| row(image, y)))
}

/// Where the channels of a pixel of the window's input begin.
pub(super) fn pixel(window: &Window, image: usize, y: usize, x: usize) -> usize {
    ((image * window.y.input + y) * window.x.input + x) * window.in_channels
}
