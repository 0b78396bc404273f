//! Matrix products.

use redsc_ir::ops::{Accumulate, Activation, BinaryKind, FullyConnected, ReduceKind};
use redsc_ir::{ElemType, ValueId};

use super::super::call::Call;
use super::super::fault::{Outcome, form};
use super::super::graph::Item;
use super::shape::scaled;
use super::{ANY, ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("MatMul", 1..=ON, 2..=2, |c| {
        let (a, b) = (c.operand(0)?, c.operand(1)?);
        let y = matmul(c, a, b)?;
        one(y)
    }),
    row("Gemm", 1..=ON, 2..=3, gemm),
    row("MatMulInteger", 10..=ON, 2..=4, matmul_integer),
    row("Einsum", 12..=ON, 1..=ANY, einsum),
    row("Det", 11..=ON, 1..=1, determinant),
];

/// Most multiplications whose sum single precision holds exactly, for factors of 8 bits and a sign.
pub(super) const EXACT_DEPTH: usize = (1 << 24) / (255 * 255);

/// NumPy's matmul: vectors are rows on the left and columns on the right.
pub(super) fn matmul(c: &mut Call, a: ValueId, b: ValueId) -> Outcome<ValueId> {
    let (left, right) = (c.shape(a), c.shape(b));
    if left.is_empty() || right.is_empty() {
        return Err(form("an operand is a scalar"));
    }
    let rows = if left.len() == 1 { c.reshape(a, &[1, left[0]])? } else { a };
    let columns = if right.len() == 1 { c.reshape(b, &[right[0], 1])? } else { b };
    let y = product(c, rows, columns)?;
    let mut shape = c.shape(y);
    if right.len() == 1 {
        shape.pop();
    }
    if left.len() == 1 {
        shape.remove(shape.len() - 1 - usize::from(right.len() != 1));
    }
    c.reshape(y, &shape)
}

/// Matrices with dimensions before them; weights make a layer.
fn product(c: &mut Call, a: ValueId, b: ValueId) -> Outcome<ValueId> {
    if c.elem(a) != ElemType::F32 {
        return integer_product(c, a, b);
    }
    let (left, right) = (c.shape(a), c.shape(b));
    if left.contains(&0) || right.contains(&0) {
        return empty_product(c, &left, &right);
    }
    if right.len() == 2 && is_weights(c, b) {
        let w = c.transpose(b, &[1, 0])?;
        return layer(c, a, w, None);
    }
    const DIMS: usize = 5;
    if left.len() <= DIMS && right.len() <= DIMS {
        return c.matmul(a, b);
    }
    Err(form(format!("matrix products in {} dimensions are not supported", left.len().max(right.len()))))
}

/// Constants, and constants that are dequantized.
fn is_weights(c: &Call, id: ValueId) -> bool {
    if c.is_constant(id) {
        return true;
    }
    let producers = c.graph.nodes.iter().rev().find(|node| node.outputs.contains(&id));
    producers.is_some_and(|node| node.operands().all(|operand| c.is_constant(operand)))
}

/// A fully connected layer that keeps the leading dimensions.
pub(super) fn layer(c: &mut Call, x: ValueId, w: ValueId, bias: Option<ValueId>) -> Outcome<ValueId> {
    let op = FullyConnected { keep_dims: true, act: Activation::None, accumulate: Accumulate::Centered };
    let mut inputs = vec![x, w];
    inputs.extend(bias);
    c.emit(op, &inputs)
}

/// Nothing to add up: zeros.
fn empty_product(c: &mut Call, left: &[usize], right: &[usize]) -> Outcome<ValueId> {
    let ([a @ .., rows, _], [b @ .., _, columns]) = (left, right) else {
        return Err(form("an operand has less than 2 dimensions"));
    };
    let mut shape = if a.len() >= b.len() { a.to_vec() } else { b.to_vec() };
    shape.extend([*rows, *columns]);
    c.filled(ElemType::F32, &shape, 0.0)
}

/// Products of plain integers: factors side by side, then a sum.
fn integer_product(c: &mut Call, a: ValueId, b: ValueId) -> Outcome<ValueId> {
    let (left, right) = (c.rank(a), c.rank(b));
    let a = c.unsqueeze(a, &[left])?;
    let b = c.unsqueeze(b, &[right - 2])?;
    let products = c.mul(a, b)?;
    let depth = c.rank(products) - 2;
    c.reduce(ReduceKind::Sum, products, &[depth], false)
}

/// `alpha · a · b + beta · c`
fn gemm(c: &mut Call) -> Outcome<Vec<Item>> {
    let (mut a, mut b) = (c.operand(0)?, c.operand(1)?);
    if c.rank(a) != 2 || c.rank(b) != 2 {
        return Err(form("the matrices must have 2 dimensions"));
    }
    if c.int("transA", 0) != 0 {
        a = c.transpose(a, &[1, 0])?;
    }
    let (alpha, beta) = (c.float("alpha", 1.0), c.float("beta", 1.0));
    let addend = match c.optional(2)? {
        Some(addend) => Some(scaled(c, addend, beta)?),
        None => None,
    };
    if c.elem(a) != ElemType::F32 {
        if c.int("transB", 0) != 0 {
            b = c.transpose(b, &[1, 0])?;
        }
        let y = product(c, a, b)?;
        let y = scaled(c, y, alpha)?;
        let y = if let Some(addend) = addend { c.add(y, addend)? } else { y };
        return one(y);
    }
    let w = if c.int("transB", 0) != 0 { b } else { c.transpose(b, &[1, 0])? };
    let w = scaled(c, w, alpha)?;
    let outputs = c.shape(w)[0];
    let bias = match addend {
        Some(addend) if is_bias(c, addend, outputs) => {
            let count = c.ty(addend).elements();
            let flat = c.reshape(addend, &[count])?;
            Some(c.expand(flat, &[outputs])?)
        }
        _ => None,
    };
    let y = layer(c, a, w, bias)?;
    let y = match addend {
        Some(addend) if bias.is_none() => c.add(y, addend)?,
        _ => y,
    };
    one(y)
}

/// Whether all rows get the same addend, which may be repeated at no cost.
fn is_bias(c: &Call, addend: ValueId, outputs: usize) -> bool {
    let shape = c.shape(addend);
    let per_row = shape.iter().rev().skip(1).all(|&extent| extent == 1);
    let last = shape.last().copied().unwrap_or(1);
    per_row && (last == outputs || last == 1 && c.is_constant(addend))
}

/// A zero point subtracted, as real numbers; `per_row` says along which dimension a list of them runs.
pub(super) fn centered(
    c: &mut Call,
    x: ValueId,
    zero: Option<ValueId>,
    axis_from_end: usize,
) -> Outcome<ValueId> {
    let real = c.cast(x, ElemType::F32)?;
    let Some(zero) = zero else { return Ok(real) };
    let zero = c.cast(zero, ElemType::F32)?;
    let count = c.ty(zero).elements();
    let zero = if count == 1 {
        c.reshape(zero, &[])?
    } else if c.rank(zero) == 1 {
        c.reshape(zero, &[&[count][..], &vec![1; axis_from_end]].concat())?
    } else {
        zero
    };
    c.sub(real, zero)
}

/// Exact in single precision: long sums are taken in parts, whose results are integers.
fn matmul_integer(c: &mut Call) -> Outcome<Vec<Item>> {
    let (a, b) = (c.operand(0)?, c.operand(1)?);
    let (a_zero, b_zero) = (c.optional(2)?, c.optional(3)?);
    let a = centered(c, a, a_zero, 1)?;
    let b = centered(c, b, b_zero, 0)?;
    let depth = c.shape(a).last().copied().unwrap_or(1);
    let (a_axis, b_axis) = (c.rank(a) - 1, c.rank(b).saturating_sub(2));
    let mut sum = None;
    let mut begin = 0;
    while begin < depth {
        let count = EXACT_DEPTH.min(depth - begin);
        let (left, right) = (c.narrow(a, a_axis, begin, count)?, c.narrow(b, b_axis, begin, count)?);
        let part = matmul(c, left, right)?;
        let part = c.cast(part, ElemType::I32)?;
        sum = Some(match sum {
            Some(sum) => c.add(sum, part)?,
            None => part,
        });
        begin += count;
    }
    one(sum.ok_or_else(|| form("the matrices are empty"))?)
}

/// Dimensions by letter: repeated ones are diagonals, then products over all letters, then sums over what the result does
/// not name; two operands that share letters become a matrix product.
fn einsum(c: &mut Call) -> Outcome<Vec<Item>> {
    let equation: String = c.word("equation", "").chars().filter(|ch| !ch.is_whitespace()).collect();
    let tensors = c.tensors()?;
    let (inputs, output) = equation.split_once("->").map_or((equation.as_str(), None), |(i, o)| (i, Some(o)));
    let terms: Vec<&str> = inputs.split(',').collect();
    if terms.len() != tensors.len() {
        return Err(form(format!(
            "the equation names {} operands; there are {}",
            terms.len(),
            tensors.len()
        )));
    }
    let ellipsis = tensors.iter().zip(&terms).map(|(&id, term)| covered(c, id, term)).max().unwrap_or(0);
    let spelled: Vec<Vec<char>> =
        tensors.iter().zip(&terms).map(|(&id, term)| spell(term, covered(c, id, term), ellipsis)).collect();
    let result = match output {
        Some(output) => spell(output, ellipsis, ellipsis),
        None => implied(&spelled),
    };
    let mut letters = result.clone();
    letters.extend(spelled.iter().flatten());
    let mut seen = Vec::new();
    letters.retain(|letter| {
        !seen.contains(letter) && {
            seen.push(*letter);
            true
        }
    });
    let mut aligned = Vec::new();
    for (&id, term) in tensors.iter().zip(&spelled) {
        aligned.push(align(c, id, term, &letters)?);
    }
    let summed: Vec<usize> = (result.len()..letters.len()).collect();
    let mut product = aligned[0];
    for &next in &aligned[1..] {
        product = c.mul(product, next)?;
    }
    let y = c.reduce(ReduceKind::Sum, product, &summed, false)?;
    one(y)
}

/// How many dimensions an ellipsis stands for.
fn covered(c: &Call, id: ValueId, term: &str) -> usize {
    if term.contains("...") { (c.rank(id) + 3).saturating_sub(term.len()) } else { 0 }
}

/// The letters of a term; the dimensions of an ellipsis get digits, counted from its end.
fn spell(term: &str, covered: usize, most: usize) -> Vec<char> {
    let digits: Vec<char> =
        (most - covered.min(most)..most).filter_map(|i| char::from_u32('0' as u32 + i as u32)).collect();
    match term.split_once("...") {
        Some((before, after)) => before.chars().chain(digits).chain(after.chars()).collect(),
        None => term.chars().collect(),
    }
}

/// Without a result, it has the ellipsis and the letters that occur once, in alphabetical order.
fn implied(terms: &[Vec<char>]) -> Vec<char> {
    let all: Vec<char> = terms.iter().flatten().copied().collect();
    let mut result: Vec<char> = all
        .iter()
        .copied()
        .filter(|l| l.is_ascii_digit() || all.iter().filter(|o| *o == l).count() == 1)
        .collect();
    result.sort_unstable();
    result.dedup();
    result
}

/// An operand with one dimension for each letter: diagonals taken, others of extent 1.
fn align(c: &mut Call, id: ValueId, term: &[char], letters: &[char]) -> Outcome<ValueId> {
    if term.len() != c.rank(id) {
        return Err(form(format!(
            "a term has {} letters; its operand {} dimensions",
            term.len(),
            c.rank(id)
        )));
    }
    let (mut x, mut own) = (id, term.to_vec());
    while let Some((first, second)) = repeated(&own) {
        x = diagonal(c, x, first, second)?;
        own.remove(second);
    }
    let order: Vec<char> = letters.iter().copied().filter(|l| own.contains(l)).collect();
    let perm: Vec<usize> = order.iter().filter_map(|l| own.iter().position(|o| o == l)).collect();
    let x = c.transpose(x, &perm)?;
    let shape = c.shape(x);
    let mut extents = shape.into_iter();
    let full: Vec<usize> =
        letters.iter().map(|l| if own.contains(l) { extents.next().unwrap_or(1) } else { 1 }).collect();
    c.reshape(x, &full)
}

fn repeated(term: &[char]) -> Option<(usize, usize)> {
    (0..term.len()).find_map(|i| term[i + 1..].iter().position(|l| *l == term[i]).map(|j| (i, i + 1 + j)))
}

/// Elements with equal indices in two dimensions, which become the first of them.
fn diagonal(c: &mut Call, x: ValueId, first: usize, second: usize) -> Outcome<ValueId> {
    let extent = c.shape(x)[first];
    let mut parts = Vec::new();
    for i in 0..extent {
        let row = c.narrow(x, first, i, 1)?;
        parts.push(c.index(row, second, i)?);
    }
    c.concat(&parts, first)
}

/// Expansion along the first row, for small matrices.
fn determinant(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let shape = c.shape(x);
    let [batch @ .., rows, columns] = shape.as_slice() else { return Err(form("the operand is no matrix")) };
    const MOST: usize = 5;
    if rows != columns || *rows > MOST {
        return Err(form(format!("determinants of {rows}x{columns} matrices are not supported")));
    }
    let matrices = c.reshape(x, &[&[batch.iter().product()], &[*rows, *columns][..]].concat())?;
    let all: Vec<usize> = (0..*rows).collect();
    let y = minor(c, matrices, 0, &all)?;
    let y = c.reshape(y, batch)?;
    one(y)
}

fn minor(c: &mut Call, x: ValueId, row: usize, columns: &[usize]) -> Outcome<ValueId> {
    let count = c.shape(x)[0];
    let mut sum = None;
    for (position, &column) in columns.iter().enumerate() {
        let line = c.index(x, 1, row)?;
        let mut term = c.index(line, 1, column)?;
        let others: Vec<usize> = columns.iter().copied().filter(|&other| other != column).collect();
        if !others.is_empty() {
            let rest = minor(c, x, row + 1, &others)?;
            term = c.mul(term, rest)?;
        }
        let kind = if position % 2 == 0 { BinaryKind::Add } else { BinaryKind::Sub };
        sum = Some(match sum {
            Some(sum) => c.binary(kind, sum, term)?,
            None => term,
        });
    }
    match sum {
        Some(sum) => Ok(sum),
        None => c.filled(ElemType::F32, &[count], 1.0),
    }
}
