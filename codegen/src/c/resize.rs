//! Changes of height and width: tables say which rows and columns each result shows.

use redsc_ir::ops::Resize2d;
use redsc_ir::params::resize::{ResizeTaps, Tap};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::elements::integer_type;
use super::site::Site;

/// Change of height and width.
pub(super) fn resize2d(op: &Resize2d, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let x = site.input(0)?;
    let &[batches, height, width, channels] = x.shape.0.as_slice() else {
        return Err(format!("the operand needs 4 dimensions, not {}", x.shape.rank()));
    };
    let rows = ResizeTaps::new(op, 0, height, x.elem);
    let columns = ResizeTaps::new(op, 1, width, x.elem);
    let shape = |c_type| {
        Struct::new(c_type)
            .int("batches", batches)
            .int("in_h", height)
            .int("in_w", width)
            .int("out_h", op.size[0])
            .int("out_w", op.size[1])
    };
    let params = match rows {
        ResizeTaps::Nearest(_) => {
            shape("redsc_resize_nearest_t").int("pixel_bytes", channels * x.elem.bytes())
        }
        ResizeTaps::FixedPoint(_) => {
            shape("redsc_resize_bilinear_t").int("channels", channels).word("type", integer_type(x.elem)?)
        }
        ResizeTaps::Float(_) => shape("redsc_resize_bilinear_t").int("channels", channels),
    };
    let mut args = vec![Arg::operand("x", 0)];
    args.extend(tables(["rows", "row_weights"], &rows));
    args.extend(tables(["columns", "column_weights"], &columns));
    args.extend([Arg::result("y", 0), Arg::scratch()]);
    Ok(site.call(args, params))
}

/// The tables of one dimension; only real numbers have their weights apart.
fn tables([indices, weights]: [&'static str; 2], taps: &ResizeTaps) -> Vec<Arg> {
    match taps {
        ResizeTaps::Nearest(shown) => {
            let shown: Vec<u16> = shown.iter().map(|&i| i as u16).collect();
            vec![Arg::constant(indices, Array::u16(&shown))]
        }
        ResizeTaps::FixedPoint(taps) => {
            let flat = |tap: &Tap<i64>| [tap.low as i32, tap.high as i32, tap.weight as i32];
            let flat: Vec<i32> = taps.iter().flat_map(flat).collect();
            vec![Arg::constant(indices, Array::i32(&flat))]
        }
        ResizeTaps::Float(taps) => {
            let pairs: Vec<u16> = taps.iter().flat_map(|tap| [tap.low as u16, tap.high as u16]).collect();
            let factors: Vec<f32> = taps.iter().map(|tap| tap.weight).collect();
            vec![Arg::constant(indices, Array::u16(&pairs)), Arg::constant(weights, Array::f32(&factors))]
        }
    }
}
