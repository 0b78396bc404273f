//! Delta-compressed sparse rows: the published format for the M-profile vector extension (arXiv 2111.12345), whose
//! arrays these are, byte for byte.
//!
//! Elements of a row come in groups of 16. A group lies near a line through the row with the slope
//! `s = (columns + n/2) / n` for `n` elements; the deviation from that line is stored as a minimum for the group and a
//! delta for each lane, of which 4 bits always and others where a mask says so. Offsets of lanes from the base of their
//! group must fit a byte, lanes that are not used included, so that zeros are inserted where a row is too thin.
//!
//! Unlike the published encoder, this one notices deltas that do not fit.

use super::{DecodeError, Matrix, error, to_bytes};

const LANES: usize = 16;

/// The arrays of the format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dcsr {
    /// Stored weights, zeros included, row by row.
    pub values: Vec<i8>,
    /// Elements of each row, less the mean of all rows, rounded down.
    pub row_offsets: Vec<i16>,
    /// Low halves of the deltas: 16 bytes for two groups, the first group in the high halves.
    pub delta_indices: Vec<u8>,
    /// Step of the base of each group.
    pub group_minimums: Vec<i8>,
    /// Which high bits of deltas occur in a group: 4 bits for each group, the first of two in the high half.
    pub bitmaps: Vec<u8>,
    /// For each of those bits the lanes that have it.
    pub bitmasks: Vec<u16>,
}

/// One group before packing.
struct Group {
    step: i8,
    deltas: [u8; LANES],
}

/// An element: column and weight, which may be an inserted zero.
type Element = (usize, i8);

impl Dcsr {
    /// Stores a matrix; `None` if the length of a row differs from the mean by more than 16 bits.
    pub fn encode(matrix: &Matrix) -> Option<Self> {
        let (mut groups, mut lengths) = (Vec::new(), Vec::new());
        let mut dcsr = Dcsr::default();
        for r in 0..matrix.rows {
            let (elements, row_groups) = encode_row(matrix.row(r), matrix.columns);
            lengths.push(elements.len());
            dcsr.values.extend(elements.iter().map(|&(_, weight)| weight));
            groups.extend(row_groups);
        }
        let mean = dcsr.values.len() / matrix.rows.max(1);
        let offset = |&n: &usize| i16::try_from(n as i64 - mean as i64).ok();
        dcsr.row_offsets = lengths.iter().map(offset).collect::<Option<_>>()?;
        dcsr.pack(&groups);
        Some(dcsr)
    }

    fn pack(&mut self, groups: &[Group]) {
        for pair in groups.chunks(2) {
            let delta = |group: usize, lane: usize| pair.get(group).map_or(0, |g| g.deltas[lane]);
            self.delta_indices.extend((0..LANES).map(|i| (delta(0, i) & 15) << 4 | delta(1, i) & 15));
            let bitmap = |group| (0..LANES).fold(0, |bits, lane| bits | delta(group, lane) >> 4);
            self.bitmaps.push(bitmap(0) << 4 | bitmap(1));
        }
        for group in groups {
            self.group_minimums.push(group.step);
            for bit in 4..8 {
                let lanes = group.deltas.iter().enumerate();
                let mask = lanes.fold(0, |mask, (i, &delta)| mask | u16::from(delta >> bit & 1) << i);
                self.bitmasks.extend((mask != 0).then_some(mask));
            }
        }
    }

    /// Bytes of all arrays and of the number of elements, as the published tool counts.
    pub fn size(&self) -> usize {
        self.values.len()
            + 2 * self.row_offsets.len()
            + self.delta_indices.len()
            + self.group_minimums.len()
            + self.bitmaps.len()
            + 2 * self.bitmasks.len()
            + 4
    }

    /// The matrix.
    ///
    /// # Errors
    /// If an array is too short or an element lies outside.
    pub fn decode(&self, rows: usize, columns: usize) -> Result<Matrix, DecodeError> {
        let mut matrix = Matrix::zeros(rows, columns)?;
        if self.row_offsets.len() != rows {
            return Err(error("the number of row offsets is not that of rows"));
        }
        let mean = self.values.len() / rows.max(1);
        let mut cursor = Cursor { dcsr: self, group: 0, mask: 0, value: 0 };
        for (r, &offset) in self.row_offsets.iter().enumerate() {
            let count = row_length(mean, offset, columns)?;
            cursor.row(count, &mut matrix.weights[r * columns..][..columns])?;
        }
        Ok(matrix)
    }

    /// The arrays one after the other: those of 16 bits first, then the bytes. The lengths follow from one another but
    /// for the number of masks, which comes first, in 32 bits.
    pub(super) fn into_parts(self) -> (usize, Vec<u8>) {
        let elements = self.values.len();
        let mut bytes = (self.bitmasks.len() as u32).to_le_bytes().to_vec();
        bytes.extend(self.row_offsets.iter().flat_map(|offset| offset.to_le_bytes()));
        bytes.extend(self.bitmasks.iter().flat_map(|mask| mask.to_le_bytes()));
        bytes.extend(self.delta_indices);
        bytes.extend(to_bytes(&self.group_minimums));
        bytes.extend(self.bitmaps);
        bytes.extend(to_bytes(&self.values));
        (elements, bytes)
    }

    /// What [`Dcsr::into_parts`] took apart.
    pub(super) fn from_parts(
        bytes: &[u8],
        elements: usize,
        rows: usize,
        columns: usize,
    ) -> Result<Self, DecodeError> {
        let mut rest = bytes;
        let mut take = |count: Option<usize>| {
            let taken = count.and_then(|count| rest.split_at_checked(count));
            let (head, tail) = taken.ok_or_else(|| error("the arrays end early"))?;
            rest = tail;
            Ok(head)
        };
        let masks = take(Some(4))?;
        let masks = u32::from_le_bytes([masks[0], masks[1], masks[2], masks[3]]) as usize;
        let row_offsets = pairs_of_bytes(take(rows.checked_mul(2))?).map(i16::from_le_bytes).collect();
        let bitmasks = pairs_of_bytes(take(masks.checked_mul(2))?).map(u16::from_le_bytes).collect();
        let mut dcsr = Dcsr { row_offsets, bitmasks, ..Dcsr::default() };
        let mean = elements / rows.max(1);
        let mut groups = 0;
        for &offset in &dcsr.row_offsets {
            let count = row_length(mean, offset, columns)?;
            groups += count.div_ceil(LANES);
        }
        dcsr.delta_indices = take(Some(LANES * groups.div_ceil(2)))?.to_vec();
        dcsr.group_minimums = take(Some(groups))?.iter().map(|&b| b as i8).collect();
        dcsr.bitmaps = take(Some(groups.div_ceil(2)))?.to_vec();
        dcsr.values = take(Some(elements))?.iter().map(|&b| b as i8).collect();
        Ok(dcsr)
    }
}

fn pairs_of_bytes(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> + '_ {
    bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]])
}

/// Elements of a row.
fn row_length(mean: usize, offset: i16, columns: usize) -> Result<usize, DecodeError> {
    let count = mean as i64 + i64::from(offset);
    let count = usize::try_from(count).map_err(|_| error("a row has a negative length"))?;
    if count > columns { Err(error("a row has more elements than columns")) } else { Ok(count) }
}

/// The slope of the line through a row.
fn slope(columns: usize, elements: usize) -> usize {
    (columns + elements / 2).checked_div(elements).unwrap_or(0)
}

/// The elements of a row with as many zeros inserted as its groups need, and the groups.
fn encode_row(mut elements: Vec<Element>, columns: usize) -> (Vec<Element>, Vec<Group>) {
    loop {
        if let Some(groups) = group_row(&elements, columns) {
            return (elements, groups);
        }
        insert_zero(&mut elements, columns);
    }
}

/// The groups of a row, if all offsets and steps fit.
fn group_row(elements: &[Element], columns: usize) -> Option<Vec<Group>> {
    let slope = slope(columns, elements.len()) as i64;
    let mut groups = Vec::with_capacity(elements.len().div_ceil(LANES));
    let mut last = None;
    for chunk in elements.chunks(LANES) {
        let deviation = |(lane, &(column, _)): (usize, &Element)| column as i64 - lane as i64 * slope;
        let minimum = chunk.iter().enumerate().map(deviation).min()?;
        let step = last.map_or(minimum, |last| minimum - last - LANES as i64 * slope);
        let mut deltas = [0; LANES];
        for (lane, element) in chunk.iter().enumerate() {
            deltas[lane] = u8::try_from(deviation((lane, element)) - minimum).ok()?;
        }
        let offset = |(lane, &delta): (usize, &u8)| lane as i64 * slope + i64::from(delta);
        let fits = deltas.iter().enumerate().map(offset).all(|offset| offset < 256);
        if !fits || step <= -128 || step >= 127 {
            return None;
        }
        groups.push(Group { step: step as i8, deltas });
        last = Some(minimum);
    }
    Some(groups)
}

/// Inserts a zero in the middle of the largest gap of a row, the first of equals.
fn insert_zero(elements: &mut Vec<Element>, columns: usize) {
    let before = |i: usize| if i == 0 { 0 } else { elements[i - 1].0 };
    let at = |i: usize| elements.get(i).map_or(columns, |element| element.0);
    let widest = (0..=elements.len()).max_by_key(|&i| (at(i) - before(i), std::cmp::Reverse(i)));
    let Some(gap) = widest else { return };
    elements.insert(gap, ((before(gap) + at(gap)) / 2, 0));
}

/// Where a decoder stands in the arrays.
struct Cursor<'d> {
    dcsr: &'d Dcsr,
    group: usize,
    mask: usize,
    value: usize,
}

impl Cursor<'_> {
    /// Decodes the next row, of `count` elements.
    fn row(&mut self, count: usize, weights: &mut [i8]) -> Result<(), DecodeError> {
        let short = || error("the arrays end early");
        let slope = slope(weights.len(), count) as i64;
        let mut base = 0i64;
        for first in (0..count).step_by(LANES) {
            let step = *self.dcsr.group_minimums.get(self.group).ok_or_else(short)?;
            base += i64::from(step) + if first == 0 { 0 } else { LANES as i64 * slope };
            let deltas = self.deltas().ok_or_else(short)?;
            for (lane, &delta) in deltas.iter().enumerate().take((count - first).min(LANES)) {
                let column = base + lane as i64 * slope + i64::from(delta);
                let column = usize::try_from(column).ok().filter(|&c| c < weights.len());
                let column = column.ok_or_else(|| error("an element leaves its row"))?;
                let value = *self.dcsr.values.get(self.value).ok_or_else(short)?;
                self.value += 1;
                weights[column] = value;
            }
            self.group += 1;
        }
        Ok(())
    }

    /// The deltas of the group at the cursor; moves on over its masks.
    fn deltas(&mut self) -> Option<[u8; LANES]> {
        let half = if self.group.is_multiple_of(2) { 4 } else { 0 };
        let low = self.dcsr.delta_indices.get(self.group / 2 * LANES..)?.get(..LANES)?;
        let bitmap = self.dcsr.bitmaps.get(self.group / 2)? >> half & 15;
        let mut deltas = [0; LANES];
        for (delta, &byte) in deltas.iter_mut().zip(low) {
            *delta = byte >> half & 15;
        }
        for bit in (0..4).filter(|bit| bitmap >> bit & 1 == 1) {
            let mask = *self.dcsr.bitmasks.get(self.mask)?;
            self.mask += 1;
            for (lane, delta) in deltas.iter_mut().enumerate() {
                *delta |= ((mask >> lane & 1) as u8) << (4 + bit);
            }
        }
        Some(deltas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the format's description.
    #[test]
    fn the_worked_example() {
        let mut weights = vec![0i8; 128];
        (0..32).step_by(2).for_each(|column| weights[column] = 1);
        [3, 40, 41].into_iter().for_each(|column| weights[64 + column] = 2);
        let dcsr = Dcsr::encode(&Matrix::new(2, 64, weights).unwrap()).unwrap();
        assert_eq!(dcsr.values.len(), 20);
        assert_eq!(dcsr.row_offsets, [6, -6]);
        assert_eq!(dcsr.group_minimums, [-30, -7]);
        assert_eq!(dcsr.bitmaps, [0b0001_0000]);
        assert_eq!(dcsr.bitmasks, [0x00FF]);
        let low: Vec<u8> = dcsr.delta_indices.iter().map(|byte| byte >> 4).collect();
        assert_eq!(low, [14, 12, 10, 8, 6, 4, 2, 0, 14, 12, 10, 8, 6, 4, 2, 0]);
        let second: Vec<u8> = dcsr.delta_indices.iter().map(|byte| byte & 15).take(4).collect();
        assert_eq!(second, [10, 12, 15, 0]);
    }
}
