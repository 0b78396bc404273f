//! Fully connected layers and matrix products as tiles of products.

use redsc_ir::ElemType;
use redsc_ir::ops::{BatchMatmul, FullyConnected};
use redsc_ir::params::linear::{BatchMatmulParams, FullyConnectedParams, Matrices};

use super::code::{Code, Ptr};
use super::conv::weights;
use super::mac::dot::Dot;
use super::mac::finish::Finish;
use super::mac::pack::{self, Packed, Packing, Weights};
use super::mac::stage::{Frame, stage, stage_rows};
use super::mac::tile::{self, Dim, Grid, Places, Shape};
use super::mac::{self, Mac};
use super::unit::Layer;

/// Fully connected layer.
pub(super) fn fully_connected(op: &FullyConnected, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = FullyConnectedParams::new(op, &layer.site.operands(), layer.site.result(0)?)?;
    let dot = mac::choose_dot(layer, &params.arithmetic)?;
    let source = stage(layer, &Frame::plain(params.rows, params.depth), dot, &params.arithmetic)?;
    let elem = layer.site.result(0)?.elem;
    let depth = params.depth;
    let grid = Grid {
        batches: Dim::ONCE,
        rows: Dim::ONCE,
        columns: Dim {
            count: params.rows,
            x_step: depth * dot.factor_bytes(),
            y_step: params.channels * elem.bytes(),
        },
        channels: params.channels,
        elem,
        y_start: 0,
    };
    let packing = run_of(depth, Box::new(move |[_, channel, _, _, k]| channel * depth + k));
    let weights = weights(layer, &params.arithmetic)?;
    mac::emit(layer, &Mac { arithmetic: &params.arithmetic, dot, packing, weights, grid }, source)
}

/// One run of inputs.
fn run_of(length: usize, index: Box<dyn Fn([usize; 5]) -> usize>) -> Packing {
    Packing { groups: 1, group_step: 0, rows: 1, row_step: 0, columns: 1, column_step: 0, length, index }
}

/// Matrix products over the last two dimensions. Both operands are computed: for each pair of matrices, the first is
/// staged row by row and the second packed like weights.
pub(super) fn batch_matmul(op: &BatchMatmul, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let params = BatchMatmulParams::new(op, &layer.site.operands(), layer.site.result(0)?)?;
    let products = Products::new(layer, &params)?;
    let shape = Shape::new(&products.mac.grid, &products.mac.dot);
    let Packed::Table(table) = pack::pack(&products.mac, &shape)? else {
        return Err("the second operand is packed already".into());
    };
    let width = products.mac.dot.factor_bytes();
    let [a_place, b_place] =
        [params.rows * params.depth, table.len()].map(|count| layer.scratch(count * width + 64));
    let finish = Finish::new(layer, &products.mac)?;
    let records = finish.prepare(layer)?;
    let (a_elem, b_elem) = (layer.site.input(0)?.elem, layer.site.input(1)?.elem);
    layer.whole(|c, site| {
        let at = [site.x(c, 0)?, site.x(c, 1)?, site.y(c, 0)?];
        let result = params.rows * params.columns;
        let steps = |matrices: &Matrices, elem: ElemType| matrices.batches.map(|d| d * elem.bytes());
        let [outer, middle, inner] = params.batches;
        let y_bytes = result * products.mac.grid.elem.bytes();
        let y_steps = [middle * inner * y_bytes, inner * y_bytes, y_bytes];
        let dims = [outer, middle, inner];
        let steps = [steps(&params.a, a_elem), steps(&params.b, b_elem), y_steps];
        let mut outcome = Ok(());
        each_batch(c, &dims, steps, at, &mut |c, [a, b, y]| {
            let staged = c.arena_at(a_place);
            if let Err(message) = products.stage(c, &params, a_elem, a, staged) {
                outcome = Err(message);
            }
            pack::gather(c, &products.mac, &table, b, b_place);
            let places = Places { x: staged, w: c.arena_at(b_place), records: records.ptr(c), y };
            tile::emit(c, &products.mac, &shape, &finish, places);
        });
        outcome
    })
}

/// Calls `body` with the addresses of each batch.
fn each_batch(
    c: &mut Code<'_>,
    dims: &[usize],
    steps: [[usize; 3]; 3],
    at: [Ptr; 3],
    body: &mut dyn FnMut(&mut Code<'_>, [Ptr; 3]),
) {
    let [count, inner @ ..] = dims else { return body(c, at) };
    let level = 3 - dims.len();
    c.repeat(*count, |c, i| {
        let at = [0, 1, 2].map(|which| c.step(at[which], i, steps[which][level] as i64));
        each_batch(c, inner, steps, at, body);
    });
}

/// The products of one batch.
struct Products<'a> {
    mac: Mac<'a>,
}

impl<'a> Products<'a> {
    fn new(layer: &Layer<'_, '_>, params: &'a BatchMatmulParams) -> Result<Self, String> {
        let dot = matrix_dot(layer, params)?;
        let elem = layer.site.result(0)?.elem;
        let (row, column) = (params.b.row, params.b.column);
        let packing = run_of(params.depth, Box::new(move |[_, channel, _, _, k]| k * row + channel * column));
        let weights = weights(layer, &params.arithmetic)?;
        let grid = Grid {
            batches: Dim::ONCE,
            rows: Dim::ONCE,
            columns: Dim {
                count: params.rows,
                x_step: params.depth * dot.factor_bytes(),
                y_step: params.columns * elem.bytes(),
            },
            channels: params.columns,
            elem,
            y_start: 0,
        };
        let weights = Weights { constant: None, elem: weights.elem, offset: weights.offset };
        Ok(Products { mac: Mac { arithmetic: &params.arithmetic, dot, packing, weights, grid } })
    }

    /// Stages the rows of the first operand.
    fn stage(
        &self,
        c: &mut Code<'_>,
        params: &BatchMatmulParams,
        elem: ElemType,
        from: Ptr,
        to: Ptr,
    ) -> Result<(), String> {
        let mut outcome = Ok(());
        let width = self.mac.dot.factor_bytes();
        c.repeat(params.rows, |c, row| {
            let from = c.step(from, row, (params.a.row * elem.bytes()) as i64);
            let to = c.step(to, row, (params.depth * width) as i64);
            let mut stage = |c: &mut Code<'_>, count, from, to| {
                outcome = stage_rows(c, elem, self.mac.dot, self.mac.arithmetic, count, from, to);
            };
            if params.a.column == 1 {
                return stage(c, params.depth, from, to);
            }
            c.repeat(params.depth, |c, k| {
                let from = c.step(from, k, (params.a.column * elem.bytes()) as i64);
                let to = c.step(to, k, width as i64);
                stage(c, 1, from, to);
            });
        });
        outcome
    }
}

/// How the products of two computed operands are added up.
fn matrix_dot(layer: &Layer<'_, '_>, params: &BatchMatmulParams) -> Result<Dot, String> {
    use redsc_ir::params::mac::{Accumulator, MacArithmetic};
    Ok(match &params.arithmetic {
        MacArithmetic::Float { .. } if layer.machine().simd => Dot::Reals,
        MacArithmetic::Float { .. } => Dot::Real,
        MacArithmetic::Quantized(q) if q.accumulator == Accumulator::I64 => Dot::Wide,
        MacArithmetic::Quantized(_) if layer.machine().simd => Dot::Pairs,
        MacArithmetic::Quantized(_) => Dot::Single,
    })
}
