//! Weights in the order in which tiles read them: group, tile of channels, row and column of taps, step along the
//! channels of the input, register, lane, product of the step.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};

use redsc_ir::{Data, ElemType};

use super::Mac;
use super::dot::Dot;
use super::tile::Shape;
use crate::native::code::{Code, Ptr};

/// The taps of a layer: runs of neighbouring inputs in rows and columns. Distances are in staged elements.
pub(in crate::native) struct Packing {
    pub(in crate::native) groups: usize,
    /// Distance of the inputs of neighbouring groups.
    pub(in crate::native) group_step: usize,
    pub(in crate::native) rows: usize,
    pub(in crate::native) row_step: i64,
    pub(in crate::native) columns: usize,
    pub(in crate::native) column_step: i64,
    /// Neighbouring inputs of one tap.
    pub(in crate::native) length: usize,
    /// Index of the weight of `(group, channel, row, column, input)`.
    pub(in crate::native) index: Box<dyn Fn([usize; 5]) -> usize>,
}

impl Packing {
    /// Steps along the inputs of one tap.
    pub(in crate::native) fn steps(&self, dot: Dot) -> usize {
        self.length.div_ceil(dot.depth())
    }

    /// The indices of the weights of one output channel.
    pub(in crate::native) fn filter(&self, group: usize, channel: usize) -> impl Iterator<Item = usize> {
        let taps = (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| [row, column]));
        taps.flat_map(move |[row, column]| {
            (0..self.length).map(move |k| (self.index)([group, channel, row, column, k]))
        })
    }
}

/// The weights of a layer.
pub(in crate::native) struct Weights<'a> {
    /// Their contents, if they are constant.
    pub(in crate::native) constant: Option<&'a Data>,
    pub(in crate::native) elem: ElemType,
    /// Added to each.
    pub(in crate::native) offset: i32,
}

impl Weights<'_> {
    /// The constant integers with their offset; none if they are computed.
    pub(in crate::native) fn integers(&self) -> Option<Vec<i32>> {
        let bytes = self.constant?.bytes();
        Some(match self.elem {
            ElemType::I8 => bytes.iter().map(|&b| i32::from(b as i8) + self.offset).collect(),
            ElemType::I16 => bytes
                .chunks_exact(2)
                .map(|b| i32::from(i16::from_le_bytes([b[0], b[1]])) + self.offset)
                .collect(),
            _ => bytes.iter().map(|&b| i32::from(b) + self.offset).collect(),
        })
    }
}

/// Packed weights.
pub(in crate::native) enum Packed {
    /// Constants.
    Constant(Vec<u8>),
    /// Where each is found in the operand when the layer runs; `None` is 0.
    Table(Vec<Option<usize>>),
}

/// Packs the weights of a layer.
pub(in crate::native) fn pack(mac: &Mac<'_>, shape: &Shape) -> Result<Packed, String> {
    pack_table(mac, table(mac, shape))
}

/// Packs the weights with these indices; `None` is 0.
pub(in crate::native) fn pack_table(mac: &Mac<'_>, table: Vec<Option<usize>>) -> Result<Packed, String> {
    let Some(data) = mac.weights.constant else { return Ok(Packed::Table(table)) };
    let bytes = match mac.weights.integers() {
        _ if mac.weights.elem == ElemType::F32 => {
            let at = |index: &Option<usize>| {
                index.and_then(|i| data.bytes().get(4 * i..4 * i + 4)).unwrap_or(&[0; 4])
            };
            table.iter().flat_map(|index| at(index).iter().copied()).collect()
        }
        Some(numbers) => {
            let at = |index: &Option<usize>| index.and_then(|i| numbers.get(i).copied()).unwrap_or(0);
            let width = mac.dot.factor_bytes();
            table.iter().flat_map(|index| at(index).to_le_bytes().into_iter().take(width)).collect()
        }
        None => return Err("the weights have no contents".into()),
    };
    Ok(Packed::Constant(bytes))
}

/// The index of the weight at each place.
fn table(mac: &Mac<'_>, shape: &Shape) -> Vec<Option<usize>> {
    let (packing, dot) = (&mac.packing, mac.dot);
    let mut table = Vec::new();
    for group in 0..packing.groups {
        for [first, registers] in shape.channel_tiles() {
            for row in 0..packing.rows {
                for column in 0..packing.columns {
                    for step in 0..packing.steps(dot) {
                        let start = step * dot.depth();
                        push_step(&mut table, mac, [group, first, row, column, start], registers);
                    }
                }
            }
        }
    }
    table
}

/// The weights of one step for all registers of a tile.
fn push_step(table: &mut Vec<Option<usize>>, mac: &Mac<'_>, at: [usize; 5], registers: usize) {
    let [group, first, row, column, start] = at;
    for channel in first..first + registers * mac.dot.lanes() {
        for k in start..start + mac.dot.depth() {
            let exists = channel < mac.grid.channels && k < mac.packing.length;
            table.push(exists.then(|| (mac.packing.index)([group, channel, row, column, k])));
        }
    }
}

/// Packs weights that are computed.
pub(in crate::native) fn gather(
    c: &mut Code<'_>,
    mac: &Mac<'_>,
    table: &[Option<usize>],
    from: Ptr,
    place: usize,
) {
    let indices: Vec<u8> =
        table.iter().flat_map(|i| i.map_or(u32::MAX, |i| i as u32).to_le_bytes()).collect();
    let indices = c.constant(&indices);
    let (elem, to) = (mac.weights.elem, c.arena_at(place));
    let width = mac.dot.factor_bytes() as i64;
    c.repeat(table.len(), |c, i| {
        let entry = c.step(indices, i, 4);
        let index = c.load(types::I32, entry);
        let none = c.int(types::I32, -1);
        let zero = c.int(types::I32, 0);
        let inside = c.choose(IntCC::Equal, [index, none], zero, index);
        let wide = c.b.ins().uextend(types::I64, inside);
        let at = c.step(from, wide, elem.bytes() as i64);
        let number = c.load_number(elem, at);
        let missing = c.b.ins().icmp(IntCC::Equal, index, none);
        let to = c.step(to, i, width);
        if elem == ElemType::F32 {
            let zero = c.real(types::F32, 0.0);
            let number = c.b.ins().select(missing, zero, number);
            c.store(number, to);
        } else {
            let number = c.add_int(number, mac.weights.offset);
            let number = c.b.ins().select(missing, zero, number);
            c.store_number(number, ElemType::I16, to);
        }
    });
}
