//! Depthwise convolutions.
//!
//! Channels sit side by side in vectors. Where the machine adds up several products at once, as many taps of a row are
//! interleaved channel by channel, with weights that were interleaved when the code was made. Channels that share an
//! input are staged side by side, so that each has its own.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use cranelift_frontend::Variable;

use redsc_ir::params::conv::ConvParams;

use super::code::{Code, Ptr};
use super::conv::{frame, weights};
use super::mac::dot::Dot;
use super::mac::finish::Finish;
use super::mac::pack::Packing;
use super::mac::stage::stage;
use super::mac::tile::{Dim, Grid};
use super::mac::{self, Mac};
use super::unit::Layer;

/// Emits a depthwise convolution.
pub(super) fn emit(layer: &mut Layer<'_, '_>, params: &ConvParams) -> Result<(), String> {
    let window = &params.window;
    let dot = mac::choose_dot(layer, &params.arithmetic)?;
    let frame = frame(window, params.filters_per_group);
    let source = stage(layer, &frame, dot, &params.arithmetic)?;
    let elem = layer.site.result(0)?.elem;
    let (kw, channels) = (window.x.taps, window.out_channels);
    let index = move |[_, channel, row, column, _]: [usize; 5]| (row * kw + column) * channels + channel;
    let packing = Packing {
        groups: 1,
        group_step: 0,
        rows: window.y.taps,
        row_step: (window.y.dilation * frame.row()) as i64,
        columns: kw,
        column_step: (window.x.dilation * frame.pixel()) as i64,
        length: 1,
        index: Box::new(index),
    };
    let (x, y) = (dot.factor_bytes(), channels * elem.bytes());
    let grid = Grid {
        batches: Dim {
            count: window.batches,
            x_step: frame.elements() * x,
            y_step: window.y.output * window.x.output * y,
        },
        rows: Dim {
            count: window.y.output,
            x_step: window.y.stride * frame.row() * x,
            y_step: window.x.output * y,
        },
        columns: Dim { count: window.x.output, x_step: window.x.stride * frame.pixel() * x, y_step: y },
        channels,
        elem,
        y_start: 0,
    };
    let weights = weights(layer, &params.arithmetic)?;
    let mac = Mac { arithmetic: &params.arithmetic, dot, packing, weights, grid };
    Depthwise::new(&mac).emit(layer, source)
}

struct Depthwise<'a> {
    mac: &'a Mac<'a>,
    /// Channels of a block: those of one vector of inputs.
    block: usize,
    /// Registers of sums of a block.
    registers: usize,
}

/// Groups of taps that are written out rather than counted.
const UNROLLED: usize = 12;

impl<'a> Depthwise<'a> {
    fn new(mac: &'a Mac<'a>) -> Self {
        let (lanes, depth) = (mac.dot.lanes(), mac.dot.depth());
        let block = lanes * depth;
        Depthwise { mac, block, registers: depth }
    }

    /// First channels of the blocks, multiples of the lanes; the last block may overlap its neighbour.
    fn blocks(&self) -> Vec<usize> {
        let channels = self.mac.grid.channels;
        let mut blocks: Vec<usize> = (0..channels / self.block).map(|i| i * self.block).collect();
        if !channels.is_multiple_of(self.block) {
            blocks.push(channels.next_multiple_of(self.mac.dot.lanes()).saturating_sub(self.block));
        }
        blocks
    }

    /// Groups of taps of a row that are added up together.
    fn groups(&self) -> usize {
        self.mac.packing.columns.div_ceil(self.mac.dot.depth())
    }

    /// The index of the weight at each place: block, row of taps, group of taps, channel, tap of the group.
    fn table(&self) -> Vec<Option<usize>> {
        let (packing, depth) = (&self.mac.packing, self.mac.dot.depth());
        let mut table = Vec::new();
        for first in self.blocks() {
            for row in 0..packing.rows {
                for group in 0..self.groups() {
                    for channel in first..first + self.block {
                        for column in group * depth..(group + 1) * depth {
                            let exists = channel < self.mac.grid.channels && column < packing.columns;
                            table.push(exists.then(|| (packing.index)([0, channel, row, column, 0])));
                        }
                    }
                }
            }
        }
        table
    }

    fn emit(&self, layer: &mut Layer<'_, '_>, source: mac::Source) -> Result<(), String> {
        let packed = mac::pack::pack_table(self.mac, self.table())?;
        let finish = Finish::new(layer, self.mac)?;
        let place = mac::place_weights(layer, self.mac, &packed)?;
        let records = finish.prepare(layer)?;
        let blocks = self.blocks();
        layer.part(self.mac.grid.rows.count, |c, site| {
            let at = At {
                x: source.ptr(c, site)?,
                w: place.ptr(c, &packed)?,
                records: records.ptr(c),
                y: site.y(c, 0)?,
            };
            self.all_blocks(c, &finish, &blocks, at);
            Ok(())
        })
    }

    fn all_blocks(&self, c: &mut Code<'_>, finish: &Finish<'_>, blocks: &[usize], at: At) {
        let channels = self.mac.grid.channels;
        let full = blocks.iter().filter(|&&first| first + self.block <= channels).count();
        let starts: Vec<u8> = blocks.iter().flat_map(|&first| (first as u32).to_le_bytes()).collect();
        let starts = c.constant(&starts);
        let block_bytes = (self.mac.packing.rows * self.groups() * self.group_bytes()) as i64;
        c.repeat(full, |c, i| {
            let first = if full == 1 {
                i
            } else {
                let entry = c.step(starts, i, 4);
                let first = c.load(types::I32, entry);
                c.b.ins().uextend(types::I64, first)
            };
            let at = self.moved(c, finish, at, first);
            let at = At { w: c.step(at.w, i, block_bytes), ..at };
            self.rows(c, finish, at, self.block);
        });
        for (i, &start) in blocks.iter().enumerate().skip(full) {
            let first = c.index(start as i64);
            let at = self.moved(c, finish, at, first);
            let at = At { w: at.w.plus(i as i64 * block_bytes), ..at };
            self.rows(c, finish, at, channels - start);
        }
    }

    fn group_bytes(&self) -> usize {
        self.registers * self.mac.dot.weights_bytes()
    }

    /// The addresses of a channel, which is a multiple of the lanes.
    fn moved(&self, c: &mut Code<'_>, finish: &Finish<'_>, at: At, channel: Value) -> At {
        let lanes = self.mac.dot.lanes();
        let register = if lanes == 1 { channel } else { c.shift_right_zero(channel, lanes.ilog2() as i64) };
        At {
            x: c.step(at.x, channel, self.mac.dot.factor_bytes() as i64),
            y: c.step(at.y, channel, self.mac.grid.elem.bytes() as i64),
            records: c.step(at.records, register, finish.record_bytes() as i64),
            ..at
        }
    }

    fn rows(&self, c: &mut Code<'_>, finish: &Finish<'_>, at: At, channels: usize) {
        let grid = &self.mac.grid;
        c.repeat(grid.batches.count, |c, batch| {
            let at = along(c, at, batch, grid.batches);
            c.for_items(|c, row| {
                let at = along(c, at, row, grid.rows);
                c.repeat(grid.columns.count, |c, column| {
                    let at = along(c, at, column, grid.columns);
                    self.pixel(c, finish, at, channels);
                });
            });
        });
    }

    fn pixel(&self, c: &mut Code<'_>, finish: &Finish<'_>, at: At, channels: usize) {
        let record = finish.record_bytes() as i64;
        let present = channels.div_ceil(self.mac.dot.lanes()).min(self.registers);
        let sums: Vec<Variable> = (0..present)
            .map(|r| {
                let bias = finish.bias(c, at.records.plus(r as i64 * record));
                c.variable(bias)
            })
            .collect();
        self.products(c, &sums, at);
        let results: Vec<Value> = sums
            .iter()
            .enumerate()
            .map(|(r, &sum)| {
                let sum = c.b.use_var(sum);
                finish.result(c, sum, at.records.plus(r as i64 * record))
            })
            .collect();
        let elem = self.mac.grid.elem;
        if self.mac.dot.lanes() > 1 {
            c.store_vectors(at.y, elem, &results, channels);
        } else {
            c.store_number(results[0], elem, at.y);
        }
    }

    fn products(&self, c: &mut Code<'_>, sums: &[Variable], at: At) {
        let packing = &self.mac.packing;
        let width = self.mac.dot.factor_bytes() as i64;
        let row_bytes = (self.groups() * self.group_bytes()) as i64;
        if packing.rows * self.groups() <= UNROLLED {
            for row in 0..packing.rows as i64 {
                let (x, w) = (at.x.plus(row * packing.row_step * width), at.w.plus(row * row_bytes));
                self.row(c, sums, x, w);
            }
            return;
        }
        c.repeat(packing.rows, |c, row| {
            let x = c.step(at.x, row, packing.row_step * width);
            let w = c.step(at.w, row, row_bytes);
            self.row(c, sums, x, w);
        });
    }

    fn row(&self, c: &mut Code<'_>, sums: &[Variable], x: Ptr, w: Ptr) {
        let (packing, depth) = (&self.mac.packing, self.mac.dot.depth());
        let step = packing.column_step * self.mac.dot.factor_bytes() as i64;
        let group_bytes = self.group_bytes() as i64;
        // Groups of which every tap exists, then the one that has fewer.
        let whole = packing.columns / depth;
        let rest = packing.columns % depth;
        let group = |c: &mut Code<'_>, x: Ptr, w: Ptr, taps: usize| {
            let taps: Vec<Ptr> = (0..taps as i64).map(|tap| x.plus(tap * step)).collect();
            self.group(c, sums, &taps, w);
        };
        if whole <= UNROLLED {
            for i in 0..whole as i64 {
                group(c, x.plus(i * depth as i64 * step), w.plus(i * group_bytes), depth);
            }
        } else {
            c.repeat(whole, |c, i| {
                let (x, w) = (c.step(x, i, depth as i64 * step), c.step(w, i, group_bytes));
                group(c, x, w, depth);
            });
        }
        if rest > 0 {
            let done = whole as i64;
            group(c, x.plus(done * depth as i64 * step), w.plus(done * group_bytes), rest);
        }
    }

    /// Adds the products of a group of taps.
    fn group(&self, c: &mut Code<'_>, sums: &[Variable], taps: &[Ptr], w: Ptr) {
        let dot = self.mac.dot;
        let inputs = self.interleaved(c, taps);
        for (r, (&sum, inputs)) in sums.iter().zip(inputs).enumerate() {
            let weights = dot.load_weights(c, w.plus((r * dot.weights_bytes()) as i64));
            let so_far = c.b.use_var(sum);
            let next = dot.add(c, so_far, inputs, weights);
            c.b.def_var(sum, next);
        }
    }

    /// The inputs of up to as many taps as a step takes, side by side for each channel; missing taps are 0.
    fn interleaved(&self, c: &mut Code<'_>, taps: &[Ptr]) -> Vec<Value> {
        let dot = self.mac.dot;
        if dot.depth() == 1 {
            return taps.iter().map(|&tap| dot.load_weights(c, tap)).collect();
        }
        let ty: Type = if dot == Dot::Pairs { types::I16X8 } else { types::I8X16 };
        let missing = c.vector(ty, &[0; 16]);
        let tap = |c: &mut Code<'_>, index: usize| match taps.get(index) {
            Some(&tap) => c.load(ty, tap),
            None => missing,
        };
        if dot == Dot::Pairs {
            let [a, b] = [tap(c, 0), tap(c, 1)];
            return zip(c, a, b, 2).to_vec();
        }
        let [first, second, third, fourth] = [tap(c, 0), tap(c, 1), tap(c, 2), tap(c, 3)];
        let [a, b] = [zip(c, first, second, 1), zip(c, third, fourth, 1)];
        let halves = [0, 1].map(|half| zip(c, a[half], b[half], 2));
        halves.concat()
    }
}

/// The elements of two vectors alternately, `width` bytes each.
fn zip(c: &mut Code<'_>, a: Value, b: Value, width: u8) -> [Value; 2] {
    [0, 8].map(|start: u8| {
        let mask = std::array::from_fn(|i| {
            let (pair, inner) = (i as u8 / (2 * width), i as u8 % (2 * width));
            let byte = start + pair * width + inner % width;
            if inner < width { byte } else { 16 + byte }
        });
        c.shuffle(a, b, mask)
    })
}

/// Where everything begins.
#[derive(Clone, Copy)]
struct At {
    x: Ptr,
    w: Ptr,
    records: Ptr,
    y: Ptr,
}

fn along(c: &mut Code<'_>, at: At, index: Value, dim: Dim) -> At {
    At { x: c.step(at.x, index, dim.x_step as i64), y: c.step(at.y, index, dim.y_step as i64), ..at }
}
