//! For each row the number of its elements in 16 bits, then for each element its distance from the one before, or from
//! column 0, and its weight, a byte each. A distance beyond 255 is bridged by zeros. A row holds one element at least, so
//! that a loop over it need not ask whether there is one.
//!
//! Rows with more elements than 16 bits count are continued: the number 65535 is followed by as many elements, and by
//! another number, whose elements belong to the same row.

use super::{DecodeError, Matrix, error};

/// Elements in one part of a row.
const PART: usize = u16::MAX as usize;

/// The elements of a row: distance and weight.
pub(super) fn row(matrix: &Matrix, row: usize) -> Vec<(u8, i8)> {
    let (mut elements, mut last) = (Vec::new(), 0);
    for (column, weight) in matrix.row(row) {
        while column - last > 255 {
            elements.push((255, 0));
            last += 255;
        }
        elements.push(((column - last) as u8, weight));
        last = column;
    }
    if elements.is_empty() {
        elements.push((0, 0));
    }
    elements
}

/// Elements of all rows, and one for each continuation.
pub(super) fn elements(matrix: &Matrix) -> usize {
    (0..matrix.rows).map(|r| row(matrix, r).len()).map(|count| count + count / PART).sum()
}

pub(super) fn encode(matrix: &Matrix) -> (usize, Vec<u8>) {
    let (mut bytes, mut count) = (Vec::new(), 0);
    for r in 0..matrix.rows {
        let elements = row(matrix, r);
        count += elements.len();
        let mut rest = elements.as_slice();
        loop {
            let (part, next) = rest.split_at(rest.len().min(PART));
            bytes.extend((part.len() as u16).to_le_bytes());
            bytes.extend(part.iter().flat_map(|&(gap, weight)| [gap, weight as u8]));
            rest = next;
            if part.len() < PART {
                break;
            }
        }
    }
    (count, bytes)
}

pub(super) fn decode(bytes: &[u8], rows: usize, columns: usize) -> Result<Matrix, DecodeError> {
    let mut matrix = Matrix::zeros(rows, columns)?;
    let mut words = bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    let mut next = || words.next().ok_or_else(|| error("the pairs end early"));
    for r in 0..rows {
        let mut column = 0;
        loop {
            let count = usize::from(u16::from_le_bytes(next()?));
            for _ in 0..count {
                let [gap, weight] = next()?;
                column += usize::from(gap);
                if weight != 0 && column >= columns {
                    return Err(error("a pair leaves its row"));
                }
                if weight != 0 {
                    matrix.weights[r * columns + column] = weight as i8;
                }
            }
            if count < PART {
                break;
            }
        }
    }
    Ok(matrix)
}
