//! Zeros before each non-zero weight of the whole matrix, row after row, in 4 bits: codes 0 to 14 are followed by a
//! weight, 15 stands for 15 zeros and no weight. Two codes to a byte, the first one in the high half; then the weights.
//! Zeros behind the last weight are not stored.

use super::{DecodeError, Matrix, error};

/// The code of a run of zeros that no weight follows.
pub(super) const RUN: usize = 15;

/// The codes of all gaps.
fn gaps(matrix: &Matrix) -> impl Iterator<Item = u8> + '_ {
    let mut zeros = 0;
    matrix.weights.iter().filter_map(move |&w| {
        if w == 0 && zeros + 1 < RUN {
            zeros += 1;
            return None;
        }
        if w == 0 {
            zeros = 0;
            return Some(RUN as u8);
        }
        Some(std::mem::take(&mut zeros) as u8)
    })
}

/// The codes without those behind the last weight.
fn trimmed(matrix: &Matrix) -> Vec<u8> {
    let mut codes: Vec<u8> = gaps(matrix).collect();
    while codes.last() == Some(&(RUN as u8)) {
        codes.pop();
    }
    codes
}

/// Number of codes.
pub(super) fn codes(matrix: &Matrix) -> usize {
    trimmed(matrix).len()
}

pub(super) fn encode(matrix: &Matrix) -> (usize, Vec<u8>) {
    let codes = trimmed(matrix);
    let mut bytes: Vec<u8> =
        codes.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect();
    bytes.extend(matrix.weights.iter().filter(|&&w| w != 0).map(|&w| w as u8));
    (matrix.non_zeros(), bytes)
}

pub(super) fn decode(
    bytes: &[u8],
    elements: usize,
    rows: usize,
    columns: usize,
) -> Result<Matrix, DecodeError> {
    let mut matrix = Matrix::zeros(rows, columns)?;
    let short = || error("the runs end early");
    let start = bytes.len().checked_sub(elements).ok_or_else(short)?;
    let (codes, values) = bytes.split_at(start);
    let mut codes = codes.iter().flat_map(|&byte| [byte >> 4, byte & 15]).map(usize::from);
    let mut position = 0;
    for &value in values {
        loop {
            let code = codes.next().ok_or_else(short)?;
            position += code;
            if code != RUN {
                break;
            }
        }
        *matrix.weights.get_mut(position).ok_or_else(|| error("a run leaves the matrix"))? = value as i8;
        position += 1;
    }
    Ok(matrix)
}
