//! NumPy `.npy` arrays from and to tensor contents.

use std::path::Path;

use npyz::WriterBuilder;
use redsc_ir::{Data, ElemType, Scalar};

use crate::error::{Failure, Result};

/// An array: element type, extents (outermost first) and contents.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Element type.
    pub elem: ElemType,
    /// Extents.
    pub shape: Vec<usize>,
    /// Elements in C order.
    pub data: Data,
}

/// Decodes an `.npy` file; `path` is for messages only.
pub fn decode(bytes: &[u8], path: &Path) -> Result<Array> {
    let file = npyz::NpyFile::new(bytes).map_err(|e| invalid(path, &e.to_string()))?;
    if file.order() == npyz::Order::Fortran && file.shape().len() > 1 {
        return Err(invalid(path, "the array is in Fortran order; save it with np.ascontiguousarray"));
    }
    let shape = file.shape().iter().map(|&d| usize::try_from(d).unwrap_or(usize::MAX)).collect();
    let elem = elem_of(&file.dtype())
        .ok_or_else(|| invalid(path, &format!("element type {} is not supported", file.dtype().descr())))?;
    if file.len().saturating_mul(elem.bytes() as u64) > bytes.len() as u64 {
        return Err(invalid(path, "the file is shorter than its header says"));
    }
    let data = match elem {
        ElemType::Bool => {
            Data::from_slice(&elements::<bool>(file, path)?.iter().map(|&b| u8::from(b)).collect::<Vec<_>>())
        }
        ElemType::I8 => typed::<i8>(file, path)?,
        ElemType::U8 => typed::<u8>(file, path)?,
        ElemType::I16 => typed::<i16>(file, path)?,
        ElemType::U16 => typed::<u16>(file, path)?,
        ElemType::I32 => typed::<i32>(file, path)?,
        ElemType::U32 => typed::<u32>(file, path)?,
        ElemType::I64 => typed::<i64>(file, path)?,
        ElemType::U64 => typed::<u64>(file, path)?,
        ElemType::F32 => typed::<f32>(file, path)?,
        ElemType::F64 => typed::<f64>(file, path)?,
        ElemType::F16 => {
            let halves = elements::<half::f16>(file, path)?;
            Data::from_slice(&halves.iter().map(|h| h.to_bits()).collect::<Vec<u16>>())
        }
    };
    Ok(Array { elem, shape, data })
}

/// Encodes an array as an `.npy` file.
pub fn encode(array: &Array) -> Vec<u8> {
    match array.elem {
        ElemType::Bool => {
            let flags: Vec<bool> = array.data.bytes().iter().map(|&b| b != 0).collect();
            write(&flags, &array.shape)
        }
        ElemType::I8 => write(&array.data.to_vec::<i8>(), &array.shape),
        ElemType::U8 => write(&array.data.to_vec::<u8>(), &array.shape),
        ElemType::I16 => write(&array.data.to_vec::<i16>(), &array.shape),
        ElemType::F16 => {
            let halves: Vec<half::f16> = array.data.to_vec().into_iter().map(half::f16::from_bits).collect();
            write(&halves, &array.shape)
        }
        ElemType::U16 => write(&array.data.to_vec::<u16>(), &array.shape),
        ElemType::I32 => write(&array.data.to_vec::<i32>(), &array.shape),
        ElemType::U32 => write(&array.data.to_vec::<u32>(), &array.shape),
        ElemType::I64 => write(&array.data.to_vec::<i64>(), &array.shape),
        ElemType::U64 => write(&array.data.to_vec::<u64>(), &array.shape),
        ElemType::F32 => write(&array.data.to_vec::<f32>(), &array.shape),
        ElemType::F64 => write(&array.data.to_vec::<f64>(), &array.shape),
    }
}

fn elements<T: npyz::Deserialize>(file: npyz::NpyFile<&[u8]>, path: &Path) -> Result<Vec<T>> {
    file.into_vec::<T>().map_err(|e| invalid(path, &e.to_string()))
}

fn typed<T: npyz::Deserialize + Scalar>(file: npyz::NpyFile<&[u8]>, path: &Path) -> Result<Data> {
    Ok(Data::from_slice(&elements::<T>(file, path)?))
}

/// Writing into memory cannot fail, so an impossible error yields an empty file rather than a panic.
fn write<T: npyz::AutoSerialize + Copy>(elements: &[T], shape: &[usize]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let dims: Vec<u64> = shape.iter().map(|&d| d as u64).collect();
    let result =
        npyz::WriteOptions::new().default_dtype().shape(&dims).writer(&mut bytes).begin_nd().and_then(
            |mut writer| {
                writer.extend(elements.iter().copied())?;
                writer.finish()
            },
        );
    if result.is_err() {
        bytes.clear();
    }
    bytes
}

fn elem_of(dtype: &npyz::DType) -> Option<ElemType> {
    let npyz::DType::Plain(ty) = dtype else { return None };
    let text = ty.to_string();
    Some(match text.trim_start_matches(['<', '>', '|', '=']) {
        "b1" => ElemType::Bool,
        "i1" => ElemType::I8,
        "u1" => ElemType::U8,
        "i2" => ElemType::I16,
        "u2" => ElemType::U16,
        "i4" => ElemType::I32,
        "u4" => ElemType::U32,
        "i8" => ElemType::I64,
        "u8" => ElemType::U64,
        "f2" => ElemType::F16,
        "f4" => ElemType::F32,
        "f8" => ElemType::F64,
        _ => return None,
    })
}

fn invalid(path: &Path, what: &str) -> Failure {
    Failure::new(
        "E0503",
        format!("{} is not a usable .npy array: {what}", path.display()),
        "",
        "write it with numpy.save, in the data type and shape of the model's input",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_survive_a_round_trip() {
        let array = Array {
            elem: ElemType::I16,
            shape: vec![2, 3],
            data: Data::from_slice(&[1i16, -2, 3, 4, -5, 6]),
        };
        assert_eq!(decode(&encode(&array), Path::new("x.npy")).unwrap(), array);
    }

    #[test]
    fn garbage_is_an_error() {
        assert!(decode(b"not an array", Path::new("x.npy")).is_err());
    }
}
