//! Inner products of two vectors that are computed.

use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;

use super::code::{Code, Ptr};

/// One of the vectors.
#[derive(Clone, Copy)]
pub(super) struct Factors {
    pub(super) ptr: Ptr,
    pub(super) elem: ElemType,
    /// Added to each integer; the sums have 16 bits.
    pub(super) offset: i32,
}

impl Factors {
    pub(super) fn new(ptr: Ptr, elem: ElemType, offset: i32) -> Self {
        Factors { ptr, elem, offset }
    }

    /// The vector that begins `index · stride` elements behind this one.
    pub(super) fn at(self, c: &mut Code<'_>, index: Value, stride: usize) -> Self {
        Factors { ptr: c.step(self.ptr, index, (stride * self.elem.bytes()) as i64), ..self }
    }
}

/// `start` plus the sum of products; the type of `start` says how wide sums are.
pub(super) fn product(c: &mut Code<'_>, count: usize, a: Factors, b: Factors, start: Value) -> Value {
    let wide = c.ty(start) == types::I64;
    let grouped = if c.machine.simd && !wide { count / 8 } else { 0 };
    let mut total = start;
    if grouped > 0 {
        let sums = if a.elem == ElemType::F32 { reals(c, grouped, a, b) } else { pairs(c, grouped, a, b) };
        for lane in 0..4u8 {
            let part = c.b.ins().extractlane(sums, lane);
            total = add(c, total, part);
        }
    }
    let done = (grouped * 8) as i64;
    let sum = c.variable(total);
    c.repeat(count - grouped * 8, |c, i| {
        let [x, y] = [a, b].map(|factors| {
            let width = factors.elem.bytes() as i64;
            let at = c.step(factors.ptr.plus(done * width), i, width);
            let x = c.load_number(factors.elem, at);
            if factors.elem == ElemType::F32 { x } else { c.add_int(x, factors.offset) }
        });
        let so_far = c.b.use_var(sum);
        let next = if a.elem == ElemType::F32 {
            c.multiply_add(x, y, so_far)
        } else {
            let product = c.b.ins().imul(x, y);
            let product = if wide { c.b.ins().sextend(types::I64, product) } else { product };
            c.b.ins().iadd(so_far, product)
        };
        c.b.def_var(sum, next);
    });
    c.b.use_var(sum)
}

fn add(c: &mut Code<'_>, a: Value, b: Value) -> Value {
    if c.ty(a).is_int() { c.b.ins().iadd(a, b) } else { c.b.ins().fadd(a, b) }
}

/// Sums of groups of eight products of real numbers.
fn reals(c: &mut Code<'_>, groups: usize, a: Factors, b: Factors) -> Value {
    let zero = c.real(types::F32X4, 0.0);
    let sums = [c.variable(zero), c.variable(zero)];
    c.repeat(groups, |c, i| {
        let [x, y] = [a, b].map(|factors| {
            let at = c.step(factors.ptr, i, 32);
            c.load_group(ElemType::F32, at)
        });
        for half in 0..2 {
            let so_far = c.b.use_var(sums[half]);
            let next = c.multiply_add(x[half], y[half], so_far);
            c.b.def_var(sums[half], next);
        }
    });
    let [low, high] = sums.map(|sum| c.b.use_var(sum));
    c.b.ins().fadd(low, high)
}

/// Sums of groups of eight products of integers of at most 16 bits.
fn pairs(c: &mut Code<'_>, groups: usize, a: Factors, b: Factors) -> Value {
    let zero = c.int(types::I32X4, 0);
    let sum = c.variable(zero);
    c.repeat(groups, |c, i| {
        let [x, y] = [a, b].map(|factors| {
            let at = c.step(factors.ptr, i, 8 * factors.elem.bytes() as i64);
            let x = match factors.elem {
                ElemType::I16 => c.load(types::I16X8, at),
                elem => c.load_bytes_wide(elem == ElemType::I8, at),
            };
            c.add_int(x, factors.offset)
        });
        let [low, high] = [
            [c.b.ins().swiden_low(x), c.b.ins().swiden_low(y)],
            [c.b.ins().swiden_high(x), c.b.ins().swiden_high(y)],
        ];
        let [low, high] = [low, high].map(|[x, y]| c.b.ins().imul(x, y));
        let products = c.b.ins().iadd_pairwise(low, high);
        let so_far = c.b.use_var(sum);
        let next = c.b.ins().iadd(so_far, products);
        c.b.def_var(sum, next);
    });
    c.b.use_var(sum)
}
