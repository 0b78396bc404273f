//! RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE, SHAPE, RANK.

use redsc_ir::ops::Transpose;
use redsc_ir::verify::MOST_DIMENSIONS;
use redsc_ir::{Data, ElemType};
use redsc_schema::tflite::BuiltinOptionsRef;

use super::super::fault::{Outcome, damaged, form};
use super::super::operator::{OpReader, axis};

/// `(x, shape?)`: the declared shape of the result counts; a constant operand or the option must agree with it.
///
/// A shape that other operators compute from static shapes needs no evaluation that way.
pub(super) fn reshape(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let requested = match op.constant_integers(1)? {
        Some(shape) => Some(shape),
        None if op.operand_count() > 1 => None,
        None => option_shape(op)?,
    };
    let result = op.result(0)?;
    let declared = &op.ty(result).shape;
    if let Some(requested) = requested {
        let agree = |(&r, &d): (&i64, &usize)| r == -1 || i64::try_from(d) == Ok(r);
        // Old converters write the shape of a scalar as [0].
        let is_scalar = requested == [0] && declared.rank() == 0;
        if !is_scalar
            && (requested.len() != declared.rank() || !requested.iter().zip(declared.iter()).all(agree))
        {
            return Err(damaged(format!(
                "shape {requested:?} is asked for, but the result is declared {declared}"
            )));
        }
    }
    op.emit_reshape(x, result)
}

fn option_shape(op: &OpReader) -> Outcome<Option<Vec<i64>>> {
    let Some(options) = op.raw_options()? else { return Ok(None) };
    let BuiltinOptionsRef::ReshapeOptions(options) = options else {
        return Err(damaged("the options are not ReshapeOptions"));
    };
    match options.new_shape()? {
        Some(shape) if shape.len() > MOST_DIMENSIONS => {
            Err(form(format!("{} dimensions are too many", shape.len())))
        }
        shape => Ok(shape.map(|shape| shape.iter().map(i64::from).collect())),
    }
}

/// `(x)`: which dimensions vanish follows from the declared shape.
pub(super) fn squeeze(op: &mut OpReader) -> Outcome {
    let (x, result) = (op.operand(0)?, op.result(0)?);
    let without_ones = |shape: &[usize]| shape.iter().copied().filter(|&d| d != 1).collect::<Vec<_>>();
    if without_ones(&op.ty(x).shape) != without_ones(&op.ty(result).shape) {
        return Err(damaged("the result is not declared as the input without dimensions of extent 1"));
    }
    op.emit_reshape(x, result)
}

/// `(x, axis)`
pub(super) fn expand_dims(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let mut shape = op.ty(x).shape.0.clone();
    let &[position] = op.integers(1, "the axis")?.as_slice() else {
        return Err(form("there must be one axis"));
    };
    shape.insert(axis(position, shape.len() + 1)?, 1);
    let result = op.result(0)?;
    if op.ty(result).shape.0 != shape {
        return Err(damaged(format!("the result is declared {}", op.ty(result).shape)));
    }
    op.emit_reshape(x, result)
}

/// `(x, permutation)`
pub(super) fn transpose(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let rank = op.ty(x).shape.rank();
    let listed = op.integers(1, "the permutation")?;
    let perm = listed.into_iter().map(|index| axis(index, rank)).collect::<Outcome<Vec<_>>>()?;
    let result = op.result(0)?;
    op.emit(Transpose { perm }, &[x], result);
    Ok(())
}

/// `(x)`: shapes are static, so the result is a constant.
pub(super) fn shape(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let extents = op.ty(x).shape.0.clone();
    constant(op, &extents)
}

/// `(x)`: shapes are static, so the result is a constant.
pub(super) fn rank(op: &mut OpReader) -> Outcome {
    let x = op.operand(0)?;
    let rank = op.ty(x).shape.rank();
    constant(op, &[rank])
}

fn constant(op: &mut OpReader, numbers: &[usize]) -> Outcome {
    let result = op.result(0)?;
    let data = match op.ty(result).elem {
        ElemType::I32 => Data::from_slice(&numbers.iter().map(|&n| n as i32).collect::<Vec<_>>()),
        ElemType::I64 => Data::from_slice(&numbers.iter().map(|&n| n as i64).collect::<Vec<_>>()),
        other => return Err(form(format!("the result is declared {other}"))),
    };
    op.fill(result, data)
}
