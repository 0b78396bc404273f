//! Operators on elements of one or two operands.

use redsc_ir::ops::{Activation, Binary, BinaryKind, Compare, CompareKind, LeakyRelu, Unary, UnaryKind};

use super::super::fault::Outcome;
use super::super::operator::{OpReader, clamp, options};

/// Translations of operators that share their shape and differ in the kind alone.
macro_rules! kinds {
    ($($translate:ident: $($name:ident => $kind:expr),*;)*) => {$($(
        pub(super) fn $name(op: &mut OpReader) -> Outcome {
            $translate(op, $kind)
        }
    )*)*};
}

kinds! {
    unclamped: maximum => BinaryKind::Maximum, minimum => BinaryKind::Minimum,
        squared_difference => BinaryKind::SquaredDifference;
    compare: equal => CompareKind::Equal, not_equal => CompareKind::NotEqual, less => CompareKind::Less,
        less_equal => CompareKind::LessEqual, greater => CompareKind::Greater,
        greater_equal => CompareKind::GreaterEqual;
    unary: abs => UnaryKind::Abs, neg => UnaryKind::Neg, exp => UnaryKind::Exp, log => UnaryKind::Log,
        sqrt => UnaryKind::Sqrt, rsqrt => UnaryKind::Rsqrt, square => UnaryKind::Square, relu => UnaryKind::Relu,
        relu6 => UnaryKind::Relu6, relu_n1_to_1 => UnaryKind::ReluN1To1, tanh => UnaryKind::Tanh,
        logistic => UnaryKind::Logistic;
}

/// `(a, b)`
pub(super) fn add(op: &mut OpReader) -> Outcome {
    let act = clamp(options!(op, AddOptions)?.fused_activation_function)?;
    binary(op, BinaryKind::Add, act)
}

/// `(a, b)`
pub(super) fn sub(op: &mut OpReader) -> Outcome {
    let act = clamp(options!(op, SubOptions)?.fused_activation_function)?;
    binary(op, BinaryKind::Sub, act)
}

/// `(a, b)`
pub(super) fn mul(op: &mut OpReader) -> Outcome {
    let act = clamp(options!(op, MulOptions)?.fused_activation_function)?;
    binary(op, BinaryKind::Mul, act)
}

/// `(a, b)`
pub(super) fn div(op: &mut OpReader) -> Outcome {
    let act = clamp(options!(op, DivOptions)?.fused_activation_function)?;
    binary(op, BinaryKind::Div, act)
}

fn unclamped(op: &mut OpReader, kind: BinaryKind) -> Outcome {
    binary(op, kind, Activation::None)
}

fn binary(op: &mut OpReader, kind: BinaryKind, act: Activation) -> Outcome {
    let (a, b, result) = (op.operand(0)?, op.operand(1)?, op.result(0)?);
    op.emit(Binary { kind, act }, &[a, b], result);
    Ok(())
}

fn compare(op: &mut OpReader, kind: CompareKind) -> Outcome {
    let (a, b, result) = (op.operand(0)?, op.operand(1)?, op.result(0)?);
    op.emit(Compare { kind }, &[a, b], result);
    Ok(())
}

fn unary(op: &mut OpReader, kind: UnaryKind) -> Outcome {
    let (x, result) = (op.operand(0)?, op.result(0)?);
    op.emit(Unary { kind }, &[x], result);
    Ok(())
}

/// `(x)`
pub(super) fn leaky_relu(op: &mut OpReader) -> Outcome {
    let alpha = options!(op, LeakyReluOptions)?.alpha;
    let (x, result) = (op.operand(0)?, op.result(0)?);
    op.emit(LeakyRelu { alpha }, &[x], result);
    Ok(())
}
