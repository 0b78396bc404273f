//! One bit for each weight, in order, the lowest bit of a byte first; then the non-zero weights.

use super::{DecodeError, Matrix, error};

pub(super) fn encode(matrix: &Matrix) -> (usize, Vec<u8>) {
    let mut bytes = vec![0u8; matrix.weights.len().div_ceil(8)];
    for (position, _) in matrix.weights.iter().enumerate().filter(|&(_, &w)| w != 0) {
        bytes[position / 8] |= 1 << (position % 8);
    }
    bytes.extend(matrix.weights.iter().filter(|&&w| w != 0).map(|&w| w as u8));
    (matrix.non_zeros(), bytes)
}

pub(super) fn decode(bytes: &[u8], rows: usize, columns: usize) -> Result<Matrix, DecodeError> {
    let mut matrix = Matrix::zeros(rows, columns)?;
    let short = || error("the bit mask ends early");
    let (mask, values) = bytes.split_at_checked(matrix.weights.len().div_ceil(8)).ok_or_else(short)?;
    let mut values = values.iter();
    for (position, weight) in matrix.weights.iter_mut().enumerate() {
        if mask[position / 8] >> (position % 8) & 1 == 1 {
            *weight = *values.next().ok_or_else(short)? as i8;
        }
    }
    if values.next().is_some() {
        return Err(error("there are more weights than bits"));
    }
    Ok(matrix)
}
