//! Changes between codes and real numbers, and of the element type.

use redsc_ir::ElemType;
use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{Cast, Dequantize, Quantize};
use redsc_ir::params::quantize::{DequantizeParams, QuantizeParams};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::elements::integer_type;
use super::site::Site;
use super::unary::{Magnitude, rescale, tabulated};

/// Real numbers or codes to codes.
pub(super) fn quantize(_op: &Quantize, site: &Site<'_>) -> Result<Vec<Call>, String> {
    if site.kernel() == Kernel::Lut {
        return tabulated(site);
    }
    let y = site.result(0)?;
    match QuantizeParams::new(&site.operands(), y)? {
        QuantizeParams::Real { scale, zero_point, least, most } => {
            let params = Struct::new("redsc_quantize_t")
                .int("count", y.elements())
                .word("type", integer_type(y.elem)?)
                .float("scale", scale)
                .int("zero_point", zero_point)
                .int("act_min", least)
                .int("act_max", most);
            Ok(site.call(arguments(), params))
        }
        QuantizeParams::Rescale(change) => rescale(site, &change, Magnitude::No),
    }
}

/// Codes to real numbers.
pub(super) fn dequantize(_op: &Dequantize, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let x = site.input(0)?;
    match DequantizeParams::new(&site.operands())? {
        DequantizeParams::Half => {
            Ok(site.call(arguments(), Struct::new("redsc_dequantize_t").int("count", x.elements())))
        }
        DequantizeParams::PerTensor { scale, zero_point } => {
            let params = Struct::new("redsc_dequantize_t")
                .int("count", x.elements())
                .word("type", integer_type(x.elem)?)
                .float("scale", scale)
                .int("zero_point", zero_point);
            Ok(site.call(arguments(), params))
        }
        DequantizeParams::PerAxis { stride, scales, zero_points } => {
            let params = Struct::new("redsc_dequantize_axis_t")
                .int("count", x.elements())
                .word("type", integer_type(x.elem)?)
                .int("indices", scales.len())
                .int("stride", stride);
            let mut args = arguments();
            args.insert(1, Arg::constant("scales", Array::f32(&scales)));
            args.insert(2, Arg::constant("zero_points", Array::i32(&zero_points)));
            let kernel = Kernel::DequantizeAxis;
            Ok(vec![Call { kernel, args, params }])
        }
    }
}

/// The same numbers in another element type.
pub(super) fn cast(_op: &Cast, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let (x, y) = (site.input(0)?, site.result(0)?);
    let partner = |elem: ElemType| match elem {
        ElemType::F16 | ElemType::F64 => Some(ElemType::F32),
        ElemType::U64 => Some(ElemType::I64),
        _ => None,
    };
    let fits = |one: ElemType, other: ElemType| partner(one).is_none_or(|partner| other == partner);
    if !fits(x.elem, y.elem) || !fits(y.elem, x.elem) {
        return Err(format!("there is no conversion from {} to {}", x.elem, y.elem));
    }
    let params = Struct::new("redsc_cast_t")
        .int("count", y.elements())
        .word("x_type", number_type(x.elem)?)
        .word("y_type", number_type(y.elem)?);
    Ok(site.call(arguments(), params))
}

fn arguments() -> Vec<Arg> {
    vec![Arg::operand("x", 0), Arg::result("y", 0), Arg::scratch()]
}

/// The name that `cast.c` gives a type.
fn number_type(elem: ElemType) -> Result<&'static str, String> {
    match elem {
        ElemType::F32 => Ok("REDSC_F32"),
        ElemType::Bool => Ok("REDSC_BOOL"),
        ElemType::F16 => Ok("REDSC_F16"),
        ElemType::F64 => Ok("REDSC_F64"),
        // The bits of the signed type.
        ElemType::U64 => Ok("REDSC_S64"),
        _ => integer_type(elem),
    }
}
