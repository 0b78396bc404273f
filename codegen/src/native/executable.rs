//! Generated code in memory, with the memory that it works on: the only unsafe code of the project.
//!
//! Calling code that was generated a moment ago cannot be checked by the compiler; neither can its accesses through
//! bare addresses. What must hold is said at each place. The rest of the project sees a safe interface: functions are
//! called by number and see this program's own memory only.
#![allow(unsafe_code, reason = "generated code is called through its address and works on bare memory")]

use std::ops::Range;

use cranelift_jit::JITModule;
use cranelift_module::FuncId;

/// A cache line, which aligns what begins with it.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Whole network: `(arena, constants)`.
type Whole = unsafe extern "C" fn(*mut u8, *const u8);

/// Some items of a layer: `(arena, constants, first, end)`.
type Some = unsafe extern "C" fn(*mut u8, *const u8, u64, u64);

/// Functions in executable memory, and the arena and the constants that they are called with.
pub(super) struct Executable {
    wholes: Vec<Whole>,
    parts: Vec<Some>,
    arena: Vec<Line>,
    constants: Vec<Line>,
    /// Taken when it is dropped.
    module: Option<JITModule>,
}

/// The addresses that a call passes on.
#[derive(Clone, Copy)]
struct Memory {
    arena: *mut u8,
    constants: *const u8,
}

// SAFETY: the addresses are used by `call_shared` only, which says what keeps the accesses of threads apart.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    fn addresses(self) -> (*mut u8, *const u8) {
        (self.arena, self.constants)
    }
}

impl Executable {
    /// Takes over a module whose functions are final. `wholes` take two arguments, `parts` four; all were made by
    /// `Unit` for an arena of `arena_bytes` and these constants, which bounds their accesses.
    pub(super) fn new(
        module: JITModule,
        wholes: &[FuncId],
        parts: &[FuncId],
        arena_bytes: usize,
        constants: &[u8],
    ) -> Self {
        let address = |&id: &FuncId| module.get_finalized_function(id);
        // SAFETY: `Unit::function` declares functions of two arguments with the C calling convention and exactly this
        // signature, and the module, which owns their code, lives as long as the pointers.
        let whole = |id: &FuncId| unsafe { std::mem::transmute::<*const u8, Whole>(address(id)) };
        // SAFETY: as above, for functions of four arguments.
        let some = |id: &FuncId| unsafe { std::mem::transmute::<*const u8, Some>(address(id)) };
        let (wholes, parts) = (wholes.iter().map(whole).collect(), parts.iter().map(some).collect());
        let lines = |bytes: usize| vec![Line([0; 64]); bytes.div_ceil(64)];
        let mut copy = lines(constants.len());
        for (line, bytes) in copy.iter_mut().zip(constants.chunks(64)) {
            line.0[..bytes.len()].copy_from_slice(bytes);
        }
        Executable { wholes, parts, arena: lines(arena_bytes), constants: copy, module: Some(module) }
    }

    fn memory(&mut self) -> Memory {
        Memory { arena: self.arena.as_mut_ptr().cast(), constants: self.constants.as_ptr().cast() }
    }

    /// Calls a function of two arguments.
    pub(super) fn call(&mut self, function: usize) {
        let memory = self.memory();
        // SAFETY: the code stays inside the arena and the constants, whose sizes it was made for; `&mut self` keeps
        // everybody else out of them meanwhile.
        unsafe { self.wholes[function](memory.arena, memory.constants) }
    }

    /// Computes the items of a part, in one call for each of the ranges, which the threads of `pool` share.
    pub(super) fn call_shared(&mut self, part: usize, ranges: &[Range<usize>], pool: &rayon::ThreadPool) {
        let memory = self.memory();
        let function = self.parts[part];
        let call = |range: &Range<usize>| {
            let (arena, constants) = memory.addresses();
            // SAFETY: as in `call`. Ranges do not overlap, and the items of one part write different results and
            // read nothing that another item of the part writes, so that threads never meet.
            unsafe { function(arena, constants, range.start as u64, range.end as u64) }
        };
        match ranges {
            [only] => call(only),
            _ => pool.scope(|scope| ranges.iter().for_each(|range| scope.spawn(move |_| call(range)))),
        }
    }

    /// Bytes of the arena.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        // SAFETY: lines are plain bytes without padding, and the slice has their extent and their lifetime.
        let all =
            unsafe { std::slice::from_raw_parts(self.arena.as_ptr().cast::<u8>(), self.arena.len() * 64) };
        &all[range]
    }

    /// Bytes of the arena, to write.
    pub(super) fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        let length = self.arena.len() * 64;
        // SAFETY: as in `bytes`, and `&mut self` makes the slice the only one.
        let all = unsafe { std::slice::from_raw_parts_mut(self.arena.as_mut_ptr().cast::<u8>(), length) };
        &mut all[range]
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: the pointers to its functions are private to this value, which nobody can use any more.
            unsafe { module.free_memory() }
        }
    }
}
