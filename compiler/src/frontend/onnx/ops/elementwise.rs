//! Elementwise arithmetic, comparisons and functions.

use redsc_ir::ops::{BinaryKind, CompareKind, UnaryKind};
use redsc_ir::{ElemType, ValueId};
use redsc_onnx_schema::tensor_proto::DataType;

use super::super::call::Call;
use super::super::fault::{Outcome, form};
use super::super::graph::Item;
use super::super::tensor;
use super::{ANY, ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("Add", 7..=ON, 2..=2, |c| binary(c, BinaryKind::Add)),
    row("Sub", 7..=ON, 2..=2, |c| binary(c, BinaryKind::Sub)),
    row("Mul", 7..=ON, 2..=2, |c| binary(c, BinaryKind::Mul)),
    row("Div", 7..=ON, 2..=2, |c| binary(c, BinaryKind::Div)),
    row("Add", 1..=6, 2..=2, |c| old_binary(c, BinaryKind::Add)),
    row("Sub", 1..=6, 2..=2, |c| old_binary(c, BinaryKind::Sub)),
    row("Mul", 1..=6, 2..=2, |c| old_binary(c, BinaryKind::Mul)),
    row("Div", 1..=6, 2..=2, |c| old_binary(c, BinaryKind::Div)),
    row("Pow", 1..=ON, 2..=2, power),
    row("Mod", 10..=ON, 2..=2, modulo),
    row("Max", 1..=ON, 1..=ANY, |c| fold(c, BinaryKind::Maximum)),
    row("Min", 1..=ON, 1..=ANY, |c| fold(c, BinaryKind::Minimum)),
    row("Sum", 1..=ON, 1..=ANY, |c| fold(c, BinaryKind::Add)),
    row("Mean", 1..=ON, 1..=ANY, mean),
    row("And", 1..=ON, 2..=2, |c| binary(c, BinaryKind::BitAnd)),
    row("Or", 1..=ON, 2..=2, |c| binary(c, BinaryKind::BitOr)),
    row("Xor", 1..=ON, 2..=2, |c| binary(c, BinaryKind::BitXor)),
    row("BitwiseAnd", 18..=ON, 2..=2, |c| binary(c, BinaryKind::BitAnd)),
    row("BitwiseOr", 18..=ON, 2..=2, |c| binary(c, BinaryKind::BitOr)),
    row("BitwiseXor", 18..=ON, 2..=2, |c| binary(c, BinaryKind::BitXor)),
    row("BitwiseNot", 18..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = c.with(BinaryKind::BitXor, x, -1.0)?;
        one(y)
    }),
    row("BitShift", 11..=ON, 2..=2, |c| match c.word("direction", "").as_str() {
        "LEFT" => binary(c, BinaryKind::ShiftLeft),
        "RIGHT" => binary(c, BinaryKind::ShiftRight),
        other => Err(form(format!("the direction is \"{other}\""))),
    }),
    row("Not", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = c.not(x)?;
        one(y)
    }),
    row("Equal", 1..=ON, 2..=2, |c| compare(c, CompareKind::Equal)),
    row("Less", 7..=ON, 2..=2, |c| compare(c, CompareKind::Less)),
    row("LessOrEqual", 12..=ON, 2..=2, |c| compare(c, CompareKind::LessEqual)),
    row("Greater", 7..=ON, 2..=2, |c| compare(c, CompareKind::Greater)),
    row("GreaterOrEqual", 12..=ON, 2..=2, |c| compare(c, CompareKind::GreaterEqual)),
    row("Where", 9..=ON, 3..=3, |c| {
        let (condition, a, b) = (c.operand(0)?, c.operand(1)?, c.operand(2)?);
        let y = c.select(condition, a, b)?;
        one(y)
    }),
    row("Abs", 1..=ON, 1..=1, |c| unary(c, UnaryKind::Abs)),
    row("Neg", 1..=ON, 1..=1, |c| unary(c, UnaryKind::Neg)),
    row("Exp", 1..=ON, 1..=1, |c| unary(c, UnaryKind::Exp)),
    row("Log", 1..=ON, 1..=1, |c| unary(c, UnaryKind::Log)),
    row("Sqrt", 1..=ON, 1..=1, |c| unary(c, UnaryKind::Sqrt)),
    row("Sin", 7..=ON, 1..=1, |c| unary(c, UnaryKind::Sin)),
    row("Cos", 7..=ON, 1..=1, |c| unary(c, UnaryKind::Cos)),
    row("Tan", 7..=ON, 1..=1, |c| unary(c, UnaryKind::Tan)),
    row("Asin", 7..=ON, 1..=1, |c| unary(c, UnaryKind::Asin)),
    row("Acos", 7..=ON, 1..=1, |c| unary(c, UnaryKind::Acos)),
    row("Atan", 7..=ON, 1..=1, |c| unary(c, UnaryKind::Atan)),
    row("Sinh", 9..=ON, 1..=1, |c| unary(c, UnaryKind::Sinh)),
    row("Cosh", 9..=ON, 1..=1, |c| unary(c, UnaryKind::Cosh)),
    row("Asinh", 9..=ON, 1..=1, |c| unary(c, UnaryKind::Asinh)),
    row("Acosh", 9..=ON, 1..=1, |c| unary(c, UnaryKind::Acosh)),
    row("Atanh", 9..=ON, 1..=1, |c| unary(c, UnaryKind::Atanh)),
    row("Erf", 9..=ON, 1..=1, |c| unary(c, UnaryKind::Erf)),
    row("Ceil", 1..=ON, 1..=1, |c| unary(c, UnaryKind::Ceil)),
    row("Floor", 1..=ON, 1..=1, |c| unary(c, UnaryKind::Floor)),
    row("Round", 11..=ON, 1..=1, |c| unary(c, UnaryKind::Round)),
    row("Reciprocal", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let elem = c.elem(x);
        let numerator = c.scalar(elem, 1.0)?;
        let y = c.div(numerator, x)?;
        one(y)
    }),
    row("Sign", 9..=ON, 1..=1, sign),
    row("IsNaN", 9..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = c.compare(CompareKind::NotEqual, x, x)?;
        one(y)
    }),
    row("IsInf", 10..=ON, 1..=1, is_infinite),
    row("Cast", 6..=ON, 1..=1, cast),
    row("CastLike", 15..=ON, 2..=2, |c| {
        let to = c.declared(c.operand(1)?);
        let x = c.operand(0)?;
        let y = converted(c, x, to)?;
        one(y)
    }),
];

fn binary(c: &mut Call, kind: BinaryKind) -> Outcome<Vec<Item>> {
    let (a, b) = (c.operand(0)?, c.operand(1)?);
    let y = c.binary(kind, a, b)?;
    one(y)
}

/// Before opset 7 broadcasting was an attribute, and the second operand began at an axis.
fn old_binary(c: &mut Call, kind: BinaryKind) -> Outcome<Vec<Item>> {
    let (a, mut b) = (c.operand(0)?, c.operand(1)?);
    if let (1, Some(axis)) = (c.int("broadcast", 0), c.int_if("axis")) {
        let axis = c.axis(axis, c.rank(a))?;
        let mut shape = c.shape(b);
        shape.resize((c.rank(a) - axis).max(shape.len()), 1);
        b = c.reshape(b, &shape)?;
    }
    let y = c.binary(kind, a, b)?;
    one(y)
}

fn unary(c: &mut Call, kind: UnaryKind) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let y = c.unary(kind, x)?;
    one(y)
}

fn compare(c: &mut Call, kind: CompareKind) -> Outcome<Vec<Item>> {
    let (a, b) = (c.operand(0)?, c.operand(1)?);
    let y = c.compare(kind, a, b)?;
    one(y)
}

/// Any number of operands, one after another.
fn combined(c: &mut Call, kind: BinaryKind) -> Outcome<ValueId> {
    let mut so_far = c.operand(0)?;
    for index in 1..c.operands() {
        let next = c.operand(index)?;
        so_far = c.binary(kind, so_far, next)?;
    }
    Ok(so_far)
}

fn fold(c: &mut Call, kind: BinaryKind) -> Outcome<Vec<Item>> {
    let y = combined(c, kind)?;
    one(y)
}

fn mean(c: &mut Call) -> Outcome<Vec<Item>> {
    let count = c.operands() as f64;
    let sum = combined(c, BinaryKind::Add)?;
    let y = c.with(BinaryKind::Div, sum, count)?;
    one(y)
}

/// The exponent may have another type; common powers are products.
fn power(c: &mut Call) -> Outcome<Vec<Item>> {
    let (a, b) = (c.operand(0)?, c.operand(1)?);
    let elem = c.elem(a);
    let exponent = c.cast(b, ElemType::F32)?;
    let known = c.floats(exponent).filter(|values| values.len() == 1).map(|values| values[0]);
    if known == Some(2.0) && c.rank(b) <= c.rank(a) {
        let y = c.mul(a, a)?;
        return one(y);
    }
    let base = c.cast(a, ElemType::F32)?;
    let y = match known {
        Some(0.5) if c.rank(b) <= c.rank(a) => c.unary(UnaryKind::Sqrt, base)?,
        _ => c.binary(BinaryKind::Power, base, exponent)?,
    };
    let y = c.cast(y, elem)?;
    one(y)
}

fn modulo(c: &mut Call) -> Outcome<Vec<Item>> {
    match c.int("fmod", 0) {
        0 if c.elem(c.operand(0)?).is_float() => Err(form("the modulo of real numbers needs fmod = 1")),
        0 => binary(c, BinaryKind::Modulo),
        _ => binary(c, BinaryKind::Remainder),
    }
}

/// `(x > 0) − (x < 0)`
fn sign(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let elem = c.elem(x);
    let above = c.compare_with(CompareKind::Greater, x, 0.0)?;
    let below = c.compare_with(CompareKind::Less, x, 0.0)?;
    let (above, below) = (c.cast(above, elem)?, c.cast(below, elem)?);
    let y = c.sub(above, below)?;
    one(y)
}

fn is_infinite(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let sides =
        [(c.int("detect_positive", 1), f64::INFINITY), (c.int("detect_negative", 1), f64::NEG_INFINITY)];
    let mut found = None;
    for (_, side) in sides.into_iter().filter(|(wanted, _)| *wanted != 0) {
        let hit = c.compare_with(CompareKind::Equal, x, side)?;
        found = Some(match found {
            Some(other) => c.binary(BinaryKind::BitOr, other, hit)?,
            None => hit,
        });
    }
    let y = match found {
        Some(y) => y,
        None => {
            let shape = c.shape(x);
            c.filled(ElemType::Bool, &shape, 0.0)?
        }
    };
    one(y)
}

fn cast(c: &mut Call) -> Outcome<Vec<Item>> {
    let to = c.data_type("to")?.ok_or_else(|| form("the attribute `to` is missing"))?;
    let x = c.operand(0)?;
    let y = converted(c, x, to)?;
    one(y)
}

/// A value in a type of the file; halves lose the digits that they cannot hold.
pub(super) fn converted(c: &mut Call, x: ValueId, to: DataType) -> Outcome<ValueId> {
    let y = match to {
        DataType::Float16 => {
            let half = c.cast(x, ElemType::F16)?;
            c.cast(half, ElemType::F32)?
        }
        DataType::Float
        | DataType::Double
        | DataType::Bool
        | DataType::Int8
        | DataType::Uint8
        | DataType::Int16
        | DataType::Uint16
        | DataType::Int32
        | DataType::Uint32
        | DataType::Int64
        | DataType::Uint64 => {
            let elem = tensor::computed_elem(to)?;
            c.cast(x, elem)?
        }
        other => {
            return Err(form(format!("conversion to {} is not supported", other.as_str_name())));
        }
    };
    c.reader.declare(y, to);
    Ok(y)
}
