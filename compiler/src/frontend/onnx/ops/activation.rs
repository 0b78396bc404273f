//! Activation functions.

use redsc_ir::ValueId;
use redsc_ir::ops::{BinaryKind, CompareKind, LeakyRelu, UnaryKind};

use super::super::call::Call;
use super::super::fault::{Outcome, form};
use super::super::graph::Item;
use super::{ON, Row, microsoft, one, row};

pub(super) const TABLE: &[Row] = &[
    row("Relu", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = c.unary(UnaryKind::Relu, x)?;
        one(y)
    }),
    row("Sigmoid", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = c.unary(UnaryKind::Logistic, x)?;
        one(y)
    }),
    row("Tanh", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = c.unary(UnaryKind::Tanh, x)?;
        one(y)
    }),
    row("LeakyRelu", 1..=ON, 1..=1, |c| {
        let (x, alpha) = (c.operand(0)?, c.float("alpha", 0.01));
        let y = c.emit(LeakyRelu { alpha }, &[x])?;
        one(y)
    }),
    row("PRelu", 7..=ON, 2..=2, |c| {
        let (x, slope) = (c.operand(0)?, c.operand(1)?);
        let scaled = c.mul(x, slope)?;
        let below = c.compare_with(CompareKind::Less, x, 0.0)?;
        let y = c.select(below, scaled, x)?;
        one(y)
    }),
    row("Clip", 1..=ON, 1..=3, clip),
    row("Elu", 1..=ON, 1..=1, |c| {
        let (x, alpha) = (c.operand(0)?, c.float("alpha", 1.0));
        let y = exponential(c, x, alpha, 1.0)?;
        one(y)
    }),
    row("Celu", 12..=ON, 1..=1, |c| {
        let (x, alpha) = (c.operand(0)?, c.float("alpha", 1.0));
        let y = exponential(c, x, alpha, alpha)?;
        one(y)
    }),
    row("Selu", 1..=ON, 1..=1, |c| {
        let (x, alpha, gamma) = (c.operand(0)?, c.float("alpha", 1.673_263_2), c.float("gamma", 1.050_701));
        let y = exponential(c, x, alpha, 1.0)?;
        let y = c.with(BinaryKind::Mul, y, gamma.into())?;
        one(y)
    }),
    row("HardSigmoid", 1..=ON, 1..=1, |c| {
        let (x, alpha, beta) = (c.operand(0)?, c.float("alpha", 0.2), c.float("beta", 0.5));
        let y = hard_sigmoid(c, x, alpha, beta)?;
        one(y)
    }),
    row("HardSwish", 14..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let gate = hard_sigmoid(c, x, 1.0 / 6.0, 0.5)?;
        let y = c.mul(x, gate)?;
        one(y)
    }),
    row("Softplus", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = softplus(c, x)?;
        one(y)
    }),
    row("Softsign", 1..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = softsign(c, x)?;
        one(y)
    }),
    row("Mish", 18..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let gate = softplus(c, x)?;
        let gate = c.unary(UnaryKind::Tanh, gate)?;
        let y = c.mul(x, gate)?;
        one(y)
    }),
    row("Swish", 24..=ON, 1..=1, |c| {
        let (x, alpha) = (c.operand(0)?, c.float("alpha", 1.0));
        let scaled = if alpha == 1.0 { x } else { c.with(BinaryKind::Mul, x, alpha.into())? };
        let gate = c.unary(UnaryKind::Logistic, scaled)?;
        let y = c.mul(x, gate)?;
        one(y)
    }),
    row("Gelu", 20..=ON, 1..=1, |c| {
        let x = c.operand(0)?;
        let y = match c.word("approximate", "none").as_str() {
            "tanh" => gelu_tanh(c, x)?,
            _ => gelu(c, x)?,
        };
        one(y)
    }),
    microsoft("Gelu", 1..=1, |c| {
        let x = c.operand(0)?;
        let y = gelu(c, x)?;
        one(y)
    }),
    row("ThresholdedRelu", 10..=ON, 1..=1, |c| {
        let (x, alpha) = (c.operand(0)?, c.float("alpha", 1.0));
        let above = c.compare_with(CompareKind::Greater, x, alpha.into())?;
        let zero = c.f32(0.0);
        let y = c.select(above, x, zero)?;
        one(y)
    }),
    row("Shrink", 9..=ON, 1..=1, shrink),
];

/// Bounds are attributes before opset 11, operands after.
fn clip(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let elem = c.elem(x);
    let (least, most) = if c.opset < 11 {
        let bound = |c: &mut Call, name: &str| match c.float_if(name) {
            Some(value) => c.scalar(elem, value.into()).map(Some),
            None => Ok(None),
        };
        (bound(c, "min")?, bound(c, "max")?)
    } else {
        (c.optional(1)?, c.optional(2)?)
    };
    if let Some(y) = plain_clamp(c, x, least, most)? {
        return one(y);
    }
    let mut y = x;
    if let Some(least) = least {
        y = c.maximum(y, least)?;
    }
    if let Some(most) = most {
        y = c.minimum(y, most)?;
    }
    one(y)
}

/// The clamps that layers can do by the way.
fn plain_clamp(
    c: &mut Call,
    x: ValueId,
    least: Option<ValueId>,
    most: Option<ValueId>,
) -> Outcome<Option<ValueId>> {
    let number = |id: Option<ValueId>| match id {
        Some(id) => c.floats(id).filter(|v| v.len() == 1).map(|v| Some(v[0])),
        None => Some(None),
    };
    let kind = match (number(least), number(most)) {
        (Some(Some(0.0)), Some(Some(6.0))) => UnaryKind::Relu6,
        (Some(Some(-1.0)), Some(Some(1.0))) => UnaryKind::ReluN1To1,
        (Some(Some(0.0)), Some(None)) => UnaryKind::Relu,
        _ => return Ok(None),
    };
    c.unary(kind, x).map(Some)
}

/// `x` where positive, `alpha · (exp(x / divisor) − 1)` elsewhere.
pub(super) fn exponential(c: &mut Call, x: ValueId, alpha: f32, divisor: f32) -> Outcome<ValueId> {
    let below = c.with(BinaryKind::Minimum, x, 0.0)?;
    let below = if divisor == 1.0 { below } else { c.with(BinaryKind::Div, below, divisor.into())? };
    let power = c.unary(UnaryKind::Exp, below)?;
    let left = c.with(BinaryKind::Sub, power, 1.0)?;
    let left = c.with(BinaryKind::Mul, left, alpha.into())?;
    let right = c.unary(UnaryKind::Relu, x)?;
    c.add(right, left)
}

/// `max(0, min(1, alpha · x + beta))`
pub(super) fn hard_sigmoid(c: &mut Call, x: ValueId, alpha: f32, beta: f32) -> Outcome<ValueId> {
    let y = c.with(BinaryKind::Mul, x, alpha.into())?;
    let y = c.with(BinaryKind::Add, y, beta.into())?;
    let y = c.with(BinaryKind::Maximum, y, 0.0)?;
    c.with(BinaryKind::Minimum, y, 1.0)
}

/// `log(1 + exp(x))`, written so that nothing overflows.
pub(super) fn softplus(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    let magnitude = c.unary(UnaryKind::Abs, x)?;
    let power = c.unary(UnaryKind::Neg, magnitude)?;
    let power = c.unary(UnaryKind::Exp, power)?;
    let power = c.with(BinaryKind::Add, power, 1.0)?;
    let log = c.unary(UnaryKind::Log, power)?;
    let right = c.unary(UnaryKind::Relu, x)?;
    c.add(right, log)
}

/// `x / (1 + |x|)`
pub(super) fn softsign(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    let magnitude = c.unary(UnaryKind::Abs, x)?;
    let divisor = c.with(BinaryKind::Add, magnitude, 1.0)?;
    c.div(x, divisor)
}

/// `x / 2 · (1 + erf(x / √2))`
fn gelu(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    let scaled = c.with(BinaryKind::Mul, x, std::f64::consts::FRAC_1_SQRT_2)?;
    let gate = c.unary(UnaryKind::Erf, scaled)?;
    halved_gate(c, x, gate)
}

/// `x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 · x³)))`
fn gelu_tanh(c: &mut Call, x: ValueId) -> Outcome<ValueId> {
    let cube = c.mul(x, x)?;
    let cube = c.mul(cube, x)?;
    let cube = c.with(BinaryKind::Mul, cube, 0.044715)?;
    let inner = c.add(x, cube)?;
    let inner = c.with(BinaryKind::Mul, inner, (2.0 / std::f64::consts::PI).sqrt())?;
    let gate = c.unary(UnaryKind::Tanh, inner)?;
    halved_gate(c, x, gate)
}

fn halved_gate(c: &mut Call, x: ValueId, gate: ValueId) -> Outcome<ValueId> {
    let gate = c.with(BinaryKind::Add, gate, 1.0)?;
    let half = c.with(BinaryKind::Mul, x, 0.5)?;
    c.mul(half, gate)
}

/// Towards zero by `bias` beyond `lambd`, zero within.
fn shrink(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    if !c.elem(x).is_float() {
        return Err(form(format!("shrinking of {} elements is not supported", c.elem(x))));
    }
    let (bias, lambda) = (f64::from(c.float("bias", 0.0)), f64::from(c.float("lambd", 0.5)));
    let below = c.compare_with(CompareKind::Less, x, -lambda)?;
    let above = c.compare_with(CompareKind::Greater, x, lambda)?;
    let (raised, lowered) = (c.with(BinaryKind::Add, x, bias)?, c.with(BinaryKind::Sub, x, bias)?);
    let zero = c.f32(0.0);
    let right = c.select(above, lowered, zero)?;
    let y = c.select(below, raised, right)?;
    one(y)
}
