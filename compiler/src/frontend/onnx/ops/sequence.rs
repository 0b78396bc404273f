//! Sequences and optionals: they exist only while the model is read.

use redsc_ir::ElemType;

use super::super::call::{Call, axis, extents};
use super::super::fault::{Outcome, damaged, form};
use super::super::graph::Item;
use super::{ANY, ON, Row, one, row};

pub(super) const TABLE: &[Row] = &[
    row("SequenceEmpty", 11..=ON, 0..=0, |_| Ok(vec![Item::Sequence(Vec::new())])),
    row("SequenceConstruct", 11..=ON, 1..=ANY, |c| Ok(vec![Item::Sequence(c.tensors()?)])),
    row("SequenceAt", 11..=ON, 2..=2, |c| {
        let list = sequence(c)?;
        let place = c.known_integer(1, "the position")?;
        one(list[axis(place, list.len())?])
    }),
    row("SequenceLength", 11..=ON, 1..=1, |c| {
        let count = sequence(c)?.len() as i64;
        let y = c.constant(ElemType::I64, &[], &[count]);
        one(y)
    }),
    row("SequenceInsert", 11..=ON, 2..=3, |c| {
        let (mut list, tensor) = (sequence(c)?, c.operand(1)?);
        let place = match c.optional(2)? {
            Some(_) => axis(c.known_integer(2, "the position")?, list.len() + 1)?,
            None => list.len(),
        };
        list.insert(place, tensor);
        Ok(vec![Item::Sequence(list)])
    }),
    row("SequenceErase", 11..=ON, 1..=2, |c| {
        let mut list = sequence(c)?;
        let place = match c.optional(1)? {
            Some(_) => c.known_integer(1, "the position")?,
            None => -1,
        };
        list.remove(axis(place, list.len())?);
        Ok(vec![Item::Sequence(list)])
    }),
    row("ConcatFromSequence", 11..=ON, 1..=1, |c| {
        let mut list = sequence(c)?;
        let rank = c.rank(*list.first().ok_or_else(|| form("the sequence is empty"))?);
        let adds = c.int("new_axis", 0) != 0;
        let place = axis(c.int("axis", 0), rank + usize::from(adds))?;
        for tensor in list.iter_mut().filter(|_| adds) {
            *tensor = c.unsqueeze(*tensor, &[place])?;
        }
        let y = c.concat(&list, place)?;
        one(y)
    }),
    row("SplitToSequence", 11..=ON, 1..=2, split_to_sequence),
    row("Optional", 15..=ON, 0..=1, |c| Ok(vec![c.item(0).unwrap_or(Item::Nothing)])),
    row("OptionalGetElement", 15..=ON, 1..=1, |c| {
        Ok(vec![c.item(0).ok_or_else(|| form("the optional is empty"))?])
    }),
    row("OptionalHasElement", 15..=ON, 0..=1, |c| {
        let has = c.item(0).is_some();
        let y = c.constant(ElemType::Bool, &[], &[u8::from(has)]);
        one(y)
    }),
];

/// The first operand.
fn sequence(c: &Call) -> Outcome<Vec<redsc_ir::ValueId>> {
    match c.item(0) {
        Some(Item::Sequence(list)) => Ok(list),
        _ => Err(damaged("the operand is no sequence")),
    }
}

/// Sizes of the parts, one for all or one each; without them the parts have extent 1 and may lose their dimension.
fn split_to_sequence(c: &mut Call) -> Outcome<Vec<Item>> {
    let x = c.operand(0)?;
    let along = axis(c.int("axis", 0), c.rank(x))?;
    let extent = c.shape(x)[along];
    let given = c.optional_integers(1, "the sizes")?;
    let scalar = c.optional(1)?.is_some_and(|id| c.rank(id) == 0);
    let sizes = match given {
        Some(sizes) if scalar => {
            let size = extents(&sizes, "the sizes")?.first().copied().filter(|&n| n > 0);
            let size = size.ok_or_else(|| form("the size is 0"))?;
            (0..extent.div_ceil(size)).map(|i| size.min(extent - i * size)).collect()
        }
        Some(sizes) => extents(&sizes, "the sizes")?,
        None => vec![1; extent],
    };
    let drops = c.optional(1)?.is_none() && c.int("keepdims", 1) == 0;
    if sizes.iter().sum::<usize>() != extent {
        return Err(form(format!("parts {sizes:?} do not add up to {extent}")));
    }
    let mut parts = c.split(x, along, &sizes)?;
    for part in parts.iter_mut().filter(|_| drops) {
        *part = c.index(*part, along, 0)?;
    }
    Ok(vec![Item::Sequence(parts)])
}
