//! Tensors of the file: element types and contents in all their encodings.

use half::{bf16, f16};
use redsc_ir::{Data, ElemType, Scalar, TensorType};
use redsc_onnx_schema::tensor_proto::{DataLocation, DataType};
use redsc_onnx_schema::{SparseTensorProto, TensorProto};

use super::fault::{CONTENTS, Outcome, Problem, SHAPE, STORAGE, damaged};
use crate::frontend::SideFiles;

/// A constant as it is computed with, and its type in the file.
pub(super) struct Constant {
    pub(super) ty: TensorType,
    pub(super) data: Data,
    pub(super) declared: DataType,
}

/// The element type of inputs and outputs of that type.
pub(super) fn interface_elem(declared: DataType) -> Outcome<ElemType> {
    Ok(match declared {
        DataType::Float => ElemType::F32,
        DataType::Float16 => ElemType::F16,
        DataType::Double => ElemType::F64,
        DataType::Bool => ElemType::Bool,
        DataType::Int8 => ElemType::I8,
        DataType::Uint8 => ElemType::U8,
        DataType::Int16 => ElemType::I16,
        DataType::Uint16 => ElemType::U16,
        DataType::Int32 => ElemType::I32,
        DataType::Uint32 => ElemType::U32,
        DataType::Int64 => ElemType::I64,
        DataType::Uint64 => ElemType::U64,
        other => return Err(unsupported(other)),
    })
}

/// The element type with which tensors of that type are computed: all real numbers have single precision.
pub(super) fn computed_elem(declared: DataType) -> Outcome<ElemType> {
    Ok(match declared {
        DataType::Float16
        | DataType::Double
        | DataType::Bfloat16
        | DataType::Float8e4m3fn
        | DataType::Float8e4m3fnuz
        | DataType::Float8e5m2
        | DataType::Float8e5m2fnuz
        | DataType::Float8e8m0
        | DataType::Float4e2m1 => ElemType::F32,
        DataType::Int4 | DataType::Int2 => ElemType::I8,
        DataType::Uint4 | DataType::Uint2 => ElemType::U8,
        other => interface_elem(other)?,
    })
}

fn unsupported(declared: DataType) -> Problem {
    Problem::new(STORAGE, format!("elements of type {} are not supported", declared.as_str_name()))
        .help("convert the model to float32 or an integer type of 8 to 64 bits")
}

/// The type of that number.
pub(super) fn data_type(number: i32) -> Outcome<DataType> {
    DataType::try_from(number)
        .ok()
        .filter(|&known| known != DataType::Undefined)
        .ok_or_else(|| damaged(format!("there is no element type {number}")))
}

/// Extents of a tensor with contents.
fn extents(dims: &[i64]) -> Outcome<Vec<usize>> {
    let extent = |&dim: &i64| usize::try_from(dim).map_err(|_| damaged(format!("an extent is {dim}")));
    dims.iter().map(extent).collect()
}

/// Decodes a tensor with contents.
pub(super) fn constant(tensor: &TensorProto, files: SideFiles) -> Outcome<Constant> {
    let declared = data_type(tensor.data_type())?;
    let shape = extents(&tensor.dims)?;
    let ty = TensorType::plain(computed_elem(declared)?, shape);
    let count = ty.elements();
    let raw = raw_bytes(tensor, files)?;
    // A tensor without contents holds nothing, whatever its shape says.
    let most = raw.as_ref().map_or(usize::MAX, |raw| raw.len().saturating_mul(4));
    if count > most {
        return Err(too_short(count));
    }
    let data = match raw {
        Some(raw) => from_raw(declared, &raw, count)?,
        None => from_typed(declared, tensor, count)?,
    };
    if data.bytes().len() != ty.bytes() {
        return Err(too_short(count));
    }
    Ok(Constant { ty, data, declared })
}

/// Decodes a tensor of which only the elements that are not zero are stored.
pub(super) fn sparse(tensor: &SparseTensorProto, files: SideFiles) -> Outcome<Constant> {
    let missing = || damaged("a sparse tensor lacks its values or indices");
    let values = constant(tensor.values.as_ref().ok_or_else(missing)?, files)?;
    let indices = constant(tensor.indices.as_ref().ok_or_else(missing)?, files)?;
    let ty = TensorType::plain(values.ty.elem, extents(&tensor.dims)?);
    const MOST_BYTES: usize = 1 << 28;
    if indices.ty.elem != ElemType::I64 || ty.bytes() > MOST_BYTES {
        return Err(Problem::new(
            SHAPE,
            "a sparse tensor is too large or its indices are not 64-bit integers",
        ));
    }
    let numbers: Vec<i64> = indices.data.to_vec();
    let width = ty.elem.bytes();
    let strides = ty.shape.strides();
    let mut bytes = vec![0; ty.bytes()];
    let per_element = if indices.ty.shape.rank() == 2 { ty.shape.rank().max(1) } else { 1 };
    for (element, position) in values.data.bytes().chunks(width).zip(numbers.chunks(per_element)) {
        let at: i64 = match position {
            [flat] if per_element == 1 => *flat,
            each => each.iter().zip(&strides).map(|(&i, &s)| i.saturating_mul(s as i64)).sum(),
        };
        let at = usize::try_from(at).ok().filter(|&at| at < ty.elements());
        let at = at.ok_or_else(|| damaged("an index of a sparse tensor lies outside"))?;
        bytes[at * width..][..width].copy_from_slice(element);
    }
    Ok(Constant { ty, data: Data::from_bytes(bytes), declared: values.declared })
}

/// The raw contents, in this file or beside it.
fn raw_bytes(tensor: &TensorProto, files: SideFiles) -> Outcome<Option<Vec<u8>>> {
    if tensor.data_location() != DataLocation::External {
        return Ok(tensor.raw_data.as_ref().map(|raw| raw.to_vec()));
    }
    let entry = |key: &str| tensor.external_data.iter().find(|e| e.key() == key).map(|e| e.value());
    let number = |key: &str| match entry(key) {
        None => Ok(None),
        Some(text) => text.parse::<usize>().map(Some).map_err(|_| damaged(format!("`{key}` is {text}"))),
    };
    let name = entry("location").ok_or_else(|| damaged("the place of external data is not given"))?;
    let absent = || {
        Problem::new(CONTENTS, format!("the file `{name}` with the contents is not beside the model"))
            .help("keep the files of a model together, or save it with its weights inside")
    };
    let file = files(name).ok_or_else(absent)?;
    let offset = number("offset")?.unwrap_or(0);
    let length = number("length")?.unwrap_or(file.len().saturating_sub(offset));
    let part = offset.checked_add(length).and_then(|end| file.get(offset..end));
    let part = part.ok_or_else(|| Problem::new(CONTENTS, format!("the file `{name}` is too short")))?;
    Ok(Some(part.to_vec()))
}

fn too_short(count: usize) -> Problem {
    Problem::new(CONTENTS, format!("the contents are not {count} elements"))
        .help("the file is damaged; convert the model again")
}

fn floats(values: impl Iterator<Item = f32>) -> Data {
    Data::from_slice(&values.collect::<Vec<_>>())
}

/// Little-endian elements, those of less than a byte packed from the low bits on.
fn from_raw(declared: DataType, raw: &[u8], count: usize) -> Outcome<Data> {
    fn words<T: Scalar>(raw: &[u8]) -> impl Iterator<Item = T> + '_ {
        raw.chunks_exact(size_of::<T>()).map(T::read_le)
    }
    Ok(match declared {
        DataType::Float16 => floats(words::<u16>(raw).map(|bits| f16::from_bits(bits).to_f32())),
        DataType::Bfloat16 => floats(words::<u16>(raw).map(|bits| bf16::from_bits(bits).to_f32())),
        DataType::Double => floats(words::<f64>(raw).map(|v| v as f32)),
        DataType::Float8e4m3fn
        | DataType::Float8e4m3fnuz
        | DataType::Float8e5m2
        | DataType::Float8e5m2fnuz
        | DataType::Float8e8m0 => floats(raw.iter().map(|&byte| small_float(declared, byte))),
        DataType::Float4e2m1 => floats(packed(raw, 4, count).map(|code| small_float(declared, code))),
        DataType::Int4 => signed(packed(raw, 4, count), 4),
        DataType::Int2 => signed(packed(raw, 2, count), 2),
        DataType::Uint4 => Data::from_bytes(packed(raw, 4, count).collect::<Vec<_>>()),
        DataType::Uint2 => Data::from_bytes(packed(raw, 2, count).collect::<Vec<_>>()),
        DataType::Bool => Data::from_bytes(raw.iter().map(|&b| u8::from(b != 0)).collect::<Vec<_>>()),
        _ => Data::from_bytes(raw.to_vec()),
    })
}

/// Elements in the field of their type.
fn from_typed(declared: DataType, tensor: &TensorProto, count: usize) -> Outcome<Data> {
    let ints = &tensor.int32_data;
    fn narrow<T: Scalar>(ints: &[i32], convert: impl Fn(i32) -> T) -> Data {
        Data::from_slice(&ints.iter().map(|&v| convert(v)).collect::<Vec<T>>())
    }
    let bytes = || ints.iter().map(|&v| v as u8).collect::<Vec<u8>>();
    let halves = || ints.iter().flat_map(|&v| (v as u16).to_le_bytes()).collect::<Vec<u8>>();
    Ok(match declared {
        DataType::Float => Data::from_slice(&tensor.float_data),
        DataType::Double => floats(tensor.double_data.iter().map(|&v| v as f32)),
        DataType::Int64 => Data::from_slice(&tensor.int64_data),
        DataType::Uint64 => Data::from_slice(&tensor.uint64_data),
        DataType::Uint32 => {
            Data::from_slice(&tensor.uint64_data.iter().map(|&v| v as u32).collect::<Vec<_>>())
        }
        DataType::Int32 => Data::from_slice(ints),
        DataType::Int16 => narrow(ints, |v| v as i16),
        DataType::Uint16 => narrow(ints, |v| v as u16),
        DataType::Int8 => narrow(ints, |v| v as i8),
        DataType::Uint8 => narrow(ints, |v| v as u8),
        DataType::Bool => narrow(ints, |v| u8::from(v != 0)),
        DataType::Float16 | DataType::Bfloat16 => from_raw(declared, &halves(), count)?,
        _ => from_raw(declared, &bytes(), count)?,
    })
}

/// Elements of `bits` bits, from the low bits of each byte on.
fn packed(raw: &[u8], bits: u32, count: usize) -> impl Iterator<Item = u8> + '_ {
    let per_byte = 8 / bits;
    let mask = (1u8 << bits) - 1;
    raw.iter().flat_map(move |&byte| (0..per_byte).map(move |i| (byte >> (i * bits)) & mask)).take(count)
}

fn signed(codes: impl Iterator<Item = u8>, bits: u32) -> Data {
    let shift = 8 - bits;
    Data::from_slice(&codes.map(|code| ((code << shift) as i8) >> shift).collect::<Vec<i8>>())
}

/// A number of 8 or 4 bits: sign, exponent, mantissa.
pub(super) fn small_float(declared: DataType, code: u8) -> f32 {
    match declared {
        DataType::Float8e4m3fn if code & 0x7F == 0x7F => f32::NAN,
        DataType::Float8e4m3fn => layout(code, 4, 3, 7),
        DataType::Float8e4m3fnuz | DataType::Float8e5m2fnuz if code == 0x80 => f32::NAN,
        DataType::Float8e4m3fnuz => layout(code, 4, 3, 8),
        DataType::Float8e5m2fnuz => layout(code, 5, 2, 16),
        DataType::Float8e5m2 => f16::from_bits(u16::from(code) << 8).to_f32(),
        DataType::Float8e8m0 if code == 0xFF => f32::NAN,
        DataType::Float8e8m0 => (f32::from(code) - 127.0).exp2(),
        _ => layout(code << 4, 2, 1, 1),
    }
}

/// The top bits of a byte as sign, exponent with that bias, and mantissa.
fn layout(code: u8, exponent_bits: u32, mantissa_bits: u32, bias: i32) -> f32 {
    let sign = if code & 0x80 != 0 { -1.0 } else { 1.0 };
    let magnitude = (code & 0x7F) >> (7 - exponent_bits - mantissa_bits);
    let exponent = i32::from(magnitude >> mantissa_bits);
    let fraction = f32::from(magnitude & ((1 << mantissa_bits) - 1)) / (1u32 << mantissa_bits) as f32;
    let value = match exponent {
        0 => fraction * 2f32.powi(1 - bias),
        _ => (1.0 + fraction) * 2f32.powi(exponent - bias),
    };
    sign * value
}
