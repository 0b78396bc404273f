//! Rules of the layout operators: the elements move, their codes stay.

use super::check::{
    ARITHMETIC, expect_axis, expect_clamp, expect_elem, expect_elements, expect_positive, expect_quantized,
    extents,
};
use super::{
    Activation, Concat, Inferred, OpRules, Operands, Pad, PadMode, Reshape, Resize2d, ResizeKind, Slice,
    Split, Transpose,
};
use crate::types::{Shape, TensorType};

impl OpRules for Reshape {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let x = only(operands)?;
        let shape = Shape(self.shape.clone());
        if shape.elements() != x.elements() {
            return Err(format!(
                "shape [{}] with {} elements cannot become [{shape}]",
                x.shape,
                x.elements()
            ));
        }
        Ok(vec![Inferred { shape, elems: vec![x.elem] }])
    }
}

impl OpRules for Transpose {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let x = only(operands)?;
        let mut sorted = self.perm.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..x.shape.rank()) {
            return Err(format!(
                "{:?} is not a permutation of the dimensions of shape [{}]",
                self.perm, x.shape
            ));
        }
        let shape = Shape(self.perm.iter().map(|&axis| x.shape[axis]).collect());
        Ok(vec![Inferred { shape, elems: vec![x.elem] }])
    }
}

impl OpRules for Pad {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 2)?;
        let x = operands.require(0, "input")?;
        expect_per_dimension(x, self.before.len(), "before")?;
        expect_per_dimension(x, self.after.len(), "after")?;
        if let Some(value) = operands.get(1) {
            expect_elem(value.elem, &[x.elem], "the value")?;
            expect_elements(value, 1, "the value")?;
        }
        let dims = x.shape.iter().zip(self.before.iter().zip(&self.after));
        let shape = dims.map(|(&extent, (&before, &after))| self.extent(extent, before, after));
        Ok(vec![Inferred { shape: Shape(shape.collect::<Result<_, _>>()?), elems: vec![x.elem] }])
    }
}

impl Pad {
    fn extent(&self, extent: usize, before: usize, after: usize) -> Result<usize, String> {
        let mirrored = match self.mode {
            PadMode::Constant => usize::MAX,
            PadMode::Reflect => extent.saturating_sub(1),
            PadMode::Symmetric => extent,
        };
        if before.max(after) > mirrored {
            return Err(format!(
                "{} padding of an extent of {extent} reaches at most {mirrored} cells",
                self.mode.name()
            ));
        }
        let padded = extent.checked_add(before).and_then(|n| n.checked_add(after));
        padded.ok_or_else(|| "the padded extent overflows".to_owned())
    }
}

impl OpRules for Concat {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let first = operands.require(0, "input")?;
        let mut total = expect_axis(first, self.axis)?;
        for index in 1..operands.len() {
            let next = operands.require(index, "input")?;
            total = total.saturating_add(self.part(first, next)?);
        }
        expect_clamp(self.act)?;
        if self.act != Activation::None {
            operands.check_result(expect_quantized)?;
        }
        let mut shape = first.shape.clone();
        shape.0[self.axis] = total;
        Ok(vec![Inferred { shape, elems: vec![first.elem] }])
    }
}

impl Concat {
    /// Extent along the axis of a further operand that must fit the first.
    fn part(&self, first: &TensorType, next: &TensorType) -> Result<usize, String> {
        expect_elem(next.elem, &[first.elem], "an operand")?;
        let extent = expect_axis(next, self.axis)?;
        let mut like_first = next.shape.clone();
        like_first.0[self.axis] = first.shape[self.axis];
        if like_first != first.shape {
            return Err(format!(
                "shapes [{}] and [{}] differ in another dimension than {}",
                first.shape, next.shape, self.axis
            ));
        }
        Ok(extent)
    }
}

impl OpRules for Split {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let x = only(operands)?;
        let extent = expect_axis(x, self.axis)?;
        let total = self.sizes.iter().fold(0usize, |n, &size| n.saturating_add(size));
        if total != extent {
            return Err(format!(
                "parts {:?} do not add up to the extent {extent} of axis {}",
                self.sizes, self.axis
            ));
        }
        let part = |&size: &usize| {
            let mut shape = x.shape.clone();
            shape.0[self.axis] = size;
            Inferred { shape, elems: vec![x.elem] }
        };
        Ok(self.sizes.iter().map(part).collect())
    }
}

impl OpRules for Slice {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let x = only(operands)?;
        expect_per_dimension(x, self.begin.len(), "begin")?;
        expect_per_dimension(x, self.size.len(), "size")?;
        expect_per_dimension(x, self.stride.len(), "stride")?;
        (0..x.shape.rank()).try_for_each(|axis| self.expect_inside(axis, x.shape[axis]))?;
        Ok(vec![Inferred { shape: Shape(self.size.clone()), elems: vec![x.elem] }])
    }
}

impl Slice {
    /// The first and the last element that are read must exist.
    fn expect_inside(&self, axis: usize, extent: usize) -> Result<(), String> {
        let (begin, size, stride) = (self.begin[axis], self.size[axis], self.stride[axis]);
        let Some(steps) = size.checked_sub(1) else { return Ok(()) };
        let last = begin as i128 + steps as i128 * i128::from(stride);
        if begin < extent && (0..extent as i128).contains(&last) {
            return Ok(());
        }
        Err(format!(
            "axis {axis}: {size} elements from {begin} with stride {stride} leave an extent of {extent}"
        ))
    }
}

impl OpRules for Resize2d {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let x = only(operands)?;
        let [batch, _, _, channels] = extents(x, "the operand")?;
        expect_positive(self.size, "size")?;
        match self.kind {
            ResizeKind::Nearest => {}
            ResizeKind::Bilinear => {
                expect_elem(x.elem, ARITHMETIC, "the operand")?;
                if self.align_corners && self.half_pixel_centers {
                    return Err("align_corners and half_pixel_centers exclude each other".into());
                }
            }
        }
        Ok(vec![Inferred::new([batch, self.size[0], self.size[1], channels], &[x.elem])])
    }
}

/// The operand of an operator that has one.
fn only<'a>(operands: &Operands<'a>) -> Result<&'a TensorType, String> {
    operands.expect_count(1, 1)?;
    operands.require(0, "operand")
}

fn expect_per_dimension(x: &TensorType, count: usize, what: &str) -> Result<(), String> {
    if count == x.shape.rank() {
        return Ok(());
    }
    Err(format!("`{what}` lists {count} numbers; shape [{}] needs {}", x.shape, x.shape.rank()))
}
