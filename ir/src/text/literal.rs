//! Tensor elements as text, and contents that the reader makes up.

use std::fmt::Write as _;

use half::f16;

use crate::data::{Data, Scalar};
use crate::types::ElemType;

/// Appends the element that a number token stands for.
///
/// # Errors
/// The number does not fit the element type.
pub fn push_element(elem: ElemType, number: &str, out: &mut Vec<u8>) -> Result<(), String> {
    match elem {
        ElemType::Bool | ElemType::U8 => integer::<u8>(elem, number)?.push_le(out),
        ElemType::I8 => integer::<i8>(elem, number)?.push_le(out),
        ElemType::I16 => integer::<i16>(elem, number)?.push_le(out),
        ElemType::U16 => integer::<u16>(elem, number)?.push_le(out),
        ElemType::I32 => integer::<i32>(elem, number)?.push_le(out),
        ElemType::U32 => integer::<u32>(elem, number)?.push_le(out),
        ElemType::I64 => integer::<i64>(elem, number)?.push_le(out),
        ElemType::U64 => integer::<u64>(elem, number)?.push_le(out),
        ElemType::F16 => match nan_bits(number) {
            Some(bits) => (bits? as u16).push_le(out),
            None => f16::from_f32(float32(number)?).to_bits().push_le(out),
        },
        ElemType::F32 => float32(number)?.push_le(out),
        ElemType::F64 => match nan_bits(number) {
            Some(bits) => f64::from_bits(bits?).push_le(out),
            None => float64(number)?.push_le(out),
        },
    }
    Ok(())
}

fn integer<T: std::str::FromStr>(elem: ElemType, number: &str) -> Result<T, String> {
    number.parse().map_err(|_| format!("`{number}` is not a number of type {elem}"))
}

/// A 32-bit float token, `nan(BITS)` included.
///
/// # Errors
/// The number is too large or the bits are not those of a NaN.
pub fn float32(number: &str) -> Result<f32, String> {
    if let Some(bits) = nan_bits(number) {
        return u32::try_from(bits?).map(f32::from_bits).map_err(|_| format!("`{number}` has too many bits"));
    }
    let value: f32 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    if value.is_infinite() && !number.ends_with("inf") {
        return Err(format!("`{number}` is too large for f32"));
    }
    Ok(value)
}

fn float64(number: &str) -> Result<f64, String> {
    let value: f64 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    if value.is_infinite() && !number.ends_with("inf") {
        return Err(format!("`{number}` is too large for f64"));
    }
    Ok(value)
}

/// The bit pattern of `nan(HEX)`; `None` for any other number.
fn nan_bits(number: &str) -> Option<Result<u64, String>> {
    let hex = number.strip_prefix("nan(")?.strip_suffix(')')?;
    Some(u64::from_str_radix(hex, 16).map_err(|_| format!("`{number}` has too many bits")))
}

/// The shortest text that reads back as the same bits.
pub fn format_f32(value: f32) -> String {
    match value {
        v if v.to_bits() == f32::NAN.to_bits() => "nan".into(),
        v if v.is_nan() => format!("nan({:08x})", v.to_bits()),
        v => format!("{v:?}"),
    }
}

fn format_f64(value: f64) -> String {
    if value.is_nan() { format!("nan({:016x})", value.to_bits()) } else { format!("{value:?}") }
}

fn format_f16(bits: u16) -> String {
    let value = f16::from_bits(bits);
    if value.is_nan() { format!("nan({bits:04x})") } else { format!("{:?}", value.to_f32()) }
}

/// The elements as a list, `[1, 2]`; the data must hold whole elements.
pub fn format_elements(elem: ElemType, data: &Data) -> String {
    match elem {
        ElemType::Bool | ElemType::U8 => list(data, |x: u8| x.to_string()),
        ElemType::I8 => list(data, |x: i8| x.to_string()),
        ElemType::I16 => list(data, |x: i16| x.to_string()),
        ElemType::U16 => list(data, |x: u16| x.to_string()),
        ElemType::I32 => list(data, |x: i32| x.to_string()),
        ElemType::U32 => list(data, |x: u32| x.to_string()),
        ElemType::I64 => list(data, |x: i64| x.to_string()),
        ElemType::U64 => list(data, |x: u64| x.to_string()),
        ElemType::F16 => list(data, format_f16),
        ElemType::F32 => list(data, format_f32),
        ElemType::F64 => list(data, format_f64),
    }
}

fn list<T: Scalar>(data: &Data, format: impl Fn(T) -> String) -> String {
    let mut out = String::from("[");
    for (index, element) in data.to_vec::<T>().into_iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let _ = write!(out, "{separator}{}", format(element));
    }
    out.push(']');
    out
}

/// Contents of `random(…)`: the same on every machine, for ever.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    /// Start of the sequence.
    pub seed: u64,
    /// Share of the elements that are drawn; the others are 0.
    pub density: f64,
    /// Smallest value, if not the default of the element type.
    pub min: Option<f64>,
    /// Largest value, if not the default of the element type.
    pub max: Option<f64>,
}

impl Random {
    /// Draws `count` elements: integers uniform in `min..=max`, floats in `min..max`.
    pub fn fill(&self, elem: ElemType, count: usize) -> Data {
        let (lowest, highest) = default_range(elem);
        let (low, high) = (self.min.unwrap_or(lowest), self.max.unwrap_or(highest));
        let mut state = self.seed;
        let mut bytes = Vec::with_capacity(count * elem.bytes());
        for _ in 0..count {
            let drawn = unit(&mut state) < self.density;
            let fraction = unit(&mut state);
            push_drawn(elem, if drawn { scale(elem, fraction, low, high) } else { 0.0 }, &mut bytes);
        }
        Data::from_bytes(bytes)
    }
}

/// The values that weights and activations of that type usually have; accumulators stay small.
fn default_range(elem: ElemType) -> (f64, f64) {
    match elem {
        ElemType::Bool => (0.0, 1.0),
        ElemType::I8 => (-127.0, 127.0),
        ElemType::U8 => (0.0, 255.0),
        ElemType::I16 => (-32767.0, 32767.0),
        ElemType::I32 | ElemType::I64 => (-1000.0, 1000.0),
        ElemType::U16 | ElemType::U32 | ElemType::U64 => (0.0, 1000.0),
        ElemType::F16 | ElemType::F32 | ElemType::F64 => (-1.0, 1.0),
    }
}

fn scale(elem: ElemType, fraction: f64, low: f64, high: f64) -> f64 {
    if elem.is_float() {
        low + fraction * (high - low)
    } else {
        (low + fraction * (high - low + 1.0)).floor()
    }
}

fn push_drawn(elem: ElemType, value: f64, out: &mut Vec<u8>) {
    match elem {
        ElemType::Bool | ElemType::U8 => (value as u8).push_le(out),
        ElemType::I8 => (value as i8).push_le(out),
        ElemType::I16 => (value as i16).push_le(out),
        ElemType::U16 => (value as u16).push_le(out),
        ElemType::I32 => (value as i32).push_le(out),
        ElemType::U32 => (value as u32).push_le(out),
        ElemType::I64 => (value as i64).push_le(out),
        ElemType::U64 => (value as u64).push_le(out),
        ElemType::F16 => f16::from_f64(value).to_bits().push_le(out),
        ElemType::F32 => (value as f32).push_le(out),
        ElemType::F64 => value.push_le(out),
    }
}

/// The next number in `[0, 1)` of a SplitMix64 sequence.
fn unit(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
