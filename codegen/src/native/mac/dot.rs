//! One step of a sum of products: what is loaded, and which instructions multiply and add.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};

use crate::native::code::{Code, Ptr};
use crate::native::machine::ByteDot;

/// How products are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::native) enum Dot {
    /// Four products of bytes for each of four lanes; inputs are staged plus 128, unsigned.
    QuadsUnsigned,
    /// Four products of signed bytes for each of four lanes.
    QuadsSigned,
    /// Two products of 16-bit numbers for each of four lanes.
    Pairs,
    /// A product of real numbers for each of four lanes.
    Reals,
    /// A product of 16-bit numbers.
    Single,
    /// A product of 16-bit numbers, sums of 64 bits.
    Wide,
    /// A product of real numbers.
    Real,
}

impl Dot {
    /// Products of bytes.
    pub(in crate::native) fn of_bytes(kind: ByteDot) -> Self {
        match kind {
            ByteDot::Unsigned => Dot::QuadsUnsigned,
            ByteDot::Signed => Dot::QuadsSigned,
            ByteDot::Widened => Dot::Pairs,
        }
    }

    /// Sums that are held in one register.
    pub(in crate::native) fn lanes(self) -> usize {
        match self {
            Dot::QuadsUnsigned | Dot::QuadsSigned | Dot::Pairs | Dot::Reals => 4,
            Dot::Single | Dot::Wide | Dot::Real => 1,
        }
    }

    /// Products that one step adds to each sum.
    pub(in crate::native) fn depth(self) -> usize {
        match self {
            Dot::QuadsUnsigned | Dot::QuadsSigned => 4,
            Dot::Pairs => 2,
            Dot::Reals | Dot::Single | Dot::Wide | Dot::Real => 1,
        }
    }

    /// Bytes of a staged input and of a packed weight.
    pub(in crate::native) fn factor_bytes(self) -> usize {
        match self {
            Dot::QuadsUnsigned | Dot::QuadsSigned => 1,
            Dot::Pairs | Dot::Single | Dot::Wide => 2,
            Dot::Reals | Dot::Real => 4,
        }
    }

    /// The type of a register of sums.
    pub(in crate::native) fn sums(self) -> Type {
        match self {
            Dot::QuadsUnsigned | Dot::QuadsSigned | Dot::Pairs => types::I32X4,
            Dot::Reals => types::F32X4,
            Dot::Single => types::I32,
            Dot::Wide => types::I64,
            Dot::Real => types::F32,
        }
    }

    /// Bytes of the weights of one step for one register.
    pub(in crate::native) fn weights_bytes(self) -> usize {
        self.lanes() * self.depth() * self.factor_bytes()
    }

    /// The inputs of one step, in all lanes.
    pub(in crate::native) fn load_inputs(self, c: &mut Code<'_>, ptr: Ptr) -> Value {
        match self {
            Dot::QuadsUnsigned | Dot::QuadsSigned | Dot::Pairs => {
                let x = c.load(types::I32, ptr);
                let lanes = c.b.ins().splat(types::I32X4, x);
                c.cast(self.factors(), lanes)
            }
            Dot::Reals => {
                let x = c.load(types::F32, ptr);
                c.b.ins().splat(types::F32X4, x)
            }
            Dot::Single | Dot::Wide | Dot::Real => self.load_weights(c, ptr),
        }
    }

    /// The weights of one step.
    pub(in crate::native) fn load_weights(self, c: &mut Code<'_>, ptr: Ptr) -> Value {
        match self {
            Dot::QuadsUnsigned | Dot::QuadsSigned | Dot::Pairs | Dot::Reals | Dot::Real => {
                c.load(self.factors(), ptr)
            }
            Dot::Single | Dot::Wide => {
                let x = c.load(types::I16, ptr);
                c.b.ins().sextend(self.sums(), x)
            }
        }
    }

    fn factors(self) -> Type {
        match self {
            Dot::QuadsUnsigned | Dot::QuadsSigned => types::I8X16,
            Dot::Pairs => types::I16X8,
            Dot::Reals => types::F32X4,
            Dot::Single | Dot::Wide => types::I16,
            Dot::Real => types::F32,
        }
    }

    /// `sums + inputs · weights`. Machines recognise these trees by the order of their operands.
    pub(in crate::native) fn add(self, c: &mut Code<'_>, sums: Value, x: Value, w: Value) -> Value {
        match self {
            Dot::QuadsUnsigned => {
                let [w_low, w_high] = [c.b.ins().swiden_low(w), c.b.ins().swiden_high(w)];
                let [x_low, x_high] = [c.b.ins().uwiden_low(x), c.b.ins().uwiden_high(x)];
                add_quads(c, sums, [w_low, x_low], [w_high, x_high])
            }
            Dot::QuadsSigned => {
                let [w_low, w_high] = [c.b.ins().swiden_low(w), c.b.ins().swiden_high(w)];
                let [x_low, x_high] = [c.b.ins().swiden_low(x), c.b.ins().swiden_high(x)];
                add_quads(c, sums, [w_low, x_low], [w_high, x_high])
            }
            Dot::Pairs => {
                let [low, high] = [
                    [c.b.ins().swiden_low(w), c.b.ins().swiden_low(x)],
                    [c.b.ins().swiden_high(w), c.b.ins().swiden_high(x)],
                ];
                let [low, high] = [low, high].map(|[w, x]| c.b.ins().imul(w, x));
                let products = c.b.ins().iadd_pairwise(low, high);
                c.b.ins().iadd(sums, products)
            }
            Dot::Reals | Dot::Real => c.multiply_add(w, x, sums),
            Dot::Single | Dot::Wide => {
                let product = c.b.ins().imul(w, x);
                c.b.ins().iadd(sums, product)
            }
        }
    }
}

/// The tree that becomes `vpdpbusd` or `sdot`.
fn add_quads(c: &mut Code<'_>, sums: Value, low: [Value; 2], high: [Value; 2]) -> Value {
    let [low, high] = [low, high].map(|[a, b]| {
        let products = c.b.ins().imul(a, b);
        let [first, second] = [c.b.ins().swiden_low(products), c.b.ins().swiden_high(products)];
        c.b.ins().iadd_pairwise(first, second)
    });
    let products = c.b.ins().iadd_pairwise(low, high);
    c.b.ins().iadd(products, sums)
}
