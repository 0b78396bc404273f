//! Constants of pooling.

use super::activation;
use super::window::Window;
use crate::ops::{Operands, Pool2d};
use crate::types::{ElemType, TensorType};

/// Constants of a 2-D pooling.
///
/// Integers keep their quantization: an average is that of the stored numbers, rounded with halves away from zero.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolParams {
    /// The window that slides over the input; cells outside of it do not count.
    pub window: Window,
    /// Clamp of the result.
    pub clamp: PoolClamp,
}

/// The clamp of a pooled result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PoolClamp {
    /// Smallest and largest stored integer.
    Quantized {
        /// Smallest result.
        act_min: i32,
        /// Largest result.
        act_max: i32,
    },
    /// Smallest and largest real number.
    Float {
        /// Smallest result.
        act_min: f32,
        /// Largest result.
        act_max: f32,
    },
}

impl PoolParams {
    /// Constants of the pooling operators.
    pub fn new(op: &Pool2d, operands: &Operands<'_>, result: &TensorType) -> Result<Self, String> {
        let input = operands.require(0, "input")?;
        let window = Window::new(input, result, op.filter, op.stride, [1, 1], op.padding)?;
        if window.in_channels != window.out_channels {
            let (from, to) = (window.in_channels, window.out_channels);
            return Err(format!("pooling does not map {from} channels to {to}"));
        }
        if input.elem != result.elem {
            return Err(format!("the input is {} and the result {}", input.elem, result.elem));
        }
        let clamp = if result.elem == ElemType::F32 {
            let (act_min, act_max) = activation::float_clamp(op.act)?;
            PoolClamp::Float { act_min, act_max }
        } else {
            let (act_min, act_max) = activation::quantized_clamp(op.act, result)?;
            PoolClamp::Quantized { act_min, act_max }
        };
        Ok(PoolParams { window, clamp })
    }
}
