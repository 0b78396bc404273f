//! Groups of 16 elements of a row: for each row the number of its groups in 16 bits; for each group the distance of its
//! base from that of the group before, or from column 0, in 16 bits, 16 offsets from the base and 16 weights, a byte
//! each. A group ends early where an offset would exceed 255; free lanes repeat offset 0 with weight 0. Longer distances
//! are bridged by empty groups, and a row holds one group at least.
//!
//! Rows with more groups than 16 bits count are continued as in `pairs`.

use super::{DecodeError, Matrix, error};

const LANES: usize = 16;

/// Groups in one part of a row.
const PART: usize = u16::MAX as usize;

/// Bytes of a group.
const BYTES: usize = 2 + 2 * LANES;

/// A group: distance of its base, offsets and weights.
struct Group {
    step: u16,
    lanes: Vec<(u8, i8)>,
}

fn row(matrix: &Matrix, row: usize) -> Vec<Group> {
    let (mut groups, mut base) = (Vec::<Group>::new(), 0);
    for (column, weight) in matrix.row(row) {
        if let Some(last) = groups.last_mut()
            && last.lanes.len() < LANES
            && column - base <= 255
        {
            last.lanes.push(((column - base) as u8, weight));
            continue;
        }
        while column - base > usize::from(u16::MAX) {
            groups.push(Group { step: u16::MAX, lanes: Vec::new() });
            base += usize::from(u16::MAX);
        }
        groups.push(Group { step: (column - base) as u16, lanes: vec![(0, weight)] });
        base = column;
    }
    if groups.is_empty() {
        groups.push(Group { step: 0, lanes: Vec::new() });
    }
    groups
}

pub(super) fn size(matrix: &Matrix) -> usize {
    let groups = (0..matrix.rows).map(|r| row(matrix, r).len());
    groups.map(|count| 2 * (1 + count / PART) + BYTES * count).sum()
}

pub(super) fn encode(matrix: &Matrix) -> (usize, Vec<u8>) {
    let (mut bytes, mut count) = (Vec::new(), 0);
    for r in 0..matrix.rows {
        let groups = row(matrix, r);
        count += groups.len() * LANES;
        let mut rest = groups.as_slice();
        loop {
            let (part, next) = rest.split_at(rest.len().min(PART));
            bytes.extend((part.len() as u16).to_le_bytes());
            for group in part {
                bytes.extend(group.step.to_le_bytes());
                let lane = |i: usize| group.lanes.get(i).copied().unwrap_or((0, 0));
                bytes.extend((0..LANES).map(|i| lane(i).0));
                bytes.extend((0..LANES).map(|i| lane(i).1 as u8));
            }
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
    let mut rest = bytes;
    let mut take = |count: usize| {
        let (head, tail) = rest.split_at_checked(count).ok_or_else(|| error("the groups end early"))?;
        rest = tail;
        Ok(head)
    };
    for r in 0..rows {
        let mut base = 0;
        loop {
            let count = take(2)?;
            let count = usize::from(u16::from_le_bytes([count[0], count[1]]));
            for _ in 0..count {
                let group = take(BYTES)?;
                base += usize::from(u16::from_le_bytes([group[0], group[1]]));
                let (offsets, weights) = group[2..].split_at(LANES);
                for (&offset, &weight) in offsets.iter().zip(weights).filter(|(_, w)| **w != 0) {
                    let column = base + usize::from(offset);
                    if column >= columns {
                        return Err(error("a group leaves its row"));
                    }
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
