//! Numbers and arrays as C text.

use std::fmt::Write;

use redsc_ir::{Data, ElemType, Scalar};

/// Width to which arrays are wrapped.
const LINE: usize = 110;

/// An initialiser list of the elements in `data`, without braces, indented and wrapped.
pub(super) fn array(elem: ElemType, data: &Data) -> String {
    match elem {
        ElemType::I8 => integers::<i8>(data),
        ElemType::U8 | ElemType::Bool => integers::<u8>(data),
        ElemType::I16 => integers::<i16>(data),
        ElemType::U16 | ElemType::F16 => integers::<u16>(data),
        ElemType::I32 => list(data.to_vec::<i32>().into_iter().map(|x| int(x.into()))),
        ElemType::U32 => list(data.to_vec::<u32>().into_iter().map(|x| format!("{x}u"))),
        ElemType::I64 => list(data.to_vec::<i64>().into_iter().map(int)),
        ElemType::U64 => list(data.to_vec::<u64>().into_iter().map(|x| format!("{x}ull"))),
        ElemType::F32 => list(data.to_vec::<f32>().into_iter().map(float)),
        ElemType::F64 => list(data.to_vec::<f64>().into_iter().map(double)),
    }
}

/// A C expression of that value, for elements that the generated code compares or fills with.
pub(super) fn int(x: i64) -> String {
    match x {
        i64::MIN => "INT64_MIN".into(),
        _ if x == i64::from(i32::MIN) => "INT32_MIN".into(),
        _ if i32::try_from(x).is_ok() => x.to_string(),
        _ => format!("INT64_C({x})"),
    }
}

/// A C expression of exactly that value.
pub(super) fn float(x: f32) -> String {
    if x.is_nan() {
        return "NAN".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "INFINITY".into() } else { "-INFINITY".into() };
    }
    format!("{x:?}f")
}

fn double(x: f64) -> String {
    if x.is_finite() { format!("{x:?}") } else { float(x as f32) }
}

fn integers<T: Scalar + std::fmt::Display>(data: &Data) -> String {
    list(data.to_vec::<T>().into_iter().map(|x| x.to_string()))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let text = wrap(items.map(|item| item + ","), 4);
    if text.is_empty() { "    0,".into() } else { text }
}

/// Items side by side on lines that are indented by `indent`.
pub(super) fn wrap(items: impl Iterator<Item = impl AsRef<str>>, indent: usize) -> String {
    let mut text = String::new();
    let mut width = LINE;
    for item in items {
        let item = item.as_ref();
        if width + 1 + item.len() > LINE {
            let end = if text.is_empty() { "" } else { "\n" };
            let _ = write!(text, "{end}{:indent$}{item}", "");
            width = indent + item.len();
        } else {
            let _ = write!(text, " {item}");
            width += 1 + item.len();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_value() {
        assert_eq!(int(i64::from(i32::MIN)), "INT32_MIN");
        assert_eq!(int(1 << 40), "INT64_C(1099511627776)");
        assert_eq!(float(0.1), "0.1f");
        assert_eq!(float(1e-7), "1e-7f");
        assert_eq!(float(f32::MIN), "-3.4028235e38f");
        assert_eq!(float(f32::NEG_INFINITY), "-INFINITY");
    }

    #[test]
    fn arrays_wrap() {
        let text = array(ElemType::I8, &Data::from_slice(&[-100i8; 40]));
        assert!(text.lines().count() > 1);
        assert!(text.lines().all(|line| line.len() <= LINE && line.starts_with("    ")));
        assert_eq!(array(ElemType::I8, &Data::from_slice::<i8>(&[])), "    0,");
    }
}
