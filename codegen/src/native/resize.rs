//! Changes of height and width.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;
use redsc_ir::ops::Resize2d;
use redsc_ir::params::resize::{ResizeTaps, Tap, WEIGHT_BITS};

use super::code::{Code, Ptr};
use super::movement;
use super::unit::Layer;

/// Change of height and width.
pub(super) fn resize2d(op: &Resize2d, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let x = layer.site.input(0)?;
    let &[batch, height, width, channels] = x.shape.0.as_slice() else {
        return Err(format!("shape [{}] needs 4 dimensions", x.shape));
    };
    let [rows, columns] = [0, 1].map(|axis| ResizeTaps::new(op, axis, [height, width][axis], x.elem));
    let (rows, columns) = match (rows, columns) {
        (ResizeTaps::Nearest(rows), ResizeTaps::Nearest(columns)) => {
            let maps = [(0..batch).collect(), rows, columns];
            return movement::gather(layer, &maps, 3);
        }
        (ResizeTaps::FixedPoint(rows), ResizeTaps::FixedPoint(columns)) => {
            let table = |taps: Vec<Tap<i64>>, stride| packed(&taps, stride, |w| (w as i32).to_le_bytes());
            (table(rows, width * channels * x.elem.bytes()), table(columns, channels * x.elem.bytes()))
        }
        (ResizeTaps::Float(rows), ResizeTaps::Float(columns)) => {
            let table = |taps: Vec<Tap<f32>>, stride| packed(&taps, stride, f32::to_le_bytes);
            (table(rows, width * channels * x.elem.bytes()), table(columns, channels * x.elem.bytes()))
        }
        _ => return Err("height and width are resized in different ways".into()),
    };
    let [to_rows, to_columns] = op.size;
    layer.part(to_rows, |c, site| {
        let [from, to] = [site.x(c, 0)?, site.y(c, 0)?];
        let elem = x.elem;
        let pixel = (channels * elem.bytes()) as i64;
        let [rows, columns] = [c.constant(&rows), c.constant(&columns)];
        c.repeat(batch, |c, b| {
            let from = c.step(from, b, pixel * (height * width) as i64);
            let to = c.step(to, b, pixel * (to_rows * to_columns) as i64);
            c.for_items(|c, y| {
                let row = tap(c, rows, y, elem);
                let to = c.step(to, y, pixel * to_columns as i64);
                c.repeat(to_columns, |c, x| {
                    let column = tap(c, columns, x, elem);
                    let to = c.step(to, x, pixel);
                    let corners = corners(c, from, &row, &column);
                    c.repeat(channels, |c, channel| {
                        let values = corners.map(|corner| {
                            let at = c.step(corner, channel, elem.bytes() as i64);
                            c.load_number(elem, at)
                        });
                        let y = between(c, values, row.weight, column.weight);
                        let to = c.step(to, channel, elem.bytes() as i64);
                        c.store_number(y, elem, to);
                    });
                });
            });
        });
        Ok(())
    })
}

/// Rows of a table: distances of the two samples in bytes, and the weight of the second.
fn packed<W: Copy>(taps: &[Tap<W>], stride: usize, weight: impl Fn(W) -> [u8; 4]) -> Vec<u8> {
    let entry = |tap: &Tap<W>| {
        let [low, high] = [tap.low, tap.high].map(|index| ((index * stride) as u32).to_le_bytes());
        [low, high, weight(tap.weight)].concat()
    };
    taps.iter().flat_map(entry).collect()
}

struct LoadedTap {
    low: Value,
    high: Value,
    weight: Value,
}

fn tap(c: &mut Code<'_>, table: Ptr, index: Value, elem: ElemType) -> LoadedTap {
    let at = c.step(table, index, 12);
    let [low, high] = [0, 4].map(|offset| {
        let distance = c.load(types::I32, at.plus(offset));
        c.b.ins().uextend(types::I64, distance)
    });
    let ty = if elem == ElemType::F32 { types::F32 } else { types::I32 };
    LoadedTap { low, high, weight: c.load(ty, at.plus(8)) }
}

/// (low, low), (high, low), (low, high), (high, high) in y and x.
fn corners(c: &mut Code<'_>, from: Ptr, row: &LoadedTap, column: &LoadedTap) -> [Ptr; 4] {
    [(row.low, column.low), (row.high, column.low), (row.low, column.high), (row.high, column.high)].map(
        |(y, x)| {
            let distance = c.b.ins().iadd(y, x);
            Ptr { base: c.b.ins().iadd(from.base, distance), ..from }
        },
    )
}

fn between(c: &mut Code<'_>, corners: [Value; 4], v: Value, h: Value) -> Value {
    if c.ty(v) == types::F32 {
        return between_reals(c, corners, v, h);
    }
    let [v, h] = [v, h].map(|weight| c.b.ins().sextend(types::I64, weight));
    let one = c.index(1 << WEIGHT_BITS);
    let [not_v, not_h] = [v, h].map(|weight| c.b.ins().isub(one, weight));
    let weights = [(not_v, not_h), (v, not_h), (not_v, h), (v, h)];
    let mut sum = c.index(0);
    for (corner, (v, h)) in corners.into_iter().zip(weights) {
        let corner = c.b.ins().sextend(types::I64, corner);
        let product = c.b.ins().imul(corner, v);
        let product = c.b.ins().imul(product, h);
        sum = c.b.ins().iadd(sum, product);
    }
    let half = 1i64 << (2 * WEIGHT_BITS - 1);
    let [zero, half, minus_half, divisor] =
        [0, half, -half, 1 << (2 * WEIGHT_BITS)].map(|value| c.index(value));
    let nudge = c.choose(IntCC::SignedGreaterThan, [sum, zero], half, minus_half);
    let nudged = c.b.ins().iadd(sum, nudge);
    let mean = c.b.ins().sdiv(nudged, divisor);
    c.b.ins().ireduce(types::I32, mean)
}

fn between_reals(c: &mut Code<'_>, corners: [Value; 4], v: Value, h: Value) -> Value {
    let one = c.real(types::F32, 1.0);
    let [not_v, not_h] = [v, h].map(|weight| c.b.ins().fsub(one, weight));
    let weights = [(not_v, not_h), (v, not_h), (not_v, h), (v, h)];
    let mut sum = None;
    for (corner, (v, h)) in corners.into_iter().zip(weights) {
        let product = c.b.ins().fmul(corner, v);
        let product = c.b.ins().fmul(product, h);
        sum = Some(match sum {
            None => product,
            Some(sum) => c.b.ins().fadd(sum, product),
        });
    }
    sum.unwrap_or(one)
}
