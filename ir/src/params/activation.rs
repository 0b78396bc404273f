//! The clamp that a fused activation puts on a result.

use crate::ops::Activation;
use crate::types::TensorType;

/// Real bounds of an activation: `(lower, upper)`, absent where it does not clamp.
///
/// Fails for functions that are no clamp.
fn bounds(act: Activation) -> Result<(Option<f32>, Option<f32>), String> {
    match act {
        Activation::None => Ok((None, None)),
        Activation::Relu => Ok((Some(0.0), None)),
        Activation::Relu6 => Ok((Some(0.0), Some(6.0))),
        Activation::ReluN1To1 => Ok((Some(-1.0), Some(1.0))),
        Activation::Tanh => Err("the activation `tanh` cannot be fused here".into()),
    }
}

/// Smallest and largest stored value of a result of the quantized type `ty` under `act`.
///
/// The bounds are quantized in single precision, rounding halves away from zero.
pub fn quantized_clamp(act: Activation, ty: &TensorType) -> Result<(i32, i32), String> {
    let (least, most) =
        ty.elem.quantized_range().ok_or_else(|| format!("{} is not a quantized type", ty.elem))?;
    let (lower, upper) = bounds(act)?;
    if lower.is_none() && upper.is_none() {
        return Ok((least, most));
    }
    let (scale, zero_point) = ty.quant.per_tensor().ok_or("the result needs one scale and zero point")?;
    let quantize = |real: f32| {
        let steps = (real / scale).round();
        // Rust's conversion saturates, so that tiny scales clamp to the range of the type.
        zero_point.saturating_add(steps as i32)
    };
    Ok((lower.map_or(least, |x| quantize(x).max(least)), upper.map_or(most, |x| quantize(x).min(most))))
}

/// Smallest and largest real value of a float result under `act`; the limits of `f32` where it does not clamp.
pub fn float_clamp(act: Activation) -> Result<(f32, f32), String> {
    let (lower, upper) = bounds(act)?;
    Ok((lower.unwrap_or(f32::MIN), upper.unwrap_or(f32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::Quant;
    use crate::types::ElemType;

    fn i8_type(scale: f32, zero_point: i32) -> TensorType {
        let mut ty = TensorType::plain(ElemType::I8, [1]);
        ty.quant = Quant::PerTensor { scale, zero_point };
        ty
    }

    #[test]
    fn clamps_are_quantized_and_limited_to_the_type() {
        assert_eq!(quantized_clamp(Activation::None, &i8_type(0.1, 3)), Ok((-128, 127)));
        assert_eq!(quantized_clamp(Activation::Relu, &i8_type(0.1, 3)), Ok((3, 127)));
        assert_eq!(quantized_clamp(Activation::Relu6, &i8_type(0.1, 3)), Ok((3, 63)));
        assert_eq!(quantized_clamp(Activation::Relu6, &i8_type(0.01, -128)), Ok((-128, 127)));
        assert_eq!(quantized_clamp(Activation::ReluN1To1, &i8_type(0.5, 0)), Ok((-2, 2)));
        assert_eq!(quantized_clamp(Activation::Relu6, &i8_type(1e-30, 0)), Ok((0, 127)));
        assert!(quantized_clamp(Activation::Tanh, &i8_type(0.5, 0)).is_err());
    }
}
