//! What changes of height and width compute.

use super::Eval;
use super::eval::pack_ints;
use super::index::{AxisMap, select, whole};
use crate::data::Data;
use crate::ops::{Resize2d, ResizeKind};
use crate::types::ElemType;

pub(super) fn eval_resize2d(op: &Resize2d, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let shape = &cx.input_type(0)?.shape;
    let &[batch, height, width, channels] = shape.0.as_slice() else {
        return Err(format!("shape [{shape}] needs 4 dimensions"));
    };
    let axes = [0, 1].map(|axis| Axis { op, from: [height, width][axis], to: op.size[axis] });
    match op.kind {
        ResizeKind::Nearest => {
            let maps = [whole(batch), axes[0].nearest(), axes[1].nearest(), whole(channels)];
            let elem = cx.input_type(0)?.elem;
            Ok(vec![select(cx.require(0)?, shape, elem.bytes(), &maps, &[])])
        }
        ResizeKind::Bilinear => {
            let image = Image { batch, height, width, channels };
            Ok(vec![bilinear(cx, &image, &axes)?])
        }
    }
}

/// One of the two dimensions.
struct Axis<'a> {
    op: &'a Resize2d,
    from: usize,
    to: usize,
}

/// A result index between two operand indices; `weight` counts from `low`, in units of the arithmetic.
struct Tap<T> {
    low: usize,
    high: usize,
    weight: T,
}

impl Axis<'_> {
    /// Operand steps per result step.
    fn scale(&self) -> f32 {
        if self.op.align_corners && self.to > 1 {
            (self.from - 1) as f32 / (self.to - 1) as f32
        } else {
            self.from as f32 / self.to as f32
        }
    }

    fn nearest(&self) -> AxisMap {
        let (scale, offset) = (self.scale(), if self.op.half_pixel_centers { 0.5 } else { 0.0 });
        let index = |i: usize| {
            let position = (i as f32 + offset) * scale;
            let rounded = if self.op.align_corners { position.round() } else { position.floor() };
            Some((rounded as usize).min(self.from - 1))
        };
        (0..self.to).map(index).collect()
    }

    fn taps(&self) -> Vec<Tap<f32>> {
        let scale = self.scale();
        let tap = |i: usize| {
            let i = i as f32;
            let position = if self.op.half_pixel_centers { (i + 0.5) * scale - 0.5 } else { i * scale };
            // Conversions saturate: positions before the first sample belong to it.
            let low = (position.floor() as usize).min(self.from - 1);
            let high = (position.ceil() as usize).min(self.from - 1);
            Tap { low, high, weight: position - low as f32 }
        };
        (0..self.to).map(tap).collect()
    }

    /// As [`Axis::taps`] with 10 fractional bits.
    fn fixed_point_taps(&self) -> Vec<Tap<i64>> {
        let (from, to) = (self.from as i64, self.to as i64);
        let (from_steps, to_steps) =
            if self.op.align_corners && to > 1 { (from - 1, to - 1) } else { (from, to) };
        let scale = ((from_steps << 10) + to_steps / 2) / to_steps;
        let tap = |i: i64| {
            let position =
                if self.op.half_pixel_centers { i * scale + scale / 2 - (1 << 9) } else { i * scale };
            let low = (position / (1 << 10)).clamp(0, from - 1);
            let high = ((position + (1 << 10) - 1) / (1 << 10)).min(from - 1);
            Tap { low: low as usize, high: high as usize, weight: position - (low << 10) }
        };
        (0..to).map(tap).collect()
    }
}

struct Image {
    batch: usize,
    height: usize,
    width: usize,
    channels: usize,
}

impl Image {
    fn at(&self, b: usize, y: usize, x: usize, c: usize) -> usize {
        ((b * self.height + y) * self.width + x) * self.channels + c
    }
}

fn bilinear(cx: &Eval<'_>, image: &Image, axes: &[Axis<'_>; 2]) -> Result<Data, String> {
    let elem = cx.input_type(0)?.elem;
    if elem == ElemType::F32 {
        let x = cx.elements::<f32>(0)?;
        let [rows, columns] = [axes[0].taps(), axes[1].taps()];
        let result = for_each_pixel(image, &rows, &columns, |corners, v, h| {
            let [ll, ul, lh, uh] = corners.map(|i| x[i]);
            ll * (1.0 - v) * (1.0 - h) + ul * v * (1.0 - h) + lh * (1.0 - v) * h + uh * v * h
        });
        return Ok(Data::from_slice(&result));
    }
    let x = cx.ints(0)?;
    let [rows, columns] = [axes[0].fixed_point_taps(), axes[1].fixed_point_taps()];
    let one = 1i64 << 10;
    let result = for_each_pixel(image, &rows, &columns, |corners, v, h| {
        let [ll, ul, lh, uh] = corners.map(|i| i64::from(x[i]));
        let sum = ll * (one - v) * (one - h) + ul * v * (one - h) + lh * (one - v) * h + uh * v * h;
        let round = if sum > 0 { 1 << 19 } else { -(1 << 19) };
        ((sum + round) / (1 << 20)) as i32
    });
    pack_ints(elem, &result)
}

/// Interpolates for each element of the result between the corners (low, low), (high, low), (low, high), (high, high)
/// in y and x, given by their positions, with the weights of y and x.
fn for_each_pixel<W: Copy, T>(
    image: &Image,
    rows: &[Tap<W>],
    columns: &[Tap<W>],
    interpolate: impl Fn([usize; 4], W, W) -> T,
) -> Vec<T> {
    let mut result = Vec::with_capacity(image.batch * rows.len() * columns.len() * image.channels);
    for b in 0..image.batch {
        for row in rows {
            for column in columns {
                for c in 0..image.channels {
                    let at = |y, x| image.at(b, y, x, c);
                    let corners = [
                        at(row.low, column.low),
                        at(row.high, column.low),
                        at(row.low, column.high),
                        at(row.high, column.high),
                    ];
                    result.push(interpolate(corners, row.weight, column.weight));
                }
            }
        }
    }
    result
}
