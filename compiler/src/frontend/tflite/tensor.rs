//! Types, quantization and contents of TFLite tensors.

use redsc_ir::sparse::dcsr::Dcsr;
use redsc_ir::verify::{MOST_DIMENSIONS, MOST_TENSOR_BYTES};
use redsc_ir::{Data, ElemType, Quant, Shape, TensorType};
use redsc_schema::planus::Vector;
use redsc_schema::tflite::{self, CompressedSparsityRef, QuantizationParametersRef, TensorRef};

use super::fault::{CONTENTS, Outcome, Problem, QUANTIZATION, SHAPE, STORAGE};
use super::model::ModelReader;

/// The static type of a tensor.
pub(super) fn tensor_type(model: &mut ModelReader, tensor: TensorRef) -> Outcome<TensorType> {
    let elem = elem_type(tensor.type_()?)?;
    let shape = shape(tensor)?;
    let quant = match tensor.quantization()? {
        Some(parameters) if is_quantizable(elem) => quant(model, parameters, elem, &shape)?,
        // Float tensors may carry the ranges that were observed before quantization.
        _ => Quant::None,
    };
    let ty = TensorType { elem, shape, quant };
    if ty.bytes() > MOST_TENSOR_BYTES {
        return Err(Problem::new(SHAPE, format!("shape {} is too large", ty.shape)));
    }
    Ok(ty)
}

/// The contents of a constant; `None` for anything else.
pub(super) fn contents(model: &mut ModelReader, tensor: TensorRef, ty: &TensorType) -> Outcome<Option<Data>> {
    if tensor.external_buffer()? != 0 {
        return Err(Problem::new(CONTENTS, "the contents are in another file")
            .help("store the weights in the model file itself"));
    }
    let data = model.contents(tensor.buffer()?)?;
    let sparsity = tensor.sparsity()?;
    if let (Some(values), Some(compressed)) =
        (&data, sparsity.map(|s| s.comp_sparsity()).transpose()?.flatten())
    {
        return densified(model, values, compressed, ty).map(Some);
    }
    if data.is_some() && sparsity.is_some() {
        return Err(Problem::new(STORAGE, "sparse contents are not supported yet")
            .help("convert the model without sparse storage; zeros may stay where they are"));
    }
    match data {
        Some(data) if data.bytes().len() != ty.bytes() => {
            let (has, needs) = (data.bytes().len(), ty.bytes());
            Err(Problem::new(CONTENTS, format!("the contents have {has} bytes, but the type needs {needs}")))
        }
        None if ty.elements() == 0 => Ok(Some(Data::from_bytes(Vec::new()))),
        data => Ok(data),
    }
}

/// Bytes that mark run lengths in the place of delta-compressed rows.
const RUN_LENGTHS: [u8; 4] = [0xDE, 0xAD, 0xDE, 0xAD];

/// The contents of a tensor of delta-compressed sparse rows, zeros included.
fn densified(
    model: &mut ModelReader,
    values: &Data,
    compressed: CompressedSparsityRef,
    ty: &TensorType,
) -> Outcome<Data> {
    let refused =
        |message: String| Problem::new(STORAGE, message).help("convert the model without sparse storage");
    let bytes = |vector: Option<&[u8]>| vector.unwrap_or_default().to_vec();
    let bitmaps = bytes(compressed.bitmaps()?);
    if bitmaps == RUN_LENGTHS {
        return Err(refused("sparse contents as run lengths are not supported".into()));
    }
    if ty.elem != ElemType::I8 || ty.shape.rank() == 0 {
        return Err(refused("only matrices of int8 have compressed rows".into()));
    }
    model.charge(ty.bytes())?;
    let dcsr = Dcsr {
        values: values.to_vec::<i8>(),
        row_offsets: compressed.row_offsets()?.map(|v| v.iter().collect()).unwrap_or_default(),
        delta_indices: bytes(compressed.delta_indices()?),
        group_minimums: compressed.group_minimums()?.map(|v| v.to_vec()).unwrap_or_default(),
        bitmaps,
        bitmasks: compressed.bitmasks()?.map(|v| v.iter().collect()).unwrap_or_default(),
    };
    let rows = ty.shape[0];
    let columns = ty.elements().checked_div(rows).unwrap_or(0);
    let matrix = dcsr.decode(rows, columns).map_err(|e| Problem::new(CONTENTS, e.to_string()))?;
    Ok(Data::from_slice(matrix.weights()))
}

fn elem_type(ty: tflite::TensorType) -> Outcome<ElemType> {
    use tflite::TensorType as T;
    Ok(match ty {
        T::Bool => ElemType::Bool,
        T::Int8 => ElemType::I8,
        T::Uint8 => ElemType::U8,
        T::Int16 => ElemType::I16,
        T::Uint16 => ElemType::U16,
        T::Int32 => ElemType::I32,
        T::Uint32 => ElemType::U32,
        T::Int64 => ElemType::I64,
        T::Uint64 => ElemType::U64,
        T::Float16 => ElemType::F16,
        T::Float32 => ElemType::F32,
        T::Float64 => ElemType::F64,
        T::Int4 | T::Int2 | T::Uint4 => {
            return Err(unsupported(ty).help("convert the model with 8-bit weights"));
        }
        T::String
        | T::Complex64
        | T::Complex128
        | T::Resource
        | T::Variant
        | T::Bfloat16
        | T::Float8E4m3fn
        | T::Float8E5m2 => return Err(unsupported(ty)),
    })
}

fn unsupported(ty: tflite::TensorType) -> Problem {
    Problem::new(STORAGE, format!("element type {} is not supported", ty.schema_name()))
}

fn shape(tensor: TensorRef) -> Outcome<Shape> {
    let Some(dims) = tensor.shape()? else { return Ok(Shape::default()) };
    if dims.len() > MOST_DIMENSIONS {
        return Err(Problem::new(
            SHAPE,
            format!("{} dimensions are more than {MOST_DIMENSIONS}", dims.len()),
        ));
    }
    let extents: Result<Vec<usize>, _> = dims.iter().map(usize::try_from).collect();
    extents.map(Shape).map_err(|_| {
        Problem::new(SHAPE, "the shape is not known at compile time")
            .help("convert the model with a fixed input shape (a batch size of 1, for example)")
    })
}

/// Whether elements of that type may stand for real numbers.
fn is_quantizable(elem: ElemType) -> bool {
    match elem {
        ElemType::I8 | ElemType::U8 | ElemType::I16 | ElemType::I32 | ElemType::I64 => true,
        ElemType::Bool
        | ElemType::U16
        | ElemType::U32
        | ElemType::U64
        | ElemType::F16
        | ElemType::F32
        | ElemType::F64 => false,
    }
}

fn quant(
    model: &mut ModelReader,
    parameters: QuantizationParametersRef,
    elem: ElemType,
    shape: &Shape,
) -> Outcome<Quant> {
    if parameters.details()?.is_some() {
        return Err(Problem::new(
            QUANTIZATION,
            "custom, blockwise and multi-axis quantization are not supported",
        )
        .help("quantize per tensor or per channel"));
    }
    let Some(scales) = parameters.scale()?.filter(|s| !s.is_empty()) else { return Ok(Quant::None) };
    model.charge(12 * scales.len())?;
    let zero_points = zero_points(parameters.zero_point()?, scales.len(), elem)?;
    let scales: Vec<f32> = scales.iter().collect();
    if let Some(bad) = scales.iter().find(|s| !s.is_finite() || **s <= 0.0) {
        return Err(Problem::new(QUANTIZATION, format!("scale {bad} is not a positive number")));
    }
    if let ([scale], [zero_point]) = (scales.as_slice(), zero_points.as_slice()) {
        return Ok(Quant::PerTensor { scale: *scale, zero_point: *zero_point });
    }
    let axis = quantized_axis(parameters.quantized_dimension()?, scales.len(), shape)?;
    Ok(Quant::PerAxis { axis, scales, zero_points })
}

/// One zero point per scale: missing ones are 0, a single one holds for all.
fn zero_points(given: Option<Vector<i64>>, scales: usize, elem: ElemType) -> Outcome<Vec<i32>> {
    let Some(given) = given.filter(|z| !z.is_empty()) else { return Ok(vec![0; scales]) };
    if given.len() != scales && given.len() != 1 {
        return Err(Problem::new(
            QUANTIZATION,
            format!("there are {} zero points for {scales} scales", given.len()),
        ));
    }
    let (least, most) = elem.quantized_range().unwrap_or((i32::MIN, i32::MAX));
    let in_range = |z: i64| i32::try_from(z).ok().filter(|z| (least..=most).contains(z));
    let checked = given.iter().map(|z| {
        in_range(z)
            .ok_or_else(|| Problem::new(QUANTIZATION, format!("zero point {z} is not an {elem} number")))
    });
    let mut zero_points: Vec<i32> = checked.collect::<Outcome<_>>()?;
    let last = zero_points.last().copied().unwrap_or_default();
    zero_points.resize(scales, last);
    Ok(zero_points)
}

/// The quantized dimension; some converters give biases that of the weights, where only one dimension exists.
fn quantized_axis(dimension: i32, scales: usize, shape: &Shape) -> Outcome<usize> {
    let axis = match shape.rank() {
        1 => Some(0),
        rank => usize::try_from(dimension).ok().filter(|&d| d < rank),
    };
    let axis = axis.ok_or_else(|| {
        Problem::new(QUANTIZATION, format!("the quantized dimension {dimension} is not one of {shape}"))
    })?;
    match shape[axis] {
        extent if extent == scales => Ok(axis),
        extent => Err(Problem::new(
            QUANTIZATION,
            format!("there are {scales} scales for dimension {axis} of extent {extent}"),
        )),
    }
}
