//! Elementwise arithmetic and comparisons of two operands.

use redsc_ir::ElemType;
use redsc_ir::ops::{Binary, BinaryKind, Compare, CompareKind};
use redsc_ir::params::binary::{BinaryParams, CompareParams, ProductParams, SumParams};

use super::call::{Arg, Call, Struct};
use super::elements::{common, integer_type, pairs};
use super::site::Site;

/// Arithmetic of two operands.
pub(super) fn binary(op: &Binary, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let result = site.result(0)?;
    let base = |c_type| Ok::<_, String>(Struct::new(c_type).nested("pairs", broadcast(site)?));
    let integer =
        |c_type, kind| Ok::<_, String>(kinded(base(c_type)?, kind).word("type", integer_type(result.elem)?));
    let params = match BinaryParams::new(op, &site.operands(), result)? {
        BinaryParams::Add(p) | BinaryParams::Sub(p) | BinaryParams::SquaredDifference(p) => {
            sum(integer("redsc_sum_t", Some(op.kind))?, &p)
        }
        BinaryParams::Mul(p) | BinaryParams::Div(p) => product(integer("redsc_product_t", None)?, &p),
        BinaryParams::Maximum | BinaryParams::Minimum => integer("redsc_extremum_t", Some(op.kind))?,
        BinaryParams::Integer { act_min, act_max } => {
            integer("redsc_binary_int_t", Some(op.kind))?.int("act_min", act_min).int("act_max", act_max)
        }
        BinaryParams::Float { act_min, act_max } => kinded(base("redsc_binary_f32_t")?, Some(op.kind))
            .float("act_min", act_min)
            .float("act_max", act_max),
    };
    Ok(site.call(arguments(), params))
}

/// Comparison of two operands.
pub(super) fn compare(op: &Compare, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let elem = site.input(0)?.elem;
    let base = |c_type| {
        let pairs = broadcast(site)?;
        Ok::<_, String>(Struct::new(c_type).nested("pairs", pairs).word("kind", comparison(op.kind)))
    };
    let params = match CompareParams::new(&site.operands())? {
        CompareParams::Common(scale) => {
            base("redsc_compare_codes_t")?.word("type", integer_type(elem)?).nested("common", common(&scale))
        }
        CompareParams::Plain if elem == ElemType::F32 => base("redsc_compare_t")?,
        CompareParams::Plain => base("redsc_compare_t")?.word("type", integer_type(elem)?),
    };
    Ok(site.call(arguments(), params))
}

fn arguments() -> Vec<Arg> {
    vec![Arg::operand("a", 0), Arg::operand("b", 1), Arg::result("y", 0), Arg::scratch()]
}

fn broadcast(site: &Site<'_>) -> Result<Struct, String> {
    pairs(&site.input(0)?.shape, &site.input(1)?.shape, &site.result(0)?.shape)
}

fn kinded(params: Struct, kind: Option<BinaryKind>) -> Struct {
    match kind {
        Some(kind) => params.word("kind", arithmetic(kind)),
        None => params,
    }
}

fn sum(params: Struct, p: &SumParams) -> Struct {
    params
        .nested("common", common(&p.common))
        .factor("", p.result)
        .int("output_offset", p.output_offset)
        .int("act_min", p.act_min)
        .int("act_max", p.act_max)
}

fn product(params: Struct, p: &ProductParams) -> Struct {
    params
        .int("a_offset", p.offsets[0])
        .int("b_offset", p.offsets[1])
        .factor("", p.result)
        .int("output_offset", p.output_offset)
        .int("act_min", p.act_min)
        .int("act_max", p.act_max)
}

fn arithmetic(kind: BinaryKind) -> &'static str {
    match kind {
        BinaryKind::Add => "REDSC_ADD",
        BinaryKind::Sub => "REDSC_SUB",
        BinaryKind::Mul => "REDSC_MUL",
        BinaryKind::Div => "REDSC_DIV",
        BinaryKind::Maximum => "REDSC_MAXIMUM",
        BinaryKind::Minimum => "REDSC_MINIMUM",
        BinaryKind::SquaredDifference => "REDSC_SQUARED_DIFFERENCE",
        BinaryKind::Power => "REDSC_POWER",
        BinaryKind::Modulo => "REDSC_MODULO",
        BinaryKind::Remainder => "REDSC_REMAINDER",
        BinaryKind::BitAnd => "REDSC_BIT_AND",
        BinaryKind::BitOr => "REDSC_BIT_OR",
        BinaryKind::BitXor => "REDSC_BIT_XOR",
        BinaryKind::ShiftLeft => "REDSC_SHIFT_LEFT",
        BinaryKind::ShiftRight => "REDSC_SHIFT_RIGHT",
    }
}

fn comparison(kind: CompareKind) -> &'static str {
    match kind {
        CompareKind::Equal => "REDSC_EQUAL",
        CompareKind::NotEqual => "REDSC_NOT_EQUAL",
        CompareKind::Less => "REDSC_LESS",
        CompareKind::LessEqual => "REDSC_LESS_EQUAL",
        CompareKind::Greater => "REDSC_GREATER",
        CompareKind::GreaterEqual => "REDSC_GREATER_EQUAL",
    }
}
