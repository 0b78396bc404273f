//! Staging: the input of a layer, padded and in the form that the machine multiplies.

use cranelift_codegen::ir::{InstBuilder, types};

use redsc_ir::ElemType;
use redsc_ir::params::mac::MacArithmetic;

use super::Source;
use super::dot::Dot;
use crate::native::code::{Code, Ptr};
use crate::native::stream::{Lanes, Stream};
use crate::native::unit::Layer;

/// An image with borders.
#[derive(Clone, Copy, Debug)]
pub(in crate::native) struct Frame {
    pub(in crate::native) batches: usize,
    /// Height and width of the image.
    pub(in crate::native) image: [usize; 2],
    pub(in crate::native) channels: usize,
    /// Rows above and columns left of it.
    pub(in crate::native) before: [usize; 2],
    /// Height and width with borders; cells of the image beyond are left out.
    pub(in crate::native) size: [usize; 2],
    /// How often each channel is repeated.
    pub(in crate::native) copies: usize,
}

impl Frame {
    /// Rows without borders.
    pub(in crate::native) fn plain(rows: usize, depth: usize) -> Self {
        Frame { batches: 1, image: [1, rows], channels: depth, before: [0, 0], size: [1, rows], copies: 1 }
    }

    fn is_plain(&self) -> bool {
        self.before == [0, 0] && self.size == self.image && self.copies == 1
    }

    /// Staged elements of a pixel.
    pub(in crate::native) fn pixel(&self) -> usize {
        self.channels * self.copies
    }

    /// Staged elements of a row.
    pub(in crate::native) fn row(&self) -> usize {
        self.pixel() * self.size[1]
    }

    /// Staged elements of an image.
    pub(in crate::native) fn elements(&self) -> usize {
        self.row() * self.size[0]
    }
}

/// From operand to staged elements.
#[derive(Clone, Copy)]
struct Change {
    from: ElemType,
    /// Bytes of a staged element.
    width: usize,
    dot: Dot,
    offset: i32,
    /// The staged element of a border.
    pad: [u8; 4],
}

/// Stages operand 0; it stays where it is if it can be read as it is.
pub(in crate::native) fn stage(
    layer: &mut Layer<'_, '_>,
    frame: &Frame,
    dot: Dot,
    arithmetic: &MacArithmetic,
) -> Result<Source, String> {
    let change = Change::new(layer.site.input(0)?.elem, dot, arithmetic);
    if frame.is_plain() && change.is_none() {
        return Ok(Source::Operand(0));
    }
    // Steps and vectors may read beyond the last element.
    let place = layer.scratch(frame.batches * frame.elements() * change.width + 64);
    layer.part(1, |c, site| {
        let (from, to) = (site.x(c, 0)?, c.arena_at(place));
        emit(c, frame, &change, from, to)
    })?;
    Ok(Source::Arena(place))
}

/// Stages an operand inside of a function.
pub(in crate::native) fn stage_rows(
    c: &mut Code<'_>,
    elem: ElemType,
    dot: Dot,
    arithmetic: &MacArithmetic,
    count: usize,
    from: Ptr,
    to: Ptr,
) -> Result<(), String> {
    Change::new(elem, dot, arithmetic).row(c, 1, count, from, to)
}

fn emit(c: &mut Code<'_>, frame: &Frame, change: &Change, from: Ptr, to: Ptr) -> Result<(), String> {
    let [above, left] = frame.before;
    let rows = frame.image[0].min(frame.size[0].saturating_sub(above));
    let columns = frame.image[1].min(frame.size[1].saturating_sub(left));
    let right = frame.size[1] - left.min(frame.size[1]) - columns;
    let below = frame.size[0] - above.min(frame.size[0]) - rows;
    let row_bytes = (frame.row() * change.width) as i64;
    let pixel_bytes = (frame.pixel() * change.width) as i64;
    let image_bytes = (frame.image[0] * frame.image[1] * frame.channels * change.from.bytes()) as i64;
    let mut outcome = Ok(());
    c.repeat(frame.batches, |c, batch| {
        let from = c.step(from, batch, image_bytes);
        let to = c.step(to, batch, row_bytes * frame.size[0] as i64);
        c.fill(to, &change.pad[..change.width], above * frame.row());
        let first = to.plus(above as i64 * row_bytes);
        c.fill(first.plus(rows as i64 * row_bytes), &change.pad[..change.width], below * frame.row());
        let whole = left == 0 && right == 0 && columns == frame.image[1];
        let (lines, line) = if whole { (1, rows * columns) } else { (rows, columns) };
        c.repeat(lines, |c, row| {
            let from = c.step(from, row, (frame.image[1] * frame.channels * change.from.bytes()) as i64);
            let to = c.step(first, row, row_bytes);
            c.fill(to, &change.pad[..change.width], left * frame.pixel());
            let inner = to.plus(left as i64 * pixel_bytes);
            outcome = change.row(c, frame.copies, line * frame.channels, from, inner);
            c.fill(inner.plus(line as i64 * pixel_bytes), &change.pad[..change.width], right * frame.pixel());
        });
    });
    outcome
}

impl Change {
    fn new(from: ElemType, dot: Dot, arithmetic: &MacArithmetic) -> Self {
        let (input_offset, pad_value) = match arithmetic {
            MacArithmetic::Quantized(q) => (q.input_offset, q.pad_value),
            MacArithmetic::Float { .. } => (0, 0),
        };
        let offset = match dot {
            Dot::QuadsUnsigned => 128,
            Dot::QuadsSigned | Dot::Reals | Dot::Real => 0,
            Dot::Pairs | Dot::Single | Dot::Wide => input_offset,
        };
        let pad = (pad_value + offset).to_le_bytes();
        Change { from, width: dot.factor_bytes(), dot, offset, pad }
    }

    /// Whether staged elements are the elements of the operand.
    fn is_none(&self) -> bool {
        self.offset == 0 && self.width == self.from.bytes()
    }

    /// Stages neighbouring elements, each `copies` times.
    fn row(&self, c: &mut Code<'_>, copies: usize, count: usize, from: Ptr, to: Ptr) -> Result<(), String> {
        if copies == 1 {
            return self.stream(c, count, from, to);
        }
        c.repeat(count, |c, i| {
            let from = c.step(from, i, self.from.bytes() as i64);
            let to = c.step(to, i, (copies * self.width) as i64);
            let number = c.load_number(self.from, from);
            let staged = if self.from == ElemType::F32 { number } else { c.add_int(number, self.offset) };
            for copy in 0..copies {
                let to = to.plus((copy * self.width) as i64);
                c.store_number(staged, self.elem(), to);
            }
        });
        Ok(())
    }

    /// The type of staged elements.
    fn elem(&self) -> ElemType {
        match self.width {
            1 => ElemType::I8,
            2 => ElemType::I16,
            _ => ElemType::F32,
        }
    }

    fn stream(&self, c: &mut Code<'_>, count: usize, from: Ptr, to: Ptr) -> Result<(), String> {
        if self.is_none() {
            c.copy(to, from, count * self.width);
            return Ok(());
        }
        if self.dot == Dot::QuadsUnsigned {
            // Adding 128 flips the highest bit.
            c.map_bytes(to, from, count, |c, x| {
                let ty = c.ty(x);
                let bits = if ty == types::I8X16 {
                    c.vector(ty, &[0x80; 16])
                } else {
                    c.int(ty, i64::from_le_bytes([0x80; 8]))
                };
                c.b.ins().bxor(x, bits)
            });
            return Ok(());
        }
        let x = Stream::dense(from, self.from);
        c.map(
            count,
            Lanes::Any,
            [x],
            Stream::dense(to, ElemType::I16),
            |c, [x]| Ok(c.add_int(x, self.offset)),
        )
    }
}
