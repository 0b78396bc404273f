//! Layers that multiply, accumulate and requantize.
//!
//! A layer becomes a walk over *tiles*: a few neighbouring results in a row, for a few vectors of output channels, are
//! held in registers while all products are added to them ([`tile`]). The input is *staged* first, padded and in
//! the form that the machine multiplies ([`stage`]), unless it can be read as it is. Weights are packed when the code
//! is made, in the order in which the tiles read them ([`pack`]), and the bias takes up what zero points add.

pub(super) mod dot;
pub(super) mod finish;
pub(super) mod pack;
pub(super) mod stage;
pub(super) mod tile;

use redsc_ir::ElemType;
use redsc_ir::params::mac::{Accumulator, MacArithmetic};

use super::code::{Code, Ptr};
use super::site::Site;
use super::unit::Layer;
use dot::Dot;
use finish::Finish;
use pack::{Packed, Packing, Weights};
use tile::{Grid, Shape};

/// Everything that decides how a layer adds up its products.
pub(super) struct Mac<'a> {
    pub(super) arithmetic: &'a MacArithmetic,
    pub(super) dot: Dot,
    /// Products in the order in which they are added.
    pub(super) packing: Packing,
    pub(super) weights: Weights<'a>,
    pub(super) grid: Grid,
}

/// Where something is read: an operand as it is, or scratch memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An operand.
    Operand(usize),
    /// A place in the arena.
    Arena(usize),
}

impl Source {
    pub(super) fn ptr(self, c: &mut Code<'_>, site: &Site<'_>) -> Result<Ptr, String> {
        match self {
            Source::Operand(index) => site.x(c, index),
            Source::Arena(offset) => Ok(c.arena_at(offset)),
        }
    }
}

/// How the products of a layer are added up on this machine.
pub(super) fn choose_dot(layer: &Layer<'_, '_>, arithmetic: &MacArithmetic) -> Result<Dot, String> {
    let machine = layer.machine();
    let (x, constant) = (layer.site.input(0)?.elem, layer.site.constant(1).is_some());
    Ok(match arithmetic {
        MacArithmetic::Float { .. } if machine.simd => Dot::Reals,
        MacArithmetic::Float { .. } => Dot::Real,
        MacArithmetic::Quantized(q) if q.accumulator == Accumulator::I64 => Dot::Wide,
        MacArithmetic::Quantized(_) if !machine.simd => Dot::Single,
        MacArithmetic::Quantized(q) if constant && q.weights_offset == 0 && x == ElemType::I8 => {
            Dot::of_bytes(machine.byte_dot)
        }
        MacArithmetic::Quantized(_) => Dot::Pairs,
    })
}

/// Emits a layer whose staged input is at `source`.
pub(super) fn emit(layer: &mut Layer<'_, '_>, mac: &Mac<'_>, source: Source) -> Result<(), String> {
    emit_at(layer, mac, source, 0)
}

/// As [`emit`]; the first result sees the input from `corner` bytes on.
pub(super) fn emit_at(
    layer: &mut Layer<'_, '_>,
    mac: &Mac<'_>,
    source: Source,
    corner: usize,
) -> Result<(), String> {
    if mac.grid.columns.count == 0 || mac.grid.channels == 0 {
        return Ok(());
    }
    let shape = Shape::new(&mac.grid, &mac.dot);
    let packed = pack::pack(mac, &shape)?;
    let finish = Finish::new(layer, mac)?;
    let place = place_weights(layer, mac, &packed)?;
    let records = finish.prepare(layer)?;
    layer.part(mac.grid.rows.count, |c, site| {
        let x = source.ptr(c, site)?.plus(corner as i64);
        let y = site.y(c, 0)?;
        let w = place.ptr(c, &packed)?;
        let records = records.ptr(c);
        tile::emit(c, mac, &shape, &finish, tile::Places { x, w, records, y });
        Ok(())
    })
}

/// Where packed weights are when the layer runs.
#[derive(Clone, Copy)]
pub(super) struct WeightsPlace(Option<usize>);

/// Adds a part that packs the weights if they are computed.
pub(super) fn place_weights(
    layer: &mut Layer<'_, '_>,
    mac: &Mac<'_>,
    packed: &Packed,
) -> Result<WeightsPlace, String> {
    let Packed::Table(table) = packed else { return Ok(WeightsPlace(None)) };
    let place = layer.scratch(table.len() * mac.dot.factor_bytes() + 64);
    layer.whole(|c, site| {
        let from = site.x(c, 1)?;
        pack::gather(c, mac, table, from, place);
        Ok(())
    })?;
    Ok(WeightsPlace(Some(place)))
}

impl WeightsPlace {
    pub(super) fn ptr(self, c: &mut Code<'_>, packed: &Packed) -> Result<Ptr, String> {
        match (packed, self.0) {
            (Packed::Constant(bytes), _) => Ok(c.constant(bytes)),
            (Packed::Table(_), Some(place)) => Ok(c.arena_at(place)),
            (Packed::Table(_), None) => Err("the weights are missing".into()),
        }
    }
}
