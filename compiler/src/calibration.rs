//! Calibration samples: arrays of inputs in an `.npz` archive.

use std::io::{Cursor, Read};
use std::path::Path;

use npyz::npz::NpzArchive;
use redsc_ir::{Data, ElemType, Graph, Module, TensorType, ValueId};

use crate::error::{Failure, Result};
use crate::io;
use crate::npy::{self, Array};

/// At most `most` samples, spread evenly over the archive: one tensor for each input of the model. The array of the only
/// input is called `x`, those of several `x0`, `x1`, …; their first axis counts the samples.
///
/// Arrays may have the type of the input, real numbers, which are quantized, or unsigned bytes for an input of signed
/// ones, which are shifted by 128.
pub fn read(path: &Path, module: &Module, most: usize) -> Result<Vec<Vec<Data>>> {
    let graph = module.entry();
    let bytes = io::read(path)?;
    let mut archive = NpzArchive::new(Cursor::new(bytes)).map_err(|e| invalid(path, &e.to_string()))?;
    let mut inputs = Vec::new();
    for (index, &id) in graph.inputs.iter().enumerate() {
        let name = if graph.inputs.len() == 1 { "x".to_owned() } else { format!("x{index}") };
        let array = array(&mut archive, &name, path)?;
        let array = array.ok_or_else(|| invalid(path, &format!("there is no array `{name}`")))?;
        inputs.push(tensors(&array, graph, id, most, path)?);
    }
    let count = inputs.iter().map(Vec::len).min().unwrap_or(0);
    Ok((0..count).map(|sample| inputs.iter().map(|tensors| tensors[sample].clone()).collect()).collect())
}

/// The classes of the samples that [`read`] returns: array `y`, whole numbers; `None` if there is no such array.
pub fn labels(path: &Path, most: usize) -> Result<Option<Vec<u32>>> {
    let mut archive =
        NpzArchive::new(Cursor::new(io::read(path)?)).map_err(|e| invalid(path, &e.to_string()))?;
    let Some(array) = array(&mut archive, "y", path)? else { return Ok(None) };
    let classes: Option<Vec<u32>> = match array.elem {
        ElemType::U8 => Some(array.data.bytes().iter().copied().map(u32::from).collect()),
        ElemType::I32 => array.data.to_vec::<i32>().into_iter().map(|y| u32::try_from(y).ok()).collect(),
        ElemType::I64 => array.data.to_vec::<i64>().into_iter().map(|y| u32::try_from(y).ok()).collect(),
        _ => None,
    };
    let classes = classes.filter(|classes| array.shape.len() == 1 && !classes.is_empty());
    let classes = classes.ok_or_else(|| invalid(path, "`y` is no list of classes 0, 1, …"))?;
    let taken = classes.len().min(most);
    Ok(Some((0..taken).map(|i| classes[i * classes.len() / taken]).collect()))
}

/// An array of the archive, if it is there.
fn array(archive: &mut NpzArchive<Cursor<Vec<u8>>>, name: &str, path: &Path) -> Result<Option<Array>> {
    let Ok(mut entry) = archive.zip_archive().by_name(&format!("{name}.npy")) else { return Ok(None) };
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|e| invalid(path, &e.to_string()))?;
    npy::decode(&bytes, path).map(Some)
}

/// The samples of one input.
fn tensors(array: &Array, graph: &Graph, id: ValueId, most: usize, path: &Path) -> Result<Vec<Data>> {
    let ty = graph.ty(id);
    let count = array.shape.first().copied().unwrap_or(0);
    let elements: usize = array.shape.iter().skip(1).product();
    if count == 0 || elements != ty.elements() {
        let found = format!("its samples have shape {:?}", array.shape.get(1..).unwrap_or_default());
        return Err(mismatch(path, &found, graph, id));
    }
    let size = elements * array.elem.bytes();
    let taken = count.min(most);
    let sample = |i: usize| {
        let begin = i * count / taken * size;
        convert(&Data::from_bytes(&array.data.bytes()[begin..begin + size]), array.elem, ty)
    };
    let all: Option<Vec<Data>> = (0..taken).map(sample).collect();
    all.ok_or_else(|| mismatch(path, &format!("its elements are {}", array.elem), graph, id))
}

/// A sample in the type of the input.
fn convert(data: &Data, elem: ElemType, ty: &TensorType) -> Option<Data> {
    if elem == ty.elem {
        return Some(data.clone());
    }
    match (elem, ty.elem) {
        (ElemType::F32, ElemType::I8 | ElemType::U8 | ElemType::I16) => {
            let (scale, zero_point) = ty.quant.per_tensor()?;
            let (low, high) = ty.elem.quantized_range()?;
            let code = |real: f32| {
                let code = (real / scale).round() + zero_point as f32;
                code.clamp(low as f32, high as f32) as i32
            };
            let codes = data.to_vec::<f32>().into_iter().map(code);
            Some(match ty.elem.bytes() {
                1 => Data::from_bytes(codes.map(|code| code as u8).collect::<Vec<u8>>()),
                _ => Data::from_slice(&codes.map(|code| code as i16).collect::<Vec<i16>>()),
            })
        }
        (ElemType::U8, ElemType::I8) => {
            Some(Data::from_bytes(data.bytes().iter().map(|byte| byte ^ 0x80).collect::<Vec<u8>>()))
        }
        _ => None,
    }
}

fn invalid(path: &Path, what: &str) -> Failure {
    Failure::new(
        "E0517",
        format!("{} is no set of calibration samples: {what}", path.display()),
        "",
        "write it with numpy.savez(FILE, x=samples); the first axis counts the samples",
    )
}

fn mismatch(path: &Path, found: &str, graph: &Graph, id: ValueId) -> Failure {
    let value = graph.value(id);
    Failure::new(
        "E0517",
        format!("{} does not fit the model: {found}", path.display()),
        format!("input \"{}\", {} of shape {:?}", value.name, value.ty.elem, value.ty.shape.0),
        "give samples in the shape of the input, as its type or as 32-bit real numbers",
    )
}

#[cfg(test)]
mod tests {
    use redsc_ir::Quant;

    use super::*;

    #[test]
    fn numbers_become_codes() {
        let quant = Quant::PerTensor { scale: 0.5, zero_point: -3 };
        let ty = TensorType { quant, ..TensorType::plain(ElemType::I8, [3]) };
        let reals = Data::from_slice(&[0.0f32, 1.0, 1000.0]);
        assert_eq!(convert(&reals, ElemType::F32, &ty).unwrap().to_vec::<i8>(), [-3, -1, 127]);
        let bytes = Data::from_slice(&[0u8, 128, 255]);
        assert_eq!(convert(&bytes, ElemType::U8, &ty).unwrap().to_vec::<i8>(), [-128, 0, 127]);
        assert!(convert(&bytes, ElemType::I64, &ty).is_none());
    }
}
