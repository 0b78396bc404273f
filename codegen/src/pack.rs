//! Weights in the order in which kernels stream them: one packing per kernel that wants one.
//!
//! A kernel without a row here takes its weights as the IR stores them. Packings see constant weights only; where a
//! model computes its weights, kernel selection chooses a kernel that takes them as they are.

use redsc_ir::kernels::Kernel;
use redsc_ir::{Data, TensorType};

/// Rearranges weights of that type.
type Packing = fn(&TensorType, &Data) -> Data;

/// The packing of a kernel's weights, if it wants them in another order than the IR's.
fn packing(_kernel: Kernel) -> Option<Packing> {
    None
}

/// The weights in the order in which `kernel` reads them.
pub fn pack_weights(kernel: Kernel, ty: &TensorType, weights: &Data) -> Data {
    packing(kernel).map_or_else(|| weights.clone(), |pack| pack(ty, weights))
}
