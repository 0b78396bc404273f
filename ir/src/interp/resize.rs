//! What changes of height and width compute.

use super::Eval;
use super::eval::pack_ints;
use super::index::{AxisMap, select, whole};
use crate::data::Data;
use crate::ops::Resize2d;
use crate::params::resize::{ResizeTaps, Tap, WEIGHT_BITS};

pub(super) fn eval_resize2d(op: &Resize2d, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let ty = cx.input_type(0)?;
    let &[batch, height, width, channels] = ty.shape.0.as_slice() else {
        return Err(format!("shape [{}] needs 4 dimensions", ty.shape));
    };
    let image = Image { batch, height, width, channels };
    let [rows, columns] = [0, 1].map(|axis| ResizeTaps::new(op, axis, [height, width][axis], ty.elem));
    let result = match (rows, columns) {
        (ResizeTaps::Nearest(rows), ResizeTaps::Nearest(columns)) => {
            let shown = |indices: Vec<usize>| -> AxisMap { indices.into_iter().map(Some).collect() };
            let maps = [whole(batch), shown(rows), shown(columns), whole(channels)];
            select(cx.require(0)?, &ty.shape, ty.elem.bytes(), &maps, &[])
        }
        (ResizeTaps::FixedPoint(rows), ResizeTaps::FixedPoint(columns)) => {
            let x = cx.ints(0)?;
            pack_ints(
                ty.elem,
                &for_each_pixel(&image, &rows, &columns, |corners, v, h| {
                    between_codes(corners.map(|i| i64::from(x[i])), v, h)
                }),
            )?
        }
        (ResizeTaps::Float(rows), ResizeTaps::Float(columns)) => {
            let x = cx.elements::<f32>(0)?;
            Data::from_slice(&for_each_pixel(&image, &rows, &columns, |corners, v, h| {
                let [ll, ul, lh, uh] = corners.map(|i| x[i]);
                ll * (1.0 - v) * (1.0 - h) + ul * v * (1.0 - h) + lh * (1.0 - v) * h + uh * v * h
            }))
        }
        _ => return Err("height and width are resized in different ways".into()),
    };
    Ok(vec![result])
}

/// The weighted mean of four codes, halves away from zero.
fn between_codes([ll, ul, lh, uh]: [i64; 4], v: i64, h: i64) -> i32 {
    let one = 1 << WEIGHT_BITS;
    let sum = ll * (one - v) * (one - h) + ul * v * (one - h) + lh * (one - v) * h + uh * v * h;
    let half = one * one / 2;
    ((sum + if sum > 0 { half } else { -half }) / (one * one)) as i32
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
