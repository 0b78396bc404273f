//! From sums to stored results: bias, requantization, clamp.
//!
//! What differs from channel to channel lies in records, one for each register of channels: bias, multiplier, and
//! what the shifts need. The second rounding of a requantization shifts right by another distance in each channel, but
//! machines shift all lanes alike; where the sums leave room for it, lanes are multiplied by powers of two first so that
//! one distance fits all.

use cranelift_codegen::ir::{InstBuilder, Value, types};

use redsc_ir::ElemType;
use redsc_ir::params::mac::{Accumulator, MacArithmetic, MacQuantized};
use redsc_ir::quant::Requant;

use super::Mac;
use super::dot::Dot;
use crate::native::code::{Code, Ptr};
use crate::native::fixed::divide_by_computed_pot;
use crate::native::numbers::wide_factor;
use crate::native::unit::Layer;

/// How sums become results.
pub(in crate::native) struct Finish<'a> {
    arithmetic: &'a MacArithmetic,
    kind: Kind,
    lanes: usize,
    /// The records of all groups.
    records: Vec<u8>,
    record_bytes: usize,
    group_bytes: usize,
    /// The bias if it is computed: operand type, and offset of the bias in the records of each channel.
    computed_bias: Option<(ElemType, Vec<usize>)>,
}

/// The records when the layer runs.
pub(in crate::native) enum Records {
    /// As they are.
    Constant(Vec<u8>),
    /// Completed in scratch memory.
    Arena(usize),
}

impl Records {
    pub(in crate::native) fn ptr(&self, c: &mut Code<'_>) -> Ptr {
        match self {
            Records::Constant(bytes) => c.constant(bytes),
            Records::Arena(offset) => c.arena_at(*offset),
        }
    }
}

/// What a record holds and how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Bias.
    Real,
    /// Bias, multiplier, rounding and shift of 64-bit sums.
    Wide,
    /// Bias, multiplier, factor of a left shift, then what the right shift needs.
    Integer { left: bool, right: Right },
}

/// The rounding right shift of a requantization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    /// The same in all channels.
    Uniform(i32),
    /// Lanes are multiplied by powers of two to be shifted by the largest distance. Lanes that are not shifted keep
    /// their sign correction out, if there are any.
    Scaled { most: i32, some_zero: bool },
    /// Lane by lane.
    Each,
}

/// One channel.
struct Channel {
    bias: i64,
    requant: Requant,
}

impl<'a> Finish<'a> {
    /// The records of a layer with the operand 2 as its bias.
    pub(in crate::native) fn new(layer: &Layer<'_, '_>, mac: &Mac<'a>) -> Result<Self, String> {
        let bias = Bias::of(layer)?;
        let lanes = mac.dot.lanes();
        let kind = kind(mac, &bias);
        let mut finish = Finish {
            arithmetic: mac.arithmetic,
            kind,
            lanes,
            records: Vec::new(),
            record_bytes: kind.words() * kind.word_bytes() * lanes,
            group_bytes: 0,
            computed_bias: None,
        };
        let mut places = Vec::new();
        let weights = mac.weights.integers();
        for group in 0..mac.packing.groups {
            for first in (0..mac.grid.channels).step_by(lanes) {
                let channels: Vec<Channel> = (first..first + lanes)
                    .map(|channel| {
                        let known = channel < mac.grid.channels;
                        channel_of(mac, &bias, weights.as_deref(), group, known.then_some(channel))
                    })
                    .collect();
                let present = lanes.min(mac.grid.channels - first);
                places.extend((0..present).map(|lane| finish.records.len() + lane * kind.word_bytes()));
                finish.push(&channels, &bias, group * mac.grid.channels + first);
            }
        }
        finish.group_bytes = finish.records.len() / mac.packing.groups.max(1);
        if let Bias::Computed(elem) = bias {
            finish.computed_bias = Some((elem, places));
        }
        Ok(finish)
    }

    /// Bytes of the record of one register.
    pub(in crate::native) fn record_bytes(&self) -> usize {
        self.record_bytes
    }

    /// Bytes of the records of one group.
    pub(in crate::native) fn group_bytes(&self) -> usize {
        self.group_bytes
    }

    fn push(&mut self, channels: &[Channel], bias: &Bias, first: usize) {
        let words = |value: &dyn Fn(&Channel) -> i64, width: usize, out: &mut Vec<u8>| {
            channels.iter().for_each(|channel| out.extend(&value(channel).to_le_bytes()[..width]));
        };
        let out = &mut self.records;
        match self.kind {
            Kind::Real => {
                for lane in 0..self.lanes {
                    out.extend(bias.real(first + lane).to_le_bytes());
                }
            }
            Kind::Wide => {
                words(&|channel| channel.bias, 8, out);
                words(&|channel| wide_factor(channel.requant)[0], 8, out);
                words(&|channel| 1 << (wide_factor(channel.requant)[1] - 1), 8, out);
                words(&|channel| wide_factor(channel.requant)[1], 8, out);
            }
            Kind::Integer { left, right } => {
                words(&|channel| channel.bias, 4, out);
                words(&|channel| channel.requant.multiplier.into(), 4, out);
                if left {
                    words(&|channel| 1 << channel.requant.shift.max(0), 4, out);
                }
                match right {
                    Right::Uniform(_) => {}
                    Right::Scaled { most, some_zero } => {
                        words(&|channel| 1 << (most - exponent(channel.requant)).max(0), 4, out);
                        if some_zero {
                            words(&|channel| -i64::from(exponent(channel.requant) > 0), 4, out);
                        }
                    }
                    Right::Each => words(&|channel| exponent(channel.requant).into(), 4, out),
                }
            }
        }
    }

    /// Adds a part that completes the records if the bias is computed.
    pub(in crate::native) fn prepare(&self, layer: &mut Layer<'_, '_>) -> Result<Records, String> {
        let Some((elem, places)) = &self.computed_bias else {
            return Ok(Records::Constant(self.records.clone()));
        };
        let offset = layer.scratch(self.records.len() + 64);
        layer.whole(|c, site| {
            let (from, to) = (c.constant(&self.records), c.arena_at(offset));
            c.copy(to, from, self.records.len());
            let bias = site.x(c, 2)?;
            let table: Vec<u8> = places.iter().flat_map(|&at| (at as u32).to_le_bytes()).collect();
            let table = c.constant(&table);
            c.repeat(places.len(), |c, i| {
                let [entry, bias] = [c.step(table, i, 4), c.step(bias, i, elem.bytes() as i64)];
                let at = c.load(types::I32, entry);
                let at = c.b.ins().uextend(types::I64, at);
                let to = c.step(to, at, 1);
                let number = c.load_number(*elem, bias);
                self.add_bias(c, number, to);
            });
            Ok(())
        })?;
        Ok(Records::Arena(offset))
    }

    fn add_bias(&self, c: &mut Code<'_>, number: Value, to: Ptr) {
        match self.kind {
            Kind::Real => c.store(number, to),
            Kind::Wide => {
                let wide =
                    if c.ty(number) == types::I64 { number } else { c.b.ins().sextend(types::I64, number) };
                c.store(wide, to);
            }
            Kind::Integer { .. } => {
                let correction = c.load(types::I32, to);
                let sum = c.b.ins().iadd(correction, number);
                c.store(sum, to);
            }
        }
    }

    /// What the sums of a register begin with.
    pub(in crate::native) fn bias(&self, c: &mut Code<'_>, record: Ptr) -> Value {
        let ty = match (self.kind, self.lanes) {
            (Kind::Real, 1) => types::F32,
            (Kind::Real, _) => types::F32X4,
            (Kind::Wide, _) => types::I64,
            (Kind::Integer { .. }, 1) => types::I32,
            (Kind::Integer { .. }, _) => types::I32X4,
        };
        c.load(ty, record)
    }

    /// The results of a register of sums.
    pub(in crate::native) fn result(&self, c: &mut Code<'_>, sum: Value, record: Ptr) -> Value {
        match (self.kind, self.arithmetic) {
            (Kind::Real, MacArithmetic::Float { act_min, act_max }) => c.clamp_real(sum, *act_min, *act_max),
            (Kind::Wide, MacArithmetic::Quantized(q)) => {
                let [multiplier, round, shift] = [8, 16, 24].map(|at| c.load(types::I64, record.plus(at)));
                let product = c.b.ins().imul(sum, multiplier);
                let rounded = c.b.ins().iadd(product, round);
                let shifted = c.b.ins().sshr(rounded, shift);
                let scaled = c.b.ins().ireduce(types::I32, shifted);
                clamped(c, q, scaled)
            }
            (Kind::Integer { left, right }, MacArithmetic::Quantized(q)) => {
                let scaled = self.scaled(c, sum, record, left, right);
                clamped(c, q, scaled)
            }
            (Kind::Real, MacArithmetic::Quantized(_))
            | (Kind::Wide | Kind::Integer { .. }, MacArithmetic::Float { .. }) => sum,
        }
    }

    fn scaled(&self, c: &mut Code<'_>, sum: Value, record: Ptr, left: bool, right: Right) -> Value {
        let (ty, width) = (c.ty(sum), 4 * self.lanes as i64);
        let multiplier = c.load(ty, record.plus(width));
        let mut next = record.plus(2 * width);
        let shifted = if left {
            let factor = c.load(ty, next);
            next = next.plus(width);
            c.b.ins().imul(sum, factor)
        } else {
            sum
        };
        let product = c.high_mul(shifted, multiplier);
        match right {
            Right::Uniform(exponent) => c.divide_by_pot(product, exponent),
            Right::Scaled { most, some_zero } => {
                let sign = c.shift_right(product, 31);
                let sign = if some_zero {
                    let mask = c.load(ty, next.plus(width));
                    c.b.ins().band(sign, mask)
                } else {
                    sign
                };
                let product = c.b.ins().iadd(product, sign);
                let power = c.load(ty, next);
                let scaled = c.b.ins().imul(product, power);
                let rounded = c.add_int(scaled, 1 << (most - 1));
                c.shift_right(rounded, i64::from(most))
            }
            Right::Each => divide_each(c, product, next),
        }
    }
}

/// Divides lane by lane.
fn divide_each(c: &mut Code<'_>, product: Value, exponents: Ptr) -> Value {
    if !c.ty(product).is_vector() {
        let exponent = c.load(types::I32, exponents);
        return divide_by_computed_pot(c, product, exponent);
    }
    let mut quotients = product;
    for lane in 0..4u8 {
        let x = c.b.ins().extractlane(product, lane);
        let exponent = c.load(types::I32, exponents.plus(4 * i64::from(lane)));
        let quotient = divide_by_computed_pot(c, x, exponent);
        quotients = c.b.ins().insertlane(quotients, quotient, lane);
    }
    quotients
}

fn clamped(c: &mut Code<'_>, q: &MacQuantized, scaled: Value) -> Value {
    let y = c.add_int(scaled, q.output_offset);
    c.clamp(y, q.act_min, q.act_max)
}

/// Distance of the rounding right shift.
fn exponent(requant: Requant) -> i32 {
    (-requant.shift).max(0)
}

impl Kind {
    /// Words of a record for each lane.
    fn words(self) -> usize {
        match self {
            Kind::Real => 1,
            Kind::Wide => 4,
            Kind::Integer { left, right } => {
                let right = match right {
                    Right::Uniform(_) => 0,
                    Right::Scaled { some_zero, .. } => 1 + usize::from(some_zero),
                    Right::Each => 1,
                };
                2 + usize::from(left) + right
            }
        }
    }

    fn word_bytes(self) -> usize {
        if self == Kind::Wide { 8 } else { 4 }
    }
}

/// The bias of a layer.
enum Bias {
    Absent,
    Integers(Vec<i64>),
    Reals(Vec<f32>),
    Computed(ElemType),
}

impl Bias {
    fn of(layer: &Layer<'_, '_>) -> Result<Self, String> {
        if layer.site.node.input(2).is_none() {
            return Ok(Bias::Absent);
        }
        let elem = layer.site.input(2)?.elem;
        let Some(data) = layer.site.constant(2) else { return Ok(Bias::Computed(elem)) };
        Ok(match elem {
            ElemType::F32 => Bias::Reals(data.to_vec()),
            ElemType::I64 => Bias::Integers(data.to_vec()),
            ElemType::I32 => Bias::Integers(data.to_vec::<i32>().into_iter().map(i64::from).collect()),
            other => return Err(format!("a bias of {other} elements is not supported")),
        })
    }

    fn integer(&self, channel: usize) -> i64 {
        match self {
            Bias::Integers(values) => values.get(channel).copied().unwrap_or(0),
            Bias::Absent | Bias::Reals(_) | Bias::Computed(_) => 0,
        }
    }

    fn real(&self, channel: usize) -> f32 {
        match self {
            Bias::Reals(values) => values.get(channel).copied().unwrap_or(0.0),
            Bias::Absent | Bias::Integers(_) | Bias::Computed(_) => 0.0,
        }
    }
}

/// The constants of a channel of a group; of a register's lane without a channel if there is none.
fn channel_of(
    mac: &Mac<'_>,
    bias: &Bias,
    weights: Option<&[i32]>,
    group: usize,
    channel: Option<usize>,
) -> Channel {
    let none = Channel { bias: 0, requant: Requant { multiplier: 0, shift: 0 } };
    let (Some(channel), MacArithmetic::Quantized(q)) = (channel, mac.arithmetic) else { return none };
    let index = group * mac.grid.channels + channel;
    let requant = q.requant.get(index).or(q.requant.first()).copied().unwrap_or(none.requant);
    // Staged inputs that are not centred: what they are too large by, times all weights.
    let excess = match mac.dot {
        Dot::QuadsUnsigned => i64::from(q.input_offset) - 128,
        Dot::QuadsSigned => i64::from(q.input_offset),
        Dot::Pairs | Dot::Reals | Dot::Single | Dot::Wide | Dot::Real => 0,
    };
    let weights = weights.unwrap_or_default();
    let sum: i64 = match excess {
        0 => 0,
        _ => mac.packing.filter(group, channel).filter_map(|i| weights.get(i)).map(|&w| i64::from(w)).sum(),
    };
    Channel { bias: bias.integer(index).wrapping_add(excess.wrapping_mul(sum)), requant }
}

/// What the records of a layer hold.
fn kind(mac: &Mac<'_>, bias: &Bias) -> Kind {
    let q = match mac.arithmetic {
        MacArithmetic::Float { .. } => return Kind::Real,
        MacArithmetic::Quantized(q) if q.accumulator == Accumulator::I64 => return Kind::Wide,
        MacArithmetic::Quantized(q) => q,
    };
    let left = q.requant.iter().any(|requant| requant.shift > 0);
    Kind::Integer { left, right: right(mac, q, bias) }
}

fn right(mac: &Mac<'_>, q: &MacQuantized, bias: &Bias) -> Right {
    let exponents: Vec<i32> = q.requant.iter().map(|&requant| exponent(requant)).collect();
    let most = exponents.iter().copied().max().unwrap_or(0);
    if exponents.iter().all(|&exponent| exponent == most) {
        return Right::Uniform(most);
    }
    let weights = mac.weights.integers();
    let (Some(weights), false) = (weights, matches!(bias, Bias::Computed(_))) else { return Right::Each };
    let fits = |index: usize| {
        let (group, channel) = (index / mac.grid.channels, index % mac.grid.channels);
        let Some(&requant) = q.requant.get(index) else { return false };
        let total: i64 = mac
            .packing
            .filter(group, channel)
            .filter_map(|i| weights.get(i))
            .map(|&w| i64::from(w).abs())
            .sum();
        // Centred inputs have at most 16 bits, those of 8-bit layers at most 9.
        let largest = if mac.grid.elem == ElemType::I16 { 1 << 15 } else { 255 };
        let sum = total.saturating_mul(largest).saturating_add(bias.integer(index).saturating_abs());
        let sum = sum.saturating_mul(1 << requant.shift.max(0)).saturating_add(1);
        sum < 1 << 31 && sum << (most - exponent(requant)) < (1 << 31) - (1 << most)
    };
    if most < 24 && (0..q.requant.len()).all(fits) {
        Right::Scaled { most, some_zero: exponents.contains(&0) }
    } else {
        Right::Each
    }
}
