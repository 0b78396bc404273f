//! Elementwise functions of one operand.

use redsc_ir::interp::eval_node;
use redsc_ir::kernels::Kernel;
use redsc_ir::ops::{LeakyRelu, Lut, Unary, UnaryKind};
use redsc_ir::params::quantize::Rescale;
use redsc_ir::params::sigmoid;
use redsc_ir::params::unary::{LeakyReluParams, UnaryParams};
use redsc_ir::{Data, Graph, Node, TensorType};

use super::call::{Arg, Call, Struct};
use super::constants::Array;
use super::elements::integer_type;
use super::site::Site;

/// Function of one operand.
pub(super) fn unary(op: &Unary, site: &Site<'_>) -> Result<Vec<Call>, String> {
    if site.kernel() == Kernel::Lut {
        return tabulated(site);
    }
    let result = site.result(0)?;
    match UnaryParams::new(op, &site.operands(), result)? {
        UnaryParams::Plain => {
            let params =
                Struct::new("redsc_unary_t").int("count", result.elements()).word("kind", function(op.kind));
            Ok(site.call(arguments(), params))
        }
        UnaryParams::Clamp(change) => rescale(site, &change, Magnitude::No),
        UnaryParams::Abs(change) => rescale(site, &change, Magnitude::Yes),
        UnaryParams::Rsqrt(p) => {
            let params = types(site, "redsc_rsqrt_t")?
                .int("input_offset", p.input_offset)
                .factor("", p.requant)
                .int("output_offset", p.output_offset)
                .int("act_min", p.act_min)
                .int("act_max", p.act_max);
            Ok(site.call(arguments(), params))
        }
        UnaryParams::Logistic(_) | UnaryParams::Tanh(_) => Err("8-bit functions are table lookups".into()),
        UnaryParams::LogisticTable(scale) | UnaryParams::TanhTable(scale) => {
            let params = Struct::new("redsc_sigmoid_s16_t")
                .int("count", result.elements())
                .word("kind", function(op.kind))
                .int("multiplier", scale.multiplier)
                .int("shift", scale.shift);
            let mut args = arguments();
            args.insert(1, Arg::constant("table", Array::i16(&sigmoid::centered())));
            Ok(site.call(args, params))
        }
    }
}

/// Leaky clamp.
pub(super) fn leaky_relu(op: &LeakyRelu, site: &Site<'_>) -> Result<Vec<Call>, String> {
    if site.kernel() == Kernel::Lut {
        return tabulated(site);
    }
    let result = site.result(0)?;
    let params = match LeakyReluParams::new(op, &site.operands(), result)? {
        LeakyReluParams::Float => {
            Struct::new("redsc_leaky_relu_f32_t").int("count", result.elements()).float("alpha", op.alpha)
        }
        LeakyReluParams::Quantized { positive, slope, flips } => types(site, "redsc_leaky_relu_t")?
            .rescale(&positive)
            .factor("slope_", slope)
            .int("flips", i64::from(flips)),
    };
    Ok(site.call(arguments(), params))
}

/// Table lookup.
pub(super) fn lut(_op: &Lut, site: &Site<'_>) -> Result<Vec<Call>, String> {
    lookup(site, Arg::operand("table", 1))
}

/// Whether the sign is dropped before a change of scale.
pub(super) enum Magnitude {
    No,
    Yes,
}

/// Change of scale, zero point and element type.
pub(super) fn rescale(site: &Site<'_>, change: &Rescale, magnitude: Magnitude) -> Result<Vec<Call>, String> {
    let magnitude = i64::from(matches!(magnitude, Magnitude::Yes));
    let params = types(site, "redsc_rescale_t")?.int("magnitude", magnitude).rescale(change);
    Ok(site.call(arguments(), params))
}

/// A function of bytes as a lookup in a table that the interpreter computes.
pub(super) fn tabulated(site: &Site<'_>) -> Result<Vec<Call>, String> {
    let codes = |ty: &TensorType| TensorType { shape: [256].into(), ..ty.clone() };
    let mut graph = Graph::default();
    let x = graph.add_value("", codes(site.input(0)?));
    let y = graph.add_value("", codes(site.result(0)?));
    let node = Node { inputs: vec![Some(x)], outputs: vec![y], ..site.node.clone() };
    let all = Data::from_slice(&std::array::from_fn::<u8, 256, _>(|code| code as u8));
    let table = eval_node(site.module, &graph, &node, &[Some(all)])?;
    let data = table.into_iter().next().ok_or("the function has no result")?;
    lookup(site, Arg::constant("table", Array { elem: site.result(0)?.elem, data }))
}

fn lookup(site: &Site<'_>, table: Arg) -> Result<Vec<Call>, String> {
    let result = site.result(0)?;
    let params =
        Struct::new("redsc_lut_t").int("count", result.elements()).int("entry_bytes", result.elem.bytes());
    let mut args = arguments();
    args.insert(1, table);
    Ok(site.call(args, params))
}

fn arguments() -> Vec<Arg> {
    vec![Arg::operand("x", 0), Arg::result("y", 0), Arg::scratch()]
}

/// A struct that begins with the number of elements and their types.
fn types(site: &Site<'_>, c_type: &'static str) -> Result<Struct, String> {
    let (x, y) = (site.input(0)?, site.result(0)?);
    Ok(Struct::new(c_type)
        .int("count", y.elements())
        .word("x_type", integer_type(x.elem)?)
        .word("y_type", integer_type(y.elem)?))
}

fn function(kind: UnaryKind) -> &'static str {
    match kind {
        UnaryKind::Abs => "REDSC_ABS",
        UnaryKind::Neg => "REDSC_NEG",
        UnaryKind::Exp => "REDSC_EXP",
        UnaryKind::Log => "REDSC_LOG",
        UnaryKind::Sqrt => "REDSC_SQRT",
        UnaryKind::Rsqrt => "REDSC_RSQRT",
        UnaryKind::Square => "REDSC_SQUARE",
        UnaryKind::Relu => "REDSC_RELU",
        UnaryKind::Relu6 => "REDSC_RELU6",
        UnaryKind::ReluN1To1 => "REDSC_RELU_N1_TO_1",
        UnaryKind::Tanh => "REDSC_TANH",
        UnaryKind::Logistic => "REDSC_LOGISTIC",
        UnaryKind::Sin => "REDSC_SIN",
        UnaryKind::Cos => "REDSC_COS",
        UnaryKind::Tan => "REDSC_TAN",
        UnaryKind::Asin => "REDSC_ASIN",
        UnaryKind::Acos => "REDSC_ACOS",
        UnaryKind::Atan => "REDSC_ATAN",
        UnaryKind::Sinh => "REDSC_SINH",
        UnaryKind::Cosh => "REDSC_COSH",
        UnaryKind::Asinh => "REDSC_ASINH",
        UnaryKind::Acosh => "REDSC_ACOSH",
        UnaryKind::Atanh => "REDSC_ATANH",
        UnaryKind::Erf => "REDSC_ERF",
        UnaryKind::Ceil => "REDSC_CEIL",
        UnaryKind::Floor => "REDSC_FLOOR",
        UnaryKind::Round => "REDSC_ROUND",
    }
}
