//! Elementwise loops: the elements of tensors stream through a function, eight at a time where there are vectors.
//!
//! A function is written once and called for vectors and for the elements that remain; results replace elements of the
//! same place only after these were read, so that it may run in place.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};

use redsc_ir::ElemType;

use super::code::{Code, Ptr};

/// Consecutive elements, or one that is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) ptr: Ptr,
    pub(super) elem: ElemType,
    /// Distance of neighbours in elements: 1, or 0 for one that is repeated.
    pub(super) step: usize,
}

/// Whether a function works on vectors of four numbers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lanes {
    /// On single numbers only.
    One,
    /// On both.
    Any,
}

/// Elements of one iteration over vectors.
const GROUP: usize = 8;

impl Stream {
    /// Consecutive elements.
    pub(super) fn dense(ptr: Ptr, elem: ElemType) -> Self {
        Stream { ptr, elem, step: 1 }
    }

    fn bytes(&self) -> i64 {
        (self.step * self.elem.bytes()) as i64
    }
}

impl Code<'_> {
    /// `y[i] = function(x0[i], x1[i], …)` for `count` elements. Numbers arrive as `i32`, `i64` or `f32` (or vectors
    /// of four) and must fit the result's type.
    pub(super) fn map<const N: usize>(
        &mut self,
        count: usize,
        lanes: Lanes,
        x: [Stream; N],
        y: Stream,
        mut function: impl FnMut(&mut Self, [Value; N]) -> Result<Value, String>,
    ) -> Result<(), String> {
        let vectors = lanes == Lanes::Any
            && self.machine.simd
            && x.iter().chain([&y]).all(|stream| has_vectors(stream.elem));
        let groups = if vectors { count / GROUP } else { 0 };
        let mut outcome = Ok(());
        self.repeat(groups, |c, i| {
            let x = x.map(|x| c.group_of(x, i));
            let mut results = [None; 2];
            for (half, result) in results.iter_mut().enumerate() {
                match function(c, x.map(|x| x[half])) {
                    Ok(value) => *result = Some(value),
                    Err(message) => outcome = Err(message),
                }
            }
            if let [Some(low), Some(high)] = results {
                let to = c.step(y.ptr, i, GROUP as i64 * y.bytes());
                c.store_vectors(to, y.elem, &[low, high], GROUP);
            }
        });
        let done = groups * GROUP;
        self.repeat(count - done, |c, i| {
            let x = x.map(|x| {
                let ptr = c.step(x.ptr.plus(done as i64 * x.bytes()), i, x.bytes());
                c.load_number(x.elem, ptr)
            });
            match function(c, x) {
                Ok(value) => {
                    let to = c.step(y.ptr.plus(done as i64 * y.bytes()), i, y.bytes());
                    c.store_number(value, y.elem, to);
                }
                Err(message) => outcome = Err(message),
            }
        });
        outcome
    }

    /// Two vectors of four numbers.
    fn group_of(&mut self, x: Stream, group: Value) -> [Value; 2] {
        if x.step == 0 {
            let number = self.load_number(x.elem, x.ptr);
            let ty = self.ty(number).by(4).unwrap_or(types::I32X4);
            return [self.b.ins().splat(ty, number); 2];
        }
        let ptr = self.step(x.ptr, group, GROUP as i64 * x.bytes());
        self.load_group(x.elem, ptr)
    }

    /// Eight neighbouring elements as two vectors.
    pub(super) fn load_group(&mut self, elem: ElemType, ptr: Ptr) -> [Value; 2] {
        match elem {
            ElemType::F32 => [0, 16].map(|at| self.load(types::F32X4, ptr.plus(at))),
            ElemType::I32 => [0, 16].map(|at| self.load(types::I32X4, ptr.plus(at))),
            _ => {
                let x = match elem {
                    ElemType::I16 | ElemType::U16 => self.load(types::I16X8, ptr),
                    _ => self.load_bytes_wide(elem == ElemType::I8, ptr),
                };
                if elem == ElemType::U16 {
                    return [self.b.ins().uwiden_low(x), self.b.ins().uwiden_high(x)];
                }
                [self.b.ins().swiden_low(x), self.b.ins().swiden_high(x)]
            }
        }
    }

    /// One element as a number.
    pub(super) fn load_number(&mut self, elem: ElemType, ptr: Ptr) -> Value {
        let ty = storage(elem);
        let x = self.load(ty, ptr);
        match elem {
            ElemType::I8 | ElemType::I16 => self.b.ins().sextend(types::I32, x),
            ElemType::Bool | ElemType::U8 | ElemType::U16 => self.b.ins().uextend(types::I32, x),
            ElemType::I32
            | ElemType::U32
            | ElemType::I64
            | ElemType::U64
            | ElemType::F16
            | ElemType::F32
            | ElemType::F64 => x,
        }
    }

    /// Stores the low bits of a number.
    pub(super) fn store_number(&mut self, value: Value, elem: ElemType, ptr: Ptr) {
        let (from, to) = (self.ty(value), storage(elem));
        let narrow =
            if from.is_int() && from.bits() > to.bits() { self.b.ins().ireduce(to, value) } else { value };
        self.store(narrow, ptr);
    }

    /// Stores the first `count` lanes of vectors of four numbers that fit the element type.
    pub(super) fn store_vectors(&mut self, ptr: Ptr, elem: ElemType, vectors: &[Value], count: usize) {
        let lanes = 16 / elem.bytes();
        for (index, vectors) in vectors.chunks(lanes / 4).enumerate() {
            let stored = (vectors.len() * 4).min(count.saturating_sub(index * lanes));
            let narrow = self.narrow(elem, vectors);
            self.store_bytes(ptr.plus(16 * index as i64), narrow, stored * elem.bytes());
        }
    }

    /// One vector of narrow elements from up to four vectors.
    fn narrow(&mut self, elem: ElemType, vectors: &[Value]) -> Value {
        let at = |index: usize| vectors[index.min(vectors.len() - 1)];
        match elem.bytes() {
            1 => {
                let low = self.b.ins().snarrow(at(0), at(1));
                let high = if vectors.len() > 2 { self.b.ins().snarrow(at(2), at(3)) } else { low };
                if elem == ElemType::I8 {
                    self.b.ins().snarrow(low, high)
                } else {
                    self.b.ins().unarrow(low, high)
                }
            }
            2 => self.b.ins().snarrow(at(0), at(1)),
            _ => at(0),
        }
    }

    /// Stores the first bytes of a vector.
    fn store_bytes(&mut self, ptr: Ptr, vector: Value, bytes: usize) {
        if bytes == 16 {
            return self.store(vector, ptr);
        }
        let mut done = 0;
        for ty in [types::I64X2, types::I32X4, types::I16X8, types::I8X16] {
            let width = ty.lane_type().bytes() as usize;
            while bytes - done >= width {
                let lanes = self.cast(ty, vector);
                let part = self.b.ins().extractlane(lanes, (done / width) as u8);
                self.store(part, ptr.plus(done as i64));
                done += width;
            }
        }
    }
}

/// Whether elements can be handled four at a time.
fn has_vectors(elem: ElemType) -> bool {
    matches!(
        elem,
        ElemType::Bool | ElemType::I8 | ElemType::U8 | ElemType::I16 | ElemType::I32 | ElemType::F32
    )
}

/// How an element lies in memory.
pub(super) fn storage(elem: ElemType) -> Type {
    match elem {
        ElemType::Bool | ElemType::I8 | ElemType::U8 => types::I8,
        ElemType::I16 | ElemType::U16 | ElemType::F16 => types::I16,
        ElemType::I32 | ElemType::U32 => types::I32,
        ElemType::I64 | ElemType::U64 => types::I64,
        ElemType::F32 => types::F32,
        ElemType::F64 => types::F64,
    }
}
