//! Native code through Cranelift, for machines with an operating system: in memory, to run at once ([`Jit`]), or as an
//! object file with the interface of generated C ([`emit_object`]).
//!
//! Nodes become functions with all shapes, distances and factors as constants. Emitters follow the operators and their
//! [`params`](redsc_ir::params); integer results are those of the interpreter, byte by byte. One module per operator
//! family sits on three layers: `code` (loops, addresses), `numbers` and `fixed` (arithmetic that is written once for numbers and vectors),
//! `stream` (elementwise loops) and `mac` (layers that multiply and accumulate).
//!
//! All functions take the address of the arena and of the constants; there are no relocations apart from calls.

mod api;
mod binary;
mod code;
mod control;
mod conv;
mod depthwise;
mod dispatch;
mod elements;
mod executable;
mod fixed;
mod half;
mod inner;
mod jit;
mod linear;
mod lstm;
mod mac;
mod machine;
mod movement;
mod normalize;
mod numbers;
mod pool;
mod pooling;

mod quantize;
mod recurrent;
mod reduce;
mod resize;
mod scalar;
mod site;
mod state;
mod stream;
mod unary;
mod unit;

pub use api::{check_target, emit_clif, emit_object};
pub use jit::Jit;
