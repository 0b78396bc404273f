//! Reading NumPy's `.npz` archives as raw tensor contents.

use std::io::Read;
use std::path::Path;

use npyz::npz::NpzArchive;
use npyz::{DType, NpyHeader, Order, TypeChar};
use redsc_ir::{Data, ElemType};

/// One array: densely packed, row-major, little-endian.
#[derive(Clone, Debug)]
pub struct Array {
    /// Element type.
    pub elem: ElemType,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// Contents.
    pub bytes: Vec<u8>,
}

impl Array {
    /// Cuts the array into `parts` equal pieces along its leading axis, which must have that extent.
    ///
    /// # Errors
    /// If it has not.
    pub fn steps(&self, parts: usize) -> Result<Vec<Data>, String> {
        if self.shape.first() != Some(&parts) {
            return Err(format!("shape {:?} has no leading axis of {parts} steps", self.shape));
        }
        let size = self.bytes.len() / parts;
        Ok((0..parts).map(|i| Data::from_bytes(&self.bytes[i * size..(i + 1) * size])).collect())
    }
}

/// Reads the arrays `PREFIX0`, `PREFIX1`, …, each with its number, in ascending order; numbers may be missing.
///
/// # Errors
/// If the file or an array cannot be read or has a layout or type that tensors do not have.
pub fn read_series(path: &Path, prefix: &str) -> Result<Vec<(usize, Array)>, String> {
    let fail = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let mut archive = NpzArchive::open(path).map_err(|e| fail(&e))?;
    let index = |name: &str| name.strip_prefix(prefix)?.parse::<usize>().ok();
    let mut indices: Vec<usize> = archive.array_names().filter_map(index).collect();
    indices.sort_unstable();
    let mut series = Vec::new();
    for index in indices {
        let name = format!("{prefix}{index}.npy");
        let mut file = archive.zip_archive().by_name(&name).map_err(|e| fail(&e))?;
        let array = read_array(&mut file).map_err(|e| fail(&format!("{name}: {e}")))?;
        series.push((index, array));
    }
    Ok(series)
}

fn read_array(file: &mut impl Read) -> Result<Array, String> {
    let header = NpyHeader::from_reader(&mut *file).map_err(|e| e.to_string())?;
    if header.order() != Order::C && header.shape().len() > 1 {
        return Err("column-major".into());
    }
    let elem = elem_type(&header.dtype())?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    let shape: Vec<usize> = header.shape().iter().map(|&d| d as usize).collect();
    let expected = shape.iter().product::<usize>() * elem.bytes();
    if bytes.len() != expected {
        return Err(format!("{} bytes instead of {expected}", bytes.len()));
    }
    Ok(Array { elem, shape, bytes })
}

fn elem_type(dtype: &DType) -> Result<ElemType, String> {
    let unknown = || format!("element type {}", dtype.descr());
    let DType::Plain(plain) = dtype else { return Err(unknown()) };
    match (plain.type_char(), plain.size_field()) {
        (TypeChar::Bool, 1) => Ok(ElemType::Bool),
        (TypeChar::Int, 1) => Ok(ElemType::I8),
        (TypeChar::Int, 2) => Ok(ElemType::I16),
        (TypeChar::Int, 4) => Ok(ElemType::I32),
        (TypeChar::Int, 8) => Ok(ElemType::I64),
        (TypeChar::Uint, 1) => Ok(ElemType::U8),
        (TypeChar::Uint, 2) => Ok(ElemType::U16),
        (TypeChar::Uint, 4) => Ok(ElemType::U32),
        (TypeChar::Uint, 8) => Ok(ElemType::U64),
        (TypeChar::Float, 2) => Ok(ElemType::F16),
        (TypeChar::Float, 4) => Ok(ElemType::F32),
        (TypeChar::Float, 8) => Ok(ElemType::F64),
        _ => Err(unknown()),
    }
}
