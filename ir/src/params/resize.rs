//! Constants of changes of height and width: which operand rows and columns each row and column of the result shows.

use crate::ops::{Resize2d, ResizeKind};
use crate::types::ElemType;

/// Where the rows (or columns) of the result come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ResizeTaps {
    /// One index each.
    Nearest(Vec<usize>),
    /// Between two of them, weights with [`WEIGHT_BITS`] fractional bits.
    FixedPoint(Vec<Tap<i64>>),
    /// Between two of them.
    Float(Vec<Tap<f32>>),
}

/// Fractional bits of fixed-point weights.
pub const WEIGHT_BITS: u32 = 10;

/// A result index between two operand indices; `weight` counts from `low`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap<T> {
    /// The index that has the weight `1 − weight`.
    pub low: usize,
    /// The index that has the weight `weight`.
    pub high: usize,
    /// In units of the arithmetic.
    pub weight: T,
}

/// One of the two dimensions.
struct Axis<'a> {
    op: &'a Resize2d,
    from: usize,
    to: usize,
}

impl ResizeTaps {
    /// Where height (`axis` 0) or width (1) of the result come from, if the operand has extent `from`.
    pub fn new(op: &Resize2d, axis: usize, from: usize, elem: ElemType) -> Self {
        let axis = Axis { op, from, to: op.size[axis] };
        match op.kind {
            ResizeKind::Nearest => ResizeTaps::Nearest(axis.nearest()),
            ResizeKind::Bilinear if elem == ElemType::F32 => ResizeTaps::Float(axis.taps()),
            ResizeKind::Bilinear => ResizeTaps::FixedPoint(axis.fixed_point_taps()),
        }
    }
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

    fn nearest(&self) -> Vec<usize> {
        let (scale, offset) = (self.scale(), if self.op.half_pixel_centers { 0.5 } else { 0.0 });
        let index = |i: usize| {
            let position = (i as f32 + offset) * scale;
            let rounded = if self.op.align_corners { position.round() } else { position.floor() };
            (rounded as usize).min(self.from - 1)
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

    fn fixed_point_taps(&self) -> Vec<Tap<i64>> {
        let (from, to) = (self.from as i64, self.to as i64);
        let (from_steps, to_steps) =
            if self.op.align_corners && to > 1 { (from - 1, to - 1) } else { (from, to) };
        let one = 1 << WEIGHT_BITS;
        let scale = (from_steps * one + to_steps / 2) / to_steps;
        let tap = |i: i64| {
            let position =
                if self.op.half_pixel_centers { i * scale + scale / 2 - one / 2 } else { i * scale };
            let low = (position / one).clamp(0, from - 1);
            let high = ((position + one - 1) / one).min(from - 1);
            Tap { low: low as usize, high: high as usize, weight: position - low * one }
        };
        (0..to).map(tap).collect()
    }
}
