//! A function while it grows: loops, addresses, memory accesses.
//!
//! Everything that is known when the code is made stays a Rust number: addresses are a register and a constant
//! ([`Ptr`]), loops have constant bounds, and loops of one iteration or none leave no trace.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, BlockArg, Constant, ConstantData, InstBuilder, MemFlagsData, Type, Value, types,
};
use cranelift_frontend::{FunctionBuilder, Variable};
use cranelift_module::{FuncId, Linkage, Module};

use super::machine::Machine;
use super::pool::Pool;

/// An address: a register and a constant distance in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ptr {
    pub(super) base: Value,
    pub(super) offset: i64,
}

impl Ptr {
    /// The address `bytes` further on.
    pub(super) fn plus(self, bytes: i64) -> Self {
        Ptr { offset: self.offset + bytes, ..self }
    }
}

/// A function while it grows.
pub(super) struct Code<'a> {
    pub(super) b: FunctionBuilder<'a>,
    pub(super) machine: &'a Machine,
    pub(super) pool: &'a mut Pool,
    pub(super) clif: &'a mut dyn Module,
    /// The work memory.
    pub(super) arena: Value,
    /// The constants.
    pub(super) constants: Value,
    /// First and end of the items that this call computes.
    pub(super) range: [Value; 2],
}

impl Code<'_> {
    /// An address in the arena.
    pub(super) fn arena_at(&self, offset: usize) -> Ptr {
        Ptr { base: self.arena, offset: offset as i64 }
    }

    /// The address of a constant, which is added to the pool unless it is there.
    pub(super) fn constant(&mut self, bytes: &[u8]) -> Ptr {
        Ptr { base: self.constants, offset: self.pool.intern(bytes) as i64 }
    }

    /// `body` once for each index below `count`.
    pub(super) fn repeat(&mut self, count: usize, body: impl FnOnce(&mut Self, Value)) {
        match count {
            0 => {}
            1 => {
                let zero = self.index(0);
                body(self, zero);
            }
            _ => {
                let [first, end] = [self.index(0), self.index(count as i64)];
                self.run_through([first, end], body);
            }
        }
    }

    /// `body` once for each index below a positive number that is computed.
    pub(super) fn repeat_below(&mut self, count: Value, body: impl FnOnce(&mut Self, Value)) {
        let first = self.index(0);
        self.run_through([first, count], body);
    }

    /// `body` once for each item of this call.
    pub(super) fn for_items(&mut self, body: impl FnOnce(&mut Self, Value)) {
        self.run_through(self.range, body);
    }

    /// `body` once for each index of a range that is not empty.
    fn run_through(&mut self, [first, end]: [Value; 2], body: impl FnOnce(&mut Self, Value)) {
        let [head, exit] = [self.b.create_block(), self.b.create_block()];
        let index = self.b.append_block_param(head, types::I64);
        self.b.ins().jump(head, &[BlockArg::Value(first)]);
        self.b.switch_to_block(head);
        body(self, index);
        let next = self.b.ins().iadd_imm_s(index, 1);
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, next, end);
        self.b.ins().brif(more, head, &[BlockArg::Value(next)], exit, &[]);
        self.b.seal_block(head);
        self.b.switch_to_block(exit);
        self.b.seal_block(exit);
    }

    /// `body` again and again until it gives 0.
    pub(super) fn repeat_while(&mut self, body: impl FnOnce(&mut Self) -> Value) {
        let [head, exit] = [self.b.create_block(), self.b.create_block()];
        self.b.ins().jump(head, &[]);
        self.b.switch_to_block(head);
        let more = body(self);
        self.b.ins().brif(more, head, &[], exit, &[]);
        self.b.seal_block(head);
        self.b.switch_to_block(exit);
        self.b.seal_block(exit);
    }

    /// `then` if the condition is not 0, else `otherwise`.
    pub(super) fn branch(
        &mut self,
        condition: Value,
        then: impl FnOnce(&mut Self),
        otherwise: impl FnOnce(&mut Self),
    ) {
        let [yes, no, after] = std::array::from_fn(|_| self.b.create_block());
        self.b.ins().brif(condition, yes, &[], no, &[]);
        for block in [yes, no] {
            self.b.seal_block(block);
        }
        self.b.switch_to_block(yes);
        then(self);
        self.b.ins().jump(after, &[]);
        self.b.switch_to_block(no);
        otherwise(self);
        self.b.ins().jump(after, &[]);
        self.b.switch_to_block(after);
        self.b.seal_block(after);
    }

    /// A variable with its first value.
    pub(super) fn variable(&mut self, start: Value) -> Variable {
        let ty = self.b.func.dfg.value_type(start);
        let variable = self.b.declare_var(ty);
        self.b.def_var(variable, start);
        variable
    }

    /// An index or a distance.
    pub(super) fn index(&mut self, value: i64) -> Value {
        self.b.ins().iconst(types::I64, value)
    }

    /// The address `index · stride` bytes behind another.
    pub(super) fn step(&mut self, ptr: Ptr, index: Value, stride: i64) -> Ptr {
        if stride == 0 || self.known(index) == Some(0) {
            return ptr;
        }
        let distance = if stride == 1 { index } else { self.b.ins().imul_imm_s(index, stride) };
        Ptr { base: self.b.ins().iadd(ptr.base, distance), ..ptr }
    }

    /// The value of a constant.
    fn known(&self, value: Value) -> Option<i64> {
        use cranelift_codegen::ir::{InstructionData, Opcode, ValueDef};
        let ValueDef::Result(inst, _) = self.b.func.dfg.value_def(value) else { return None };
        match self.b.func.dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
            _ => None,
        }
    }

    /// An address as a register.
    pub(super) fn address(&mut self, ptr: Ptr) -> Value {
        if ptr.offset == 0 { ptr.base } else { self.b.ins().iadd_imm_s(ptr.base, ptr.offset) }
    }

    /// An address whose distance fits every access.
    fn near(&mut self, ptr: Ptr) -> (Value, i32) {
        match i32::try_from(ptr.offset) {
            Ok(offset) => (ptr.base, offset),
            Err(_) => (self.address(ptr), 0),
        }
    }

    /// Loads a value of a type.
    pub(super) fn load(&mut self, ty: Type, ptr: Ptr) -> Value {
        let (base, offset) = self.near(ptr);
        self.b.ins().load(ty, ACCESS, base, offset)
    }

    /// Loads eight bytes as sixteen-bit numbers.
    pub(super) fn load_bytes_wide(&mut self, signed: bool, ptr: Ptr) -> Value {
        let (base, offset) = self.near(ptr);
        if signed {
            self.b.ins().sload8x8(ACCESS, base, offset)
        } else {
            self.b.ins().uload8x8(ACCESS, base, offset)
        }
    }

    /// Stores a value.
    pub(super) fn store(&mut self, value: Value, ptr: Ptr) {
        let (base, offset) = self.near(ptr);
        self.b.ins().store(ACCESS, value, base, offset);
    }

    /// The type of a value.
    pub(super) fn ty(&self, value: Value) -> Type {
        self.b.func.dfg.value_type(value)
    }

    /// The same bits as another type of the same size.
    pub(super) fn cast(&mut self, ty: Type, value: Value) -> Value {
        if self.ty(value) == ty {
            return value;
        }
        let flags = MemFlagsData::new().with_endianness(cranelift_codegen::ir::Endianness::Little);
        self.b.ins().bitcast(ty, flags, value)
    }

    /// Both vectors' bytes in the order of `mask`: 0 to 15 from the first, 16 to 31 from the second.
    pub(super) fn shuffle(&mut self, a: Value, b: Value, mask: [u8; 16]) -> Value {
        let ty = self.ty(a);
        let [a, b] = [a, b].map(|v| self.cast(types::I8X16, v));
        let mask = self.b.func.dfg.immediates.push(ConstantData::from(mask.as_slice()));
        let shuffled = self.b.ins().shuffle(a, b, mask);
        self.cast(ty, shuffled)
    }

    /// A vector of constant bytes.
    pub(super) fn vector(&mut self, ty: Type, bytes: &[u8]) -> Value {
        let constant: Constant = self.b.func.dfg.constants.insert(ConstantData::from(bytes));
        self.b.ins().vconst(ty, constant)
    }

    /// Copies bytes between places that do not overlap.
    pub(super) fn copy(&mut self, to: Ptr, from: Ptr, bytes: usize) {
        self.map_bytes(to, from, bytes, |_, x| x);
    }

    /// Copies bytes, each changed by a function of vectors and single bytes alike.
    pub(super) fn map_bytes(
        &mut self,
        to: Ptr,
        from: Ptr,
        bytes: usize,
        mut function: impl FnMut(&mut Self, Value) -> Value,
    ) {
        let widest = if self.machine.simd { types::I8X16 } else { types::I64 };
        let mut done = 0;
        for ty in [widest, types::I64, types::I32, types::I16, types::I8] {
            let width = ty.bytes() as usize;
            let count = (bytes - done) / width;
            let [from, to] = [from, to].map(|ptr| ptr.plus(done as i64));
            self.repeat(count, |c, i| {
                let [from, to] = [from, to].map(|ptr| c.step(ptr, i, width as i64));
                let x = c.load(ty, from);
                let y = function(c, x);
                c.store(y, to);
            });
            done += count * width;
        }
    }

    /// Fills bytes with an element of 1, 2, 4 or 8 bytes.
    pub(super) fn fill(&mut self, to: Ptr, element: &[u8], count: usize) {
        let pattern: Vec<u8> = element.iter().copied().cycle().take(16).collect();
        let bytes = element.len() * count;
        let mut done = 0;
        for width in [16, 8, 4, 2, 1] {
            if width < element.len() || width == 16 && !self.machine.simd {
                continue;
            }
            let number = (bytes - done) / width;
            if number == 0 {
                continue;
            }
            let value = self.pattern(&pattern[..width]);
            let to = to.plus(done as i64);
            self.repeat(number, |c, i| {
                let to = c.step(to, i, width as i64);
                c.store(value, to);
            });
            done += number * width;
        }
    }

    fn pattern(&mut self, bytes: &[u8]) -> Value {
        let mut number = [0; 8];
        number[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
        let number = i64::from_le_bytes(number);
        match bytes.len() {
            16 => self.vector(types::I8X16, bytes),
            8 => self.b.ins().iconst(types::I64, number),
            4 => self.b.ins().iconst(types::I32, i64::from(number as u32)),
            2 => self.b.ins().iconst(types::I16, i64::from(number as u16)),
            _ => self.b.ins().iconst(types::I8, i64::from(number as u8)),
        }
    }

    /// Calls a function of this file with the arena and the constants.
    pub(super) fn call_part(&mut self, function: FuncId, more: &[i64]) {
        let reference = self.clif.declare_func_in_func(function, self.b.func);
        let mut arguments = vec![self.arena, self.constants];
        arguments.extend(more.iter().map(|&value| self.b.ins().iconst(types::I64, value)));
        self.b.ins().call(reference, &arguments);
    }

    /// Calls a function of the C library. Its result has the type of its first parameter.
    pub(super) fn call_library(&mut self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        let mut signature = self.clif.make_signature();
        signature.params.extend(arguments.iter().map(|&argument| AbiParam::new(self.ty(argument))));
        signature.returns.push(AbiParam::new(self.ty(arguments[0])));
        let function =
            self.clif.declare_function(name, Linkage::Import, &signature).map_err(|e| e.to_string())?;
        let reference = self.clif.declare_func_in_func(function, self.b.func);
        let call = self.b.ins().call(reference, arguments);
        Ok(self.b.inst_results(call)[0])
    }
}

/// All accesses stay inside the arena and the constants; views need not be aligned.
const ACCESS: MemFlagsData = MemFlagsData::new().with_notrap();
