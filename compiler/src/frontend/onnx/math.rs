//! Arithmetic that importers share: NumPy's rules in nodes of the representation.
//!
//! Narrow integers are computed in 32 bits and stored back, unsigned ones of 32 and 64 bits in signed ones of 64.

use redsc_ir::ops::{
    Activation, BatchMatmul, Binary, BinaryKind, Cast, Compare, CompareKind, Concat, Gather, Pad, PadMode,
    Reduce, ReduceKind, Reshape, Scatter, ScatterKind, Select, Slice, Split, Transpose, Unary, UnaryKind,
};
use redsc_ir::{Data, ElemType, Quant, Scalar, Shape, ValueId};

use super::builder::Builder;
use super::fault::{Outcome, form};

impl Builder {
    /// Change of the element type, number by number.
    pub(super) fn cast(&mut self, x: ValueId, elem: ElemType) -> Outcome<ValueId> {
        if self.elem(x) == elem {
            return Ok(x);
        }
        if elem == ElemType::Bool {
            // The conversion of C, and NumPy's, is a comparison.
            let wide = if self.elem(x).is_float() { self.cast(x, ElemType::F32)? } else { self.widened(x)? };
            let zero = self.scalar(self.elem(wide), 0.0)?;
            return self.emit(Compare { kind: CompareKind::NotEqual }, &[wide, zero]);
        }
        // Rare types are reached by way of common ones.
        if let Some(partner) = Self::partner(elem).filter(|&partner| partner != self.elem(x)) {
            let partner = self.cast(x, partner)?;
            return self.cast(partner, elem);
        }
        if let Some(partner) = Self::partner(self.elem(x)).filter(|&partner| partner != elem) {
            let partner = self.cast(x, partner)?;
            return self.cast(partner, elem);
        }
        self.emit_as(Cast {}, &[x], Some((elem, Quant::None)))
    }

    /// The one type with which a rare type is exchanged.
    fn partner(elem: ElemType) -> Option<ElemType> {
        match elem {
            ElemType::F16 | ElemType::F64 => Some(ElemType::F32),
            ElemType::U64 => Some(ElemType::I64),
            _ => None,
        }
    }

    /// The type that integer arithmetic uses for a type.
    fn wide(elem: ElemType) -> ElemType {
        match elem {
            ElemType::Bool | ElemType::I8 | ElemType::U8 | ElemType::I16 | ElemType::U16 => ElemType::I32,
            ElemType::U32 | ElemType::U64 => ElemType::I64,
            ElemType::I32 | ElemType::I64 | ElemType::F32 => elem,
            ElemType::F16 | ElemType::F64 => ElemType::F32,
        }
    }

    /// A value in the type that arithmetic uses for its type.
    pub(super) fn widened(&mut self, x: ValueId) -> Outcome<ValueId> {
        self.cast(x, Self::wide(self.elem(x)))
    }

    /// Arithmetic of two operands of one type.
    pub(super) fn binary(&mut self, kind: BinaryKind, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        let elem = self.elem(a);
        self.same_type(a, b)?;
        let op = Binary { kind, act: Activation::None };
        let on_bits = matches!(kind, BinaryKind::BitAnd | BinaryKind::BitOr | BinaryKind::BitXor);
        if Self::wide(elem) == elem || on_bits && elem.bytes() < 4 {
            return self.emit(op, &[a, b]);
        }
        let (a, b) = (self.widened(a)?, self.widened(b)?);
        let y = self.emit(op, &[a, b])?;
        self.cast(y, elem)
    }

    fn same_type(&self, a: ValueId, b: ValueId) -> Outcome {
        let (a, b) = (self.elem(a), self.elem(b));
        if a == b { Ok(()) } else { Err(form(format!("operands of types {a} and {b} meet"))) }
    }

    pub(super) fn add(&mut self, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.binary(BinaryKind::Add, a, b)
    }

    pub(super) fn sub(&mut self, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.binary(BinaryKind::Sub, a, b)
    }

    pub(super) fn mul(&mut self, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.binary(BinaryKind::Mul, a, b)
    }

    pub(super) fn div(&mut self, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.binary(BinaryKind::Div, a, b)
    }

    pub(super) fn maximum(&mut self, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.binary(BinaryKind::Maximum, a, b)
    }

    pub(super) fn minimum(&mut self, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.binary(BinaryKind::Minimum, a, b)
    }

    /// Arithmetic with a number of the operand's type.
    pub(super) fn with(&mut self, kind: BinaryKind, x: ValueId, number: f64) -> Outcome<ValueId> {
        let constant = self.scalar(self.elem(x), number)?;
        self.binary(kind, x, constant)
    }

    /// A comparison of two operands of one type.
    pub(super) fn compare(&mut self, kind: CompareKind, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.same_type(a, b)?;
        let (a, b) = (self.widened(a)?, self.widened(b)?);
        self.emit(Compare { kind }, &[a, b])
    }

    /// A comparison with a number.
    pub(super) fn compare_with(&mut self, kind: CompareKind, x: ValueId, number: f64) -> Outcome<ValueId> {
        let constant = self.scalar(self.elem(x), number)?;
        self.compare(kind, x, constant)
    }

    /// A function of real numbers, or one that integers have too.
    pub(super) fn unary(&mut self, kind: UnaryKind, x: ValueId) -> Outcome<ValueId> {
        let elem = self.elem(x);
        match (kind, elem) {
            (_, ElemType::F32) => self.emit(Unary { kind }, &[x]),
            (UnaryKind::Abs, _) => {
                let wide = self.widened(x)?;
                let negated = self.unary(UnaryKind::Neg, wide)?;
                let y = self.maximum(wide, negated)?;
                self.cast(y, elem)
            }
            (UnaryKind::Neg, _) => {
                let zero = self.scalar(elem, 0.0)?;
                self.sub(zero, x)
            }
            (UnaryKind::Relu, _) => self.with(BinaryKind::Maximum, x, 0.0),
            _ => Err(form(format!("{} of {elem} elements is not supported", kind.name()))),
        }
    }

    /// Not of truth values.
    pub(super) fn not(&mut self, x: ValueId) -> Outcome<ValueId> {
        let one = self.scalar(ElemType::Bool, 1.0)?;
        self.binary(BinaryKind::BitXor, x, one)
    }

    /// Elementwise choice.
    pub(super) fn select(&mut self, condition: ValueId, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.same_type(a, b)?;
        self.emit(Select {}, &[condition, a, b])
    }

    /// The same elements under another shape.
    pub(super) fn reshape(&mut self, x: ValueId, shape: &[usize]) -> Outcome<ValueId> {
        if self.ty(x).shape.0 == shape {
            return Ok(x);
        }
        self.emit(Reshape { shape: shape.to_vec() }, &[x])
    }

    /// Permutation of dimensions.
    pub(super) fn transpose(&mut self, x: ValueId, perm: &[usize]) -> Outcome<ValueId> {
        if perm.iter().copied().eq(0..self.rank(x)) {
            return Ok(x);
        }
        self.emit(Transpose { perm: perm.to_vec() }, &[x])
    }

    /// Exchanges two dimensions.
    pub(super) fn swap_axes(&mut self, x: ValueId, a: usize, b: usize) -> Outcome<ValueId> {
        let mut perm: Vec<usize> = (0..self.rank(x)).collect();
        perm.swap(a, b);
        self.transpose(x, &perm)
    }

    /// New dimensions of extent 1 at these places of the result.
    pub(super) fn unsqueeze(&mut self, x: ValueId, axes: &[usize]) -> Outcome<ValueId> {
        let mut shape = self.shape(x);
        let mut axes = axes.to_vec();
        axes.sort_unstable();
        for axis in axes {
            if axis > shape.len() {
                return Err(form(format!("there is no place {axis} in a tensor of rank {}", shape.len())));
            }
            shape.insert(axis, 1);
        }
        self.reshape(x, &shape)
    }

    /// Repeats elements until the tensor has that shape.
    pub(super) fn expand(&mut self, x: ValueId, shape: &[usize]) -> Outcome<ValueId> {
        let missing =
            shape.len().checked_sub(self.rank(x)).ok_or_else(|| form("the shape has too few dimensions"))?;
        let own: Vec<usize> = std::iter::repeat_n(1, missing).chain(self.shape(x)).collect();
        if own == shape {
            return self.reshape(x, shape);
        }
        self.checked(self.elem(x), shape)?;
        let fits = own.iter().zip(shape).all(|(&own, &wanted)| own == wanted || own == 1);
        if !fits {
            return Err(form(format!(
                "shape [{}] does not broadcast to [{}]",
                Shape(own),
                Shape(shape.to_vec())
            )));
        }
        let x = self.reshape(x, &own)?;
        let stride = own.iter().zip(shape).map(|(own, wanted)| i64::from(own == wanted)).collect();
        self.emit(Slice { begin: vec![0; shape.len()], size: shape.to_vec(), stride }, &[x])
    }

    /// `count` elements along one dimension from `begin` on.
    pub(super) fn narrow(&mut self, x: ValueId, axis: usize, begin: usize, count: usize) -> Outcome<ValueId> {
        self.stride(x, axis, begin, count, 1)
    }

    /// `count` elements along one dimension, from `begin` on, `step` apart.
    pub(super) fn stride(
        &mut self,
        x: ValueId,
        axis: usize,
        begin: usize,
        count: usize,
        step: i64,
    ) -> Outcome<ValueId> {
        let mut size = self.shape(x);
        if begin == 0 && count == size[axis] && step == 1 {
            return Ok(x);
        }
        let (mut starts, mut stride) = (vec![0; size.len()], vec![1; size.len()]);
        (starts[axis], size[axis], stride[axis]) = (begin, count, step);
        self.emit(Slice { begin: starts, size, stride }, &[x])
    }

    /// One index of a dimension, which disappears.
    pub(super) fn index(&mut self, x: ValueId, axis: usize, index: usize) -> Outcome<ValueId> {
        let part = self.narrow(x, axis, index, 1)?;
        let mut shape = self.shape(part);
        shape.remove(axis);
        self.reshape(part, &shape)
    }

    /// One after another; what is empty is left out.
    pub(super) fn concat(&mut self, parts: &[ValueId], axis: usize) -> Outcome<ValueId> {
        let full: Vec<ValueId> = parts.iter().copied().filter(|&id| self.ty(id).elements() > 0).collect();
        match (full.as_slice(), parts) {
            (&[one], _) => Ok(one),
            ([], &[first, ..]) => Ok(first),
            ([], []) => Err(form("there is nothing to join")),
            (full, _) => self.emit(Concat { axis, act: Activation::None }, full),
        }
    }

    /// Consecutive parts.
    pub(super) fn split(&mut self, x: ValueId, axis: usize, sizes: &[usize]) -> Outcome<Vec<ValueId>> {
        if sizes.len() == 1 {
            return Ok(vec![x]);
        }
        if sizes.contains(&0) {
            let mut begin = 0;
            let part = |&size: &usize| {
                begin += size;
                if size > 0 {
                    return self.narrow(x, axis, begin - size, size);
                }
                let mut shape = self.shape(x);
                shape[axis] = 0;
                self.filled(self.elem(x), &shape, 0.0)
            };
            return sizes.iter().map(part).collect();
        }
        self.emit_all(Split { axis, sizes: sizes.to_vec() }, &[x])
    }

    /// Padding with a number.
    pub(super) fn pad(
        &mut self,
        x: ValueId,
        before: &[usize],
        after: &[usize],
        value: f64,
    ) -> Outcome<ValueId> {
        if before.iter().chain(after).all(|&cells| cells == 0) {
            return Ok(x);
        }
        let op = Pad { before: before.to_vec(), after: after.to_vec(), mode: PadMode::Constant };
        if value == 0.0 {
            return self.emit(op, &[x]);
        }
        let value = self.scalar(self.elem(x), value)?;
        self.emit(op, &[x, value])
    }

    /// Reduction; narrow integers are computed in wider ones.
    pub(super) fn reduce(
        &mut self,
        kind: ReduceKind,
        x: ValueId,
        axes: &[usize],
        keep: bool,
    ) -> Outcome<ValueId> {
        if axes.is_empty() {
            return Ok(x);
        }
        let elem = self.elem(x);
        let shape = self.shape(x);
        if shape.contains(&0) {
            return self.empty_reduction(kind, elem, &shape, axes, keep);
        }
        let x = self.widened(x)?;
        if kind == ReduceKind::Mean && !self.elem(x).is_float() {
            let count: usize = axes.iter().map(|&axis| shape[axis]).product();
            let sum = self.reduce(ReduceKind::Sum, x, axes, keep)?;
            let mean = self.with(BinaryKind::Div, sum, count as f64)?;
            return self.cast(mean, elem);
        }
        let y = self.emit(Reduce { kind, axes: axes.to_vec(), keep_dims: keep }, &[x])?;
        self.cast(y, elem)
    }

    /// What remains of nothing: the neutral element.
    fn empty_reduction(
        &mut self,
        kind: ReduceKind,
        elem: ElemType,
        shape: &[usize],
        axes: &[usize],
        keep: bool,
    ) -> Outcome<ValueId> {
        let neutral = match kind {
            ReduceKind::Sum => 0.0,
            ReduceKind::Product => 1.0,
            ReduceKind::Mean => f64::NAN,
            ReduceKind::Max => least(elem),
            ReduceKind::Min => most(elem),
        };
        let kept = shape.iter().enumerate().filter_map(|(axis, &extent)| match axes.contains(&axis) {
            false => Some(extent),
            true => keep.then_some(1),
        });
        let kept: Vec<usize> = kept.collect();
        self.filled(elem, &kept, neutral)
    }

    /// Matrix products of real numbers, over the last two dimensions; the others broadcast.
    pub(super) fn matmul(&mut self, a: ValueId, b: ValueId) -> Outcome<ValueId> {
        self.matmul_with(a, b, false, false)
    }

    /// As [`Builder::matmul`], of matrices that may be stored transposed.
    pub(super) fn matmul_with(
        &mut self,
        a: ValueId,
        b: ValueId,
        transpose_a: bool,
        transpose_b: bool,
    ) -> Outcome<ValueId> {
        self.emit(BatchMatmul { transpose_a, transpose_b }, &[a, b])
    }

    /// Rows along a dimension.
    pub(super) fn gather(&mut self, x: ValueId, indices: ValueId, axis: usize) -> Outcome<ValueId> {
        self.emit(Gather { axis }, &[x, indices])
    }

    /// Rows of the first dimension stored or combined by number.
    pub(super) fn scatter(
        &mut self,
        kind: ScatterKind,
        x: ValueId,
        indices: ValueId,
        updates: ValueId,
    ) -> Outcome<ValueId> {
        let elem = self.elem(x);
        if kind == ScatterKind::Set {
            return self.emit(Scatter { kind }, &[x, indices, updates]);
        }
        let (x, updates) = (self.widened(x)?, self.widened(updates)?);
        let y = self.emit(Scatter { kind }, &[x, indices, updates])?;
        self.cast(y, elem)
    }

    /// `0, 1, 2, …` as 32-bit integers.
    pub(super) fn iota(&mut self, count: usize) -> ValueId {
        let numbers: Vec<i32> = (0..count as i32).collect();
        self.constant(ElemType::I32, &[count], &numbers)
    }

    /// A constant in which each element is a function of its index.
    pub(super) fn tabulate<T: Scalar>(
        &mut self,
        elem: ElemType,
        shape: &[usize],
        value: impl Fn(&[usize]) -> T,
    ) -> Outcome<ValueId> {
        let ty = self.checked(elem, shape)?;
        self.charge(16 * ty.elements() as u64)?;
        let mut index = vec![0; shape.len()];
        let mut values = Vec::with_capacity(ty.elements());
        for _ in 0..ty.elements() {
            values.push(value(&index));
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        Ok(self.add_constant(ty, Data::from_slice(&values)))
    }

    /// Real numbers as a function of the index.
    pub(super) fn tabulated(&mut self, shape: &[usize], value: impl Fn(&[usize]) -> f32) -> Outcome<ValueId> {
        self.tabulate(ElemType::F32, shape, value)
    }
}

/// The least number of a type.
pub(super) fn least(elem: ElemType) -> f64 {
    match elem {
        ElemType::I8 => -128.0,
        ElemType::I16 => -32768.0,
        ElemType::I32 => f64::from(i32::MIN),
        ElemType::I64 => i64::MIN as f64,
        ElemType::F16 | ElemType::F32 | ElemType::F64 => f64::NEG_INFINITY,
        ElemType::Bool | ElemType::U8 | ElemType::U16 | ElemType::U32 | ElemType::U64 => 0.0,
    }
}

/// The largest number of a type.
pub(super) fn most(elem: ElemType) -> f64 {
    match elem {
        ElemType::Bool => 1.0,
        ElemType::I8 => 127.0,
        ElemType::U8 => 255.0,
        ElemType::I16 => 32767.0,
        ElemType::U16 => 65535.0,
        ElemType::I32 => f64::from(i32::MAX),
        ElemType::U32 => f64::from(u32::MAX),
        ElemType::I64 => i64::MAX as f64,
        ElemType::U64 => u64::MAX as f64,
        ElemType::F16 | ElemType::F32 | ElemType::F64 => f64::INFINITY,
    }
}
