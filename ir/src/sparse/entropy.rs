//! Columns without weights left out; Rice codes of the gaps between weights and Huffman codes of the weights, each where it is smaller.
//!
//! If bit 5 of the first byte is set, one bit for each column follows, the lowest bit of a byte first, and what comes then
//! is the matrix of the columns whose bit is set; its own first byte is the first one again, without that bit.
//!
//! The first byte says how: its low half is the Rice parameter, or 15 if all weights are stored, zeros included, and
//! there are no gaps; bit 4 says that weights are Huffman codes, else they are bytes. With Huffman codes the first and
//! the last symbol follow, and for each symbol between them the length of its code in 4 bits, the first of two in the
//! high half. Then comes one stream of bits: for each element the zeros before it in the whole matrix, row after row, as
//! a Rice code, and its weight.

use super::bits::{BitReader, BitWriter};
use super::huffman::{Code, index};
use super::{DecodeError, Matrix, error};

/// The parameter that stands for no gaps.
const NO_GAPS: u32 = 15;

/// The bit of the first byte that stands for Huffman codes.
const HUFFMAN: u8 = 16;

/// The bit of the first byte that stands for columns left out.
const COLUMNS: u8 = 32;

/// The matrix of the columns that have weights, and which these are.
fn dense_columns(matrix: &Matrix) -> (Matrix, Vec<u8>) {
    let mut mask = vec![0u8; matrix.columns.div_ceil(8)];
    for r in 0..matrix.rows {
        matrix.row(r).iter().for_each(|&(column, _)| mask[column / 8] |= 1 << (column % 8));
    }
    let is_kept = |column: usize| mask[column / 8] >> (column % 8) & 1 == 1;
    let columns = (0..matrix.columns).filter(|&c| is_kept(c)).count();
    let weights = matrix.weights.iter().enumerate();
    let weights = weights.filter(|(i, _)| is_kept(i % matrix.columns)).map(|(_, &w)| w).collect();
    (Matrix { rows: matrix.rows, columns, weights }, mask)
}

/// Zeros before each weight, in the whole matrix.
fn gaps(matrix: &Matrix) -> Vec<usize> {
    let mut next = 0;
    let positions = matrix.weights.iter().enumerate().filter(|&(_, &w)| w != 0);
    positions.map(|(position, _)| position - std::mem::replace(&mut next, position + 1)).collect()
}

/// How a matrix is stored.
struct Choice {
    parameter: u32,
    code: Option<Code>,
    bytes: usize,
}

fn counts(weights: impl Iterator<Item = i8>) -> [usize; 256] {
    let mut counts = [0; 256];
    weights.for_each(|w| counts[index(w)] += 1);
    counts
}

/// Weights as Huffman codes, or as bytes if that takes less: the code, bits of the weights, bytes of the table.
fn values(weights: impl Iterator<Item = i8>) -> (Option<Code>, usize, usize) {
    let counts = counts(weights);
    let raw = 8 * counts.iter().sum::<usize>();
    let code = Code::best(&counts);
    let Some((first, last)) = code.range() else { return (None, 0, 0) };
    let bits = (-128..=127).map(|s| counts[index(s)] * usize::from(code.length(s))).sum::<usize>();
    let table = 2 + (index(last) - index(first) + 1).div_ceil(2);
    if bits + 8 * table < raw { (Some(code), bits, table) } else { (None, raw, 0) }
}

fn choose(matrix: &Matrix) -> Choice {
    let (code, bits, table) = values(matrix.weights.iter().copied());
    let all = Choice { parameter: NO_GAPS, code, bytes: 1 + table + bits.div_ceil(8) };
    let (code, bits, table) = values(matrix.weights.iter().copied().filter(|&w| w != 0));
    let gaps = gaps(matrix);
    let rice = |k: u32| gaps.iter().map(|&gap| (gap >> k) + 1 + k as usize).sum::<usize>();
    let best = (0..NO_GAPS).map(|k| (rice(k), k)).min().unwrap_or((0, 0));
    let sparse = Choice { parameter: best.1, code, bytes: 1 + table + (bits + best.0).div_ceil(8) };
    if sparse.bytes <= all.bytes { sparse } else { all }
}

pub(super) fn size(matrix: &Matrix) -> usize {
    let (kept, mask) = dense_columns(matrix);
    choose(matrix).bytes.min(mask.len() + choose(&kept).bytes)
}

pub(super) fn encode(matrix: &Matrix) -> (usize, Vec<u8>) {
    let (kept, mask) = dense_columns(matrix);
    let (whole, rest) = (choose(matrix), choose(&kept));
    if whole.bytes <= mask.len() + rest.bytes {
        return encode_as(matrix, &whole);
    }
    let (elements, mut bytes) = encode_as(&kept, &rest);
    bytes[0] |= COLUMNS;
    bytes.splice(1..1, mask);
    (elements, bytes)
}

/// All columns.
fn encode_as(matrix: &Matrix, choice: &Choice) -> (usize, Vec<u8>) {
    let flag = if choice.code.is_some() { HUFFMAN } else { 0 };
    let mut bytes = vec![choice.parameter as u8 | flag];
    let codes = choice.code.as_ref().map(Code::codes);
    bytes.extend(choice.code.iter().flat_map(table));
    let mut writer = BitWriter::default();
    let put = |writer: &mut BitWriter, weight: i8| match (&choice.code, &codes) {
        (Some(code), Some(codes)) => writer.put(codes[index(weight)], u32::from(code.length(weight))),
        _ => writer.put(u32::from(weight as u8), 8),
    };
    let elements = if choice.parameter == NO_GAPS {
        matrix.weights.iter().for_each(|&w| put(&mut writer, w));
        matrix.weights.len()
    } else {
        let weights = matrix.weights.iter().filter(|&&w| w != 0);
        for (gap, &weight) in gaps(matrix).into_iter().zip(weights) {
            writer.put_unary(gap >> choice.parameter);
            writer.put(gap as u32, choice.parameter);
            put(&mut writer, weight);
        }
        matrix.non_zeros()
    };
    bytes.extend(writer.finish());
    (elements, bytes)
}

/// The first and the last symbol, and the lengths of their codes and of those between them.
fn table(code: &Code) -> Vec<u8> {
    let Some((first, last)) = code.range() else { return Vec::new() };
    let lengths: Vec<u8> = (first..=last).map(|s| code.length(s)).collect();
    let halves = lengths.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0));
    [first as u8, last as u8].into_iter().chain(halves).collect()
}

/// The code that a table describes, and what follows it.
fn read_table(bytes: &[u8]) -> Option<(Code, &[u8])> {
    let (&[first, last], rest) = bytes.split_first_chunk()?;
    let (first, last) = (index(first as i8), index(last as i8));
    let count = (last + 1).checked_sub(first)?;
    let (halves, rest) = rest.split_at_checked(count.div_ceil(2))?;
    let mut lengths = [0; 256];
    let all = halves.iter().flat_map(|&byte| [byte >> 4, byte & 15]);
    lengths[first..=last].iter_mut().zip(all).for_each(|(to, length)| *to = length);
    Some((Code::from_lengths(lengths)?, rest))
}

pub(super) fn decode(
    bytes: &[u8],
    elements: usize,
    rows: usize,
    columns: usize,
) -> Result<Matrix, DecodeError> {
    let (&how, rest) = bytes.split_first().ok_or_else(|| error("the stream is empty"))?;
    if how & COLUMNS == 0 {
        return decode_all(how, rest, elements, rows, columns);
    }
    let (mask, rest) =
        rest.split_at_checked(columns.div_ceil(8)).ok_or_else(|| error("the mask of columns ends early"))?;
    let kept: Vec<usize> = (0..columns).filter(|&c| mask[c / 8] >> (c % 8) & 1 == 1).collect();
    let part = decode_all(how, rest, elements, rows, kept.len())?;
    let mut matrix = Matrix::zeros(rows, columns)?;
    for (i, &weight) in part.weights.iter().enumerate() {
        matrix.weights[i / kept.len() * columns + kept[i % kept.len()]] = weight;
    }
    Ok(matrix)
}

/// All columns; `how` is the first byte, which is not in `rest`.
fn decode_all(
    how: u8,
    mut rest: &[u8],
    elements: usize,
    rows: usize,
    columns: usize,
) -> Result<Matrix, DecodeError> {
    let mut matrix = Matrix::zeros(rows, columns)?;
    let mut code = None;
    if how & HUFFMAN != 0 {
        let (read, after) = read_table(rest).ok_or_else(|| error("the table of codes is not valid"))?;
        (code, rest) = (Some(read), after);
    }
    let symbols = code.as_ref().map(Code::symbols).unwrap_or_default();
    let parameter = u32::from(how & 15);
    let mut reader = BitReader::new(rest);
    let mut position = 0usize;
    for _ in 0..elements {
        let short = || error("the stream ends early");
        if parameter != NO_GAPS {
            let high = reader.unary().ok_or_else(short)?;
            let low = reader.bits(parameter).ok_or_else(short)?;
            position = position.saturating_add(high << parameter | low as usize);
        }
        let weight = match &code {
            Some(code) => code.read(&symbols, || reader.bit()),
            None => reader.bits(8).map(|bits| bits as u8 as i8),
        };
        let to = matrix.weights.get_mut(position).ok_or_else(|| error("an element leaves the matrix"))?;
        *to = weight.ok_or_else(short)?;
        position += 1;
    }
    Ok(matrix)
}
