//! Tiles of results in registers.

use cranelift_codegen::ir::{InstBuilder, Value};
use cranelift_frontend::Variable;

use redsc_ir::ElemType;

use super::Mac;
use super::dot::Dot;
use super::finish::Finish;
use crate::native::code::{Code, Ptr};

/// How often something is repeated, and the distances in bytes that inputs and results move on.
#[derive(Clone, Copy, Debug)]
pub(in crate::native) struct Dim {
    pub(in crate::native) count: usize,
    pub(in crate::native) x_step: usize,
    pub(in crate::native) y_step: usize,
}

impl Dim {
    /// Something that is not repeated.
    pub(in crate::native) const ONCE: Dim = Dim { count: 1, x_step: 0, y_step: 0 };
}

/// The results of a layer.
pub(in crate::native) struct Grid {
    pub(in crate::native) batches: Dim,
    /// Calls may share the rows.
    pub(in crate::native) rows: Dim,
    pub(in crate::native) columns: Dim,
    /// Output channels of one group, next to each other.
    pub(in crate::native) channels: usize,
    pub(in crate::native) elem: ElemType,
    /// Distance in bytes of the first result.
    pub(in crate::native) y_start: usize,
}

/// How tiles cover the results.
pub(in crate::native) struct Shape {
    lanes: usize,
    /// Neighbouring results of a tile.
    columns: usize,
    /// Registers of channels of a tile.
    registers: usize,
    /// Registers that are filled with channels.
    full: usize,
    /// Channels beyond them.
    rest: usize,
}

/// Where everything begins.
#[derive(Clone, Copy)]
pub(in crate::native) struct Places {
    pub(in crate::native) x: Ptr,
    pub(in crate::native) w: Ptr,
    pub(in crate::native) records: Ptr,
    pub(in crate::native) y: Ptr,
}

/// Registers for sums; the others hold inputs and weights.
const SUMS: usize = 12;

/// Steps that are written out rather than counted.
const UNROLLED: usize = 6;

impl Shape {
    /// The cheapest shape: every step loads one register for each column and each register of channels, and multiplies
    /// each with each.
    pub(in crate::native) fn new(grid: &Grid, dot: &Dot) -> Self {
        let lanes = dot.lanes();
        let (full, rest) = (grid.channels / lanes, grid.channels % lanes);
        let sums = if lanes == 1 { 6 } else { SUMS };
        let cost = |columns: usize, registers: usize| {
            let tiles = grid.columns.count.div_ceil(columns) * full.max(1).div_ceil(registers);
            tiles * (2 * columns * registers + 3 * columns + registers + 2)
        };
        let candidates = (1..=sums.min(grid.columns.count.max(1))).flat_map(|columns| {
            (1..=(sums / columns).min(full.max(1))).map(move |registers| (columns, registers))
        });
        let best = candidates.min_by_key(|&(columns, registers)| cost(columns, registers));
        let (columns, registers) = best.unwrap_or((1, 1));
        Shape { lanes, columns, registers, full, rest }
    }

    /// Number of tiles that cover the full registers.
    fn full_tiles(&self) -> usize {
        self.full.div_ceil(self.registers)
    }

    /// First channel and number of registers of each tile of channels; the last full one may overlap its neighbour.
    pub(in crate::native) fn channel_tiles(&self) -> Vec<[usize; 2]> {
        let start = |tile: usize| (tile * self.registers).min(self.full - self.registers) * self.lanes;
        let mut tiles: Vec<_> = (0..self.full_tiles()).map(|tile| [start(tile), self.registers]).collect();
        if self.rest > 0 {
            tiles.push([self.full * self.lanes, 1]);
        }
        tiles
    }
}

/// Emits the walk over all tiles for the rows of this call.
pub(in crate::native) fn emit(
    c: &mut Code<'_>,
    mac: &Mac<'_>,
    shape: &Shape,
    finish: &Finish<'_>,
    at: Places,
) {
    let (grid, packing) = (&mac.grid, &mac.packing);
    let steps = packing.rows * packing.columns * packing.steps(mac.dot);
    let register_bytes = steps * mac.dot.weights_bytes();
    let registers: usize = shape.channel_tiles().iter().map(|tile| tile[1]).sum();
    let at = Places { y: at.y.plus(grid.y_start as i64), ..at };
    c.repeat(packing.groups, |c, group| {
        let y_step = (grid.channels * grid.elem.bytes()) as i64;
        let at = Places {
            x: c.step(at.x, group, (packing.group_step * mac.dot.factor_bytes()) as i64),
            w: c.step(at.w, group, (registers * register_bytes) as i64),
            records: c.step(at.records, group, finish.group_bytes() as i64),
            y: c.step(at.y, group, y_step),
        };
        let tiles = shape.full_tiles();
        c.repeat(tiles, |c, tile| {
            let first = first_register(c, tile, shape);
            let at = Places {
                w: c.step(at.w, tile, (shape.registers * register_bytes) as i64),
                records: c.step(at.records, first, finish.record_bytes() as i64),
                y: c.step(at.y, first, (shape.lanes * grid.elem.bytes()) as i64),
                ..at
            };
            let block =
                Block { mac, finish, registers: shape.registers, channels: shape.registers * shape.lanes };
            block.rows(c, shape.columns, at);
        });
        if shape.rest > 0 {
            let at = Places {
                w: at.w.plus((tiles * shape.registers * register_bytes) as i64),
                records: at.records.plus((shape.full * finish.record_bytes()) as i64),
                y: at.y.plus((shape.full * shape.lanes * grid.elem.bytes()) as i64),
                ..at
            };
            let block = Block { mac, finish, registers: 1, channels: shape.rest };
            block.rows(c, shape.columns, at);
        }
    });
}

fn first_register(c: &mut Code<'_>, tile: Value, shape: &Shape) -> Value {
    if shape.full_tiles() == 1 {
        return tile;
    }
    let register = c.b.ins().imul_imm_s(tile, shape.registers as i64);
    let last = c.index((shape.full - shape.registers) as i64);
    c.b.ins().umin(register, last)
}

/// The results of some neighbouring channels.
struct Block<'a> {
    mac: &'a Mac<'a>,
    finish: &'a Finish<'a>,
    registers: usize,
    channels: usize,
}

impl Block<'_> {
    fn rows(&self, c: &mut Code<'_>, columns: usize, at: Places) {
        let grid = &self.mac.grid;
        c.repeat(grid.batches.count, |c, batch| {
            let at = moved(c, at, batch, grid.batches);
            let row = |c: &mut Code<'_>, row: Value| {
                let at = moved(c, at, row, grid.rows);
                self.row(c, columns, at);
            };
            if grid.rows.count == 1 {
                let first = c.index(0);
                row(c, first);
            } else {
                c.for_items(row);
            }
        });
    }

    fn row(&self, c: &mut Code<'_>, columns: usize, at: Places) {
        let dim = self.mac.grid.columns;
        let tiles = dim.count.div_ceil(columns);
        c.repeat(tiles, |c, tile| {
            let first = if tiles == 1 {
                tile
            } else {
                let column = c.b.ins().imul_imm_s(tile, columns as i64);
                // The last tile may overlap its neighbour: it computes the same results again.
                let last = c.index((dim.count - columns) as i64);
                c.b.ins().umin(column, last)
            };
            let at = moved(c, at, first, dim);
            self.tile(c, columns, at);
        });
    }

    fn tile(&self, c: &mut Code<'_>, columns: usize, at: Places) {
        let start: Vec<Value> = (0..self.registers)
            .map(|r| self.finish.bias(c, at.records.plus((r * self.finish.record_bytes()) as i64)))
            .collect();
        let sums: Vec<Vec<Variable>> =
            (0..columns).map(|_| start.iter().map(|&bias| c.variable(bias)).collect()).collect();
        self.products(c, &sums, at);
        let dim = self.mac.grid.columns;
        for (column, sums) in sums.iter().enumerate() {
            let results: Vec<Value> = sums
                .iter()
                .enumerate()
                .map(|(r, &sum)| {
                    let sum = c.b.use_var(sum);
                    self.finish.result(c, sum, at.records.plus((r * self.finish.record_bytes()) as i64))
                })
                .collect();
            let to = at.y.plus((column * dim.y_step) as i64);
            self.store(c, to, &results);
        }
    }

    fn store(&self, c: &mut Code<'_>, to: Ptr, results: &[Value]) {
        let elem = self.mac.grid.elem;
        if self.mac.dot.lanes() > 1 {
            return c.store_vectors(to, elem, results, self.channels);
        }
        for (index, &result) in results.iter().enumerate() {
            c.store_number(result, elem, to.plus((index * elem.bytes()) as i64));
        }
    }

    /// Adds all products to the sums.
    fn products(&self, c: &mut Code<'_>, sums: &[Vec<Variable>], at: Places) {
        let (packing, dot) = (&self.mac.packing, self.mac.dot);
        let width = dot.factor_bytes() as i64;
        let steps = packing.steps(dot);
        let tap = (steps * self.registers * dot.weights_bytes()) as i64;
        c.repeat(packing.rows, |c, row| {
            let x = c.step(at.x, row, packing.row_step * width);
            let w = c.step(at.w, row, tap * packing.columns as i64);
            c.repeat(packing.columns, |c, column| {
                let x = c.step(x, column, packing.column_step * width);
                let w = c.step(w, column, tap);
                self.run(c, sums, x, w, steps);
            });
        });
    }

    /// Adds the products of one run of inputs.
    fn run(&self, c: &mut Code<'_>, sums: &[Vec<Variable>], x: Ptr, w: Ptr, steps: usize) {
        let dot = self.mac.dot;
        let x_step = (dot.depth() * dot.factor_bytes()) as i64;
        let w_step = (self.registers * dot.weights_bytes()) as i64;
        if steps <= UNROLLED {
            for step in 0..steps as i64 {
                self.step(c, sums, x.plus(step * x_step), w.plus(step * w_step));
            }
            return;
        }
        c.repeat(steps, |c, step| {
            let [x, w] = [c.step(x, step, x_step), c.step(w, step, w_step)];
            self.step(c, sums, x, w);
        });
    }

    fn step(&self, c: &mut Code<'_>, sums: &[Vec<Variable>], x: Ptr, w: Ptr) {
        let dot = self.mac.dot;
        let weights: Vec<Value> = (0..self.registers)
            .map(|r| dot.load_weights(c, w.plus((r * dot.weights_bytes()) as i64)))
            .collect();
        for (column, sums) in sums.iter().enumerate() {
            let inputs = dot.load_inputs(c, x.plus((column * self.mac.grid.columns.x_step) as i64));
            for (&sum, &weights) in sums.iter().zip(&weights) {
                let so_far = c.b.use_var(sum);
                let next = dot.add(c, so_far, inputs, weights);
                c.b.def_var(sum, next);
            }
        }
    }
}

fn moved(c: &mut Code<'_>, at: Places, index: Value, dim: Dim) -> Places {
    Places { x: c.step(at.x, index, dim.x_step as i64), y: c.step(at.y, index, dim.y_step as i64), ..at }
}
