//! CUMSUM: a chain of additions.

use redsc_ir::ops::{Activation, Binary, BinaryKind, Concat, Split};
use redsc_ir::{Data, ElemType, ValueId};

use super::super::fault::{Outcome, form};
use super::super::operator::{OpReader, axis, options};

/// More parts than this would make models larger than loops are worth.
const MOST_PARTS: usize = 256;

/// `(x, axis)`: one sum for each index of the axis.
pub(super) fn cumsum(op: &mut OpReader) -> Outcome {
    let options = options!(op, CumsumOptions)?;
    let x = op.operand(0)?;
    let ty = op.ty(x).clone();
    let axis = match op.integers(1, "the axis")?.as_slice() {
        &[index] => axis(index, ty.shape.rank())?,
        _ => return Err(form("there must be one axis")),
    };
    if !matches!(ty.elem, ElemType::F32 | ElemType::I32 | ElemType::I64) {
        return Err(form(format!("running sums of {} are not supported", ty.elem)));
    }
    let count = ty.shape[axis];
    if !(1..=MOST_PARTS).contains(&count) {
        return Err(form(format!("{count} running sums are not supported; at most {MOST_PARTS} are")));
    }
    let mut part = ty.shape.0.clone();
    part[axis] = 1;
    let terms: Vec<ValueId> = (0..count).map(|_| op.reshaped_like(x, part.clone())).collect();
    op.emit_node(Split { axis, sizes: vec![1; count] }, vec![Some(x)], terms.clone());
    let mut sums = running_sums(op, &terms, options.reverse, options.exclusive)?;
    if options.reverse {
        sums.reverse();
    }
    let result = op.result(0)?;
    op.emit(Concat { axis, act: Activation::None }, &sums, result);
    Ok(())
}

/// The sums of the first one, two, … terms; if they are exclusive, without the last of them.
fn running_sums(
    op: &mut OpReader,
    terms: &[ValueId],
    reverse: bool,
    exclusive: bool,
) -> Outcome<Vec<ValueId>> {
    let mut terms = terms.to_vec();
    if reverse {
        terms.reverse();
    }
    if exclusive {
        let zero = op.ty(terms[0]).clone();
        terms.pop();
        let bytes = vec![0; zero.bytes()];
        terms.insert(0, op.constant(zero, Data::from_bytes(bytes))?);
    }
    let mut sums = vec![terms[0]];
    for &term in &terms[1..] {
        let sum = op.reshaped_like(term, op.ty(term).shape.0.clone());
        let so_far = sums[sums.len() - 1];
        op.emit(Binary { kind: BinaryKind::Add, act: Activation::None }, &[so_far, term], sum);
        sums.push(sum);
    }
    Ok(sums)
}
